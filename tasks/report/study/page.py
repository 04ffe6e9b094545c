"""The page of a study: one HTML file that needs nothing else, its numbers as JSON, and the frontier as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from tasks.report.document import document
from tasks.report.study import rows, tested
from tasks.report.study.data import StudyReport
from tasks.report.study.figures import dynamics_figures, dynamics_rows, frontier_figures
from tasks.report.study.picture import picture
from tasks.report.study.plot import Look, looks
from tasks.report.study.sources import cells_table, curve_numbers
from tasks.report.study.summary import summary_json, summary_markdown, summary_text
from tasks.report.study.words import clock_sentence, headline, seeds_text
from tasks.report.tables import table
from tasks.study.findings import Findings, find
from tasks.study.plan import apart_at_the_start

__all__ = ["render", "summary_text"]

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
    """The files by name: `report.html`, `summary.json`, `summary.md`, `frontier.svg`. Everything that came from a study's file, a run or a store is escaped."""
    found = find(report.ordered, report.plan)
    palette = looks(report.variants, [name for name in report.main_variants if name in report.variants])
    parts = {
        "cells": _cells(report, found),
        "end": _end(report, found),
        "frontier": _frontier(report, found, palette),
        "tests": tested.paired(report, found),
        "equal": tested.equal(report, found),
        "wins": tested.wins(report, found),
        "dynamics": _dynamics(report, found, palette),
        "time": _time(report),
        "sources": f"<p class='source'>Results from {escape(report.results_from)}. Every number above was computed from these cells.</p>"
        f"<details><summary>All {len(report.ordered)} cells</summary>{cells_table(report)}</details>",
        "study": f"<details><summary>The study's file</summary><pre>{escape(report.study_yaml)}</pre></details>",
    }
    drawn = picture(report, found, palette)
    tables, plots, rest = (
        "".join(f'<section id="{name}"><h2>{escape(title)}</h2>{parts[name]}</section>' for name, title in names)
        for names in (TABLES, PLOTS, REST)
    )
    page = document(
        report.title,
        (HERE.parent / "page.css").read_text() + (HERE / "study.css").read_text(),
        f"{_header(report, found, drawn)}{tables}<div>{_choices(palette)}{plots}</div>{rest}",
        {},
        (HERE / "study.js").read_text(),
    )
    return {
        "report.html": page.encode(),
        "summary.json": summary_json(report, found),
        "summary.md": summary_markdown(report, found).encode(errors="replace"),
        "frontier.svg": drawn.encode(errors="replace"),
    }


def _header(report: StudyReport, found: Findings, drawn: str) -> str:
    sentences = "".join(f'<p class="finding">{escape(sentence)}</p>' for sentence in headline(report, found))
    links = "".join(f'<li><a href="#{name}">{escape(title)}</a></li>' for name, title in (*TABLES, *PLOTS, *REST))
    return (
        f'<header><h1>{escape(report.title)}</h1>{sentences}</header><nav aria-label="sections"><ul>{links}</ul></nav>'
        f'<div class="scroll picture" tabindex="0" role="region" aria-label="the frontier">{drawn}</div>'
    )


def _choices(palette: Mapping[str, Look]) -> str:
    """Which variants stand out in the plots. Without JavaScript it is their legend."""
    marks = "".join(
        f'<button type="button" class="choice {look.colour}" data-choice="{look.place}" aria-pressed="{"true" if look.on else "false"}">'
        f'<i class="stroke{" dashed" if look.dashed else ""}"></i>{escape(look.label)}</button>'
        for look in sorted(palette.values(), key=lambda look: look.place)
    )
    return f'<div id="variants" role="group" aria-label="variants that stand out in the plots">{marks}</div>'


def _cells(report: StudyReport, found: Findings) -> str:
    gone = f"missing: {len(report.missing)}"
    said = f"<p class='source'>Seeds of each variant that have a result; {len(report.ordered)} cells of {len(report.expected)}, {gone}.</p>"
    apart = "".join(f"<p class='finding'>{escape(line)}.</p>" for line in apart_at_the_start(found.cells, found.plan))
    return said + apart + show(rows.counts(report), "cells")


def _end(report: StudyReport, found: Findings) -> str:
    said = "<p class='source'>Mean over seeds ± half of the 95 % interval over seeds (t, seeds - 1 degrees of freedom; these questions).</p>"
    return said + "".join(
        f"<h3>{escape(report.settings[setting])}, iteration {found.cells.last(setting)}, T = {family.temperature:g}</h3>"
        + show(rows.at_the_end(report, found, setting, family.temperature), "end of training")
        + tested.described(report, family, setting)
        for setting in found.cells.settings
        for family in found.from_control
    )


def _frontier(report: StudyReport, found: Findings, palette: Mapping[str, Look]) -> str:
    return "".join(
        f"<h3>{escape(report.settings[setting])}, T = {temperature:g}</h3>{frontier_figures(found, setting, temperature, palette)}"
        f"<details><summary>Numbers, and the evaluations that they came from</summary>{curve_numbers(report, found, setting, temperature)}</details>"
        for setting in found.cells.settings
        for temperature in report.temperatures
    )


def _dynamics(report: StudyReport, found: Findings, palette: Mapping[str, Look]) -> str:
    said = (
        "<p class='source'>Mean over seeds and neighbouring iterations; bands go from the lowest to the highest seed. "
        'From <code>metrics.jsonl</code> of the runs named under <a href="#sources">Sources</a>.</p>'
    )
    parts = [said]
    for setting in found.cells.settings:
        cells = [cell for cell in report.ordered if cell.setting == setting]
        ends = show(dynamics_rows(cells, palette), "learning dynamics")
        parts.append(
            f"<h3>{escape(report.settings[setting])}, {_seeds(report, setting)}</h3>{dynamics_figures(cells, palette)}"
        )
        parts.append(
            f"<details><summary>Numbers: the last tenth of the iterations, mean over seeds (lowest to highest seed)</summary>{ends}</details>"
        )
    return "".join(parts)


def _seeds(report: StudyReport, setting: str) -> str:
    return escape(seeds_text(sorted({cell.seed for cell in report.ordered if cell.setting == setting})))


def _time(report: StudyReport) -> str:
    said = (
        "<p class='source'>Cells' time: of each cell's last start, cells side by side each count their own. A step that the store had was not made again: "
        "its seconds are those that it took when it was made, of several steps at once each counts its own.</p>"
    )
    return said + show(rows.times(report), "time") + f"<p>{escape(clock_sentence(report))}</p>"


def show(found: Sequence[Sequence[str]], label: str) -> str:
    return table(found[0], found[1:], label)
