"""The mathematics verifier: exact layers in this process, the rest in workers that can be killed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from types import TracebackType
from typing import Self

from tasks.errors import VerifierError
from tasks.records import Problem, Verdict, VerdictKind
from tasks.reward.math.answer_parser import read
from tasks.reward.math.answer_types import Equation, Scalar, is_label, usable
from tasks.reward.math.canonical_form import canonical_of_text
from tasks.reward.math.equivalence import equivalent
from tasks.reward.math.expression import ParseError
from tasks.reward.math.extract import Extraction, extract, stated_behind_box
from tasks.reward.math.normalise import MAX_LENGTH, tidy
from tasks.reward.math.oracle import CHEAP, Truth
from tasks.reward.math.pool import Pool
from tasks.reward.math.text_answers import choice_letter, labelled, names_choices
from tasks.reward.math.tolerance import check_tolerance, read_tolerance, within

LONG = 800
"""Longer answers (characters) are read in a worker: some parsers are quadratic in the length."""
_CURRENCY_WORDS = {
    "euro": ("euro", "€"),
    "pound sterling": ("pound", "£"),
    "yen": ("yen", "¥", "円"),
    "rupee": ("rupee", "₹", "rs.", "rs "),
    "yuan": ("yuan", "rmb", "元"),
    "money": ("cent", "¢"),
}


def gold_text(problem: Problem) -> str:
    """Return the gold answer's LaTeX; VerifierError if it cannot be read."""
    answer = problem.reference.get("answer")
    if not isinstance(answer, str):
        raise VerifierError(
            f"problem {problem.id}: reference['answer'] must be a text, not {type(answer).__name__}; mend the data"
        )
    try:
        usable(tidy(answer))
    except ParseError as error:
        raise VerifierError(
            f"problem {problem.id}: the gold answer {answer[:80]!r} cannot be read ({error}); "
            "mend the data or drop the problem"
        ) from error
    return answer


def checked_gold(problem: Problem) -> str:
    """Return the gold answer's LaTeX; VerifierError if it, or its tolerance, cannot be read."""
    gold = gold_text(problem)
    limit = tolerance_of(problem)
    if limit:
        try:
            value = _value(tidy(gold))
            check_tolerance(limit, None if value is None else value.node)
        except ValueError as error:
            raise VerifierError(
                f"problem {problem.id}: reference['tolerance'] {problem.reference['tolerance']!r} beside the "
                f"answer {gold[:80]!r}: {error}; mend the data"
            ) from error
    return gold


def tolerance_of(problem: Problem) -> Fraction | None:
    """Return the reference's absolute tolerance, None if it has none; VerifierError if it is no number."""
    tolerance = problem.reference.get("tolerance")
    if tolerance in (None, ""):
        return None
    try:
        return read_tolerance(str(tolerance))
    except ValueError as error:
        raise VerifierError(
            f"problem {problem.id}: reference['tolerance'] {str(tolerance)[:60]!r}: {error}; mend the data"
        ) from error


@dataclass(frozen=True, slots=True)
class _Names:
    """The canonical forms of the gold and of the answer beside it."""

    gold: str
    given: str

    def of(self, accepted: bool) -> str:
        """Return the answer's form in a verdict: the gold's if it is accepted, and only then."""
        if accepted:
            return self.gold
        return f"{self.given} (not the reference)" if self.given == self.gold else self.given


@dataclass(frozen=True, slots=True)
class _Pending:
    """An answer that a worker has to compare: gold and given text, and their canonical forms."""

    gold: str
    given: str
    names: _Names


class MathVerifier:
    """A verifier of model outputs against gold answers.

    `Problem.reference` holds `answer` and optionally `tolerance`, `unit`, `choices`. Each answer has `deadline_s`
    seconds of wall time in one of `workers` processes, which start when first needed. Usable from any thread; close it,
    or use it in `with`.
    """

    def __init__(self, deadline_s: float = 5.0, workers: int = 2) -> None:
        if deadline_s <= 0 or workers < 1:
            raise ValueError(f"MathVerifier: deadline_s {deadline_s} and workers {workers} must be positive")
        self.pool = Pool(deadline_s, workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @staticmethod
    def check_reference(problem: Problem) -> None:
        """Raise VerifierError, naming the problem, if its reference cannot be read. Called when problems are loaded."""
        checked_gold(problem)

    def close(self) -> None:
        """End the worker processes."""
        self.pool.close()

    def verify(self, items: Sequence[tuple[Problem, str]]) -> list[Verdict]:
        """Return one verdict for each (problem, model output), in order. Never raises because of an answer or a gold.

        A gold that cannot be read, or workers that cannot start, give a verdict that is not judged (score None).
        """
        verdicts: dict[int, Verdict] = {}
        pending: dict[int, _Pending] = {}
        for index, (problem, response) in enumerate(items):
            first = cheap(problem, response)
            if isinstance(first, Verdict):
                verdicts[index] = first
            else:
                pending[index] = first
        if pending:
            verdicts |= self._strong(pending)
        return [verdicts[k] for k in range(len(items))]

    def _strong(self, pending: dict[int, _Pending]) -> dict[int, Verdict]:
        """Return the workers' verdicts on the pending items, equal pairs compared once."""
        pairs = list(dict.fromkeys((item.gold, item.given) for item in pending.values()))
        try:
            outcomes = dict(zip(pairs, self.pool.run(pairs), strict=True))
        except VerifierError as error:
            return {k: Verdict(None, VerdictKind.INFRASTRUCTURE, str(error)) for k in pending}
        verdicts = {}
        for index, item in pending.items():
            outcome = outcomes[item.gold, item.given]
            names = replace(item.names, given=outcome.form or item.names.given)
            verdicts[index] = _verdict(outcome.accepted, names, outcome.detail, outcome.failure)
        return verdicts


def _verdict(accepted: bool, names: _Names, detail: str = "", failure: VerdictKind | None = None) -> Verdict:
    if accepted:
        return Verdict(1.0, VerdictKind.ACCEPTED, detail, names.of(accepted))
    return Verdict(0.0, failure or VerdictKind.WRONG, detail, names.of(accepted))


def cheap(problem: Problem, response: str) -> Verdict | _Pending:
    """Return the verdict of the exact layers, or what a worker has to decide."""
    try:
        gold = checked_gold(problem)
    except VerifierError as error:
        return Verdict(None, VerdictKind.INFRASTRUCTURE, str(error))
    found: Extraction = extract(response)
    if found.text is None:
        return Verdict(0.0, VerdictKind.NO_ANSWER, found.how)
    if len(found.text) > MAX_LENGTH:
        return Verdict(0.0, VerdictKind.NO_ANSWER, f"an answer of {len(found.text)} characters")
    if len(found.text) > LONG:  # reading it may take long: in a worker, which can be killed
        shortened = " ".join(found.text[:LONG].split())
        return _Pending(gold, found.text, _Names(canonical_of_text(tidy(gold)), shortened))
    given = tidy(found.text)
    try:
        usable(given)
    except ParseError as error:
        return Verdict(0.0, VerdictKind.NO_ANSWER, f"the answer cannot be read: {error}")
    wants_letter = choice_letter(gold) == gold.strip('"(). ')
    if wants_letter and not names_choices(given) and (stated := stated_behind_box(response)) is not None:
        given = tidy(stated)  # the box was a step of the reasoning
    given = _choice_of_value(problem, gold, _without_local_currency(problem, given))
    text = _with_unit(problem, tidy(gold))
    detail = ""
    try:
        truth = equal_within_tolerance(problem, text, given)
    except (ParseError, RecursionError) as error:
        truth, detail = False, f"the answer cannot be read: {error}"
    own = canonical_of_text(text, text)
    if truth:  # the answer's own form is in no verdict
        return Verdict(1.0, VerdictKind.ACCEPTED, "", own)
    names = _Names(own, canonical_of_text(given, text))
    return _Pending(text, given, names) if truth is None else _verdict(False, names, detail)


def equal_within_tolerance(problem: Problem, gold: str, given: str) -> Truth:
    """Return whether the answers are equal, or with an absolute `tolerance` (OlympiadBench) numbers that close."""
    truth = _equivalent(gold, given)
    limit = tolerance_of(problem)
    if truth is True or limit is None:
        return truth
    values = _value(gold), _value(given)
    if values[0] is None or values[1] is None:
        return truth
    return True if within(values[0], values[1], limit) else truth


@lru_cache(maxsize=4096)
def _equivalent(gold: str, given: str) -> Truth:
    """Return what the cheap oracle knows; cached, since the responses of a group share their gold and often repeat."""
    return equivalent(gold, given, CHEAP)


def _value(text: str) -> Scalar | None:
    """Return the value in a tidy text, also behind a label, None where it holds none."""
    try:
        answer = read(text)
    except (ParseError, RecursionError):
        return None
    if isinstance(answer, Equation) and len(answer.sides) == 2 and is_label(answer.texts[0]):
        answer = answer.sides[-1]
    return answer if isinstance(answer, Scalar) else None


def _with_unit(problem: Problem, gold: str) -> str:
    """Return the gold with the reference's unit behind it if it is a bare number."""
    unit = str(problem.reference.get("unit") or "").strip("$ ")
    if not unit:
        return gold
    bare = re.fullmatch(r"[-\d./]+", gold)
    return (
        f"{gold} {unit}"
        if unit == "%" and bare
        else tidy(f"{gold} \\text{{ {unit} }}")
        if bare and re.fullmatch(r"[A-Za-z/^\d]+", unit)
        else gold
    )


def _without_local_currency(problem: Problem, given: str) -> str:
    """Return the answer without a currency that the problem's text names: there it is not foreign."""
    try:
        answer = read(given)
    except (ParseError, RecursionError):
        return given
    if not isinstance(answer, Scalar) or answer.unit is None or not answer.unit.foreign_currency:
        return given
    prompt = " ".join(m["content"] for m in problem.prompt).lower()
    return answer.text if any(word in prompt for word in _CURRENCY_WORDS[answer.unit.dimension]) else given


def _choice_of_value(problem: Problem, gold: str, given: str) -> str:
    """Return the letter of the one choice whose text the answer repeats, else `given`.

    Behind a letter, the text of its own choice may be anything; with that of another one, both are named.
    """
    choices = problem.reference.get("choices")
    if not isinstance(choices, Sequence) or isinstance(choices, str) or choice_letter(tidy(gold)) is None:
        return given
    letter, text = labelled(given)
    same = [chr(ord("A") + k) for k, choice in enumerate(choices) if _text_key(str(choice)) == _text_key(text)]
    if letter is None:
        return same[0] if len(same) == 1 else given
    if not text or not same:
        return given
    return letter if letter in same else f"{letter}, {same[0]}"


def _text_key(text: str) -> str:
    """Return a choice's text without marks that do not matter; the point of a number does."""
    return re.sub(r"[\s{}\"]|\.(?!\d)", "", tidy(text)).lower()
