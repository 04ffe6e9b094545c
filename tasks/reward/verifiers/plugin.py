"""A verifier from a user's own file: `data.verifier: my_verifier.py:name`.

`name` is a function of the reference and the response's text, or a class with such a function as its method `verify`:

    def same(reference, response_text):
        return response_text.strip() == reference["answer"]

It returns a Verdict, a score from 0 to 1, or whether the response is right; score 1 is the verdict `accepted`, any
other one `wrong`. It runs in the process that judges, and has to return. What it raises stops the run, with its line:
it is never a reward of 0. A class that derives from `Verifier` may read references, judge in batches and hold
processes as well.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from specs.rewards import Reward
from tasks.data.answers import Reader, read_answer
from tasks.errors import VerifierError
from tasks.plugins import error_line, load_plugin, plugin_file, plugin_label
from tasks.records import Problem, Verdict, VerdictKind
from tasks.reward.verifiers.base import Verifier

KEY = "data.verifier"
Function = Callable[[Mapping[str, Any], str], object]


def plugin_verifier(name: str, reward: Reward) -> Verifier:
    """Return the verifier that `name` (`my_verifier.py:name`) names. SpecError, VerifierError where it is none."""
    found, label = _loaded(name)
    if inspect.isclass(found) and issubclass(found, Verifier):
        return found(label, reward)
    return FunctionVerifier(label, reward, _function(label, found), plugin_file(name, KEY))


def plugin_reader(name: str) -> Reader:
    """Return the reader of references of a verifier from outside: that of its class, or the one of plain answers.

    Raises as `plugin_verifier`: the data's key asks for it, so that what is no verifier fails before anything runs.
    """
    found, _ = _loaded(name)
    return found.read if inspect.isclass(found) and issubclass(found, Verifier) else read_answer


class FunctionVerifier(Verifier):
    """A user's function of the reference and the response's text."""

    def __init__(self, name: str, reward: Reward, function: Function, path: Path) -> None:
        super().__init__(name, reward)
        self._function, self._path = function, path

    def verify(self, items: Sequence[tuple[Problem, str]]) -> list[Verdict]:
        """Return one verdict for each (problem, response text), in order. VerifierError where the function raises."""
        return [self._verdict(problem, text) for problem, text in items]

    def _verdict(self, problem: Problem, text: str) -> Verdict:
        try:
            given = self._function(problem.reference, text)
        except Exception as error:  # the user's own code may raise anything
            raise VerifierError(
                f"{KEY}: {self.name} failed on problem {problem.id}: {error_line(error, self._path)}"
            ) from error
        return verdict_from(given, f"{KEY}: {self.name}: problem {problem.id}")


def verdict_from(given: object, where: str) -> Verdict:
    """Return what a user's function gave as a verdict. VerifierError, which opens with `where`, for anything else."""
    if isinstance(given, Verdict):
        return given
    if hasattr(given, "item"):  # a number of NumPy or torch
        given = given.item()
    if not isinstance(given, bool | int | float) or not 0.0 <= given <= 1.0:
        raise VerifierError(f"{where}: it returned {given!r}, want a Verdict, a score from 0 to 1, or True or False")
    return Verdict(float(given), VerdictKind.ACCEPTED if given == 1.0 else VerdictKind.WRONG)


def _loaded(name: str) -> tuple[Any, str]:
    """Return the class or function, and its name in messages. VerifierError for a class without `verify`."""
    found, label = load_plugin(name, KEY), plugin_label(name, KEY)
    if inspect.isclass(found) and not callable(getattr(found, "verify", None)):
        raise VerifierError(f"{KEY}: {label} is a class without a method verify(reference, response_text)")
    return found, label


def _function(name: str, found: Any) -> Function:
    """Return the function itself, or the method `verify` of a class, of which one is made unless that is static."""
    if not inspect.isclass(found):
        function: Function = found
        return function
    cls: Any = found
    owner = cls
    if not isinstance(inspect.getattr_static(cls, "verify"), staticmethod | classmethod):
        try:
            owner = cls()
        except Exception as error:  # the user's own code may raise anything
            where = error_line(error, Path(inspect.getfile(cls)))
            raise VerifierError(f"{KEY}: {name} cannot be made without arguments: {where}") from error
    method: Function = owner.verify
    return method
