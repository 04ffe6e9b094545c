"""The figures of an evaluation report: Pass@k of the policies on a suite, and the suites over a run's iterations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from tasks.report.chart import Series, line_chart
from tasks.report.evaluation.data import Evaluated, EvaluationPoint
from tasks.report.evaluation.tables import SHARES, Path, basis, interval, largest_k, value
from tasks.report.figures import RUN_COLOURS, figure, legend
from tasks.report.formatting import fixed, interval_text, key_mark, number, percent, short_key
from tasks.report.html_tables import table

BANDS = "Bands are 95% intervals, by bootstrap over questions."


@dataclass(frozen=True, slots=True)
class HistoryPlot:
    """A chart of one or two numbers of the summaries over a run's iterations.

    Each suite has a line per number, the first solid and the second dashed. The band of the first is the interval at
    `interval_at`, or one standard error at `error_at` to both sides.
    """

    title: str
    caption: str
    paths: tuple[Path, ...]
    names: tuple[str, ...] = ("",)
    interval_at: Path = ()
    error_at: Path = ()
    from_zero: bool = False


def _diversity(title: str, caption: str, key: str) -> HistoryPlot:
    return HistoryPlot(
        title,
        f"{caption} Over all responses, and over the right ones.",
        (("diversity", "all", key), ("diversity", "correct", key)),
        ("all", "right"),
    )


def _pass_at(k: int) -> HistoryPlot:
    caption = "Chance that at least one of k samples is right." if k > 1 else "Chance that a sample is right."
    at = str(k)
    return HistoryPlot(
        f"Pass@{k}",
        f"{caption} {BANDS}",
        (("pass_at", at),),
        interval_at=("pass_at_interval", at),
        error_at=("pass_at_se", at),
    )


HISTORY = (
    HistoryPlot(
        "Entropy",
        "Mean over response tokens, in nats; the band is ± 1 standard error.",
        (("entropy",),),
        error_at=("entropy_se",),
    ),
    HistoryPlot(
        "Surprisal",
        "Mean of -log p of the sampled tokens at the sampling settings, in nats per token.",
        (("surprisal",),),
    ),
    HistoryPlot(
        "Distinct answers",
        "Different answers per question, and different right ones.",
        (("distinct_answers",), ("distinct_correct",)),
        ("all", "right"),
        from_zero=True,
    ),
    _diversity("Entropy of the answers", "Of the answers to a question, in nats.", "answer_entropy"),
    _diversity("Vendi score", "The effective number of different responses to a question.", "vendi"),
    _diversity("Self-BLEU", "How alike the responses to a question are: 1 if they are the same.", "self_bleu"),
    _diversity("Distinct-2", "Share of pairs of neighbouring tokens that are different.", "distinct_2"),
    HistoryPlot(
        "Share of all solutions",
        "Of the questions whose number of right answers is known.",
        (("coverage",),),
        from_zero=True,
    ),
)


def policy_colours(labels: Sequence[str]) -> dict[str, str]:
    """Return the CSS class of each policy: the first of several, the base, is grey."""
    grey = len(labels) > 1
    return {
        label: "start" if grey and place == 0 else f"run-{(place - grey) % RUN_COLOURS}"
        for place, label in enumerate(labels)
    }


def pass_at_figure(suite: str, policies: Sequence[Evaluated], palette: Mapping[str, str]) -> str:
    """Return Pass@k against k on a log2 axis, with intervals (standard errors if an evaluation has none)."""
    every = sorted({int(k) for p in policies for k in p.summary.get("pass_at") or {}})
    series = [
        Series(
            p.label,
            palette[p.label],
            [float(k) for k in every],
            [value(p.summary, ("pass_at", str(k))) for k in every],
            band=[
                _band(p.summary, ("pass_at", str(k)), ("pass_at_interval", str(k)), ("pass_at_se", str(k)))
                for k in every
            ],
        )
        for p in policies
    ]
    chart = line_chart(series, f"Pass@k on {suite}", "k (samples per question)", x="log2", from_zero=True)
    heads = [
        "k",
        *(f"{p.label} {name}".strip() for p in policies for name in ("Pass@k", "interval", "Pass^k", "maj@k")),
    ]
    rows = [[str(k), *(text for p in policies for text in _at_k(p, k))] for k in every]
    source = "<br>".join(f"{escape(p.label)} {key_mark(p.artifact)}: {escape(basis(p.summary))}." for p in policies)
    banded = any(p.summary.get("pass_at_interval") for p in policies)
    caption = f"Chance that at least one of k samples is right. {BANDS if banded else 'Bands are ± 1 standard error.'}"
    return figure(f"Pass@k on {suite}", caption, legend(series), chart, f"<br>{source}", table(heads, rows))


def _at_k(policy: Evaluated, k: int) -> tuple[str, str, str, str]:
    at = str(k)
    return (
        fixed(value(policy.summary, ("pass_at", at))),
        interval_text(interval(policy.summary, ("pass_at_interval", at))),
        fixed(value(policy.summary, ("pass_pow", at))),
        fixed(value(policy.summary, ("maj_at", at))),
    )


def history_figures(history: Sequence[EvaluationPoint], ks: Sequence[int]) -> tuple[list[str], list[str]]:
    """Return (a figure for each number that some evaluation has; the titles of the others)."""
    shown, missing = [], []
    for plot in (*map(_pass_at, sorted({1, largest_k([each.summary for each in history], ks)})), *HISTORY):
        if any(value(each.summary, path) is not None for each in history for path in plot.paths):
            shown.append(_history_figure(plot, history))
        else:
            missing.append(plot.title)
    return shown, missing


def _history_figure(plot: HistoryPlot, history: Sequence[EvaluationPoint]) -> str:
    by_suite: dict[str, list[EvaluationPoint]] = {}
    for each in sorted(history, key=lambda each: each.iteration):
        by_suite.setdefault(each.suite, []).append(each)
    series = [
        Series(
            f"{suite} {name}".strip(),
            f"run-{place % RUN_COLOURS}",
            [float(each.iteration) for each in points],
            [value(each.summary, path) for each in points],
            band=None if second else [_band(each.summary, path, plot.interval_at, plot.error_at) for each in points],
            dashed=second > 0,
        )
        for place, (suite, points) in enumerate(by_suite.items())
        for second, (path, name) in enumerate(zip(plot.paths, plot.names, strict=True))
    ]
    chart = line_chart(series, plot.title, "iteration", from_zero=plot.from_zero)
    source = "".join(
        f"<br>{escape(suite)} {_first_to_last(points)}: {_worst(points)}." for suite, points in by_suite.items()
    )
    heads = [
        "iteration",
        "suite",
        *(name or "value" for name in plot.names),
        "interval",
        "questions",
        *(name for name, _ in SHARES),
        "from",
    ]
    rows = [
        [
            str(each.iteration),
            each.suite,
            *(number(value(each.summary, path)) for path in plot.paths),
            interval_text(_band(each.summary, plot.paths[0], plot.interval_at, plot.error_at)),
            number(value(each.summary, ("problems",))),
            *(percent(value(each.summary, (key,))) for _, key in SHARES),
            short_key(each.artifact),
        ]
        for points in by_suite.values()
        for each in points
    ]
    return figure(plot.title, plot.caption, legend(series), chart, source, table(heads, rows))


def _worst(points: Sequence[EvaluationPoint]) -> str:
    """Return the fewest questions and the largest shares of a curve's points."""
    counts = [found for each in points if (found := value(each.summary, ("problems",))) is not None]
    texts = [f"n = {number(min(counts, default=None))}"]
    for name, key in SHARES:
        shares = [found for each in points if (found := value(each.summary, (key,))) is not None]
        texts.append(f"{name} {'at most ' if len(shares) > 1 else ''}{percent(max(shares, default=None))}")
    return ", ".join(texts)


def _first_to_last(points: Sequence[EvaluationPoint]) -> str:
    return key_mark(points[0].artifact) + (f" to {key_mark(points[-1].artifact)}" if len(points) > 1 else "")


def _band(summary: Mapping[str, object], at: Path, interval_at: Path, error_at: Path) -> tuple[float, float] | None:
    middle, error = value(summary, at), value(summary, error_at)
    if (found := interval(summary, interval_at)) is not None:
        return found
    return None if middle is None or error is None else (middle - error, middle + error)
