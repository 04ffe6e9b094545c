"""Where a study's numbers came from: every cell with its run, its first policy and the keys of its evaluations."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tasks.report.evaluation.numbers import ends, fixed
from tasks.report.figures import key_mark
from tasks.report.progress import duration
from tasks.report.study.data import StudyReport
from tasks.report.tables import table
from tasks.study.cells import Cell
from tasks.study.crossed import Estimate
from tasks.study.findings import Findings
from tasks.study.measures import ENTROPY

HEADS = (
    *(
        "setting",
        "variant",
        "seed",
        "run",
        "first policy (lineage)",
        "suite",
        "tokens sampled",
        "wall time",
        "steps made / found",
        "made on",
    ),
    "evaluations (iteration, T: artifact)",
)


def cells_table(report: StudyReport) -> str:
    """A row a cell. An evaluation's key is that of its artifact in the store, a run's name is its folder's."""
    head = "".join(f'<th scope="col">{name}</th>' for name in HEADS)
    body = "".join(f"<tr>{''.join(f'<td>{text}' for text in _cell(report, cell))}" for cell in report.ordered)
    return f'<div class="scroll" tabindex="0" role="region" aria-label="cells"><table><thead><tr>{head}<tbody>{body}</table></div>'


def _cell(report: StudyReport, cell: Cell) -> Sequence[str]:
    """As markup."""
    keys = ", ".join(f"{p.iteration}, {p.temperature:g}: {key_mark(p.artifact)}" for p in cell.points)
    host = ", ".join(f"{name} {value}" for name, value in cell.host.items())
    return (
        escape(report.settings[cell.setting]),
        escape(report.variants[cell.variant]),
        str(cell.seed),
        f"<code>{escape(cell.run)}</code>",
        key_mark(cell.start),
        f"{escape(cell.suite)}, {cell.questions[0]} questions",
        f"{cell.tokens:,}",
        duration(cell.seconds),
        f"{cell.steps_made:,} / {cell.steps_found:,}",
        escape(host or "-"),
        keys,
    )


def curve_numbers(report: StudyReport, found: Findings, setting: str, temperature: float) -> str:
    """The numbers behind the frontier's plots; each names the evaluations, one a seed."""
    most = f"Pass@{found.plan.largest_k}"
    names = list(dict.fromkeys(("Pass@1", most, ENTROPY.name)))
    rows = [
        [
            report.variants[curve.variant],
            str(stop.iteration),
            ", ".join(map(str, stop.seeds)),
            *(text for name in names for text in _mean(stop.means.get(name))),
            ", ".join(key[:12] for key in stop.artifacts),
        ]
        for curve in found.curves
        if (curve.setting, curve.temperature) == (setting, temperature)
        for stop in curve.stops
    ]
    return table(
        [
            "variant",
            "iteration",
            "seeds",
            *(head for name in names for head in (name, "95 % over seeds")),
            "from the evaluations",
        ],
        rows,
        "frontier",
    )


def _mean(found: Estimate | None) -> tuple[str, str]:
    return ("-", "-") if found is None else (fixed(found.mean), ends(found.over_seeds))
