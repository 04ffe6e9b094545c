"""The figures of a study's page: the frontier at each temperature, and learning dynamics over training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from statistics import fmean

from tasks.report.scale import Kind, fits
from tasks.report.study.plot import Dot, Look, course_chart, drawn_ends, path_chart, path_dots
from tasks.report.tables import number
from tasks.study.cells import Cell
from tasks.study.findings import Findings
from tasks.study.frontier import Curve
from tasks.study.measures import ENTROPY

SHOWN = 40  # points of a course; of longer ones each is the mean over as many iterations as that takes


@dataclass(frozen=True, slots=True)
class Dynamic:
    """A number of each iteration's metrics. `says` explains it in a sentence."""

    key: str
    title: str
    says: str
    y: Kind = "linear"


DYNAMICS = (
    Dynamic("reward_mean", "Reward", "Mean score of the judged responses."),
    Dynamic("entropy", "Entropy", "Mean over response tokens, in nats, at temperature 1."),
    Dynamic(
        "c_q_mean",
        "Prompt confidence c(q)",
        "Mean over prompts; where it is a mean over correct answers, 0 for a group without one.",
    ),
    Dynamic("c_o_right_mean", "Answer confidence c(o), right answers", "Mean over right responses."),
    Dynamic("c_o_wrong_mean", "Answer confidence c(o), wrong answers", "Mean over wrong responses."),
    Dynamic("bonus_mean", "ARM bonus", "Mean over the responses that are judged; 0 without ARM."),
    Dynamic("bonus_abs_mean", "Size of the ARM bonus", "Mean of its absolute value."),
    Dynamic("flipped_share", "Flipped signs", "Share of responses whose advantage the bonus gives the other sign."),
    Dynamic("advantage_abs_mean", "Size of the advantage", "Mean of its absolute value."),
    Dynamic("all_correct_share", "All-correct groups", "Share of prompts whose responses are all right."),
    Dynamic("all_wrong_share", "All-wrong groups", "Share of prompts whose responses are all wrong."),
    Dynamic("clip_fraction", "Clip fraction", "Share of tokens whose ratio was clipped."),
    Dynamic("approximate_kl", "Approximate KL", "From the policy that sampled, in nats per token."),
    Dynamic("grad_norm", "Gradient norm", "Before clipping.", "log10"),
    Dynamic("distinct_correct", "Distinct correct answers", "Per prompt, in training."),
    Dynamic("response_length_mean", "Response length", "Tokens per response, mean."),
    Dynamic("audit_mean", "Audit", "|log-probability of the rollout engine - of the trainer|, mean.", "log10"),
)


def frontier_figures(found: Findings, setting: str, temperature: float, palette: Mapping[str, Look]) -> str:
    """Pass@k against Pass@1, entropy against Pass@1, and both chances over training."""
    curves = [(palette[c.variant], c) for c in found.curves if (c.setting, c.temperature) == (setting, temperature)]
    most = f"Pass@{found.plan.largest_k}"
    path = "Mean over seeds at each evaluation, joined in the order of training; a ring marks the last. Bars: 95 % over seeds."
    course = "Mean over seeds; bands: 95 % over seeds."
    parts = [
        _figure(f"{most} against Pass@1", path, path_chart([(look, path_dots(c, "Pass@1", most)) for look, c in curves], f"{most} against Pass@1", "Pass@1")),
        _figure("Entropy against Pass@1", path + " Entropy in nats per token.",
                path_chart([(look, path_dots(c, "Pass@1", ENTROPY.name)) for look, c in curves], "Entropy against Pass@1", "Pass@1")),
        *(_figure(name, course, course_chart([(look, _course(c, name)) for look, c in curves], name, "iteration")) for name in dict.fromkeys(("Pass@1", most))),
    ]  # fmt: skip
    return f'<div class="figures">{"".join(parts)}</div>'


def dynamics_figures(cells: Sequence[Cell], palette: Mapping[str, Look]) -> str:
    """Of the cells of one setting; a number that no cell has is left out."""
    by_variant: dict[str, list[Cell]] = {}
    for cell in cells:
        by_variant.setdefault(cell.variant, []).append(cell)
    parts = []
    for dynamic in DYNAMICS:
        courses = [(palette[variant], course(mine, dynamic.key)) for variant, mine in by_variant.items()]
        if any(dots for _, dots in courses):
            parts.append(
                _figure(dynamic.title, dynamic.says, course_chart(courses, dynamic.title, "iteration", dynamic.y))
            )
    return f'<div class="figures">{"".join(parts)}</div>'


def course(cells: Sequence[Cell], key: str) -> list[Dot]:
    """Mean over seeds and over neighbouring iterations, with the lowest and the highest seed; a stretch that no seed has a number for is left out."""
    longest = max((len(cell.dynamics.get(key, ())) for cell in cells), default=0)
    width = max(1, -(-longest // SHOWN))
    dots = []
    for start in range(0, longest, width):
        pieces = [[v for v in cell.dynamics.get(key, ())[start : start + width] if fits(v, "linear")] for cell in cells]
        means = [fmean(v for v in piece if v is not None) for piece in pieces if piece]
        if means:
            middle = start + (min(width, longest - start) - 1) / 2
            dots.append(Dot(middle, fmean(means), y_ends=(min(means), max(means)) if len(means) > 1 else None))
    return dots


def dynamics_rows(cells: Sequence[Cell], palette: Mapping[str, Look]) -> list[list[str]]:
    """Each variant's numbers over the last tenth of its iterations: mean over seeds, lowest and highest seed. A heading row first."""
    shown = [
        dynamic
        for dynamic in DYNAMICS
        if any(v is not None for cell in cells for v in cell.dynamics.get(dynamic.key, ()))
    ]
    rows = [["variant", *(dynamic.title for dynamic in shown)]]
    for variant in dict.fromkeys(cell.variant for cell in cells):
        mine = [cell for cell in cells if cell.variant == variant]
        rows.append(
            [
                palette[variant].label,
                *(_at_the_end([cell.dynamics.get(dynamic.key, ()) for cell in mine]) for dynamic in shown),
            ]
        )
    return rows


def _at_the_end(of: Sequence[Sequence[float | None]]) -> str:
    """`of`: a row of iterations a seed."""
    pieces = [[v for v in row[-max(1, len(row) // 10) :] if v is not None and fits(v, "linear")] for row in of]
    means = [fmean(piece) for piece in pieces if piece]
    if not means:
        return "-"
    return number(fmean(means)) + (f" ({number(min(means))} to {number(max(means))})" if len(means) > 1 else "")


def _course(curve: Curve, name: str) -> list[Dot]:
    found = [(stop.iteration, stop.means[name]) for stop in curve.stops if name in stop.means]
    return [Dot(iteration, each.mean, y_ends=drawn_ends(name, each.over_seeds)) for iteration, each in found]


def _figure(title: str, says: str, chart: str) -> str:
    return f"<figure><h3>{escape(title)}</h3><div>{chart}</div><figcaption>{escape(says)}</figcaption></figure>"
