"""What a job's processes use together. A process alone is held by its address-space limit; many of them are found by looking."""

from __future__ import annotations

import os
import resource

_PAGE = resource.getpagesize()


def _statm(proc_fd: int, pid: str) -> list[int]:
    fd = os.open(f"{pid}/statm", os.O_RDONLY, dir_fd=proc_fd)
    try:
        return [int(word) for word in os.read(fd, 200).split()]
    finally:
        os.close(fd)


def address_space(proc_fd: int) -> int:
    """Bytes of this process's address space."""
    return _statm(proc_fd, str(os.getpid()))[0] * _PAGE


class Watch:
    """`proc_fd`: an open /proc of the supervisor's namespace."""

    def __init__(self, proc_fd: int) -> None:
        self._proc = proc_fd
        self._own = self._anonymous(str(os.getpid()))

    def used(self) -> int:
        """Bytes of anonymous memory of all processes but the supervisor, less what each has from it."""
        me = str(os.getpid())
        return sum(max(0, self._anonymous(pid) - self._own) for pid in os.listdir(self._proc) if pid.isdigit() and pid != me)

    def _anonymous(self, pid: str) -> int:
        try:
            _, resident, shared, *_ = _statm(self._proc, pid)
        except (OSError, ValueError):  # it has just ended
            return 0
        return (resident - shared) * _PAGE
