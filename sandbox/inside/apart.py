"""A test and a program in two processes of one job, for tests whose calls cannot be made before they run.

The processes part before either has read anything of its own: that of the program never holds the test, nor the
descriptor of the results. They speak over two pipes (`peers.py`).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

from sandbox.inside import peers, testrun, values
from sandbox.inside.pytest_stub import Unsupported

LINK = (100, 101)  # the descriptors of the pipes; nothing else has one that high
_RESULTS_FD = 3
_NAMES = 0  # the number under which the program's side offers what gives its names
_ENDS = (86, 87)  # exit statuses of a program that the supervisor knows: `child.MEMORY` and `child.COMPILE`
_programs: list[int] = []


def divide() -> bool:
    """Fork. Return whether this is the program's process; that of the test is its parent."""
    (test_in, program_out), (program_in, test_out) = os.pipe(), os.pipe()
    pid = os.fork()
    for fd, link in zip((test_in, test_out) if pid else (program_in, program_out), LINK, strict=True):
        os.dup2(fd, link)
    for fd in (test_in, program_out, program_in, test_out):
        os.close(fd)
    if pid == 0:
        os.close(_RESULTS_FD)
        return True
    _programs.append(pid)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # with it, the program could raise an exception in the test
    return False


def as_module() -> None:
    """Let the program be no script: a block `if __name__ == "__main__"` reads stdin, runs tests of its own, or exits.

    Its functions are called instead, as by the harnesses of public sets.
    """
    main = sys.modules["__main__"]
    main.__name__ = testrun.PROGRAM
    sys.modules[testrun.PROGRAM] = main


def serve(code: CodeType, payload: bytes, emit: Callable[[bytes], None]) -> None:
    """Run the program, and answer the test."""
    main = sys.modules["__main__"].__dict__
    peer = peers.Peer(*LINK, judges=False)
    as_module()
    exec(code, main)
    peer.offer(lambda names: {name: main[name] for name in names if name in main}, _NAMES)
    with contextlib.suppress(peers.Ended):
        peer.serve()
    os._exit(0)


def judge(code: None, payload: bytes, emit: Callable[[bytes], None]) -> None:
    """Run a test against the program of the other process and emit one line.

    The payload is {"test": text of `testrun.packed`, "missing": names that only the program defines,
    "arrays": whether it uses numpy}. The line is one of

    - {"passed": true, "swayed": whether an operator of the program's own objects had a part in that}
    - {"failed": reason, "raised": whether an exception of the program ended the test}
    - {"ended": how the program ended before the test did, "well": whether with status 0}
    - {"unsupported": reason}
    """
    job = values.parse(payload)
    parts = testrun.unpacked(job["test"])
    peer = peers.Peer(*LINK, judges=True)
    failed: BaseException | None = None
    try:
        found = _asked(peer, [parts[0], *job["missing"]])
        entry = found.pop(parts[0]) if parts[0] in found else _missing(parts[0])
        with testrun.shapes_compared() if job["arrays"] else contextlib.nullcontext():
            testrun.run(parts, entry, found)
    except BaseException as error:
        failed = error
    if peer.ended:
        answer = _ended()
    elif isinstance(failed, Unsupported):
        answer = {"unsupported": str(failed)}
    elif failed is not None:
        answer = {"failed": testrun.failure_line(failed), "raised": failed is peer.raised}
    else:
        answer = {"passed": True, "swayed": peer.swayed}
    emit(json.dumps(answer).encode() + b"\n")


def _asked(peer: peers.Peer, names: list[str]) -> dict[str, Any]:
    """Return what the program gives for names. Others that it sends would replace the test's own, even builtins."""
    given = peer.ask("call", _NAMES, (names,), {})
    return {name: given[name] for name in names if name in given} if type(given) is dict else {}


def _missing(name: str) -> Callable[..., Any]:
    def missing(*args: Any, **kwargs: Any) -> Any:
        raise NameError(f"name {name!r} is not defined by the program")

    return missing


def _ended() -> dict[str, Any]:
    """Return how the program's process ended. It is killed if it still runs: it has sent what is no message."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(_programs[0], signal.SIGKILL)
    status = os.waitpid(_programs[0], 0)[1]
    code = os.waitstatus_to_exitcode(status)
    if code in _ENDS:
        os._exit(code)
    return {"ended": f"exit status {code}" if code >= 0 else f"signal {-code}", "well": code == 0}
