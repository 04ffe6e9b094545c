"""The forked child: drops its privileges, compiles the program, runs its mode, and exits as an interpreter does.

From the program's first line on, the program controls this process: nothing that it emits is trusted, and its end is
observed from outside.
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

from sandbox.inside import kernel, seccomp, streams
from sandbox.inside.modes import MODES

#: Exit statuses that tell why a child ended by itself. A program that uses them only reports its own failure.
MEMORY, COMPILE, BROKEN = 86, 87, 88
RESULTS_FD = 3
_STACK = 64 << 20
_OPEN_FILES = 128


def preload(names: list[str], packages: list[str]) -> tuple[list[str], list[tuple[Any, Any]]]:
    """Import modules in the supervisor, and return their names and the fork hooks that they tried to register.

    The hooks do not run at the supervisor's own forks: that of `random` alone takes a twentieth of a job's time, and a
    program whose random numbers start from the same state always gets the same verdict.
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
    """Set up in the supervisor, once, all that every child inherits unchanged.

    These are standard streams on fds 0 to 2, also under their names, an empty environment, a new `__main__`, the limits
    that are the same for all jobs, /tmp as the current folder, and the group of the jobs' user.
    """
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)

    def stream(fd: int, mode: str, errors: str, newline: str | None) -> Any:
        binary = open(fd, mode, closefd=False)  # noqa: SIM115  (it stays open)
        text: Any = io.TextIOWrapper(binary, "utf-8", errors, newline)
        text.mode = mode[0]  # as in the streams of an interpreter
        return text

    sys.stdin = sys.__stdin__ = stream(0, "rb", "surrogateescape", None)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = stream(1, "wb", "surrogateescape", "\n")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = stream(2, "wb", "backslashreplace", "\n")  # type: ignore[misc]
    streams.install()
    sys.set_int_max_str_digits(0)  # the limit protects servers; here CPU time is limited, and 10**5000 can be an answer
    os.environ.clear()
    os.umask(0o022)
    os.chdir("/tmp")
    sys.argv = ["program.py"]
    sys.path[:] = [*sys.path, *packages]
    vars(builtins).update(exit=sys.exit, quit=sys.exit)  # defined by the module `site`, which is not loaded
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
    soft = _STACK if stack == resource.RLIM_INFINITY else min(_STACK, stack)
    resource.setrlimit(resource.RLIMIT_STACK, (soft, stack))  # the hard limit stays: programs raise the soft one
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)


_hard = {which: resource.getrlimit(which)[1] for which in range(16)}


def _limit(which: int, most: int) -> None:
    hard = _hard[which]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (most, most))


def confine(uid: int | None, job: dict[str, Any], base_bytes: int, lock: seccomp.Filter) -> None:
    """Confine the child: set its limits, drop its privileges, install the system call filter.

    uid: the user to become; None keeps the user and drops its capabilities.
    base_bytes: address space inherited from the supervisor.
    Raises OSError where one of them fails.
    """
    os.setsid()
    _limit(resource.RLIMIT_AS, base_bytes + (job["memory_mb"] << 20))
    _limit(resource.RLIMIT_CPU, int(job["cpu_s"]) + 2)  # the supervisor counts finer; this limits each grandchild too
    _limit(resource.RLIMIT_FSIZE, max(job["tmp_mb"] << 20, 2 * job["output_bytes"]))  # its outputs are files too
    # In a jail the supervisor and its outer process belong to the same user, and count.
    _limit(resource.RLIMIT_NPROC, job["processes"] + (2 if uid is None else 0))
    if uid is not None:
        os.setresuid(uid, uid, uid)  # this drops root's capabilities too
    else:
        kernel.drop_capabilities()
    lock.install(kernel.libc)


def emitter() -> Callable[[bytes], None]:
    """Return a function that writes all of its argument to the private descriptor."""
    write = os.write

    def emit(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[write(RESULTS_FD, view) :]

    return emit


def compile_program(source: bytes | None) -> types.CodeType | None:
    """Return the program's code, or end the child with COMPILE where it is not valid Python."""
    if source is None:
        return None
    try:
        return compile(source, "program.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n"[:2000])
        sys.stderr.flush()
        os._exit(COMPILE)


def run(mode: str, source: bytes | None, payload: bytes) -> NoReturn:
    """Run the mode to its end, and end the process."""
    leave, finish, modules = os._exit, atexit._run_exitfuncs, sys.modules  # type: ignore[attr-defined]
    streams, emit = (sys.stdout, sys.stderr), emitter()
    status = 0
    try:
        MODES[mode](compile_program(source), payload, emit)
    except BaseException as error:  # reported as an interpreter reports it
        status = _status(error)
    try:
        if "threading" in modules:
            modules["threading"]._shutdown()
        finish()
        _flush(sys.stdout, sys.stderr)
        modules["__main__"].__dict__.clear()  # files that the program left open are flushed as they are freed
        _flush(*streams)  # the original streams
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
    except BaseException as second:  # the program has replaced or closed its stderr
        return MEMORY if isinstance(second, MemoryError) else 1
    return 1
