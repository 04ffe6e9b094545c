"""One call of a user's function: the arguments in TRL's or verl's form, and what came of it.

The jail runs this too, so it imports the standard library and modules of the same kind alone.
"""

from __future__ import annotations

import array
import inspect
import struct
import sys
from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.reward.functions.results import ResultError, number_of, one_score, scores_of
from tasks.reward.functions.services import is_of_a_service
from tasks.reward.functions.signature import Signature, ground_truth

if TYPE_CHECKING:
    import asyncio

    from tasks.records import Message

_MOST_CHARACTERS = 10_000  # of one value of log_extra, and of an error: both are stored for each response
_IDS = "i"  # type code of token ids, of struct and array


class Request(NamedTuple):
    """The responses of a group, or one of them, with what the function reads of their row."""

    prompt: str | tuple[Message, ...]
    columns: dict[str, Any]
    texts: tuple[str, ...]
    token_ids: tuple[bytes, ...]
    iteration: int


class Answer(NamedTuple):
    """The result of a call: values and extra columns for each response, metrics, and the first characters printed."""

    values: list[float | None]
    extra: list[dict[str, str]]
    metrics: list[tuple[str, float]]
    printed: str


class Fault(NamedTuple):
    """Why a call gave nothing; `service`: another try may succeed."""

    text: str
    service: bool


def packed_ids(ids: tuple[int, ...]) -> bytes:
    """Return token ids as bytes, which cost a tenth of a tuple on their way to a worker."""
    return struct.pack(f"{len(ids)}{_IDS}", *ids)  # half the time of array.array(...).tobytes()


class Callee:
    """A user's function as a worker calls it.

    where: describes an error with its line. unkeyed: says what is wrong with the imported modules, "" if nothing.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        signature: Signature,
        args: Mapping[str, Any],
        where: Callable[[BaseException], str],
        unkeyed: Callable[[], str],
    ) -> None:
        self._function, self._signature, self._args = function, signature, args
        self._where, self._unkeyed = where, unkeyed
        self._runner: asyncio.Runner | None = None
        self._modules = len(sys.modules)

    def call(self, request: Request, printed: Callable[[], str]) -> Answer | Fault:
        """Return what the function says of a request's responses; `printed` returns what it has written meanwhile."""
        log = _Log(len(request.texts))
        try:
            values = self._of_each(request, log) if self._signature.verl else self._of_all(request, log)
            if unkeyed := self._new_unkeyed():
                return Fault(unkeyed, service=False)
            return Answer(values, log.extra, log.metrics, printed())
        except ResultError as error:
            return Fault(str(error), service=False)
        except BaseException as error:  # sys.exit and Ctrl-C of the user's own code too
            text = self._where(error)[:_MOST_CHARACTERS]
            return Fault(text if is_of_a_service(error) else f"it raised {text}", service=is_of_a_service(error))

    def _of_all(self, request: Request, log: _Log) -> list[float | None]:
        """Return the scores of one call for all responses, in TRL's form."""
        count, chat = len(request.texts), not isinstance(request.prompt, str)
        given: dict[str, Any] = {name: [value] * count for name, value in request.columns.items()}
        given["prompts"] = [list(request.prompt) if chat else request.prompt] * count
        given["completions"] = (
            [[{"role": "assistant", "content": text}] for text in request.texts] if chat else list(request.texts)
        )
        given["completion_ids"] = [_ids(each) for each in request.token_ids]
        given["trainer_state"] = SimpleNamespace(global_step=request.iteration)
        given |= {"log_extra": log.log_extra, "log_metric": log.log_metric, **self._args}
        result = self._function(**{name: value for name, value in given.items() if self._signature.reads(name)})
        return scores_of(self._awaited(result) if inspect.isawaitable(result) else result, count)

    def _of_each(self, request: Request, log: _Log) -> list[float | None]:
        """Return the scores of one call for each response, in verl's form."""
        row = request.columns
        given = {**row, "data_source": row.get("data_source", ""), "ground_truth": ground_truth(row)}
        given |= {"extra_info": row.get("extra_info"), **self._args}
        given = {name: value for name, value in given.items() if self._signature.reads(name)}
        results = [self._function(**{**given, "solution_str": text}) for text in request.texts]
        if results and inspect.isawaitable(results[0]):
            results = self._awaited(_all(results))
        scored = [one_score(each) for each in results]
        for own, (_, others) in zip(log.extra, scored, strict=True):
            own |= {name: _text(value) for name, value in others.items()}
        return [value for value, _ in scored]

    def _awaited(self, result: Awaitable[Any]) -> Any:
        """Return what an async function gives, of the worker's one loop: its clients live as long."""
        import asyncio  # here, since most functions do not need it

        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(result if inspect.iscoroutine(result) else _one(result))

    def _new_unkeyed(self) -> str:
        """Return what is wrong with the modules that the call has imported; "" if nothing."""
        if len(sys.modules) == self._modules:
            return ""
        self._modules = len(sys.modules)
        return self._unkeyed()


class _Log:
    """The log of a call, by TRL's `log_extra` and `log_metric`."""

    def __init__(self, count: int) -> None:
        self.extra: list[dict[str, str]] = [{} for _ in range(count)]
        self.metrics: list[tuple[str, float]] = []

    def log_extra(self, column: str, values: Any) -> None:
        """Add a column to the rows of the responses."""
        texts = [_text(value) for value in values]
        if len(texts) != len(self.extra):
            raise ResultError(f"log_extra({column!r}): {len(texts)} values for {len(self.extra)} responses")
        for own, text in zip(self.extra, texts, strict=True):
            own[str(column)] = text

    def log_metric(self, name: str, value: Any) -> None:
        """Add a number to the metrics of the iteration."""
        number = number_of(value, f" to log_metric({name!r})")
        if number is not None:
            self.metrics.append((str(name), number))


def _text(value: object) -> str:
    return str(value)[:_MOST_CHARACTERS]


def _ids(packed: bytes) -> list[int]:
    numbers = array.array(_IDS)
    numbers.frombytes(packed)
    return numbers.tolist()


async def _all(results: list[Awaitable[Any]]) -> list[Any]:
    import asyncio

    return await asyncio.gather(*results)


async def _one(result: Awaitable[Any]) -> Any:
    return await result
