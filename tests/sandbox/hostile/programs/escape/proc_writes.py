# problem: sum
# want: accepted
# why: writes the kernel's settings

import os

escaped = []
for path in (
    "/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/drop_caches", "/proc/sys/vm/overcommit_memory",
    "/proc/sys/kernel/hostname", "/proc/sys/fs/binfmt_misc/register", "/proc/self/uid_map", "/proc/1/oom_score_adj", "/proc/1/mem", "/proc/irq/0/smp_affinity",
    "/sys/kernel/uevent_helper", "/sys/power/state", "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/pids.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/release_agent", "/sys/fs/cgroup/devices/release_agent", "/proc/sys/kernel/ns_last_pid",
):
    try:
        os.close(os.open(path, os.O_WRONLY))
        if path != "/proc/self/uid_map":
            escaped.append(path)
    except OSError:
        pass
try:
    with open("/proc/self/uid_map", "w") as file:
        file.write("0 0 1")
    escaped.append("uid_map")
except OSError:
    pass

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
