"""The page of a study: one HTML file that needs nothing else, its numbers as JSON, and the frontier as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

from tasks.report.document import document
from tasks.report.study import comparisons, tables
from tasks.report.study.charts import VariantStyle, variant_styles
from tasks.report.study.data import StudyReport
from tasks.report.study.figures import dynamics_figures, dynamics_rows, frontier_figures
from tasks.report.study.frontier_picture import frontier_svg
from tasks.report.study.provenance import cells_table, curve_numbers
from tasks.report.study.sentences import headline, seeds_text, wall_time_sentence
from tasks.report.study.summary import summary_json, summary_markdown
from tasks.study.analysis import Analysis, analyse
from tasks.study.design import unmatched_starts

HERE = Path(__file__).parent
TABLES = (
    ("cells", "Cells"),
    ("end", "End of training"),
    ("tests", "Paired tests"),
    ("equal", "Equal Pass@1, equal compute"),
    ("wins", "Wins on both"),
)
PLOTS = (("frontier", "Frontier"), ("dynamics", "Learning dynamics"))
REST = (("time", "Time"), ("sources", "Sources"), ("study", "The study"))


def render(report: StudyReport) -> dict[str, bytes]:
    """Return the files by name: `report.html`, `summary.json`, `summary.md`, `frontier.svg`.

    Every text that came from a study's file, a run or a store is escaped.
    """
    analysis = analyse(report.ordered, report.design)
    styles = variant_styles(report.variants, [name for name in report.highlighted if name in report.variants])
    parts = {
        "cells": _cells(report, analysis),
        "end": _end(report, analysis),
        "frontier": _frontier(report, analysis, styles),
        "tests": comparisons.paired_section(report, analysis),
        "equal": comparisons.matched_section(report, analysis),
        "wins": comparisons.dominance_section(report, analysis),
        "dynamics": _dynamics(report, analysis, styles),
        "time": _time(report),
        "sources": f"<p class='source'>Results from {escape(report.results_from)}. "
        "Every number above was computed from these cells.</p>"
        f"<details><summary>All {len(report.ordered)} cells</summary>{cells_table(report)}</details>",
        "study": f"<details><summary>The study's file</summary><pre>{escape(report.study_yaml)}</pre></details>",
    }
    picture = frontier_svg(report, analysis, styles)
    tabular, plots, rest = (
        "".join(f'<section id="{name}"><h2>{escape(title)}</h2>{parts[name]}</section>' for name, title in names)
        for names in (TABLES, PLOTS, REST)
    )
    page = document(
        report.title,
        (HERE.parent / "page.css").read_text() + (HERE / "study.css").read_text(),
        f"{_header(report, analysis, picture)}{tabular}<div>{_choices(styles)}{plots}</div>{rest}",
        {},
        (HERE / "study.js").read_text(),
    )
    return {
        "report.html": page.encode(),
        "summary.json": summary_json(report, analysis),
        "summary.md": summary_markdown(report, analysis).encode(errors="replace"),
        "frontier.svg": picture.encode(errors="replace"),
    }


def _header(report: StudyReport, analysis: Analysis, picture: str) -> str:
    sentences = "".join(f'<p class="finding">{escape(sentence)}</p>' for sentence in headline(report, analysis))
    links = "".join(f'<li><a href="#{name}">{escape(title)}</a></li>' for name, title in (*TABLES, *PLOTS, *REST))
    return (
        f"<header><h1>{escape(report.title)}</h1>{sentences}</header>"
        f'<nav aria-label="sections"><ul>{links}</ul></nav>'
        f'<div class="scroll picture" tabindex="0" role="region" aria-label="the frontier">{picture}</div>'
    )


def _choices(styles: Mapping[str, VariantStyle]) -> str:
    """Return buttons for the variants that stand out in the plots; without JavaScript they are the legend."""
    marks = "".join(
        f'<button type="button" class="choice {style.colour}" data-choice="{style.place}" '
        f'aria-pressed="{"true" if style.highlighted else "false"}">'
        f'<i class="stroke{" dashed" if style.dashed else ""}"></i>{escape(style.label)}</button>'
        for style in sorted(styles.values(), key=lambda style: style.place)
    )
    return f'<div id="variants" role="group" aria-label="variants that stand out in the plots">{marks}</div>'


def _cells(report: StudyReport, analysis: Analysis) -> str:
    said = (
        f"<p class='source'>Seeds of each variant that have a result; {len(report.ordered)} cells of "
        f"{len(report.expected)}, missing: {len(report.missing)}.</p>"
    )
    lines = unmatched_starts(analysis.cells, analysis.design)
    unmatched = "".join(f"<p class='finding'>{escape(line)}.</p>" for line in lines)
    return said + unmatched + comparisons.table_of(tables.seeds_of_cells(report), "cells")


def _end(report: StudyReport, analysis: Analysis) -> str:
    said = (
        "<p class='source'>Mean over seeds ± half of the 95 % interval over seeds "
        "(t, seeds - 1 degrees of freedom; these questions).</p>"
    )
    parts = [said]
    for setting in analysis.cells.settings:
        for family in analysis.against_control:
            last = analysis.cells.last_iteration(setting)
            rows = tables.end_of_training(report, analysis, setting, family.temperature)
            parts += [
                f"<h3>{escape(report.settings[setting])}, iteration {last}, T = {family.temperature:g}</h3>",
                comparisons.table_of(rows, "end of training"),
                comparisons.described_table(report, family, setting),
            ]
    return "".join(parts)


def _frontier(report: StudyReport, analysis: Analysis, styles: Mapping[str, VariantStyle]) -> str:
    return "".join(
        f"<h3>{escape(report.settings[setting])}, T = {temperature:g}</h3>"
        f"{frontier_figures(analysis, setting, temperature, styles)}"
        "<details><summary>Numbers, and the evaluations that they came from</summary>"
        f"{curve_numbers(report, analysis, setting, temperature)}</details>"
        for setting in analysis.cells.settings
        for temperature in report.temperatures
    )


def _dynamics(report: StudyReport, analysis: Analysis, styles: Mapping[str, VariantStyle]) -> str:
    parts = [
        "<p class='source'>Mean over seeds and neighbouring iterations; bands go from the lowest to the highest seed. "
        'From <code>metrics.jsonl</code> of the runs named under <a href="#sources">Sources</a>.</p>'
    ]
    for setting in analysis.cells.settings:
        cells = [cell for cell in report.ordered if cell.setting == setting]
        seeds = escape(seeds_text(sorted({cell.seed for cell in cells})))
        ends = comparisons.table_of(dynamics_rows(cells, styles), "learning dynamics")
        parts += [
            f"<h3>{escape(report.settings[setting])}, {seeds}</h3>{dynamics_figures(cells, styles)}",
            "<details><summary>Numbers: the last tenth of the iterations, "
            f"mean over seeds (lowest to highest seed)</summary>{ends}</details>",
        ]
    return "".join(parts)


def _time(report: StudyReport) -> str:
    said = (
        "<p class='source'>Cells' time: of each cell's last start, cells side by side each count their own. "
        "A step that the store had was not made again: its seconds are those that it took when it was made, "
        "of several steps at once each counts its own.</p>"
    )
    times = comparisons.table_of(tables.times(report), "time")
    return f"{said}{times}<p>{escape(wall_time_sentence(report))}</p>"
