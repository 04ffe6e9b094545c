"""The modes of a job: functions that run in the child, as `MODES[mode](code, payload, emit)` with the compiled program.

The program shares the process with these functions: it can replace what they use and forge what they emit. So nothing
that is emitted by `stdin` and `calls` is trusted, and their payloads contain no expected value. `collect` and `replay`
run tests only. A job of the mode `apart` has two processes: its own runs the test, and one of mode `serve` the program.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

from sandbox.inside import apart, values
from sandbox.inside.apart import as_module
from sandbox.inside.digest import result_field

Emit = Callable[[bytes], None]

# LiveCodeBench imports these before a program of functional type: such programs use List, inf, heappush, ...
PRELUDE_MODULES = (
    "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics", "itertools",
    "functools", "operator", "io", "sys", "json",
)  # fmt: skip
_PRELUDE = "".join(f"from {name} import *\n" for name in (*PRELUDE_MODULES, "builtins", "typing")) + "".join(
    f"import {name}\n" for name in PRELUDE_MODULES
)
_PRELUDE_RECURSION = 50_000

_BUILTIN_EXCEPTIONS = {
    kind: name
    for name, kind in vars(sys.modules["builtins"]).items()
    if type(kind) is type and issubclass(kind, BaseException)
}
_parse, _build, _result_field, _quote = values.parse, values.build, result_field, values.quote
_Unencodable = values.Unencodable
_modules = sys.modules
_type, _str, _bool, _getattr, _enumerate, _exec, _compile = type, str, bool, getattr, enumerate, exec, compile
_Exception, _MemoryError = Exception, MemoryError
_MESSAGE = 200  # characters of an exception's message


def _main() -> dict[str, Any]:
    return _modules["__main__"].__dict__


def stdin(code: CodeType, payload: bytes, emit: Emit) -> None:
    """Run the program as a script."""
    _exec(code, _main())


def calls(code: CodeType, payload: bytes, emit: Emit) -> None:
    """Run the program, then call its functions and emit one line per call.

    The payload is {"calls": [[name, args, kwargs], ...], "prelude": bool, "setup": text, "full": bool}, with arguments
    in the form of `values`. The setup is part of the prelude: it runs before the program. A name is a global function,
    or `Class.method`, called on a new instance. The line of call k is one of

    - {"i": k, "v": value}
    - {"i": k, "h": digest}, for a large value where not "full"
    - {"i": k, "u": type, "b": truth}, for a result that is not a plain value
    - {"i": k, "x": [builtin classes of the exception, nearest first], "m": message}

    MemoryError, and what is not an Exception (SystemExit), end the child as they end a script.
    """
    job = _parse(payload)
    main, full = _main(), _bool(job.get("full"))
    if job.get("prelude"):
        _exec(_PRELUDE, main)
        _exec(_compile(job.get("setup", ""), "setup.py", "exec", dont_inherit=True), main)
        sys.setrecursionlimit(_PRELUDE_RECURSION)
        for name, _, _ in job["calls"]:
            main.pop(name.split(".")[0], None)  # else operator.add would solve a problem that asks for `add`
    as_module()
    _exec(code, main)
    for k, (name, args, kwargs) in _enumerate(job["calls"]):
        arguments = [_build(a) for a in args]
        keywords = {key: _build(a) for key, a in kwargs.items()}
        result = None
        try:
            result = _resolve(main, name)(*arguments, **keywords)
            line = _result_field(result, full)
        except _MemoryError:
            raise
        except _Unencodable as error:
            line = f'"u":{_quote(error.kind)},"b":{_truth(result)}'
        except _Exception as error:
            line = _describe(error)
        emit(f'{{"i":{k},{line}}}\n'.encode())


def _resolve(main: dict[str, Any], name: str) -> Any:
    if "." not in name:
        return main[name] if name in main else _missing(name)
    owner, method = name.split(".", 1)
    return _getattr((main[owner] if owner in main else _missing(owner))(), method)


def _missing(name: str) -> Any:
    raise NameError(f"name {name!r} is not defined by the program")


def _truth(result: Any) -> str:
    """Return the truth of a result that is not a plain value (a match of `re`): a test may see no more of it."""
    try:
        return "true" if result else "false"
    except _Exception:
        return "null"


def _describe(error: BaseException) -> str:
    names = [_BUILTIN_EXCEPTIONS[kind] for kind in _type(error).__mro__ if kind in _BUILTIN_EXCEPTIONS]
    try:
        message = _str(error)[:_MESSAGE]
        line = f'"x":[{",".join(_quote(n) for n in names)}],"m":{_quote(message)}'
    except _Exception:  # the program defines its __str__
        line = f'"x":[{",".join(_quote(n) for n in names)}],"m":""'
    return line


def collect(code: None, payload: bytes, emit: Emit) -> None:
    """Run `collector.collect`. It is imported here, since each import makes the forks of slots for programs slower."""
    from sandbox.inside import collector

    collector.collect(code, payload, emit)


def replay(code: None, payload: bytes, emit: Emit) -> None:
    """Run `replayer.replay`."""
    from sandbox.inside import replayer

    replayer.replay(code, payload, emit)


MODES: dict[str, Callable[[Any, bytes, Emit], None]] = {
    "stdin": stdin,
    "calls": calls,
    "collect": collect,
    "replay": replay,
    "apart": apart.judge,
    "serve": apart.serve,
}
