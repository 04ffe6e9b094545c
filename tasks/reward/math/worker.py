"""The mathematics verifier's fork server and its workers: `python -m tasks.reward.math.worker CONTROL_FD`.

The server imports sympy and math-verify once and forks workers, each in about 16 ms.
"""

from __future__ import annotations

import resource
import socket
import sys

from tasks.reward.processes.messages import receive, send
from tasks.reward.processes.server import serve

MEMORY_BYTES = 2 << 30


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


def _work_within_memory(sock: socket.socket) -> None:
    """Serve `sock` within the memory limit of a worker."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    work(sock)


def _preload() -> None:
    """Import and run once what every worker needs, so that forked workers have it."""
    from math_verify import parse

    from tasks.reward.math import symbolic

    symbolic.accepts("\\lim_{x\\to 0} x", "0")
    parse("\\boxed{\\int_0^1 x dx}", parsing_timeout=None)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as the_control:
        receive(the_control)
        _preload()
        send(the_control, "ready")
        serve(the_control, _work_within_memory)
