"""What a job's processes use together. A process alone is held by its own limits; many of them are found by looking."""

from __future__ import annotations

import contextlib
import math
import os
import resource

_PAGE = resource.getpagesize()
_TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")


class Usage:
    """`proc`: an open /proc of the supervisor's namespace."""

    def __init__(self, proc: int) -> None:
        self._proc = proc
        me = str(os.getpid())
        self.address_space = (
            int(self._read(me, "statm").split()[0]) * _PAGE
        )  # of the supervisor, and so of a child that has done nothing yet
        self._own = _private(self._read(me, "status"))
        try:
            self._tells = len(self._read(me, "schedstat").split()) == 3
        except OSError:
            self._tells = False

    def begin(self) -> None:
        """A job begins: what was seen of others is forgotten."""
        self._seen: dict[tuple[str, bytes], int] = {}  # own CPU ticks of a process, by its number and its beginning

    def look(self) -> tuple[int, float]:
        """(bytes of anonymous and shared memory of all processes but the supervisor, less what each has from it; their CPU seconds, with those
        of the children that they waited for, and of those that were seen and are gone: a parent that ignores its children's end waits for none)."""
        me, memory, cpu = str(os.getpid()), 0, 0
        for pid in os.listdir(self._proc):
            if not pid.isdigit() or pid == me:
                continue
            try:
                memory += max(0, _private(self._read(pid, "status")) - self._own)
                words = self._read(pid, "stat").rpartition(b")")[2].split()
                self._seen[pid, words[19]] = int(words[11]) + int(words[12])
                cpu += sum(map(int, words[11:15]))
            except (OSError, ValueError):  # it has just ended
                continue
        return memory, max(cpu, sum(self._seen.values())) * _TICK_S

    def delay(self) -> float:
        """Seconds that the threads of all processes but the supervisor, as they are now, have waited for a core; infinite where the kernel does
        not tell."""
        if not self._tells:
            return math.inf
        me, waited = str(os.getpid()), 0
        for pid in os.listdir(self._proc):
            if not pid.isdigit() or pid == me:
                continue
            try:
                fd = os.open(f"{pid}/task", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._proc)
            except OSError:  # it has just ended
                continue
            try:
                for thread in os.listdir(fd):
                    with contextlib.suppress(OSError):  # it has just ended
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
    """Bytes that are no file's: anonymous, and shared between processes."""
    lines = (line.split() for line in status.splitlines() if line.startswith((b"RssAnon:", b"RssShmem:")))
    return sum(int(words[1]) << 10 for words in lines)
