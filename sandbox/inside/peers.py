"""Two processes that use each other's functions and objects: those of a test and of a program that cannot be split.

Plain values pass by value, by exact type (`values.py`). Everything else stays where it is; the other side gets a
`Remote`, whose uses are asked of its owner. What the program's side says is only data: the test's side asks, builds
plain values and `Remote`s from the answers, and serves of its own objects only what it passed to the program: a
function is called, an iterator continued, of an instance of the test's own classes public attributes are used.
"""

from __future__ import annotations

import builtins
import copy
import importlib
import json
import operator
import os
import sys
from _thread import RLock
from collections import deque
from collections.abc import Callable, Coroutine
from functools import cache
from types import CoroutineType
from typing import Any

from sandbox.inside import values
from sandbox.inside.pytest_stub import Unsupported
from sandbox.inside.result_proxies import BINARY, plain_attributes

#: Operators of two objects. The owner learns the other one, and so could give the answer that a test wants.
_OPERATORS = (*BINARY, "lt", "le", "gt", "ge", "eq", "ne", "contains")
_REFLECTED = tuple(f"r{name}" for name in BINARY)
_IN_PLACE = tuple(f"i{name}" for name in BINARY if name != "divmod")


def _function(name: str) -> Callable[..., Any]:
    return divmod if name == "divmod" else getattr(operator, f"__{name}__")  # type: ignore[no-any-return]


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    return lambda mine, other: _function(name)(other, mine)


def _awaited(mine: Coroutine[Any, Any, Any]) -> Any:
    import asyncio

    return asyncio.run(mine)


_USES: dict[str, Callable[..., Any]] = {
    "call": lambda mine, *args, **kwargs: mine(*args, **kwargs),
    "getattr": getattr, "setattr": setattr, "delattr": delattr, "getitem": operator.getitem,
    "setitem": operator.setitem, "delitem": operator.delitem, "iter": iter, "next": next, "reversed": reversed,
    "await": _awaited, "len": len, "bool": bool, "str": str, "repr": repr, "format": format, "int": int, "float": float,
    "complex": complex, "index": operator.index, "round": round, "abs": abs, "neg": operator.neg,
    "pos": operator.pos, "invert": operator.invert, "copy": copy.copy, "deepcopy": copy.deepcopy,
    "instancecheck": lambda mine, other: isinstance(other, mine),
    "subclasscheck": lambda mine, other: issubclass(other, mine),
    "enter": lambda mine: type(mine).__enter__(mine), "exit": lambda mine, *args: type(mine).__exit__(mine, *args),
    **{name: _function(name) for name in (*_OPERATORS, *_IN_PLACE)},
    **{f"r{name}": _reflected(name) for name in BINARY},
}  # fmt: skip
_MINE = frozenset(("_armature_peer", "_armature_number"))
_MESSAGE = 200  # characters of an exception's message
_BUILTIN_EXCEPTIONS = {
    kind: name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)
}


@cache
def _truths() -> frozenset[str]:
    """Return the methods of plain values that answer yes or no: an object in their place would only have to say yes."""
    return frozenset(name for name in plain_attributes() if name.startswith("is") or name.endswith("with")) | {
        "all",
        "any",
    }


class Ended(BaseException):
    """The other process has ended, or sends what is no message."""


class Remote:
    """An object of the other process."""

    __slots__ = tuple(_MINE)
    __array_ufunc__ = None  # so that numpy arrays leave operators to it

    def __init__(self, peer: Peer, number: int) -> None:
        object.__setattr__(self, "_armature_peer", peer)
        object.__setattr__(self, "_armature_number", number)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in ("__name__", "__dict__"):
            raise AttributeError(name)
        _peer(self).swayed |= _peer(self).judges and name in _truths()
        return _ask(self, "getattr", name)

    def __eq__(self, other: object) -> Any:
        if self is other:  # each object has one Remote
            return True
        if _peer(self).judges and not isinstance(other, Remote):
            return False  # only plain values equal plain values
        return _ask(self, "eq", other)

    def __ne__(self, other: object) -> Any:
        if self is other:
            return False
        if _peer(self).judges and not isinstance(other, Remote):
            return True
        return _ask(self, "ne", other)

    def __deepcopy__(self, memo: object) -> Any:
        return _ask(self, "deepcopy")

    def __exit__(self, kind: object, error: object, trace: object) -> Any:
        return _ask(self, "exit", kind, None, None)

    def __mro_entries__(self, bases: object) -> Any:
        raise Unsupported("the test derives a class from one of the program, which is not supported")

    __hash__ = object.__hash__


def _peer(remote: Remote) -> Peer:
    peer: Peer = object.__getattribute__(remote, "_armature_peer")
    return peer


def _ask(remote: Remote, use: str, *args: Any, **kwargs: Any) -> Any:
    return _peer(remote).ask(use, object.__getattribute__(remote, "_armature_number"), args, kwargs)


def _hook(use: str) -> Any:
    return lambda self, *args, **kwargs: _ask(self, use, *args, **kwargs)


for _use in _USES:
    if f"__{_use}__" not in vars(Remote):
        setattr(Remote, f"__{_use}__", _hook(_use))


class _Writer(values.Writer):
    """A writer of plain values that contains objects of either side as references."""

    __slots__ = ("peer",)

    def __init__(self, peer: Peer) -> None:
        super().__init__(values.MAX_WEIGHT)
        self.peer = peer

    def other(self, x: Any, kind: type, depth: int) -> None:
        if kind in values.ITERATORS or kind.__module__ == "itertools":
            self.parts.append(self.peer.reference(x))  # it may have no end, and be used later
        else:
            super().other(x, kind, depth)

    def library_value(self, x: Any, kind: type, depth: int) -> None:
        before = len(self.parts)
        try:
            super().library_value(x, kind, depth)
        except values.Unencodable:
            self.parts[before:] = [self.peer.reference(x)]


class Peer:
    """One side of the pair. `judges`: this is the test's side, which trusts nothing that the other one says.

    swayed: a result rests on an operator of the other side's own objects. raised: the last exception of a call.
    ended: nothing more can be asked.
    """

    def __init__(self, source: int, sink: int, *, judges: bool) -> None:
        self.judges = judges
        self.swayed = self.ended = False
        self.raised: BaseException | None = None
        self._lines, self._sink = os.fdopen(source, "rb", closefd=False), sink
        self._one = RLock()
        self._mine: dict[int, Any] = {}  # what the other side may use, kept alive so that its id is its own
        self._remotes: dict[int, Remote] = {}
        self._exceptions: dict[int, type[BaseException]] = {}
        values.READERS.update(R=self._remote, A=self._later, P=self._mine.__getitem__, E=self._exception)
        if not judges:
            values.READERS["N"] = lambda body: operator.attrgetter(body[1])(importlib.import_module(body[0]))

    # -- objects -----------------------------------------------------------------------------------------------------
    def _text(self, value: Any) -> str:
        writer = _Writer(self)
        try:
            writer.value(value, 0)
        except values.TooHeavy:
            raise TypeError("a value of too many parts") from None
        return "".join(writer.parts)

    def reference(self, x: Any) -> str:
        """Return a reference to an object that is no plain value. Raises Unsupported for one that a test keeps."""
        if type(x) is Remote and _peer(x) is self:
            return f'{{"P":{object.__getattribute__(x, "_armature_number")}}}'
        if isinstance(x, type) and issubclass(x, BaseException):
            return f'{{"E":{json.dumps(self._chain(x))}}}'
        if self.judges:
            if (place := _place(x)) is not None:
                return f'{{"N":{json.dumps(place)}}}'
            if not (callable(x) or hasattr(x, "__next__") or _own(x)):
                raise Unsupported(f"the test passes a {type(x).__name__} to the program, which is not supported")
        self._mine[id(x)] = x
        return f'{{"{"A" if type(x) is CoroutineType else "R"}":{id(x)}}}'

    def _remote(self, number: Any) -> Remote:
        return self._remotes.setdefault(number, Remote(self, number))

    async def _later(self, number: Any) -> Any:
        """Return what a coroutine of the other side returns."""
        return self.ask("await", number, (), {})

    def _chain(self, kind: type[BaseException]) -> list[Any]:
        """Return the classes of an exception, nearest first: builtin ones by name, others as [number, name].

        The name of a class of the other side is null.
        """
        chain: list[Any] = []
        for each in kind.__mro__:
            theirs = next((number for number, known in self._exceptions.items() if known is each), None)
            if each in _BUILTIN_EXCEPTIONS:
                chain.append(_BUILTIN_EXCEPTIONS[each])
            elif theirs is not None:
                chain.append([theirs, None])
            elif issubclass(each, BaseException):
                self._mine[id(each)] = each
                chain.append([id(each), each.__name__])
        return chain

    def _exception(self, chain: Any) -> type[BaseException]:
        """Return the class of an exception of the other side: its nearest builtin one, or one made here below it."""
        kind: type[BaseException] = Exception
        for each in reversed(chain):
            number, name = (None, each) if isinstance(each, str) else each
            if number is not None and name is not None:
                kind = self._exceptions.setdefault(number, type(str(name), (kind,), {}))
                continue
            found = getattr(builtins, name, None) if number is None else self._mine.get(number)
            if isinstance(found, type) and issubclass(found, Exception):
                kind = found
        return kind

    # -- messages ----------------------------------------------------------------------------------------------------
    def ask(self, use: str, target: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the result of a use of the other side's object, or raise its exception."""
        with self._one:  # threads of either side ask one after the other
            return self._asked(use, target, args, kwargs)

    def _asked(self, use: str, target: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self.swayed |= self.judges and use in _SWAYING
        named = ",".join(f"{values.quote(key)}:{self._text(value)}" for key, value in kwargs.items())
        self._send(f'{{"use":"{use}","of":{target},"args":[{",".join(map(self._text, args))}],"named":{{{named}}}}}')
        while True:
            message = self._receive()
            if "use" in message:
                self._serve(message)
                continue
            try:
                for k, tree in message.get("changed", {}).items():
                    _refill(kwargs[k] if k in kwargs else args[int(k)], values.build(tree))
                if "v" in message:
                    return values.build(message["v"])
                error = self._raised(message["x"], str(message["m"]), use)
            except (ValueError, LookupError, TypeError, AttributeError) as wrong:
                self.ended = True
                raise Ended(f"no answer: {wrong}") from None
            raise error

    def _raised(self, chain: Any, message: str, use: str) -> BaseException:
        if use == "next" and chain[:1] == ["StopIteration"]:
            return StopIteration()
        kind = self._exception(chain)
        if issubclass(kind, StopIteration | StopAsyncIteration):  # it would silently end a loop of the test
            kind = RuntimeError
        try:
            self.raised = kind(message)
        except TypeError:  # a class that takes more than a message
            self.raised = RuntimeError(message)
        return self.raised

    def serve(self) -> None:
        """Answer questions until the other side ends."""
        while True:
            self._serve(self._receive())

    def _serve(self, message: dict[str, Any]) -> None:
        try:
            line = self._answer(message)
        except MemoryError:
            raise
        except Exception as error:
            try:
                text = str(error)[:_MESSAGE]
            except Exception:  # the program defines its __str__
                text = ""
            line = f'"x":{json.dumps(self._chain(type(error)))},"m":{values.quote(text)}'
        self._send(f"{{{line}}}")

    def _answer(self, message: dict[str, Any]) -> str:
        use, mine = message["use"], self._mine[message["of"]]
        args = [values.build(tree) for tree in message["args"]]
        named = {key: values.build(tree) for key, tree in message["named"].items()}
        if self.judges and not _may(mine, use, args):
            raise AttributeError(f"{use} of a {type(mine).__name__} of the test")
        if use != "call":
            return f'"v":{self._text(_USES[use](mine, *args, **named))}'
        mutable = {str(k): x for k, x in (*enumerate(args), *named.items()) if type(x) in values.MUTABLE}
        before = {k: self._text(x) for k, x in mutable.items()}
        result = f'"v":{self._text(mine(*args, **named))}'
        after = {k: self._text(x) for k, x in mutable.items()}
        changed = [f"{values.quote(k)}:{text}" for k, text in after.items() if text != before[k]]
        return f'{result},"changed":{{{",".join(changed)}}}' if changed else result

    def _send(self, line: str) -> None:
        view = memoryview(line.encode() + b"\n")
        try:
            while view:
                view = view[os.write(self._sink, view) :]
        except OSError:
            self.ended = True
            raise Ended("it ended") from None

    def _receive(self) -> dict[str, Any]:
        try:
            message = values.parse(self._lines.readline())
            if type(message) is dict:
                return message
        except values.Malformed:
            pass
        self.ended = True
        raise Ended("it ended")

    def offer(self, x: Any, number: int) -> None:
        """Let the other side use an object under a number that both know."""
        self._mine[number] = x


_SWAYING = frozenset((*_OPERATORS, *_REFLECTED, *_IN_PLACE))


def _refill(old: Any, new: Any) -> Any:
    """Give a container the contents of another of its type, also inside, and return it; else return the new one."""
    if type(old) is not type(new):
        return new
    if isinstance(old, list | deque):
        items = [*map(_refill, old, new), *list(new)[len(old) :]]
        old.clear()
        old.extend(items)
    elif isinstance(old, dict):
        pairs = {key: _refill(old[key], value) if key in old else value for key, value in new.items()}
        old.clear()
        old.update(pairs)
    elif isinstance(old, set):
        old.clear()
        old.update(new)
    elif isinstance(old, bytearray):
        old[:] = new
    else:
        return new
    return old


def _place(x: Any) -> tuple[str, str] | None:
    """Return the module of a library and the name in it of a function or class, else None."""
    module, name = getattr(x, "__module__", None), getattr(x, "__qualname__", None)
    if not (callable(x) and isinstance(module, str) and isinstance(name, str)):
        return None
    if module.split(".")[0] not in sys.stdlib_module_names or module == "__main__" or module not in sys.modules:
        return None
    try:
        return (module, name) if operator.attrgetter(name)(sys.modules[module]) is x else None
    except AttributeError:
        return None


def _own(x: Any) -> bool:
    """Return whether a test's object is an instance of a class that the test defines."""
    return type(x).__module__ == "__main__"


def _may(mine: Any, use: str, args: list[Any]) -> bool:
    """Return whether the program may use an object of the test in this way: nothing leads from it to the test."""
    if not _own(mine):
        return (use == "call" and callable(mine)) or (use in ("iter", "next") and hasattr(mine, "__next__"))
    if use not in ("getattr", "setattr", "delattr"):
        return True
    public = type(args[0]) is str and not args[0].startswith("_")
    return public and (use == "getattr" or not callable(getattr(type(mine), args[0], None)))
