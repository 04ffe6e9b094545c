"""The page's sections on comparisons: paired tests, matched policies and dominance, each with the method in words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tasks.report.html_tables import table
from tasks.report.study import tables
from tasks.report.study.data import StudyReport
from tasks.report.study.sentences import (
    DESCRIBED,
    compute_sentence,
    counted_sentence,
    dominance_sentence,
    tests_text,
)
from tasks.study.analysis import Analysis, Family
from tasks.study.multiple_tests import ALPHA

METHOD = (
    "Each seed pairs two variants that share its first policy, its problems and their order; each question pairs their "
    "answers. The mean difference is tested for new seeds and new questions at once (two-way random effects by the "
    "mean squares of seeds × questions, Satterthwaite's degrees of freedom) and for new seeds alone (t, seeds - 1): p "
    "is the larger of the two, the interval the wider. A difference is claimed where p after Holm is at most "
    f"{ALPHA}. Intervals are 95 % each, not adjusted. Entropy is one number a policy: over seeds alone. One seed: no "
    "claim, no test. The first family is the study's primary one; each of the others is secondary, and corrected by "
    "itself."
)
EQUAL_PASS_1 = (
    "For each seed and pair: the highest Pass@1 that both variants' paths reach, and Pass@k there, between evaluations "
    "by linear interpolation question by question. Where a path falls and rises again, the first place after the start "
    "counts at which it comes up to the level; a seed in which one variant never comes up to it is left out. The level "
    "is the weaker variant's best evaluation, whose luck is in both numbers, and the other one alone is interpolated: "
    "these differences favour the weaker variant, so they are shown and not tested."
)
EQUAL_COMPUTE = (
    "Both after as many sampled tokens as the one with fewer has in all: all variants pass a sampled token forward and "
    "backward equally often (but with one optimizer step an iteration prompt_confidence group_mean makes one pass "
    "more). Policies between two evaluations are interpolated linearly."
)


def paired_section(report: StudyReport, analysis: Analysis) -> str:
    """Return the paired tests at the last iteration; all families but the first are folded."""
    first, *others = analysis.at_end
    folded = "".join(_folded(report, analysis, family) for family in others)
    return f"<p class='source'>{escape(METHOD)}</p>{_family(report, analysis, first)}{folded}"


def matched_section(report: StudyReport, analysis: Analysis) -> str:
    """Return the comparisons at equal Pass@1 and at equal compute, with the matched iterations."""
    settings = analysis.cells.settings
    parts = [f"<h3>At equal Pass@1</h3><p class='source'>{escape(EQUAL_PASS_1)}</p>"]
    for place, family in enumerate(analysis.equal_pass_1):
        parts.append(_folded(report, analysis, family) if place else _family(report, analysis, family))
        for setting in settings:
            rows = tables.matched_pass_1(report, analysis, setting, family.temperature)
            parts.append(_matched("levels", rows, report.settings[setting]))
    parts.append(f"<h3>At equal compute</h3><p class='source'>{escape(EQUAL_COMPUTE)}</p>")
    parts.append(f"<p>{escape(compute_sentence(analysis))}</p>")
    for family in analysis.equal_compute:
        parts.append(_folded(report, analysis, family))
        for setting in settings:
            rows = tables.matched_compute(report, analysis, setting, family.temperature)
            parts.append(_matched("tokens", rows, report.settings[setting]))
    return "".join(parts)


def dominance_section(report: StudyReport, analysis: Analysis) -> str:
    """Return the tests of dominance, and the looks that are counted and not tested."""
    found = analysis.dominance
    method = (
        "Every evaluated iteration after the start, at each temperature, in each setting: "
        f"{len(found.tested)} looks with two seeds or more ({escape(tests_text(report, found.tested))}), one family of "
        "Holm's. A look counts where both differences are above 0 after it: its p is the larger of the two."
    )
    parts = [f"<p>{escape(dominance_sentence(report, analysis))}</p><p class='source'>{method}</p>"]
    if found.shown:
        parts.append(table_of(tables.dominance(report, found.shown), "wins on both"))
    rows = table_of(tables.dominance(report, found.tests), "looks")
    parts.append(_details(f"All {len(found.tests)} looks", rows))
    if found.counted:
        parts.append(f"<p class='source'>{escape(counted_sentence(report, analysis))}</p>")
        rows = table_of(tables.counted(report, found.counted), "looks")
        parts.append(_details(f"These {len(found.counted)} looks", rows))
    return "".join(parts)


def described_table(report: StudyReport, family: Family, setting: str) -> str:
    """Return a setting's differences of a family that is not tested; empty if it has none."""
    rows = tables.described(report, family, setting)
    return f"<p class='source'>{escape(DESCRIBED)}</p>{table_of(rows, 'differences')}" if len(rows) > 1 else ""


def table_of(rows: Sequence[Sequence[str]], label: str) -> str:
    """Return rows, a heading row first, as an HTML table."""
    return table(rows[0], rows[1:], label)


def _family(report: StudyReport, analysis: Analysis, family: Family) -> str:
    parts = []
    if not family.descriptive:
        said = f"One family of Holm's: {family.name}, and {family.shown} show a difference."
        parts.append(f"<p class='source'>{escape(said)}</p>")
    for setting in analysis.cells.settings:
        if any(each.comparison.setting == setting for each in family.differences):
            parts.append(f"<h4>{escape(report.settings[setting])}, T = {family.temperature:g}</h4>")
            parts.append(
                described_table(report, family, setting)
                if family.descriptive
                else table_of(tables.paired_tests(report, family, setting), "paired tests")
            )
    return "".join(parts)


def _folded(report: StudyReport, analysis: Analysis, family: Family) -> str:
    return _details(escape(family.name.partition(":")[0]), _family(report, analysis, family))


def _matched(what: str, rows: Sequence[Sequence[str]], setting: str) -> str:
    return _details(f"{what.capitalize()} of {escape(setting)}", table_of(rows, what)) if len(rows) > 1 else ""


def _details(summary: str, inside: str) -> str:
    return f"<details><summary>{summary}</summary>{inside}</details>"
