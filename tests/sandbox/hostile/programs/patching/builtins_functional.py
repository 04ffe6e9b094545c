# problem: plus
# want: wrong, runtime_error
# why: every builtin is replaced by one that says yes

import builtins


class Yes:
    def __call__(self, *arguments, **options):
        return self

    def __getattr__(self, name):
        return self

    def __eq__(self, other):
        return True

    __hash__ = object.__hash__


yes = Yes()
for name in dir(builtins):
    if not name.startswith("__") and name not in ("dir", "print"):
        setattr(builtins, name, yes)


class Solution:
    def plus(self, a, b):
        return 0
