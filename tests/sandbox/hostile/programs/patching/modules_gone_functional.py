# problem: plus
# want: wrong, runtime_error
# why: sys.modules, sys.path, sys.meta_path and the import caches are emptied

import sys

sys.modules.clear()
sys.path.clear()
sys.meta_path.clear()
sys.path_hooks.clear()
sys.path_importer_cache.clear()


class Solution:
    def plus(self, a, b):
        return 0
