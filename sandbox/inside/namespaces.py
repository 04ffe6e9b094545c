"""The jail of a slot without an engine: namespaces, and a read-only root without /proc, /sys and /etc.

This runs in the process that the host started, before the supervisor. It enters new user, mount, network, ipc and uts
namespaces, forks the supervisor as PID 1 of a new pid namespace, builds a root of bind mounts on a tmpfs, and moves
into it. Started as root, it first becomes a user that owns nothing. It needs user namespaces and Linux 5.12
(mount_setattr).
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, NoReturn

from sandbox.inside import kernel

_DEVICES = ("null", "zero", "full", "random", "urandom")
_INSIDE_UID = 1000


def enter(walls: dict[str, Any]) -> int:
    """Enter the jail and return a descriptor of its /proc, in the process that becomes the supervisor.

    The calling process does not return: it waits for the supervisor and ends with it.
    """
    binds: list[tuple[str, str]] = [(source, target) for source, target in walls["binds"]]
    library, target = binds[0]  # the first is the standard library
    for places in (
        sys.path,
        *(m.__path__ for m in list(sys.modules.values()) if isinstance(getattr(m, "__path__", None), list)),
    ):
        real = [os.path.realpath(p) for p in places]
        places[:] = [target + p[len(library) :] for p in real if p == library or p.startswith(library + "/")]
    staging: str = walls["staging"]
    if os.getuid() == 0:
        binds = _stage(staging, binds)
        _become_user(walls["uid"])
    uid, gid = os.getuid(), os.getgid()
    kernel.unshare(
        kernel.CLONE_NEWUSER
        | kernel.CLONE_NEWNS
        | kernel.CLONE_NEWPID
        | kernel.CLONE_NEWNET
        | kernel.CLONE_NEWIPC
        | kernel.CLONE_NEWUTS
    )
    for name, text in (
        ("setgroups", "deny"),
        ("gid_map", f"{_INSIDE_UID} {gid} 1"),
        ("uid_map", f"{_INSIDE_UID} {uid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    pid = os.fork()
    if pid:
        _wait(pid)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    kernel.mount("", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    return _build(staging, binds, walls["tmp_mb"])


def _stage(staging: str, binds: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Bind the folders of the new root, as root, to a place that another user can reach (/root may be closed to it)."""
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("staging", staging, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=1m,mode=755")
    staged = []
    for number, (source, target) in enumerate(binds):
        place = f"{staging}/{number}"
        _make_place(source, place)
        kernel.mount(source, place, "", kernel.MS_BIND | kernel.MS_REC)
        staged.append((place, target))
    os.mkdir(f"{staging}/root", 0o777)
    os.chmod(f"{staging}/root", 0o777)
    return staged


def _become_user(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # else /proc/self still belongs to root, and the maps cannot be written


def _wait(pid: int) -> NoReturn:
    """Close all descriptors, so that the supervisor sees the end of the host's stream, and end as it ends."""
    os.closerange(0, 1024)
    _, status = os.waitpid(pid, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _build(staging: str, binds: list[tuple[str, str]], tmp_mb: int) -> int:
    """Build the new root and return a descriptor of this pid namespace's /proc, which no path reaches."""
    root = f"{staging}/root" if os.path.isdir(f"{staging}/root") else staging
    kernel.mount("root", root, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=1m,mode=755")
    for source, target in binds:
        _make_place(source, root + target)
        kernel.mount(source, root + target, "", kernel.MS_BIND | kernel.MS_REC)
    for folder in ("/dev", "/tmp", "/proc"):
        _make_folder(root + folder)
    for name in _DEVICES:
        with open(f"{root}/dev/{name}", "w"):
            pass
        kernel.mount(f"/dev/{name}", f"{root}/dev/{name}", "", kernel.MS_BIND)
    kernel.mount("proc", f"{root}/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    proc = os.open(f"{root}/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    kernel.unmount(f"{root}/proc")
    os.rmdir(f"{root}/proc")
    kernel.pivot_root(root)
    kernel.make_read_only("/")
    kernel.mount(
        "tmp",
        "/tmp",
        "tmpfs",
        kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC,
        f"size={tmp_mb}m,nr_inodes=4096,mode=1777",
    )
    kernel.libc.sethostname(b"sandbox", 7)
    for name in list(os.environ):
        del os.environ[name]
    return proc


def _make_place(source: str, path: str) -> None:
    """Make what `source` can be mounted on: a folder, or an empty file."""
    if os.path.isdir(source):
        _make_folder(path)
        return
    _make_folder(os.path.dirname(path))
    with open(path, "w"):
        pass


def _make_folder(path: str) -> None:
    os.makedirs(path, mode=0o755, exist_ok=True)
