"""The forked child: gives up everything, compiles the program, runs its mode, and ends as an interpreter ends.

From the first line of the program on, this process is the program's: nothing that it emits is a fact, its end is seen from outside.
"""

from __future__ import annotations

import atexit
import builtins
import importlib
import io
import os
import resource
import sys
import types
from collections.abc import Callable
from typing import Any, NoReturn

from sandbox.inside import kernel, seccomp
from sandbox.inside.modes import MODES

#: Exit statuses that say why a child ended by itself. A program may use them too: it then only names its own failure.
MEMORY, COMPILE, BROKEN = 86, 87, 88
RESULTS_FD = 3
_STACK = 64 << 20
_OPEN_FILES = 128


def preload(names: list[str], packages: list[str]) -> tuple[list[str], list[tuple[Any, Any]]]:
    """In the supervisor, once: imports what programs will import. Returns what is there, and what its modules wanted to be done after forks.

    That is not done at our forks: for `random` alone it takes a twentieth of a job's time, and a program whose random numbers always begin
    alike has always the same verdict.
    """
    found, wanted = [], list[tuple[Any, Any]]()
    register, path = os.register_at_fork, list(sys.path)
    os.register_at_fork = lambda *args, **kwargs: wanted.append((args, kwargs))
    sys.path += packages
    try:
        for name in names:
            try:
                importlib.import_module(name)
            except ImportError:
                continue
            found.append(name)
    finally:
        os.register_at_fork, sys.path[:] = register, path
    return found, wanted


def prepare(packages: list[str], uid: int | None) -> None:
    """In the supervisor, once: what every child inherits as it is, so that none spends time on it.

    Standard streams on fds 0 to 2, an empty environment, a new `__main__`, limits that are the same for all, /tmp as the current folder, the
    group of the user that children become.
    """
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)

    def stream(fd: int, mode: str, errors: str, newline: str | None) -> Any:
        text: Any = io.TextIOWrapper(open(fd, mode, closefd=False), "utf-8", errors, newline)  # noqa: SIM115  (it stays open)
        text.mode = mode[0]  # as an interpreter's own have it
        return text

    sys.stdin = sys.__stdin__ = stream(0, "rb", "surrogateescape", None)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = stream(1, "wb", "surrogateescape", "\n")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = stream(2, "wb", "backslashreplace", "\n")  # type: ignore[misc]
    os.environ.clear()
    os.umask(0o022)
    os.chdir("/tmp")
    sys.argv = ["program.py"]
    sys.path[:] = [*sys.path, *packages]
    vars(builtins).update(exit=sys.exit, quit=sys.exit)  # what `site` brings
    main = types.ModuleType("__main__")
    main.__dict__.update(__builtins__=builtins, __file__="/tmp/program.py")
    sys.modules["__main__"] = main
    for which, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        _limit(which, most)
    stack = _hard[resource.RLIMIT_STACK]
    resource.setrlimit(
        resource.RLIMIT_STACK, (_STACK if stack == resource.RLIM_INFINITY else min(_STACK, stack), stack)
    )  # programs raise it
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)


_hard = {which: resource.getrlimit(which)[1] for which in range(16)}


def _limit(which: int, most: int) -> None:
    hard = _hard[which]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (most, most))


def become(uid: int | None, job: dict[str, Any], base_bytes: int, lock: seccomp.Filter) -> None:
    """In the child: everything that the program must not have is gone afterwards. `uid`: the user that it becomes; None: it stays who it is,
    without capabilities. `base_bytes`: address space that it has from its supervisor. OSError where that cannot be had."""
    os.setsid()
    _limit(resource.RLIMIT_AS, base_bytes + (job["memory_mb"] << 20))
    _limit(
        resource.RLIMIT_CPU, int(job["cpu_s"]) + 2
    )  # the supervisor counts finer; this holds for each grandchild too
    _limit(resource.RLIMIT_FSIZE, max(job["tmp_mb"] << 20, 2 * job["output_bytes"]))  # its outputs are files too
    # In a jail the supervisor and its outer process are the same user's, and count.
    _limit(resource.RLIMIT_NPROC, job["processes"] + (2 if uid is None else 0))
    if uid is not None:
        os.setresuid(uid, uid, uid)  # and with root's name go its capabilities
    else:
        kernel.drop_capabilities()
    lock.install(kernel.libc)


def emitter() -> Callable[[bytes], None]:
    """Writes to the private descriptor, all of it."""
    write = os.write

    def emit(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[write(RESULTS_FD, view) :]

    return emit


def compiled(source: bytes | None) -> types.CodeType | None:
    """The program's code; ends the child with COMPILE where it is no Python."""
    if source is None:
        return None
    try:
        return compile(source, "program.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n"[:2000])
        sys.stderr.flush()
        os._exit(COMPILE)


def run(mode: str, source: bytes | None, payload: bytes) -> NoReturn:
    """Runs the mode to its end, and ends the process."""
    leave, finish, modules = os._exit, atexit._run_exitfuncs, sys.modules  # type: ignore[attr-defined]
    streams, emit = (sys.stdout, sys.stderr), emitter()
    status = 0
    try:
        MODES[mode](compiled(source), payload, emit)
    except BaseException as error:  # the program's, or nobody's: it is reported as an interpreter reports it
        status = _status(error)
    try:
        if "threading" in modules:
            modules["threading"]._shutdown()
        finish()
        _flush(sys.stdout, sys.stderr)
        modules["__main__"].__dict__.clear()  # what it leaves open is flushed as it goes
        _flush(*streams)  # those that it was given
    except BaseException as error:
        status = status or _status(error)
    leave(status)


def _flush(*streams: Any) -> None:
    for stream in streams:
        if stream is not None and not getattr(stream, "closed", False):
            stream.flush()


def _status(error: BaseException) -> int:
    if isinstance(error, SystemExit):
        if error.code is None or isinstance(error.code, int):
            return (error.code or 0) & 0xFF
        text = str(error.code) + "\n"
    elif isinstance(error, MemoryError):
        return MEMORY
    else:
        text = ""
    try:
        if text:
            sys.stderr.write(text)
        else:
            sys.__excepthook__(type(error), error, error.__traceback__)
        sys.stderr.flush()
    except BaseException as second:  # it has replaced or closed its stderr
        return MEMORY if isinstance(second, MemoryError) else 1
    return 1
