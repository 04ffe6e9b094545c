# problem: sum
# want: accepted
# why: limits, masks, folder and priority that a next job might get

escaped = []
import os
import resource
import signal

os.umask(0o777)
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
for name in ("RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_FSIZE", "RLIMIT_STACK"):
    resource.setrlimit(getattr(resource, name), (16, 16))
for action in (lambda: os.nice(19), lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}), lambda: os.setpriority(os.PRIO_USER, 0, 19)):
    try:
        action()
    except OSError:
        pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
