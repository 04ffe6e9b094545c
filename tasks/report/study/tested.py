"""The sections of a study's page that hold tests: what was tested, how, and what may be claimed."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tasks.report.study import rows
from tasks.report.study.data import StudyReport
from tasks.report.study.words import DESCRIBED, aside_sentence, compute_sentence, looked_at, wins_sentence
from tasks.report.tables import table
from tasks.study.findings import Family, Findings
from tasks.study.holm import ALPHA

HOW = (
    "Each seed pairs two variants that share its first policy, its problems and their order; each question pairs their answers. The mean difference is "
    "tested for new seeds and new questions at once (two-way random effects by the mean squares of seeds × questions, Satterthwaite's degrees of freedom) "
    "and for new seeds alone (t, seeds - 1): p is the larger of the two, the interval the wider. A difference is claimed where p after Holm is at most "
    f"{ALPHA}. Intervals are 95 % each, not adjusted. Entropy is one number a policy: over seeds alone. One seed: no claim, no test. The first family is "
    "the study's primary one; each of the others is secondary, and corrected by itself."
)
PASS_1 = (
    "For each seed and pair: the highest Pass@1 that both variants' paths reach, and Pass@k there, between evaluations by linear interpolation question by "
    "question. Where a path falls and rises again, the first place after the start counts at which it comes up to the level; a seed in which one variant never "
    "comes up to it is left out. The level is the weaker variant's best evaluation, whose luck is in both numbers, and the other one alone is interpolated: "
    "these differences favour the weaker variant, so they are shown and not tested."
)
COMPUTE = (
    "Both after as many sampled tokens as the one with fewer has in all: all variants pass a sampled token forward and backward equally often (but with one "
    "optimiser step an iteration prompt_confidence group_mean makes one pass more). Policies between two evaluations are interpolated linearly."
)


def paired(report: StudyReport, found: Findings) -> str:
    first, *others = found.last
    return f"<p class='source'>{escape(HOW)}</p>{_family(report, found, first)}" + "".join(
        _folded(report, found, family) for family in others
    )


def equal(report: StudyReport, found: Findings) -> str:
    parts = [f"<h3>At equal Pass@1</h3><p class='source'>{escape(PASS_1)}</p>"]
    for family in found.equal_pass_1:
        parts.append(_shown(report, found, family, first=family is found.equal_pass_1[0]))
        parts += [
            _places("levels", rows.places_pass_1(report, found, s, family.temperature), report.settings[s])
            for s in found.cells.settings
        ]
    parts.append(
        f"<h3>At equal compute</h3><p class='source'>{escape(COMPUTE)}</p><p>{escape(compute_sentence(found))}</p>"
    )
    for family in found.equal_compute:
        parts.append(_folded(report, found, family))
        parts += [
            _places("tokens", rows.places_compute(report, found, s, family.temperature), report.settings[s])
            for s in found.cells.settings
        ]
    return "".join(parts)


def wins(report: StudyReport, found: Findings) -> str:
    looks, won = found.wins.looks, found.wins.found
    said = (
        f"Every evaluated iteration after the start, at each temperature, in each setting: {len(found.wins.tested)} looks with two seeds or more "
        f"({escape(looked_at(report, found.wins.tested))}), one family of Holm's. A look counts where both differences are above 0 after it: its p is the "
        "larger of the two."
    )
    parts = [f"<p>{escape(wins_sentence(report, found))}</p><p class='source'>{said}</p>"]
    if won:
        parts.append(_table(rows.wins(report, won), "wins on both"))
    parts.append(
        f"<details><summary>All {len(looks)} looks</summary>{_table(rows.wins(report, looks), 'looks')}</details>"
    )
    if found.wins.aside:
        parts.append(f"<p class='source'>{escape(aside_sentence(report, found))}</p>")
        parts.append(
            f"<details><summary>These {len(found.wins.aside)} looks</summary>{_table(rows.aside(report, found.wins.aside), 'looks')}</details>"
        )
    return "".join(parts)


def described(report: StudyReport, family: Family, setting: str) -> str:
    """A setting's differences of a family that is not tested."""
    found = rows.described(report, family, setting)
    return f"<p class='source'>{escape(DESCRIBED)}</p>{_table(found, 'differences')}" if len(found) > 1 else ""


def _family(report: StudyReport, found: Findings, family: Family) -> str:
    tables = "".join(
        f"<h4>{escape(report.settings[setting])}, T = {family.temperature:g}</h4>"
        + (
            described(report, family, setting)
            if family.descriptive
            else _table(rows.tests(report, family, setting), "paired tests")
        )
        for setting in found.cells.settings
        if any(difference.setting == setting for difference in family.differences)
    )
    said = "" if family.descriptive else f"One family of Holm's: {family.name}, and {family.shown} show a difference."
    return (f"<p class='source'>{escape(said)}</p>" if said else "") + tables


def _folded(report: StudyReport, found: Findings, family: Family) -> str:
    return (
        f"<details><summary>{escape(family.name.partition(':')[0])}</summary>{_family(report, found, family)}</details>"
    )


def _shown(report: StudyReport, found: Findings, family: Family, *, first: bool) -> str:
    return _family(report, found, family) if first else _folded(report, found, family)


def _places(what: str, found: Sequence[Sequence[str]], setting: str) -> str:
    if len(found) < 2:
        return ""
    return (
        f"<details><summary>{what[0].upper()}{what[1:]} of {escape(setting)}</summary>{_table(found, what)}</details>"
    )


def _table(found: Sequence[Sequence[str]], label: str) -> str:
    return table(found[0], found[1:], label)
