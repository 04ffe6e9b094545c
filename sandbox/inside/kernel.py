"""System calls that Python does not offer, by ctypes, for x86-64."""

from __future__ import annotations

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CAPSET, _PIVOT_ROOT, _MOUNT_SETATTR, _AT_RECURSIVE = 126, 155, 442, 0x8000
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID = 1, 2
_CAPABILITY_VERSION_3 = 0x20080522


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def prctl(option: int, value: int) -> None:
    """Call prctl(2). Raises OSError, as all functions here do."""
    _check(libc.prctl(option, value, 0, 0, 0), f"prctl({option}, {value})")


def unshare(flags: int) -> None:
    """Call unshare(2)."""
    _check(libc.unshare(flags), f"unshare({flags:#x})")


def setns(fd: int, flags: int) -> None:
    """Call setns(2)."""
    _check(libc.setns(fd, flags), f"setns({flags:#x})")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """Call mount(2)."""
    _check(
        libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode() or None),
        f"mount {source or kind} on {target}",
    )


def unmount(target: str) -> None:
    """Detach a mount, by umount2(2)."""
    _check(libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def make_read_only(path: str) -> None:
    """Make the mount at `path` and all below it read-only, without set-uid programs (Linux 5.12)."""
    attributes = (ctypes.c_uint64 * 4)(_MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID, 0, 0, 0)
    _check(
        libc.syscall(
            _MOUNT_SETATTR, -100, path.encode(), _AT_RECURSIVE, ctypes.byref(attributes), ctypes.sizeof(attributes)
        ),
        f"mount_setattr {path}",
    )


def pivot_root(path: str) -> None:
    """Make `path` the root and detach the old one."""
    os.chdir(path)
    _check(libc.syscall(_PIVOT_ROOT, b".", b"."), f"pivot_root {path}")
    unmount(".")
    os.chdir("/")


_capset_header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
_no_capabilities = (ctypes.c_uint32 * 6)()


def drop_capabilities() -> None:
    """Drop all capabilities of this process, for good (with no_new_privs, and since nothing can be executed)."""
    _check(libc.syscall(_CAPSET, ctypes.byref(_capset_header), ctypes.byref(_no_capabilities)), "capset")
