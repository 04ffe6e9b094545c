# problem: mbpp_plus
# want: wrong, runtime_error
# why: the environment, folder, mask and limits of the process are changed under the grader

import os
import resource

os.environ.update(PYTHONSTARTUP="/tmp/x.py", LD_PRELOAD="/tmp/x.so", PATH="/tmp", PYTHONPATH="/tmp")
os.umask(0o777)
os.chdir("/")
for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
    resource.setrlimit(limit, (0, 0))


def plus(a, b):
    return 0
