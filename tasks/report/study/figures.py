"""The figures of a study's page: the frontier at each temperature, and learning dynamics over training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from statistics import fmean

from tasks.report.formatting import number
from tasks.report.scale import Kind, fits
from tasks.report.study.charts import Dot, Lines, VariantStyle, drawn_interval, iteration_chart, path_chart, path_dots
from tasks.study.analysis import Analysis
from tasks.study.cells import Cell
from tasks.study.curves import Curve
from tasks.study.metrics import ENTROPY

SHOWN = 40  # points of a line; in a longer one each point is the mean over neighbouring iterations


@dataclass(frozen=True, slots=True)
class Dynamic:
    """A number of each iteration's metrics; `caption`: a sentence that explains it."""

    key: str
    title: str
    caption: str
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


def frontier_figures(analysis: Analysis, setting: str, temperature: float, styles: Mapping[str, VariantStyle]) -> str:
    """Return Pass@k against Pass@1, entropy against Pass@1, and both Pass@1 and Pass@k over training."""
    curves = [(styles[c.variant], c) for c in analysis.curves if (c.setting, c.temperature) == (setting, temperature)]
    most = f"Pass@{analysis.design.largest_k}"
    path = (
        "Mean over seeds at each evaluation, joined in the order of training; a ring marks the last. "
        "Bars: 95 % over seeds."
    )
    over_training = "Mean over seeds; bands: 95 % over seeds."

    def paths(metric: str) -> Lines:
        return [(style, path_dots(curve, "Pass@1", metric)) for style, curve in curves]

    against, entropy = f"{most} against Pass@1", "Entropy against Pass@1"
    parts = [
        _figure(against, path, path_chart(paths(most), against, "Pass@1")),
        _figure(entropy, f"{path} Entropy in nats per token.", path_chart(paths(ENTROPY.name), entropy, "Pass@1")),
    ]
    for name in dict.fromkeys(("Pass@1", most)):
        chart = iteration_chart([(style, _over_training(curve, name)) for style, curve in curves], name)
        parts.append(_figure(name, over_training, chart))
    return f'<div class="figures">{"".join(parts)}</div>'


def dynamics_figures(cells: Sequence[Cell], styles: Mapping[str, VariantStyle]) -> str:
    """Return the learning dynamics of the cells of one setting; a number that no cell has is left out."""
    by_variant: dict[str, list[Cell]] = {}
    for cell in cells:
        by_variant.setdefault(cell.variant, []).append(cell)
    parts = []
    for dynamic in DYNAMICS:
        lines = [(styles[variant], mean_dynamics(mine, dynamic.key)) for variant, mine in by_variant.items()]
        if any(dots for _, dots in lines):
            chart = iteration_chart(lines, dynamic.title, dynamic.y)
            parts.append(_figure(dynamic.title, dynamic.caption, chart))
    return f'<div class="figures">{"".join(parts)}</div>'


def mean_dynamics(cells: Sequence[Cell], key: str) -> list[Dot]:
    """Return means over seeds and over neighbouring iterations, with the lowest and the highest seed.

    Iterations for which no seed has a number are left out.
    """
    longest = max((len(cell.dynamics.get(key, ())) for cell in cells), default=0)
    width = max(1, -(-longest // SHOWN))
    dots = []
    for start in range(0, longest, width):
        pieces = [[v for v in cell.dynamics.get(key, ())[start : start + width] if fits(v, "linear")] for cell in cells]
        means = [fmean(v for v in piece if v is not None) for piece in pieces if piece]
        if means:
            middle = start + (min(width, longest - start) - 1) / 2
            interval = (min(means), max(means)) if len(means) > 1 else None
            dots.append(Dot(middle, fmean(means), y_interval=interval))
    return dots


def dynamics_rows(cells: Sequence[Cell], styles: Mapping[str, VariantStyle]) -> list[list[str]]:
    """Return each variant's numbers over the last tenth of its iterations, a heading row first.

    A number is the mean over seeds (lowest to highest seed).
    """
    shown = [
        dynamic
        for dynamic in DYNAMICS
        if any(v is not None for cell in cells for v in cell.dynamics.get(dynamic.key, ()))
    ]
    rows = [["variant", *(dynamic.title for dynamic in shown)]]
    for variant in dict.fromkeys(cell.variant for cell in cells):
        mine = [cell for cell in cells if cell.variant == variant]
        numbers = [_at_the_end([cell.dynamics.get(dynamic.key, ()) for cell in mine]) for dynamic in shown]
        rows.append([styles[variant].label, *numbers])
    return rows


def _at_the_end(table: Sequence[Sequence[float | None]]) -> str:
    """Return the mean over the last tenth of `table` [seeds, iterations], with the lowest and the highest seed."""
    pieces = [[v for v in row[-max(1, len(row) // 10) :] if v is not None and fits(v, "linear")] for row in table]
    means = [fmean(piece) for piece in pieces if piece]
    if not means:
        return "-"
    return number(fmean(means)) + (f" ({number(min(means))} to {number(max(means))})" if len(means) > 1 else "")


def _over_training(curve: Curve, name: str) -> list[Dot]:
    found = [(point.iteration, point.means[name]) for point in curve.points if name in point.means]
    return [Dot(iteration, each.mean, y_interval=drawn_interval(name, each.over_seeds)) for iteration, each in found]


def _figure(title: str, caption: str, chart: str) -> str:
    return f"<figure><h3>{escape(title)}</h3><div>{chart}</div><figcaption>{escape(caption)}</figcaption></figure>"
