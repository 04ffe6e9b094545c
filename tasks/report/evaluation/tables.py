"""The tables of an evaluation report: policies side by side, sample sizes, differences, diversity and groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.report.evaluation.data import Evaluated, PairResult, SuiteResult
from tasks.report.formatting import fixed, interval_text, number, percent, short_key
from tasks.report.html_tables import Line, side_by_side, table
from tasks.report.scale import fits

Path = tuple[str, ...]
"""The keys that lead to a number of a summary."""
SHARES = (
    ("truncated", "truncated_share"),
    ("no answer", "no_answer_share"),
    ("time limit", "time_limit_share"),
    ("not judged", "not_judged_share"),
)
MAJOR: tuple[tuple[str, Path, Path, Path, int], ...] = (  # name; paths of value, interval, standard error; decimals
    ("mean score", ("avg",), ("avg_interval",), ("avg_se",), 3),
    ("majority vote", ("maj",), (), (), 3),
    ("entropy, nats per token", ("entropy",), (), ("entropy_se",), 3),
    ("surprisal, nats per token", ("surprisal",), (), (), 3),
    ("distinct correct answers", ("distinct_correct",), (), ("distinct_correct_se",), 2),
    ("share of all solutions", ("coverage",), (), (), 3),
)
DIVERSITY = (
    ("responses", "responses"),
    ("problems", "problems"),
    ("tokens per response", "response_tokens"),
    ("entropy, nats per token", "entropy"),
    ("surprisal, nats per token", "surprisal"),
    ("distinct answers", "distinct_answers"),
    ("entropy of the answers, nats", "answer_entropy"),
    ("distinct-1", "distinct_1"),
    ("distinct-2", "distinct_2"),
    ("self-BLEU", "self_bleu"),
    ("Vendi score", "vendi"),
    ("kernel of the Vendi score", "kernel"),
    ("share of all solutions", "coverage"),
)
OF = (("all", "all"), ("right", "correct"))


def value(summary: Mapping[str, Any], path: Path) -> float | None:
    """Return the finite number at `path`, or None."""
    found = _at(summary, path)
    return found if fits(found, "linear") else None


def interval(summary: Mapping[str, Any], path: Path) -> tuple[float, float] | None:
    """Return the two finite numbers at `path`, or None."""
    found = _at(summary, path)
    if not isinstance(found, Sequence) or len(found) != 2 or not all(fits(end, "linear") for end in found):
        return None
    return found[0], found[1]


def policies_table(policies: Sequence[Evaluated], ks: Sequence[int], palette: Mapping[str, str]) -> str:
    """Return the numbers of one suite, a column for each policy, with intervals or else standard errors."""
    at_k = tuple(
        (f"Pass@{k}", ("pass_at", str(k)), ("pass_at_interval", str(k)), ("pass_at_se", str(k)), 3) for k in ks
    )
    major = [
        (name, [_cell(p.summary, at, around, error, digits) for p in policies])
        for name, at, around, error, digits in (*at_k, *MAJOR)
    ]
    minor: list[Line] = [
        ("iteration", [("-" if p.iteration is None else str(p.iteration), "") for p in policies]),
        *((name, [(number(value(p.summary, (key,))), "") for p in policies]) for name, key in _COUNTS),
        *((name, [(percent(value(p.summary, (key,))), "") for p in policies]) for name, key in SHARES),
        ("policy (lineage)", [(short_key(p.lineage) or "-", "") for p in policies]),
    ]
    return side_by_side([p.label for p in policies], palette, major, minor, [p.artifact for p in policies])


_COUNTS = (
    ("questions", "problems"),
    ("samples per question", "samples"),
    ("tokens per response", "response_tokens"),
    ("distinct answers", "distinct_answers"),
)


def _cell(summary: Mapping[str, Any], at: Path, interval_at: Path, error_at: Path, digits: int) -> tuple[str, str]:
    found, error = interval(summary, interval_at), value(summary, error_at)
    aside = (
        interval_text(found, digits) if found is not None else f"± {fixed(error, digits)}" if error is not None else ""
    )
    return fixed(value(summary, at), digits), aside


def basis(summary: Mapping[str, Any]) -> str:
    """Return the number of samples and the shares that were not usable, in a line."""
    return f"n = {_size(summary)} samples, " + ", ".join(
        f"{name} {percent(value(summary, (key,)))}" for name, key in SHARES
    )


def largest_k(summaries: Sequence[Mapping[str, Any]], ks: Sequence[int]) -> int:
    """Return the largest of `ks` that some evaluation has a Pass@k for; 1 if there is none.

    An evaluation in which a sample was not judged has no Pass@k for the largest k.
    """
    return max(
        (k for k in ks if any(value(summary, ("pass_at", str(k))) is not None for summary in summaries)), default=1
    )


def _size(summary: Mapping[str, Any]) -> str:
    return " × ".join(number(value(summary, (key,))) for key in ("problems", "samples"))


def basis_table(suites: Sequence[SuiteResult], ks: Sequence[int]) -> str:
    """Return a row for each suite and policy; n is questions × samples of each."""
    heads = [
        "suite",
        "policy",
        *(head for k in ks for head in (f"Pass@{k}", "95% interval")),
        "n",
        *(name for name, _ in SHARES),
        "from",
    ]
    rows = [
        [
            suite.name,
            policy.label,
            *(text for k in ks for text in _cell_texts(policy.summary, k)),
            _size(policy.summary),
            *(percent(value(policy.summary, (key,))) for _, key in SHARES),
            short_key(policy.artifact),
        ]
        for suite in suites
        for policy in suite.policies
    ]
    return table(heads, rows, "suites and policies")


def _cell_texts(summary: Mapping[str, Any], k: int) -> tuple[str, str]:
    return fixed(value(summary, ("pass_at", str(k)))), interval_text(interval(summary, ("pass_at_interval", str(k))))


def differences_table(comparisons: Sequence[tuple[SuiteResult, PairResult]]) -> str:
    """Return a row for each comparison: the difference with its interval, and the questions gained and lost."""
    heads = [
        "suite",
        "number",
        "policies",
        "difference",
        "95% interval",
        "finding",
        "questions",
        "gained",
        "lost",
        "from",
    ]
    return table(heads, [_difference(suite, c) for suite, c in comparisons], "comparisons")


def _difference(suite: SuiteResult, comparison: PairResult) -> list[str]:
    result = comparison.result
    left_out = sum(value(result, (key,)) or 0 for key in ("only_first", "only_second"))
    keys = {policy.label: short_key(policy.artifact) for policy in suite.policies}
    return [
        suite.name,
        comparison.metric,
        f"{comparison.first} → {comparison.second}",
        fixed(value(result, ("difference",)), signed=True),
        interval_text(interval(result, ("interval",)), signed=True),
        _finding(result),
        number(value(result, ("questions",))) + (f" ({number(left_out)} left out)" if left_out else ""),
        *(number(value(result, (key,))) for key in ("gained", "lost")),
        ", ".join(keys.get(label, "-") for label in (comparison.first, comparison.second)),
    ]


def _finding(result: Mapping[str, Any]) -> str:
    if result.get("regressed"):
        return "regressed"
    if result.get("improved"):
        return "improved"
    return "no change shown" if result.get("regressed") is False else "-"


def diversity_table(policies: Sequence[Evaluated]) -> str:
    """Return the diversity over all responses, and over the right ones alone."""
    heads = ["", *(f"{policy.label}, {name}" for policy in policies for name, _ in OF)]
    rows = [
        [name, *(_text(_at(policy.summary, ("diversity", of, key))) for policy in policies for _, of in OF)]
        for name, key in DIVERSITY
    ]
    return table(
        heads, [*rows, ["from", *(short_key(policy.artifact) for policy in policies for _ in OF)]], "diversity"
    )


def has_diversity(policies: Sequence[Evaluated]) -> bool:
    """Return True if some policy's diversity was measured."""
    return any(_at(policy.summary, ("diversity", of)) for policy in policies for _, of in OF)


def groups_table(policies: Sequence[Evaluated], by: str, k: int) -> str | None:
    """Return the questions split by their level, subject or source; None if no policy has such groups."""
    names = list(dict.fromkeys(name for p in policies for name in _at(p.summary, ("groups", by)) or {}))
    if not names:
        return None
    heads = [by, *(f"{p.label}, {name}" for p in policies for name in ("questions", "mean score", "± se", f"Pass@{k}"))]
    paths = (("problems",), ("avg",), ("avg_se",), ("pass_at", str(k)))
    rows = [
        [name, *(_text(value(p.summary, ("groups", by, name, *path))) for p in policies for path in paths)]
        for name in names
    ]
    return table(
        heads,
        [*rows, ["from", *(text for p in policies for text in (short_key(p.artifact), *[""] * (len(paths) - 1)))]],
        f"by {by}",
    )


def _text(found: Any) -> str:
    return number(found) if isinstance(found, int | float | str) else "-"


def _at(summary: Mapping[str, Any], path: Path) -> Any:
    found: Any = summary if path else None
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
