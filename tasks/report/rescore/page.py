"""A rescored run as one HTML file: curves of both rewards, flips, terms, and the responses that flip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from tasks.report.data import RunCurves
from tasks.report.document import document
from tasks.report.figures import Plot, term_plots, training_figure
from tasks.report.html_tables import every_number, table

_STYLE = Path(__file__).parents[1] / "page.css"
_STEPS = "verdicts"
PLOTS = (
    Plot("Score", "Mean score of the judged responses of an iteration.", ("reward_mean",), from_zero=True),
    Plot("Right", "Share of the responses that are right.", ("right_share",), from_zero=True),
    Plot("Not judged", "Share of the responses without a score.", ("not_judged_share",), from_zero=True),
)
FLIPS = Plot(
    "Flips",
    "Responses that become right, and that become wrong.",
    ("to_right", "to_wrong"),
    ("to right", "to wrong"),
    from_zero=True,
)


@dataclass(frozen=True)
class FlippedResponse:
    """A response that flips, as the page shows it; `before` and `after` are verdicts in words."""

    iteration: int
    problem_id: str
    sample: int
    before: str
    after: str
    text: str


def render(
    title: str,
    subtitle: Mapping[str, str],
    before: RunCurves,
    after: RunCurves,
    flipped: Sequence[FlippedResponse],
    flips: int,
) -> str:
    """Return the page, encodable as UTF-8. `flipped`: the first of `flips` responses that flip."""
    facts = "".join(f"<div><dt>{escape(key)}</dt><dd>{escape(text)}</dd></div>" for key, text in subtitle.items())
    figures = [training_figure(plot, [before, after], _STEPS) for plot in PLOTS]
    figures += [training_figure(plot, [after], _STEPS) for plot in (FLIPS, *term_plots([after]))]
    numbers = "".join(
        f"<details><summary>Every number {escape(run.label)}</summary>{every_number(run)}</details>"
        for run in (before, after)
    )
    heads = ("iteration", "problem", "sample", "before", "after", "response")
    rows = [
        (str(each.iteration), each.problem_id, str(each.sample), each.before, each.after, each.text) for each in flipped
    ]
    shown = f"<p>The first {len(flipped)} of {flips}.</p>" if len(flipped) < flips else ""
    flipped_table = f"{shown}{table(heads, rows, 'flips')}" if rows else '<p class="nothing">No response flips.</p>'
    body = (
        f"<header><h1>{escape(title)}</h1><dl>{facts}</dl></header>"
        "<p>The same responses, judged by another reward. Another reward would have made another policy: these curves "
        "say what the reward sees, not what training on it would give.</p>"
        f'<section><h2>Curves</h2><div class="figures">{"".join(figures)}</div></section>'
        f"<section><h2>Responses that flip</h2>{flipped_table}</section>"
        f"<section><h2>Numbers</h2>{numbers}</section>"
    )
    return document(title, _STYLE.read_text(), body, {}, "")
