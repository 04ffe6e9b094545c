"""The loop inside a slot: one message in, one forked child, one message out; afterwards the slot is as new.

It is PID 1 of its container or jail, runs no program itself, keeps nothing of a job, and trusts nothing that a child says. Two ways to part
from a child, by `new_pid`: in a jail each child is PID 1 of a namespace of its own, so that its death is the death of all that it started; in
a container the child is another user, and everything but the supervisor is killed by kill(-1).
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from sandbox.inside import child, frames, kernel, seccomp, warm, wipe
from sandbox.inside.usage import Usage

_CHUNK = 1 << 16
_HIGHEST_FD = 128  # the most that prepare() allows
_STDERR_KEPT = 64 << 10
_LOOK_S = 0.02  # most jobs end before anybody has to look at their CPU time or memory
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL


class Output:
    """One stream of a child: what was read of it, and how much it may be. (No dataclass: their module loads a lot, which makes forks dearer.)"""

    __slots__ = ("data", "fd", "kept", "limit", "size")

    def __init__(self, fd: int, limit: int, kept: int) -> None:
        self.fd, self.limit, self.kept = fd, limit, kept
        self.data, self.size = bytearray(), 0

    def read(self) -> bool:
        """Takes what is there. False at its end."""
        try:
            chunk = os.read(self.fd, _CHUNK)
        except BlockingIOError:
            return True
        self.size += len(chunk)
        self.data += chunk[: max(0, self.kept - len(self.data))]
        return bool(chunk)

    @property
    def over(self) -> bool:
        return self.size > self.limit


class Supervisor:
    """Reads jobs from `source`, writes replies to `sink`."""

    def __init__(self, config: dict[str, Any], after_forks: list[tuple[Any, Any]], proc: int, source: int, sink: int) -> None:
        self._after_forks = after_forks
        self._source, self._sink = source, sink
        self._new_pid = kernel.CLONE_NEWPID if config["new_pid"] else 0
        self._own_namespace = os.pidfd_open(os.getpid()) if self._new_pid else -1
        self._uid: int | None = config["uid"]
        self._filter = seccomp.Filter()
        self._cores = len(os.sched_getaffinity(0))
        self._usage = Usage(proc)

    def serve(self) -> None:
        """Until the host closes its end."""
        while True:
            try:
                header = frames.read_header(self._read)
                program, payload = (self._read(size) for size in header["blobs"][:2])
                stdin = self._stdin(header["blobs"][2])
            except EOFError:
                return
            self._write(self._run(header, program if header["has_program"] else None, payload, stdin))

    # -- the host's end ----------------------------------------------------------------------------------------------

    def _read(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            chunk = os.read(self._source, min(size - len(parts), 1 << 20))
            if not chunk:
                raise EOFError
            parts += chunk
        return bytes(parts)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._sink, view) :]

    def _stdin(self, size: int) -> int:
        """A sealed file in memory: nobody has to feed a pipe that the program never reads."""
        fd = os.memfd_create("stdin", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        while size:
            size -= os.write(fd, self._read(min(size, 1 << 20)))
        os.lseek(fd, 0, os.SEEK_SET)
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
        return fd

    # -- one job -----------------------------------------------------------------------------------------------------

    def _run(self, job: dict[str, Any], program: bytes | None, payload: bytes, stdin: int) -> bytes:
        started = time.monotonic()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        pipes = [os.pipe() for _ in range(3)]
        pid = self._fork(lambda: self._child(job, program, payload, stdin, [write for _, write in pipes]))
        os.close(stdin)
        for fd, write in pipes:
            os.close(write)
            os.set_blocking(fd, False)
        limit = job["output_bytes"]
        outputs = [Output(fd, limit, kept) for (fd, _), kept in zip(pipes, (limit, min(limit, _STDERR_KEPT), limit), strict=True)]
        cause, seen_cpu = self._watch(pid, job, outputs, started)
        self._end(pid)
        for output in outputs:  # whoever held the other end is dead: what is in the pipe is all there will be
            while not output.over and output.read():
                pass
            os.close(output.fd)
        status, peak = self._reap(pid)
        wall = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # The kernel does not add up those that died with their namespace.
        cpu = max(seen_cpu, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if cause is None and any(output.over for output in outputs):
            cause = "output_limit"
        kind, code = _outcome(cause, status, cpu, job)
        reply = {"status": kind, "code": code, "cpu_s": cpu, "wall_s": wall, "memory_bytes": peak, "dirty": not self._clean()}
        return frames.pack(reply, [bytes(output.data) for output in outputs])

    def _fork(self, body: Callable[[], None]) -> int:
        if self._new_pid:
            kernel.unshare(self._new_pid)  # for the next child, not for us
        try:
            pid = os.fork()
            if pid == 0:
                try:
                    body()
                finally:
                    os._exit(child.SETUP)
        finally:
            if self._new_pid:
                kernel.setns(self._own_namespace, self._new_pid)
        return pid

    def _child(self, job: dict[str, Any], program: bytes | None, payload: bytes, stdin: int, writes: list[int]) -> None:
        for target, fd in enumerate((stdin, *writes)):  # the supervisor holds fds 0 to 3, so none of these is a target
            os.dup2(fd, target)
        os.closerange(child.RESULTS_FD + 1, _HIGHEST_FD)
        child.become(self._uid, job, self._usage.address_space, self._filter)
        for args, kwargs in self._after_forks:  # of the program's own forks
            os.register_at_fork(*args, **kwargs)
        gc.enable()
        child.run(job["mode"], program, payload)

    def _watch(self, pid: int, job: dict[str, Any], outputs: list[Output], started: float) -> tuple[str | None, float]:
        """Until the child has ended (None) or has to be ended: the limit that it broke. And the CPU seconds that were seen of all its processes."""
        wall_end, cpu_limit = started + job["wall_s"], job["cpu_s"]
        memory_limit = job["memory_mb"] << 20
        clock = (~pid << 3) | 2  # its CPU clock: MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED)
        pidfd = os.pidfd_open(pid)
        open_outputs = {output.fd: output for output in outputs}
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        poll.register(self._source, select.POLLHUP | select.POLLRDHUP)
        for fd in open_outputs:
            poll.register(fd, select.POLLIN)
        look, cpu = started + _LOOK_S, 0.0
        try:
            while True:
                for fd, events in poll.poll(max(0.0, look - time.monotonic()) * 1000 + 0.5):
                    if fd == pidfd:
                        return None, cpu
                    if fd == self._source:
                        os._exit(0)  # the host is gone, and with PID 1 goes everything
                    output = open_outputs[fd]
                    if not output.read() or (events & select.POLLHUP and not events & select.POLLIN):
                        poll.unregister(fd)
                    if output.over:
                        return "output_limit", cpu
                now = time.monotonic()
                if now < look:
                    continue
                memory, used = self._usage.look()
                with contextlib.suppress(OSError):  # it has just ended
                    used = max(used, time.clock_gettime(clock))
                cpu = max(cpu, used)
                if cpu >= cpu_limit:
                    return "cpu_limit", cpu
                if memory > memory_limit:
                    return "memory_limit", cpu
                if now >= wall_end:
                    return "wall_limit", cpu
                look = min(wall_end, now + min(_LOOK_S, max(0.002, (cpu_limit - cpu) / self._cores)))
        finally:
            os.close(pidfd)

    def _end(self, pid: int) -> None:
        """Nothing of the job runs afterwards."""
        if self._new_pid:
            os.kill(pid, signal.SIGKILL)  # it is not reaped yet, so its number is still its own
        else:
            with contextlib.suppress(ProcessLookupError):  # there is nobody but us
                os.kill(-1, signal.SIGKILL)

    def _reap(self, pid: int) -> tuple[int, int]:
        """Wait status of the child, and the peak memory (bytes) of the largest process."""
        status = peak = 0
        while True:
            try:
                ended, its_status, usage = os.wait4(-1, 0)
            except ChildProcessError:
                return status, peak
            peak = max(peak, usage.ru_maxrss << 10)
            if ended == pid:
                status = its_status
            elif not self._new_pid:
                self._end(pid)  # an orphan may have forked before it died

    def _clean(self) -> bool:
        """/tmp is empty, by all means."""
        if not os.listdir("/tmp"):
            return True

        def body() -> None:
            if self._uid is not None:
                os.setresuid(*(self._uid,) * 3)
            wipe.wipe("/tmp", time.monotonic() + 5.0)
            os._exit(0)

        pid = self._fork(body)
        os.waitpid(pid, 0)
        return not os.listdir("/tmp")


def _outcome(cause: str | None, status: int, cpu: float, job: dict[str, Any]) -> tuple[str, int]:
    """Status and code of a child that ended with the wait status `status`, or was ended for `cause`."""
    code = os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    if cause is not None:
        return cause, code
    if cpu > job["cpu_s"]:  # of all its processes together
        return "cpu_limit", code
    if os.WIFSIGNALED(status):
        if code == signal.SIGXCPU:
            return "cpu_limit", code
        # Nobody else kills: what ends by SIGKILL unasked was ended by the kernel, where the container's memory ended.
        return ("memory_limit" if code == signal.SIGKILL else "signal"), code
    return {0: "ok", child.MEMORY: "memory_limit", child.COMPILE: "compile_error", child.SETUP: "setup"}.get(code, "exit"), code


def main(config: dict[str, Any], proc: int) -> None:
    """As PID 1: frames on fds 0 and 1 until the host is gone. `proc`: an open /proc."""
    source, sink, proc = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 32) for fd in (0, 1, proc))
    nothing = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
    for fd in range(child.RESULTS_FD + 1):
        os.dup2(nothing, fd)
    os.closerange(child.RESULTS_FD + 1, 32)
    loaded, after_forks = child.preload(config["preload"], config["packages"])
    child.prepare(config["packages"], config["uid"])
    supervisor = Supervisor(config, after_forks, proc, source, sink)
    os.write(sink, frames.pack({"ready": True, "python": sys.version.split()[0], "loaded": loaded, "uid": os.getuid()}))
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    warm.share_libraries(proc)
    gc.collect()
    gc.disable()
    gc.freeze()
    supervisor.serve()

