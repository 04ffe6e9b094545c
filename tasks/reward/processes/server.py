"""The fork server's own side: a process that has imported what its workers need, and forks them in milliseconds.

It waits on nothing but its control socket: end of file there means that the parent is gone, and the server ends. A
worker dies with its server (PR_SET_PDEATHSIG) and is killed only by it, so that its process id cannot have been reused.
The server inherits the processes that a worker leaves behind, however detached (PR_SET_CHILD_SUBREAPER), and kills them
when it kills a worker and when it ends.

Control messages: b"F" with one descriptor (fork a worker that serves it; the reply is its process id), b"K" and a
process id (kill and reap that worker; the reply is its wait status).
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import os
import resource
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from tasks.reward.processes.messages import HEADER

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def serve(control: socket.socket, work: Callable[[socket.socket], None]) -> None:
    """Fork and kill workers that run `work`, as the parent asks, until it closes its end of `control`."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # a module may have set it to be ignored: nothing could be reaped
    own = _children()  # what the import of the workers' modules has started
    workers: set[int] = set()
    try:
        while True:
            fds = array.array("i")
            data, ancillary, _, _ = control.recvmsg(1 + HEADER.size, socket.CMSG_SPACE(fds.itemsize))
            if not data:
                return
            if data[:1] == b"F":
                for level, kind, content in ancillary:
                    if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                        fds.frombytes(content[: fds.itemsize])
                with socket.socket(fileno=fds[0]) as sock:
                    pid = _fork(sock, control, work)
                workers.add(pid)
                control.sendall(HEADER.pack(pid))
            else:
                (pid,) = HEADER.unpack(data[1:])
                workers.discard(pid)
                status = _end(pid)
                _end_children(but=workers | own)
                control.sendall(HEADER.pack(status))
    finally:
        _end_children(but=set())


def _fork(sock: socket.socket, control: socket.socket, work: Callable[[socket.socket], None]) -> int:
    """Fork a worker that serves `sock` in a session of its own; return its process id."""
    server = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        control.close()
        os.setsid()
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == server:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            work(sock)
    finally:
        os._exit(0)


def _end(pid: int) -> int:
    """Kill and reap a child; return its wait status."""
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def _end_children(but: set[int]) -> None:
    """Kill and reap all other children, and then those that they leave behind, until there are none."""
    while found := _children() - but:
        for pid in found:
            _end(pid)


def _children() -> set[int]:
    """Return the process ids of this process's children, zombies included, whichever thread started them."""
    found: set[int] = set()
    for file in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended since
            found.update(map(int, file.read_text().split()))
    return found
