# problem: sum
# want: accepted
# why: devices of the host: kvm, memory, disks, terminals

import os

escaped = []
for path in (
    "/dev/kvm", "/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg", "/dev/fuse", "/dev/net/tun", "/dev/vhost-net", "/dev/vhost-vsock", "/dev/vsock", "/dev/sda", "/dev/vda", "/dev/nvme0n1",
    "/dev/loop0", "/dev/loop-control", "/dev/mapper/control", "/dev/tty", "/dev/tty0", "/dev/console", "/dev/hpet", "/dev/cpu/0/msr", "/dev/nvidia0", "/dev/nvidiactl", "/dev/dri/card0",
    "/dev/uinput", "/dev/input/event0", "/dev/snapshot", "/dev/userfaultfd", "/dev/bus/usb/001/001",
):
    for flags in (os.O_RDONLY, os.O_WRONLY):
        try:
            os.close(os.open(path, flags | os.O_NONBLOCK))
            escaped.append(path)
        except OSError:
            pass

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
