"""The signature of a user's reward function: TRL's or verl's, and the arguments that it reads.

TRL calls a function once for all responses, by keyword. verl calls `compute_score(data_source, solution_str,
ground_truth, extra_info)` once for each response; it is known by these names.
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

from specs.errors import SpecError

#: What a function in TRL's signature is given besides the columns and `args`.
TRL = ("prompts", "completions", "completion_ids", "trainer_state", "log_extra", "log_metric")
VERL = ("data_source", "solution_str", "ground_truth", "extra_info")
#: The columns that hold a row's `ground_truth` in verl's data and in ours, and its other arguments.
VERL_COLUMNS = frozenset({"ground_truth", "reward_model", "answer", "data_source", "extra_info"})
_SEE_LOCALS = frozenset({"locals", "vars", "eval", "exec", "_getframe", "currentframe", "stack"})


@dataclass(frozen=True, slots=True)
class Signature:
    """A function's signature: `names` of the arguments that it reads (None: any), and those of them without default."""

    verl: bool
    names: frozenset[str] | None
    required: frozenset[str]

    def told(self) -> dict[str, Any]:
        """Return the signature as JSON, for `heard`."""
        names = None if self.names is None else sorted(self.names)
        return {"verl": self.verl, "names": names, "required": sorted(self.required)}

    @staticmethod
    def heard(told: Mapping[str, Any]) -> Signature:
        """Return the signature that another process has found."""
        names = None if told["names"] is None else frozenset(told["names"])
        return Signature(told["verl"], names, frozenset(told["required"]))

    def reads(self, name: str) -> bool:
        """Return whether the function reads an argument of this name."""
        return self.names is None or name in self.names

    def columns(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of a row's columns that a call needs."""
        return {k: v for k, v in columns.items() if self.reads(k) or (self.verl and k in VERL_COLUMNS)}

    def missing(self, columns: Mapping[str, Any], args: Iterable[str]) -> list[str]:
        """Return the names of columns that the function needs and a row has not."""
        if not self.verl:
            return sorted(self.required - {*TRL, *args, *columns})
        without = [] if has_ground_truth(columns) else ["ground_truth"]
        return without + sorted(self.required - {*VERL, *args, *columns})


def has_ground_truth(columns: Mapping[str, Any]) -> bool:
    """Return whether a row has a reference in one of the columns in which verl or we look for it."""
    nested = columns.get("reward_model")
    return (
        "ground_truth" in columns or "answer" in columns or (isinstance(nested, Mapping) and "ground_truth" in nested)
    )


def ground_truth(columns: Mapping[str, Any]) -> Any:
    """Return a row's reference: of the column ground_truth, of reward_model, or answer."""
    if "ground_truth" in columns:
        return columns["ground_truth"]
    nested = columns.get("reward_model")
    if isinstance(nested, Mapping) and "ground_truth" in nested:
        return nested["ground_truth"]
    return columns.get("answer")


def signature_of(function: Callable[..., Any], args: Mapping[str, Any]) -> Signature:
    """Return the signature of a function that the spec calls with `args` too. SpecError where it cannot be called."""
    if inspect.isclass(function):
        raise SpecError("it is a class; want a function, or a name that stands for an instance with __call__")
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # of a function written in C
        return Signature(False, None, frozenset())
    if first := [each.name for each in parameters if each.kind is each.POSITIONAL_ONLY]:
        raise SpecError(f"it takes {', '.join(first)} by position; want arguments that can be given by name")
    named = {each.name: each for each in parameters if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)}
    verl = "solution_str" in named
    if taken := sorted(set(args) & set(VERL if verl else TRL)):
        raise SpecError(f"args: {', '.join(taken)}: the trainer gives it; take it out of args")
    takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters)
    if not takes_any and (unknown := sorted(set(args) - set(named))):
        raise SpecError(f"args: {', '.join(unknown)}: the function has no such parameter; it has {', '.join(named)}")
    every = takes_any and not verl and not _ignores_the_rest(function)
    required = frozenset(name for name, each in named.items() if each.default is each.empty)
    return Signature(verl, None if every else frozenset(named) | (frozenset(args) if takes_any else set()), required)


def _ignores_the_rest(function: Callable[..., Any]) -> bool:
    """Return whether a function has `**kwargs` only for form, as TRL asks: then nothing is sent for it."""
    code = getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)
    if not isinstance(code, CodeType) or hasattr(function, "__wrapped__") or _SEE_LOCALS & set(code.co_names):
        return False
    positional = bool(code.co_flags & inspect.CO_VARARGS)
    rest = code.co_varnames[code.co_argcount + code.co_kwonlyargcount + positional]
    return rest not in code.co_cellvars and all(each.argval != rest for each in dis.get_instructions(code))
