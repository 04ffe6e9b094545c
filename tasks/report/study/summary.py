"""A study's results without the page: for the console, as Markdown, and all numbers as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from tasks.report.study import tables
from tasks.report.study.data import StudyReport
from tasks.report.study.sentences import DESCRIBED, compute_sentence, headline, wall_time_sentence
from tasks.report.text_tables import render_markdown, render_text
from tasks.study.analysis import Analysis, Family, analyse
from tasks.study.curves import Curve
from tasks.study.design import unmatched_starts
from tasks.study.matched import Matched
from tasks.study.paired import Comparison, Difference

Draw = Callable[[Sequence[Sequence[str]]], str]


def summary_text(report: StudyReport) -> str:
    """Return the results for a terminal.

    They are the headline, cells, end of training and all tests there, equal Pass@1, equal compute and times.
    """
    return _summary(report, analyse(report.ordered, report.design), render_text, "{}")


def summary_markdown(report: StudyReport, analysis: Analysis) -> str:
    """Return the same results for a reader of the repository."""
    return _summary(report, analysis, render_markdown, "**{}**")


def _summary(report: StudyReport, analysis: Analysis, draw: Draw, heading: str) -> str:
    parts = [
        *headline(report, analysis),
        *unmatched_starts(analysis.cells, analysis.design),
        heading.format("Cells: seeds of each variant"),
        draw(tables.seeds_of_cells(report)),
    ]
    for setting in analysis.cells.settings:
        parts += _setting(report, analysis, setting, draw, heading)
    families = "; ".join(family.name for family in analysis.at_end)
    parts += [
        f"Families of Holm's, each corrected by itself, the first one primary: {families}.",
        compute_sentence(analysis),
        heading.format("Time"),
        draw(tables.times(report)),
        wall_time_sentence(report),
    ]
    return "\n\n".join(parts) + "\n"


def _setting(report: StudyReport, analysis: Analysis, setting: str, draw: Draw, heading: str) -> list[str]:
    label, parts = report.settings[setting], []
    last = analysis.cells.last_iteration(setting)
    for family in analysis.against_control:
        at = f"iteration {last}, T = {family.temperature:g}"
        parts += [
            heading.format(f"{label}: {at} (± half of the 95 % interval over seeds)"),
            draw(tables.end_of_training(report, analysis, setting, family.temperature)),
            *_described(report, family, setting, draw),
        ]
    for family in analysis.at_end:
        kind = "primary" if family is analysis.primary else "secondary"
        parts += [
            heading.format(f"{label}: paired tests ({kind}), {family.name.partition(':')[0]}"),
            draw(tables.paired_tests(report, family, setting)),
        ]
    for family in analysis.equal_pass_1:
        if shown := _described(report, family, setting, draw):
            parts += [heading.format(f"{label}: at equal Pass@1, T = {family.temperature:g}"), *shown]
    return parts


def _described(report: StudyReport, family: Family, setting: str, draw: Draw) -> list[str]:
    rows = tables.described(report, family, setting)
    return [DESCRIBED, draw(rows)] if len(rows) > 1 else []


def summary_json(report: StudyReport, analysis: Analysis) -> bytes:
    """Return every comparison, family, curve, match and test as JSON, with the headline.

    The names of the JSON's fields stay as they are, because summaries are committed with the cells.
    """
    value = {
        "title": report.title,
        "headline": headline(report, analysis),
        "control": report.control,
        "temperatures": list(report.temperatures),
        "ks": list(analysis.design.ks),
        "apart_at_the_start": unmatched_starts(analysis.cells, analysis.design),
        "missing": [list(name) for name in report.missing],
        "families": {
            "last_iteration": [_family(family) for family in analysis.at_end],
            "from_control": [_family(family) for family in analysis.against_control],
            "equal_pass_1": [_family(family) for family in analysis.equal_pass_1],
            "equal_compute": [_family(family) for family in analysis.equal_compute],
        },
        "places": {
            "equal_pass_1": [_matched(each) for each in analysis.matched_pass_1],
            "equal_compute": [_matched(each) for each in analysis.matched_compute],
        },
        "frontier": [_curve(curve) for curve in analysis.curves],
        "wins": {
            "looks": [
                {
                    **asdict(test.comparison),
                    "pass_1": _tested(test.pass_1),
                    "pass_k": _tested(test.pass_k),
                    "p_holm": test.p_adjusted,
                    "wins": test.dominates,
                }
                for test in analysis.dominance.tests
            ],
            "tested": len(analysis.dominance.tested),
            "found": len(analysis.dominance.shown),
            "counted": [
                {
                    **asdict(test.comparison),
                    "pass_1": _not_tested(test.pass_1),
                    "pass_k": _not_tested(test.pass_k),
                    "both_above": test.both_above,
                }
                for test in analysis.dominance.counted
            ],
        },
        "cells": [{name: getattr(cell, name) for name in CELL_FIELDS} for cell in report.ordered],
        "starts": [asdict(launch) for launch in report.launches],
    }
    lines = (
        f"{json.dumps(name)}: {json.dumps(part, allow_nan=False, ensure_ascii=False)}" for name, part in value.items()
    )
    return ("{" + ",\n ".join(lines) + "}\n").encode(errors="replace")


CELL_FIELDS = (
    *("setting", "variant", "seed", "key", "run", "start", "tokens", "seconds"),
    *("steps_made", "steps_found", "seconds_made", "seconds_found"),
)


def _curve(curve: Curve) -> dict[str, Any]:
    """Return means with intervals over seeds, without their tests: that a mean is not 0 is no finding."""
    points = [
        {
            "iteration": point.iteration,
            "seeds": point.seeds,
            "means": {
                name: {"mean": each.mean, "by_seed": list(each.by_seed), "over_seeds": each.over_seeds}
                for name, each in point.means.items()
            },
            "artifacts": point.artifacts,
        }
        for point in curve.points
    ]
    names = {"setting": curve.setting, "variant": curve.variant, "temperature": curve.temperature}
    return {**names, "stops": points}


def _family(family: Family) -> dict[str, Any]:
    names = {"name": family.name, "temperature": family.temperature}
    if family.descriptive:
        described = [
            {**asdict(each.comparison), "metric": each.metric, **_not_tested(each)} for each in family.differences
        ]
        return {**names, "described": described}
    tests = [
        {**asdict(each.comparison), "metric": each.metric, **_tested(each), "p_holm": p, "remark": each.remark}
        for each, p in zip(family.differences, family.adjusted, strict=True)
    ]
    return {**names, "size": family.size, "tests": tests}


def _tested(difference: Difference) -> dict[str, Any]:
    seeds = {
        "seeds": list(difference.seeds),
        "seeds_left_out": list(difference.seeds_left_out),
        "questions_left_out": difference.questions_left_out,
    }
    return {**seeds, **(asdict(difference.estimate) if difference.estimate is not None else {})}


def _not_tested(difference: Difference) -> dict[str, Any]:
    """Return the numbers without those of a test."""
    of_test = ("interval", "over_seeds", "error", "df", "p")
    return {name: value for name, value in _tested(difference).items() if name not in of_test}


def _matched(matched: Matched) -> dict[str, Any]:
    return {
        **_names(matched.comparison),
        "apart": matched.token_difference,
        "seeds": [asdict(each) for each in matched.seeds],
    }


def _names(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison without its iteration, which a matched one does not have."""
    return {name: value for name, value in asdict(comparison).items() if name != "iteration"}
