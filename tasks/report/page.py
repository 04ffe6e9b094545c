"""The page of a run's report: one HTML file that needs no network and no server."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from tasks.report.data import Column, ReportData
from tasks.report.document import document, select
from tasks.report.figures import (
    PLOTS,
    colours,
    objective_plots,
    pass_at_figure,
    reference_plots,
    seconds_figures,
    term_plots,
    training_figure,
)
from tasks.report.html_tables import comparison, every_number
from tasks.report.sample_browser import groups_json

HERE = Path(__file__).parent


def render(data: ReportData) -> str:
    """Return the whole page, encodable as UTF-8.

    Every text that came from a model, a spec or a store is escaped.
    """
    sections = (_header(data), _evaluations(data), _training(data), _groups(data), _numbers(data), _spec(data))
    return document(
        data.title,
        (HERE / "page.css").read_text(),
        "".join(sections),
        {"group-data": groups_json(data.groups, data.correct_at)},
        (HERE / "elements.js").read_text() + (HERE / "sample_browser.js").read_text(),
    )


def _header(data: ReportData) -> str:
    facts = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in data.subtitle.items()
    )
    return f"<header><h1>{escape(data.title)}</h1><dl>{facts}</dl></header>"


def _evaluations(data: ReportData) -> str:
    if not data.evaluations:
        return '<section><h2>Evaluation</h2><p class="nothing">No evaluation was made.</p></section>'
    table = comparison(data.evaluations, _few_ks(data.evaluations), colours(data.runs))
    figure = pass_at_figure(data.evaluations, data.runs)
    return f'<section><h2>Evaluation</h2><div class="pair">{table}{figure}</div></section>'


def _training(data: ReportData) -> str:
    plots = (*PLOTS, *reference_plots(data.runs), *objective_plots(data.runs), *term_plots(data.runs))
    figures = [*(training_figure(plot, data.runs) for plot in plots), *seconds_figures(data.runs)]
    return f'<section><h2>Training</h2><div class="figures">{"".join(figures)}</div></section>'


def _groups(data: ReportData) -> str:
    if not data.groups:
        return '<section><h2>Samples</h2><p class="nothing">No groups of samples were kept.</p></section>'
    choices = "".join(
        select(name, name.lower(), options)
        for name, options in (
            ("Run", ()),
            ("Problem", ()),
            ("Show", (("all", "all responses"), ("right", "right"), ("wrong", "wrong"), ("unjudged", "not judged"))),
            (
                "Order",
                (("high", "highest advantage first"), ("low", "lowest advantage first"), ("sample", "as sampled")),
            ),
        )
    )
    return (
        '<section id="samples"><h2>Samples</h2>'
        '<noscript><p class="nothing">This part needs JavaScript.</p></noscript>'
        f'<div class="choices">{choices}<span class="step"><button type="button" id="previous">Previous</button>'
        '<button type="button" id="next">Next</button></span></div>'
        '<p class="source" id="group-facts" aria-live="polite"></p><pre id="prompt"></pre>'
        '<div class="scroll responses" tabindex="0" role="region" aria-label="responses">'
        '<table id="responses"></table></div></section>'
    )


def _numbers(data: ReportData) -> str:
    parts = "".join(
        f"<details><summary>Every number of {escape(run.label)} ({escape(run.name)})</summary>"
        f"{every_number(run)}</details>"
        for run in data.runs
    )
    return f"<section><h2>Numbers</h2>{parts}</section>" if parts else ""


def _spec(data: ReportData) -> str:
    changed = (
        f"<pre>{escape(data.deviations)}</pre>"
        if data.deviations.strip()
        else '<p class="nothing">Every key has its default.</p>'
    )
    return (
        f"<section><h2>Experiment</h2><h3>What differs from the defaults</h3>{changed}"
        f"<details><summary>The whole spec</summary><pre>{escape(data.spec_yaml)}</pre></details></section>"
    )


def _few_ks(evaluations: Sequence[Column]) -> list[int]:
    """Return 1, 8, 32, 128, 512 as far as there are samples, and the largest k."""
    every = {int(k) for column in evaluations for k in column.summary["pass_at"]}
    return sorted({k for k in every if k in (1, 8, 32, 128, 512)} | ({max(every)} if every else set()))
