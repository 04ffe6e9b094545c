"""The supervisor of a slot: for each message it forks a child, watches it, cleans up after it, and replies.

The supervisor is PID 1 of its container or jail. It runs no program itself, keeps nothing of a job (not even in freed
memory), and trusts nothing that a child says. A job's processes end in one of two ways, by the setting `new_pid`: in a
jail each child is PID 1 of its own namespace, and all that it started dies with it; in a container the child runs as
another user, and kill(-1) kills everything but the supervisor.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import resource
import select
import signal
import stat
import sys
import time
from collections.abc import Callable
from typing import Any

from sandbox.inside import apart, child, frames, kernel, seccomp, wipe
from sandbox.inside.usage import Usage

_TMP_MODE = 0o1777
_STDERR_KEPT = 64 << 10
_LOOK_S = 0.02  # between readings of CPU time and memory; most jobs end before the first
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL


class Supervisor:
    """The loop that reads jobs from `source` and writes replies to `sink`."""

    def __init__(
        self, config: dict[str, Any], after_forks: list[tuple[Any, Any]], proc: int, source: int, sink: int
    ) -> None:
        self._after_forks = after_forks
        self._source, self._sink = source, sink
        self._new_pid = kernel.CLONE_NEWPID if config["new_pid"] else 0
        self._own_namespace = os.pidfd_open(os.getpid()) if self._new_pid else -1
        self._uid: int | None = config["uid"]
        self._filter = seccomp.Filter()
        self._cores = len(os.sched_getaffinity(0))
        self._usage = Usage(proc)

    def serve(self) -> None:
        """Serve jobs until the host closes its end."""
        while True:
            try:
                job = frames.read_header(self._read)
                text, stdin = self._file(sum(job["blobs"][:2])), self._file(job["blobs"][2])
            except EOFError:
                return
            fcntl.fcntl(stdin, fcntl.F_ADD_SEALS, _SEALS)
            outputs = [self._file(0) for _ in range(3)]
            reply = self._run(job, text, stdin, outputs)
            limit = job["output_bytes"]
            sizes = [
                min(os.fstat(fd).st_size, most)
                for fd, most in zip(outputs, (limit, min(limit, _STDERR_KEPT), limit), strict=True)
            ]
            answer = self._file(0)  # the reply in one piece: an engine forwards each write separately
            os.write(answer, frames.head(reply, sizes))
            for fd, size in zip(outputs, sizes, strict=True):
                at = 0
                while at < size:
                    at += os.sendfile(answer, fd, at, size - at)
            left = os.lseek(answer, 0, os.SEEK_CUR)
            os.lseek(answer, 0, os.SEEK_SET)
            while left:
                left -= os.splice(answer, self._sink, left)
            for fd in (text, stdin, *outputs, answer):
                os.close(fd)

    # -- the stream to the host --------------------------------------------------------------------------------------
    # The kernel moves a job's data from pipe to file and back, never through this process's memory. A child is a copy
    # of this process, and could find freed data there that was not overwritten, such as another program's answer.

    def _read(self, size: int) -> bytes:
        """Read exactly `size` bytes of a header."""
        parts = b""
        while len(parts) < size:
            chunk = os.read(self._source, size - len(parts))
            if not chunk:
                raise EOFError
            parts += chunk
        return parts

    def _file(self, size: int) -> int:
        """Return a file in memory with the next `size` bytes of the stream.

        With files, the supervisor need not feed a pipe that a program may never read, or drain one while it runs.
        """
        fd = os.memfd_create("job", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        while size:
            moved = os.splice(self._source, fd, size)
            if not moved:
                raise EOFError
            size -= moved
        os.lseek(fd, 0, os.SEEK_SET)
        return fd

    # -- one job -----------------------------------------------------------------------------------------------------

    def _run(self, job: dict[str, Any], text: int, stdin: int, outputs: list[int]) -> dict[str, Any]:
        """Run a job and return the header of the reply; `text` is a file with program and payload."""
        started = time.monotonic()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self._usage.begin()
        pid = self._fork(lambda: self._child(job, text, stdin, outputs))
        cause, seen_cpu = self._watch(pid, job, outputs, started)
        self._end(pid)
        status, peak = self._reap(pid)
        wall = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # The kernel does not add the CPU time of processes that died with their namespace.
        cpu = max(seen_cpu, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if cause is None and _over(outputs, job["output_bytes"]):
            cause = "output_limit"
        kind, code = _outcome(cause, status, cpu, job)
        if not fcntl.fcntl(text, fcntl.F_GET_SEALS) & fcntl.F_SEAL_SEAL:
            kind = "setup"
        return {
            "status": kind,
            "code": code,
            "cpu_s": cpu,
            "wall_s": wall,
            "memory_bytes": peak,
            "dirty": not self._clean(),
        }

    def _fork(self, body: Callable[[], None]) -> int:
        if self._new_pid:
            kernel.unshare(self._new_pid)  # it applies to the next child, not to this process
        try:
            pid = os.fork()
            if pid == 0:
                try:
                    body()
                finally:
                    os._exit(child.BROKEN)
        finally:
            if self._new_pid:
                kernel.setns(self._own_namespace, self._new_pid)
        return pid

    def _child(self, job: dict[str, Any], text: int, stdin: int, outputs: list[int]) -> None:
        for target, fd in enumerate((stdin, *outputs)):  # the supervisor keeps fds 0 to 3 open, so no fd is a target
            os.dup2(fd, target)
        child.confine(self._uid, job, self._usage.address_space, self._filter)
        # The seal cannot be undone, and tells the supervisor that the child was confined before it began with the job.
        fcntl.fcntl(text, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL)
        (size, more), mode = job["blobs"][:2], job["mode"]
        if mode == "apart" and apart.divide():
            mode, more = "serve", 0
        try:
            program, payload = os.pread(text, size, 0), os.pread(text, more, size)
        except MemoryError:
            os._exit(child.MEMORY)
        os.closerange(child.RESULTS_FD + 1, apart.LINK[0])
        for args, kwargs in self._after_forks:  # for the program's own forks
            os.register_at_fork(*args, **kwargs)
        gc.enable()
        child.run(mode, program if job["has_program"] and mode != "apart" else None, payload)

    def _watch(self, pid: int, job: dict[str, Any], outputs: list[int], started: float) -> tuple[str | None, float]:
        """Wait until the child has ended or has exceeded a limit.

        Return the limit, or None where the child ended, and the CPU seconds of all its processes at the last reading.
        """
        wall_end, cpu_limit = started + job["wall_s"], job["cpu_s"]
        memory_limit = job["memory_mb"] << 20
        clock = (~pid << 3) | 2  # the child's CPU clock: MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED)
        pidfd = os.pidfd_open(pid)
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        poll.register(self._source, select.POLLHUP | select.POLLRDHUP)
        look, cpu = started + _LOOK_S, 0.0
        try:
            while True:
                for fd, _ in poll.poll(max(0.0, look - time.monotonic()) * 1000 + 0.5):
                    if fd == pidfd:
                        return None, cpu
                    os._exit(0)  # the host is gone; all processes of the slot end with PID 1
                now = time.monotonic()
                if now < look:
                    continue
                memory, used = self._usage.look()
                with contextlib.suppress(OSError):  # the process has just ended
                    used = max(used, time.clock_gettime(clock))
                cpu = max(cpu, used)
                if cpu >= cpu_limit:
                    return "cpu_limit", cpu
                if memory > memory_limit:
                    return "memory_limit", cpu
                if _over(outputs, job["output_bytes"]):
                    return "output_limit", cpu
                if now >= wall_end:
                    return "wall_limit", cpu
                # Time spent neither computing nor waiting for a core: the job sleeps, or waits for an event.
                if now - started - cpu > job["idle_s"] and now - started - cpu - self._usage.delay() > job["idle_s"]:
                    return "idle_limit", cpu
                look = min(wall_end, now + min(_LOOK_S, max(0.002, (cpu_limit - cpu) / self._cores)))
        finally:
            os.close(pidfd)

    def _end(self, pid: int) -> None:
        """Kill all processes of the job."""
        if self._new_pid:
            os.kill(pid, signal.SIGKILL)  # it is not reaped yet, so the pid is still its own
        else:
            with contextlib.suppress(ProcessLookupError):  # no other process runs
                os.kill(-1, signal.SIGKILL)

    def _reap(self, pid: int) -> tuple[int, int]:
        """Reap all processes; return the child's wait status and the peak memory (bytes) of the largest process."""
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
        """Empty /tmp and restore its mode. Return whether it is empty."""
        if stat.S_IMODE(os.stat("/tmp").st_mode) != _TMP_MODE:
            os.chmod("/tmp", _TMP_MODE)  # in a jail the job owns it
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


def _over(outputs: list[int], limit: int) -> bool:
    return any(os.fstat(fd).st_size > limit for fd in outputs)


def _outcome(cause: str | None, status: int, cpu: float, job: dict[str, Any]) -> tuple[str, int]:
    """Return status and code of a child that ended with the wait status `status`, or was killed for `cause`."""
    code = os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    if cause is not None:
        return cause, code
    if cpu > job["cpu_s"]:  # of all its processes together
        return "cpu_limit", code
    if os.WIFSIGNALED(status):
        if code == signal.SIGXCPU:
            return "cpu_limit", code
        # No other process sends SIGKILL to a job: the kernel did, when the container's memory was exhausted.
        return ("memory_limit" if code == signal.SIGKILL else "signal"), code
    return {0: "ok", child.MEMORY: "memory_limit", child.COMPILE: "compile_error"}.get(code, "exit"), code


def main(config: dict[str, Any], proc: int) -> None:
    """Run as PID 1 and serve jobs over fds 0 and 1 until the host is gone; `proc` is a descriptor of /proc."""
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
    gc.collect()
    gc.disable()
    gc.freeze()
    supervisor.serve()
