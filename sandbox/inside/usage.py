"""The resources that a job's processes use together, read from /proc.

The kernel limits each process alone; the sum over many processes has to be read and compared.
"""

from __future__ import annotations

import contextlib
import math
import os
import resource

_PAGE = resource.getpagesize()
_TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")


class Usage:
    """Readings of the job's processes: all in the supervisor's pid namespace but the supervisor.

    proc: a descriptor of the namespace's /proc.
    address_space: bytes of the supervisor's address space, which each child inherits.
    """

    def __init__(self, proc: int) -> None:
        self._proc = proc
        me = str(os.getpid())
        self.address_space = int(self._read(me, "statm").split()[0]) * _PAGE
        self._own = _private(self._read(me, "status"))
        try:
            self._has_schedstat = len(self._read(me, "schedstat").split()) == 3
        except OSError:
            self._has_schedstat = False

    def begin(self) -> None:
        """Forget the processes of the last job."""
        self._seen: dict[tuple[str, bytes], int] = {}  # a process's own CPU ticks, by its id and its start time

    def look(self) -> tuple[int, float]:
        """Return (bytes of memory, CPU seconds) of all processes of the job.

        Memory is anonymous and shared memory, less what each process has inherited from the supervisor. CPU seconds
        include children that were waited for, and processes that were read earlier and have ended (the kernel does not
        add the times of children whose parent ignores SIGCHLD).
        """
        me, memory, cpu = str(os.getpid()), 0, 0
        for pid in os.listdir(self._proc):
            if not pid.isdigit() or pid == me:
                continue
            try:
                memory += max(0, _private(self._read(pid, "status")) - self._own)
                words = self._read(pid, "stat").rpartition(b")")[2].split()
                self._seen[pid, words[19]] = int(words[11]) + int(words[12])
                cpu += sum(map(int, words[11:15]))
            except (OSError, ValueError):  # the process has just ended
                continue
        return memory, max(cpu, sum(self._seen.values())) * _TICK_S

    def delay(self) -> float:
        """Return the seconds that the job's running threads have waited for a core.

        It is infinite where the kernel has no schedstat.
        """
        if not self._has_schedstat:
            return math.inf
        me, waited = str(os.getpid()), 0
        for pid in os.listdir(self._proc):
            if not pid.isdigit() or pid == me:
                continue
            try:
                fd = os.open(f"{pid}/task", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._proc)
            except OSError:  # the process has just ended
                continue
            try:
                for thread in os.listdir(fd):
                    with contextlib.suppress(OSError):  # the process has just ended
                        waited += int(self._read(pid, f"task/{thread}/schedstat").split()[1])
            finally:
                os.close(fd)
        return waited * 1e-9

    def _read(self, pid: str, name: str) -> bytes:
        fd = os.open(f"{pid}/{name}", os.O_RDONLY, dir_fd=self._proc)
        try:
            return os.read(fd, 4096)
        finally:
            os.close(fd)


def _private(status: bytes) -> int:
    """Return the bytes of anonymous and of shared memory in the text of /proc/PID/status."""
    lines = (line.split() for line in status.splitlines() if line.startswith((b"RssAnon:", b"RssShmem:")))
    return sum(int(words[1]) << 10 for words in lines)
