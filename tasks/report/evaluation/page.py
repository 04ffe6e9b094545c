"""The page of an evaluation report: one HTML file, and data files with the samples of its browser of problems."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

from tasks.report.document import document, select
from tasks.report.evaluation.data import REGRESSION, EvaluationReport, SuiteResult
from tasks.report.evaluation.figures import history_figures, pass_at_figure, policy_colours
from tasks.report.evaluation.problem_browser import browser_data
from tasks.report.evaluation.tables import (
    basis_table,
    differences_table,
    diversity_table,
    groups_table,
    has_diversity,
    largest_k,
    policies_table,
)

HERE = Path(__file__).parent


def render(report: EvaluationReport) -> dict[str, bytes]:
    """Return the files by name: `report.html`, and `report-data-<n>.js` with n from 1.

    Without the data files beside it the page shows everything but the samples. Every text that came from a model, a
    data set, a spec or a store is escaped.
    """
    palette = policy_colours(list(dict.fromkeys(policy.label for suite in report.suites for policy in suite.policies)))
    index, files = browser_data(report, palette)
    sections = (
        _header(report),
        _overview(report),
        *(_suite(suite, place, report, palette) for place, suite in enumerate(report.suites)),
        _history(report),
        _problems(report),
        _spec(report),
    )
    page = document(
        report.title,
        (HERE.parent / "page.css").read_text() + (HERE / "problem_browser.css").read_text(),
        "".join(sections),
        {"detail-data": index},
        (HERE.parent / "elements.js").read_text() + (HERE / "problem_browser.js").read_text(),
        loads_scripts=True,
    )
    return {"report.html": page.encode(), **files}


def _header(report: EvaluationReport) -> str:
    kind = "bad" if report.verdict.startswith(REGRESSION) else "good"
    alarms = "".join(f"<li>{escape(alarm)}</li>" for alarm in report.alarms)
    return (
        f'<header><h1>{escape(report.title)}</h1><p class="finding {kind}">{escape(report.verdict)}</p>'
        + (f'<ul class="alarms" aria-label="alarms">{alarms}</ul>' if alarms else "")
        + f"<dl>{_facts(report.subtitle)}</dl></header>"
    )


def _facts(facts: Mapping[str, str]) -> str:
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in facts.items())


def _overview(report: EvaluationReport) -> str:
    if not report.suites:
        return '<section><h2>Overview</h2><p class="nothing">No suite was evaluated.</p></section>'
    comparisons = [(suite, comparison) for suite in report.suites for comparison in suite.comparisons]
    ks = sorted({1, largest_k([policy.summary for suite in report.suites for policy in suite.policies], report.ks)})
    compared = (
        differences_table(comparisons)
        if comparisons
        else '<p class="nothing">There is no other policy to compare with.</p>'
    )
    links = "".join(
        f'<li><a href="#suite-{place}">{escape(suite.name)}</a></li>' for place, suite in enumerate(report.suites)
    )
    return (
        f'<section><h2>Overview</h2><nav aria-label="sections"><ul>{links}<li><a href="#over">Over the run</a></li>'
        f'<li><a href="#problems">Problems</a></li></ul></nav><h3>Differences</h3>{compared}'
        f"<h3>Pass@k and what it rests on</h3>{basis_table(report.suites, ks)}</section>"
    )


def _suite(suite: SuiteResult, place: int, report: EvaluationReport, palette: Mapping[str, str]) -> str:
    parts = [f'<section id="suite-{place}"><h2>{escape(suite.name)}</h2><dl class="about">{_facts(suite.about)}</dl>']
    if not suite.policies:
        return "".join((*parts, '<p class="nothing">No policy was evaluated on this suite.</p></section>'))
    numbers, chart = (
        policies_table(suite.policies, report.ks, palette),
        pass_at_figure(suite.name, suite.policies, palette),
    )
    parts.append(f'<div class="pair">{numbers}{chart}</div>')
    if has_diversity(suite.policies):
        parts.append(f"<details><summary>Diversity</summary>{diversity_table(suite.policies)}</details>")
    k = largest_k([policy.summary for policy in suite.policies], report.ks)
    for by in ("level", "subject", "source"):
        if (groups := groups_table(suite.policies, by, k)) is not None:
            parts.append(f"<details><summary>By {by}</summary>{groups}</details>")
    return "".join((*parts, "</section>"))


def _history(report: EvaluationReport) -> str:
    shown, missing = history_figures(report.history, report.ks)
    said = f'<p class="nothing">No evaluation recorded: {", ".join(missing)}.</p>' if missing and shown else ""
    body = (
        f'<div class="figures">{"".join(shown)}</div>{said}'
        if shown
        else '<p class="nothing">This run has no other evaluations.</p>'
    )
    return f'<section id="over"><h2>Over the run</h2>{body}</section>'


def _problems(report: EvaluationReport) -> str:
    if not any(policy.rows for suite in report.suites for policy in suite.policies):
        return '<section id="problems"><h2>Problems</h2><p class="nothing">No samples were kept.</p></section>'
    samples = (("all", "all"), ("right", "right"), ("wrong", "wrong"), ("unjudged", "not judged"))
    choices = "".join(
        (
            select("Suite", "suite", ()),
            select("Policies", "view", ()),
            select("Problems", "show", _SHOW),
            select("Verdict", "verdict", ()),
            select("Samples", "samples-shown", samples),
        )
    )
    return (
        '<section id="problems"><h2>Problems</h2>'
        '<noscript><p class="nothing">This part needs JavaScript.</p></noscript>'
        f'<p class="source">{_HELP}</p>'
        f'<div class="choices" role="search">{choices}'
        '<label>Text<input type="search" id="search" autocomplete="off" spellcheck="false"></label>'
        '<label class="tick"><input type="checkbox" id="deep"> also in samples</label>'
        '<span class="step"><button type="button" id="previous">Previous</button>'
        '<button type="button" id="next">Next</button></span></div><p class="source" id="count" role="status"></p>'
        '<div id="pane"><div id="list" role="listbox" tabindex="0" aria-label="problems"></div>'
        '<div id="detail" role="region" tabindex="-1" aria-label="problem and samples"></div></div></section>'
    )


_HELP = (
    "A policy solves a question if more than half of its judged samples are right; never solved: no sample is right, "
    "always solved: all judged ones are. Keys: j and k or the arrows go from problem to problem, Enter goes to the "
    "samples, / to the search. The address of the page names what is shown."
)
_SHOW = (
    ("all", "all"),
    ("flipped", "flipped"),
    ("gained", "flipped: gained"),
    ("lost", "flipped: lost"),
    ("never", "never solved"),
    ("always", "always solved"),
)


def _spec(report: EvaluationReport) -> str:
    if report.spec_yaml is None:
        return ""
    spec = f"<details><summary>The whole spec</summary><pre>{escape(report.spec_yaml)}</pre></details>"
    return f"<section><h2>Experiment</h2>{spec}</section>"
