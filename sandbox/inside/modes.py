"""What a child runs, by the name of the mode: `MODES[mode](code, payload, emit)`, `code` being the compiled program.

The program shares the process with these functions: it can replace what they use and forge what they emit. So what is
emitted is data, and no expected value is in a payload of `stdin` and `calls`. `together` is the weak way, for tests that
cannot run apart from the program. `collect` and `replay` run tests only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

from sandbox.inside import values
from sandbox.inside.digest import written

Emit = Callable[[bytes], None]

# What LiveCodeBench puts before a program that defines a class of the statement's: such programs use List, inf, heappush, ...
PRELUDE_MODULES = (
    "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics", "itertools", "functools", "operator", "io",
    "sys", "json",
)  # fmt: skip
_PRELUDE = "".join(f"from {name} import *\n" for name in (*PRELUDE_MODULES, "builtins", "typing")) + "".join(
    f"import {name}\n" for name in PRELUDE_MODULES
)
_PRELUDE_RECURSION = 50_000
_PRELUDE_NAME = "solution"  # so that `if __name__ == "__main__"`, which reads stdin, does not run

_BUILTIN_EXCEPTIONS = {
    kind: name
    for name, kind in vars(sys.modules["builtins"]).items()
    if type(kind) is type and issubclass(kind, BaseException)
}
_parse, _build, _written, _quote = values.parse, values.build, written, values.quote
_Unencodable = values.Unencodable
_modules = sys.modules
_type, _str, _bool, _getattr, _enumerate, _exec, _compile = type, str, bool, getattr, enumerate, exec, compile
_Exception, _MemoryError = Exception, MemoryError
_MESSAGE = 200  # characters of an exception's message


def _main() -> dict[str, Any]:
    return _modules["__main__"].__dict__


def stdin(code: CodeType, payload: bytes, emit: Emit) -> None:
    """The program as a script."""
    _exec(code, _main())


def calls(code: CodeType, payload: bytes, emit: Emit) -> None:
    """The program, then calls of its functions: payload {"calls": [[name, args, kwargs], ...], "prelude": bool, "full": bool}, arguments
    as `values` writes them. `name` is a global function or `Class.method`, called on a fresh instance. One line a call:
    {"i": k, "v": value}, {"i": k, "h": its digest} where it is large and not wanted in full, {"i": k, "u": type that is no plain value, "b": its truth},
    or {"i": k, "x": [the exception's builtin classes, nearest first], "m": message}.
    What is no Exception (SystemExit) and MemoryError end the child, as they end a script.
    """
    job = _parse(payload)
    main, full = _main(), _bool(job.get("full"))
    if job.get("prelude"):
        _exec(_PRELUDE, main)
        sys.setrecursionlimit(_PRELUDE_RECURSION)
        main["__name__"] = _PRELUDE_NAME
        _modules[_PRELUDE_NAME] = _modules["__main__"]
        for name, _, _ in job["calls"]:
            main.pop(name.split(".")[0], None)  # operator.add is no answer to a problem that wants `add`
    _exec(code, main)
    for k, (name, args, kwargs) in _enumerate(job["calls"]):
        arguments = [_build(a) for a in args]
        keywords = {key: _build(a) for key, a in kwargs.items()}
        result = None
        try:
            result = _resolve(main, name)(*arguments, **keywords)
            line = _written(result, full)
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
    """Of what is no plain value (a match of `re`): all that a test may see of it."""
    try:
        return "true" if result else "false"
    except _Exception:
        return "null"


def _describe(error: BaseException) -> str:
    names = [_BUILTIN_EXCEPTIONS[kind] for kind in _type(error).__mro__ if kind in _BUILTIN_EXCEPTIONS]
    try:
        message = _str(error)[:_MESSAGE]
        line = f'"x":[{",".join(_quote(n) for n in names)}],"m":{_quote(message)}'
    except _Exception:  # its __str__ is the program's
        line = f'"x":[{",".join(_quote(n) for n in names)}],"m":""'
    return line


def together(code: CodeType, payload: bytes, emit: Emit) -> None:
    """The program, then the test in the same namespace: payload {"source": text, "mark": text}. The mark is emitted at the end, so
    that a plain exit before it is no success; a program that looks for it finds it.
    """
    job = _parse(payload)
    test = _compile(job["source"], "test.py", "exec", dont_inherit=True)
    main = _main()
    _exec(code, main)
    _exec(test, main)
    emit(f"{_quote(job['mark'])}\n".encode())


def collect(code: None, payload: bytes, emit: Emit) -> None:
    """`tester.collect`. Imported where it is used: slots for programs do without it, since each import makes their forks dearer."""
    from sandbox.inside import tester

    tester.collect(code, payload, emit)


def replay(code: None, payload: bytes, emit: Emit) -> None:
    """`player.replay`."""
    from sandbox.inside import player

    player.replay(code, payload, emit)


MODES: dict[str, Callable[[Any, bytes, Emit], None]] = {
    "stdin": stdin,
    "calls": calls,
    "together": together,
    "collect": collect,
    "replay": replay,
}
