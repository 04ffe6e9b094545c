"""The figures of a run's report: each chart with its name, legend, source and table of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tasks.report.chart import Series, line_chart, stacked_bars
from tasks.report.data import Column, RunCurves
from tasks.report.formatting import key_mark, number, short_key
from tasks.report.html_tables import table
from tasks.report.scale import Kind, fits

#: Of each stage whose seconds are drawn: its colour, its name in the graph, the column of a run's rows that has them.
STAGES = (
    ("stage-a", "rollout", "seconds_rollout"),
    ("stage-b", "reward", "seconds_judge"),
    ("stage-c", "train", "seconds_train"),
)
_TERM, _MEAN = "term_", "_mean"
_SCALAR = "objective_"  # before the names of an objective's scalars
RUN_COLOURS = 6  # classes run-0 ... run-5 of the style sheet


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart of one or two keys of the iterations.

    Each run has a line per key, the first key solid and the second dashed. `caption`: a sentence that explains the
    chart. `names`: the lines' names if there are two.
    """

    title: str
    caption: str
    keys: tuple[str, ...]
    names: tuple[str, ...] = ("",)
    y: Kind = "linear"
    from_zero: bool = False


PLOTS = (
    Plot("Reward", "Mean score of the judged responses of an iteration.", ("reward_mean",)),
    Plot("Entropy", "Mean over response tokens, in nats, at temperature 1.", ("entropy",)),
    Plot(
        "Distinct answers",
        "Different answers per prompt, and different right ones; mean over the prompts of an iteration.",
        ("distinct_answers", "distinct_correct"),
        ("all", "right"),
        from_zero=True,
    ),
    Plot(
        "Prompts without a contrast",
        "Share of prompts whose responses are all right, or all wrong.",
        ("all_correct_share", "all_wrong_share"),
        ("all right", "all wrong"),
        from_zero=True,
    ),
    Plot("Response length", "Tokens per response, mean.", ("response_length_mean",)),
    Plot(
        "Audit",
        "|log-probability of the rollout engine - of the trainer| of the same tokens. Stale weights show here first.",
        ("audit_mean", "audit_max"),
        ("mean", "largest"),
        y="log10",
    ),
    Plot("Gradient norm", "Before clipping.", ("grad_norm",), y="log10"),
    Plot(
        "Answer confidence c(o | q)",
        "Mean over right and over wrong responses.",
        ("c_o_right_mean", "c_o_wrong_mean"),
        ("right", "wrong"),
    ),
    Plot("Prompt confidence c(q)", "Mean over prompts.", ("c_q_mean",)),
    Plot(
        "ARM bonus",
        "alpha (c(q) - c(o | q)), mean over judged responses; 0 for a run without ARM.",
        ("bonus_mean", "bonus_abs_mean"),
        ("mean", "mean of |bonus|"),
    ),
)

#: Of runs whose objective reads a reference policy.
REFERENCE_PLOT = Plot(
    "KL from the reference policy",
    "Mean over the tokens of an iteration's optimizer steps, in nats: k3 and k1, two estimates of the same.",
    ("reference_kl", "reference_kl_k1"),
    ("k3", "k1"),
)


def reference_plots(runs: Sequence[RunCurves]) -> list[Plot]:
    """Return the chart of the KL from a reference policy; none where no run has one."""
    return [REFERENCE_PLOT] if any(REFERENCE_PLOT.keys[0] in row for run in runs for row in run.iterations) else []


def term_plots(runs: Sequence[RunCurves]) -> list[Plot]:
    """Return charts of the terms of the runs' rewards; none where the verifier's score is the reward."""
    every = dict.fromkeys(key for run in runs for row in run.iterations for key in row)
    names = [key[len(_TERM) : -len(_MEAN)] for key in every if key.startswith(_TERM) and key.endswith(_MEAN)]
    plots = [
        Plot(
            f"Term {name}",
            "Mean over the responses of an iteration to which it applies, without its weight.",
            (f"{_TERM}{name}{_MEAN}",),
        )
        for name in names
    ]
    plots += [
        Plot(
            f"What {name} tells",
            "Share of prompts whose responses it does not tell apart, and its correlation with the outcome.",
            (f"{_TERM}{name}_zero_variance_share", f"{_TERM}{name}_outcome_correlation"),
            ("no difference", "correlation"),
        )
        for name in names
    ]
    whole = Plot("Reward with all terms", "Mean weighted sum of the terms of a response.", ("reward_sum_mean",))
    return [whole, *plots] if "reward_sum_mean" in every else plots


def objective_plots(runs: Sequence[RunCurves]) -> list[Plot]:
    """Return a chart of each number that the runs' objectives keep, as an adaptive coefficient."""
    every = dict.fromkeys(key for run in runs for row in run.iterations for key in row if key.startswith(_SCALAR))
    return [
        Plot(
            f"Objective: {key[len(_SCALAR) :].replace('_', ' ')}",
            "A number that the objective keeps from step to step, after the iteration's last one.",
            (key,),
        )
        for key in every
    ]


def colours(runs: Sequence[RunCurves]) -> dict[str, str]:
    """Return the CSS class of each run's label."""
    return {run.label: f"run-{place % RUN_COLOURS}" for place, run in enumerate(runs)}


def training_figure(plot: Plot, runs: Sequence[RunCurves], steps: str = "training steps") -> str:
    """Return one of `PLOTS` over the iterations of all runs. `steps`: what made the numbers, in words."""
    palette = colours(runs)
    series = [
        Series(
            f"{run.label} {name}".strip(),
            palette[run.label],
            [_value(row, "iteration") or 0.0 for row in run.iterations],
            [_value(row, key) for row in run.iterations],
            dashed=place > 0,
        )
        for run in runs
        for place, (key, name) in enumerate(zip(plot.keys, plot.names, strict=True))
    ]
    chart = line_chart(series, plot.title, "iteration", y=plot.y, from_zero=plot.from_zero)
    heads = [
        "iteration",
        *(f"{run.label} {name}".strip() for run in runs for name in plot.names),
        *(f"{run.label} from" for run in runs),
    ]
    return figure(
        plot.title,
        plot.caption,
        legend(series),
        chart,
        _source(runs, steps),
        table(heads, _by_iteration(runs, plot.keys)),
    )


def seconds_figures(runs: Sequence[RunCurves]) -> list[str]:
    """Return a chart of each stage's seconds for each run, as stacked bars with the same y axis."""
    keys = tuple(key for _, _, key in STAGES)
    sums = [sum(_value(row, key) or 0.0 for key in keys) for run in runs for row in run.iterations]
    key_marks = "".join(f'<span><i class="swatch {colour}"></i>{name}</span>' for colour, name, _ in STAGES)
    figures = []
    for run in runs:
        x = [_value(row, "iteration") or 0.0 for row in run.iterations]
        layers = [(colour, [_value(row, key) for row in run.iterations]) for colour, _, key in STAGES]
        chart = stacked_bars(x, layers, f"Seconds per stage, {run.label}", "iteration", max(sums, default=0.0))
        heads = ["iteration", *(name for _, name, _ in STAGES), "from"]
        caption = "Wall time of each stage when it was computed. Where none is recorded there is no bar."
        numbers = table(heads, _by_iteration([run], keys))
        figures.append(
            figure(
                f"Seconds per stage, {run.label}",
                caption,
                f'<div class="legend">{key_marks}</div>',
                chart,
                _source([run]),
                numbers,
            )
        )
    return figures


def pass_at_figure(evaluations: Sequence[Column], runs: Sequence[RunCurves]) -> str:
    """Return Pass@k against k on a log2 axis, with bands of one standard error on both sides."""
    palette = colours(runs)
    series = []
    for column in evaluations:
        ks = sorted(int(k) for k in column.summary["pass_at"])
        values, errors = (([column.summary[key].get(str(k)) for k in ks]) for key in ("pass_at", "pass_at_se"))
        bands = [
            None if value is None or error is None else (value - error, value + error)
            for value, error in zip(values, errors, strict=True)
        ]
        series.append(
            Series(column.label, palette.get(column.label, "start"), [float(k) for k in ks], values, band=bands)
        )
    chart = line_chart(series, "Pass@k", "k (samples per problem)", x="log2", from_zero=True)
    every = sorted({int(k) for column in evaluations for k in column.summary["pass_at"]})
    rows = [[str(k), *(_with_error(column, k) for column in evaluations)] for k in every]
    source = "From the evaluations " + ", ".join(f"{escape(c.label)} {key_mark(c.artifact)}" for c in evaluations) + "."
    caption = "Chance that at least one of k samples is right; bands are ± 1 standard error, clustered by problem."
    return figure("Pass@k", caption, legend(series), chart, source, table(["k", *(c.label for c in evaluations)], rows))


def legend(series: Sequence[Series]) -> str:
    """Return a stroke in each line's colour, with its name."""
    marks = (
        f'<span><i class="stroke {s.colour}{" dashed" if s.dashed else ""}"></i>{escape(s.label)}</span>'
        for s in series
    )
    return f'<div class="legend">{"".join(marks)}</div>'


def figure(title: str, caption: str, marks: str, chart: str, source: str, numbers: str) -> str:
    """Return a chart with its title, legend, caption, source and numbers; all but `title` and `caption` are markup."""
    return (
        f"<figure><h3>{escape(title)}</h3>{marks}<div>{chart}</div>"
        f"<figcaption>{escape(caption)} <span class='source'>{source}</span></figcaption>"
        f"<details><summary>Numbers</summary>{numbers}</details></figure>"
    )


def _source(runs: Sequence[RunCurves], steps: str = "training steps") -> str:
    """Return the first and the last step of each run's curve; the table below the chart has all of them."""
    texts = []
    for run in runs:
        keys = [key for row in run.iterations if isinstance(key := row.get("artifact"), str)]
        if keys:
            texts.append(
                f"{escape(run.label)} {key_mark(keys[0])}" + (f" to {key_mark(keys[-1])}" if len(keys) > 1 else "")
            )
    return f"From the {steps} of " + ", ".join(texts) + "." if texts else "No artifact is recorded."


def _by_iteration(runs: Sequence[RunCurves], keys: Sequence[str]) -> list[list[str]]:
    """Return rows of text: iteration, each run's values, each run's artifact."""
    rows = [{row.get("iteration"): row for row in run.iterations} for run in runs]
    every = sorted({at for run in runs for row in run.iterations if isinstance(at := row.get("iteration"), int)})
    return [
        [
            str(at),
            *(number(of.get(at, {}).get(key)) for of in rows for key in keys),
            *(short_key(str(of.get(at, {}).get("artifact") or "-")) for of in rows),
        ]
        for at in every
    ]


def _with_error(column: Column, k: int) -> str:
    error = column.summary["pass_at_se"].get(str(k))
    return number(column.summary["pass_at"].get(str(k))) + (f" ± {number(error)}" if error is not None else "")


def _value(row: object, key: str) -> float | None:
    assert hasattr(row, "get")
    value = row.get(key)
    return float(value) if fits(value, "linear") else None
