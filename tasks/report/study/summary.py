"""A study's findings without the page: for the console, as Markdown, and all numbers as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from tasks.report.study import rows
from tasks.report.study.data import StudyReport
from tasks.report.study.words import DESCRIBED, clock_sentence, compute_sentence, headline
from tasks.report.table import render_text
from tasks.study.equal import AtEqual
from tasks.study.findings import Family, Findings, find
from tasks.study.frontier import Curve
from tasks.study.paired import Difference, Where
from tasks.study.plan import apart_at_the_start


def summary_text(report: StudyReport) -> str:
    """The headline, cells, end of training at each temperature, all tests there, equal Pass@1, equal compute and times, for a terminal."""
    return _summary(report, find(report.ordered, report.plan), render_text, "{}")


def summary_markdown(report: StudyReport, found: Findings) -> str:
    """The same for a reader of the repository."""
    return _summary(report, found, markdown, "**{}**")


def _summary(report: StudyReport, found: Findings, draw: Callable[[Sequence[Sequence[str]]], str], name: str) -> str:
    parts = [
        *headline(report, found),
        *apart_at_the_start(found.cells, found.plan),
        name.format("Cells: seeds of each variant"),
        draw(rows.counts(report)),
    ]
    for setting in found.cells.settings:
        for family in found.from_control:
            temperature = family.temperature
            end = f"{report.settings[setting]}: iteration {found.cells.last(setting)}, T = {temperature:g} (± half of the 95 % interval over seeds)"
            parts += [name.format(end), draw(rows.at_the_end(report, found, setting, temperature))]
            parts += _described(report, family, setting, draw)
        for family in found.last:
            kind = "primary" if family is found.primary else "secondary"
            heading = f"{report.settings[setting]}: paired tests ({kind}), {family.name.partition(':')[0]}"
            parts += [name.format(heading), draw(rows.tests(report, family, setting))]
        for family in found.equal_pass_1:
            shown = _described(report, family, setting, draw)
            parts += (
                [name.format(f"{report.settings[setting]}: at equal Pass@1, T = {family.temperature:g}"), *shown]
                if shown
                else []
            )
    parts += [
        f"Families of Holm's, each corrected by itself, the first one primary: {'; '.join(family.name for family in found.last)}."
    ]
    parts += [compute_sentence(found), name.format("Time"), draw(rows.times(report)), clock_sentence(report)]
    return "\n\n".join(parts) + "\n"


def _described(
    report: StudyReport, family: Family, setting: str, draw: Callable[[Sequence[Sequence[str]]], str]
) -> list[str]:
    found = rows.described(report, family, setting)
    return [DESCRIBED, draw(found)] if len(found) > 1 else []


def markdown(table: Sequence[Sequence[str]]) -> str:
    """A table of rows, heading first."""
    heading, *body = [[cell.replace("|", "\\|") for cell in row] for row in table]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heading, ["---", *["---:"] * (len(heading) - 1)], *body))


def summary_json(report: StudyReport, found: Findings) -> bytes:
    """Every comparison, family, curve, place and look, and the words of the headline."""
    value = {
        "title": report.title,
        "headline": headline(report, found),
        "control": report.control,
        "temperatures": list(report.temperatures),
        "ks": list(found.plan.ks),
        "apart_at_the_start": apart_at_the_start(found.cells, found.plan),
        "missing": [list(name) for name in report.missing],
        "families": {
            "last_iteration": [_family(family) for family in found.last],
            "from_control": [_family(family) for family in found.from_control],
            "equal_pass_1": [_family(family) for family in found.equal_pass_1],
            "equal_compute": [_family(family) for family in found.equal_compute],
        },
        "places": {"equal_pass_1": _places(found.places_pass_1), "equal_compute": _places(found.places_compute)},
        "frontier": [_curve(curve) for curve in found.curves],
        "wins": {
            "looks": [
                {
                    **_where(look.one),
                    "pass_1": _estimate(look.one),
                    "pass_k": _estimate(look.many),
                    "p_holm": look.adjusted,
                    "wins": look.wins,
                }
                for look in found.wins.looks
            ],
            "tested": len(found.wins.tested),
            "found": len(found.wins.found),
            "counted": [
                {
                    **_where(look.one),
                    "pass_1": _described_json(look.one),
                    "pass_k": _described_json(look.many),
                    "both_above": look.above,
                }
                for look in found.wins.aside
            ],
        },
        "cells": [
            {
                name: getattr(cell, name)
                for name in (
                    "setting",
                    "variant",
                    "seed",
                    "key",
                    "run",
                    "start",
                    "tokens",
                    "seconds",
                    "steps_made",
                    "steps_found",
                )
            }
            | {"seconds_made": cell.seconds_made, "seconds_found": cell.seconds_found}
            for cell in report.ordered
        ],
        "starts": [asdict(start) for start in report.starts],
    }
    lines = (
        f"{json.dumps(name)}: {json.dumps(part, allow_nan=False, ensure_ascii=False)}" for name, part in value.items()
    )
    return ("{" + ",\n ".join(lines) + "}\n").encode(errors="replace")


def _curve(curve: Curve) -> dict[str, Any]:
    """Means with intervals over seeds; that a mean is not 0 is no finding, so its test is left out."""
    stops = [
        {
            **asdict(stop),
            "means": {
                name: {"mean": e.mean, "by_seed": list(e.by_seed), "over_seeds": e.over_seeds}
                for name, e in stop.means.items()
            },
        }
        for stop in curve.stops
    ]
    return {**asdict(curve), "stops": stops}


def _family(family: Family) -> dict[str, Any]:
    if family.descriptive:
        described = [{**_where(d), "metric": d.metric, **_described_json(d)} for d in family.differences]
        return {"name": family.name, "temperature": family.temperature, "described": described}
    tests = [
        {**_where(d), "metric": d.metric, **_estimate(d), "p_holm": p, "remark": d.remark}
        for d, p in zip(family.differences, family.adjusted, strict=True)
    ]
    return {"name": family.name, "temperature": family.temperature, "size": family.size, "tests": tests}


def _where(d: Difference) -> dict[str, Any]:
    return {
        "setting": d.setting,
        "variant": d.variant,
        "against": d.against,
        "temperature": d.temperature,
        "iteration": d.iteration,
    }


def _estimate(d: Difference) -> dict[str, Any]:
    seeds = {"seeds": list(d.seeds), "seeds_left_out": list(d.left_out), "questions_left_out": d.questions_left_out}
    return {**seeds, **(asdict(d.found) if d.found is not None else {})}


def _described_json(d: Difference) -> dict[str, Any]:
    """Without what a test would give."""
    return {
        name: value
        for name, value in _estimate(d).items()
        if name not in ("interval", "over_seeds", "error", "df", "p")
    }


def _places(places: Sequence[tuple[Where, AtEqual]]) -> list[dict[str, Any]]:
    return [
        {"setting": w.setting, "variant": w.variant, "against": w.against, "temperature": w.temperature}
        | {"apart": at.apart, "seeds": [asdict(place) for place in at.places]}
        for w, at in places
    ]
