# problem: sum
# want: accepted
# why: becomes root, and looks whether any privilege follows

import os
import resource
import stat

escaped = []
for action in (
    lambda: os.setgroups([0]), lambda: os.setresgid(0, 0, 0), lambda: os.setgid(0), lambda: os.setregid(0, 0),
    lambda: os.setresuid(0, 0, 0), lambda: os.setuid(0), lambda: os.seteuid(0), lambda: os.setreuid(0, 0),
):
    try:
        action()
    except OSError:
        pass
for name, action in (
    ("chroot", lambda: os.chroot("/")), ("chown", lambda: os.chown("/", 0, 0)), ("write to the root", lambda: os.close(os.open("/armature_plant", os.O_CREAT | os.O_WRONLY))),
    ("mknod", lambda: os.mknod("/tmp/null", 0o600 | stat.S_IFCHR, os.makedev(1, 3))), ("real time", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))),
    ("shadow", lambda: open("/etc/shadow")), ("host name", lambda: __import__("socket").sethostname("x")), ("negative nice", lambda: os.setpriority(os.PRIO_PROCESS, 0, -10)),
    ("more files", lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1 << 20, 1 << 20))), ("chmod of the library", lambda: os.chmod(os.__file__, 0o644)),
    ("more processes", lambda: resource.setrlimit(resource.RLIMIT_NPROC, (1 << 20, 1 << 20))), ("more memory", lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1))),
    ("more cpu", lambda: resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))), ("core dumps", lambda: resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))),
):
    try:
        action()
        escaped.append(name)
    except (OSError, ValueError):
        pass

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
