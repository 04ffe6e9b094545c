"""The fork server and its workers: `python -m tasks.reward.math.worker CONTROL_FD`.

The server imports sympy and math-verify once and forks workers, each in about 16 ms. It waits on nothing but its
control socket: end of file there means that the parent is gone, and the server ends. A worker dies with its server
(PR_SET_PDEATHSIG) and is killed only by it, so that its process id cannot have been reused.

Control messages: b"F" with one descriptor (fork a worker that serves it; the reply is its process id), b"K" and a
process id (kill and reap that worker; the reply is b"K").
"""

from __future__ import annotations

import array
import ctypes
import json
import os
import resource
import signal
import socket
import struct
import sys

HEADER = struct.Struct("!I")
MEMORY_BYTES = 2 << 30
_PR_SET_PDEATHSIG = 1


def send(sock: socket.socket, message: object) -> None:
    """Send one JSON message behind its length."""
    data = json.dumps(message).encode()
    sock.sendall(HEADER.pack(len(data)) + data)


def receive_exactly(sock: socket.socket, count: int) -> bytes:
    """Return the next `count` bytes; EOFError if the other side has closed."""
    chunks = []
    while count:
        chunk = sock.recv(min(count, 1 << 20))
        if not chunk:
            raise EOFError
        chunks.append(chunk)
        count -= len(chunk)
    return b"".join(chunks)


def receive(sock: socket.socket) -> object:
    """Return the next JSON message; EOFError if the other side has closed."""
    (count,) = HEADER.unpack(receive_exactly(sock, HEADER.size))
    return json.loads(receive_exactly(sock, count))


def work(sock: socket.socket) -> None:
    """Serve [gold, given] -> {"accepted": bool, "detail": str, "form": str} until the parent closes."""
    from tasks.reward.math import symbolic
    from tasks.reward.math.normal_form import clock

    clock.budget_s = 1.0  # more than in the caller's process: a worker can be killed
    while True:
        try:
            message = receive(sock)
        except (EOFError, ConnectionError):
            return
        assert isinstance(message, list)
        try:
            accepted = symbolic.accepts(*message)
            form = "" if accepted else symbolic.value_form(message[1])
            reply: dict[str, object] = {"accepted": accepted, "detail": "", "form": form}
        except MemoryError:
            reply = {"accepted": False, "detail": "memory", "form": ""}
        except Exception as error:  # of sympy or math-verify on this answer: it is not accepted
            reply = {"accepted": False, "detail": f"{type(error).__name__}: {error}"[:300], "form": ""}
        send(sock, reply)


def _fork(sock: socket.socket, control: socket.socket) -> int:
    """Fork a worker that serves `sock` within its memory limit; return its process id."""
    server = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        control.close()
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == server:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            work(sock)
    finally:
        os._exit(0)


def _preload() -> None:
    """Import and run once what every worker needs, so that forked workers have it."""
    from math_verify import parse

    from tasks.reward.math import symbolic

    symbolic.accepts("\\lim_{x\\to 0} x", "0")
    parse("\\boxed{\\int_0^1 x dx}", parsing_timeout=None)


def serve(control: socket.socket) -> None:
    """Fork and kill workers as the parent asks; end with all of them when it closes its end of `control`."""
    children: set[int] = set()
    control.sendall(b"R")
    try:
        while True:
            fds = array.array("i")
            data, ancillary, _, _ = control.recvmsg(9, socket.CMSG_SPACE(fds.itemsize))
            if not data:
                return
            if data[:1] == b"F":
                for level, kind, content in ancillary:
                    if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                        fds.frombytes(content[: fds.itemsize])
                with socket.socket(fileno=fds[0]) as sock:
                    pid = _fork(sock, control)
                children.add(pid)
                control.sendall(HEADER.pack(pid))
            else:
                (pid,) = HEADER.unpack(data[1:])
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                children.discard(pid)
                control.sendall(b"K")
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as the_control:
        _preload()
        serve(the_control)
