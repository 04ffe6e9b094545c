"""The tables of a study as rows of plain text, a heading row first: the page, the console and Markdown show the same ones."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.report.evaluation.numbers import ends, fixed
from tasks.report.progress import duration
from tasks.report.study.data import StudyReport
from tasks.report.study.words import NO_DIFFERENCE, finding, p_text, seed_range
from tasks.study.crossed import Estimate
from tasks.study.equal import AtEqual
from tasks.study.findings import Family, Findings
from tasks.study.measures import DISTINCT, ENTROPY
from tasks.study.paired import Difference
from tasks.study.wins import Look

Rows = list[list[str]]


def counts(report: StudyReport) -> Rows:
    """Seeds a variant and setting; missing cells by their seeds."""
    rows = [["variant", *report.settings.values()]]
    for variant, label in report.variants.items():
        cells = []
        for setting in report.settings:
            there = [str(cell.seed) for cell in report.ordered if (cell.setting, cell.variant) == (setting, variant)]
            gone = [str(seed) for s, v, seed in report.missing if (s, v) == (setting, variant)]
            cells.append(
                "; ".join([", ".join(there) or "none"] + ([f"missing {', '.join(gone)}"] if gone else []))
                if there or gone
                else "not planned"
            )
        rows.append([label, *cells])
    return rows


def at_the_end(report: StudyReport, found: Findings, setting: str, temperature: float) -> Rows:
    """The start, as the control's seeds have it, and each variant at the setting's last iteration: mean over seeds ± half of the 95 % interval over
    seeds."""
    names = [*(f"Pass@{k}" for k in sorted({1, *found.plan.ks})), ENTROPY.name, DISTINCT.name]
    rows = [["variant", "seeds", *names]]
    last = found.cells.last(setting)
    for variant, label, iteration in [
        (report.control, "start", 0),
        *((*variant, last) for variant in report.variants.items()),
    ]:
        curve = found.curve_of(setting, variant, temperature)
        stop = next((s for s in curve.stops if s.iteration == iteration), None) if curve else None
        if stop is not None:
            digits = {DISTINCT.name: DISTINCT.digits}
            rows.append(
                [label, str(len(stop.seeds)), *(mean_text(stop.means.get(name), digits.get(name, 3)) for name in names)]
            )
    return rows


def described(report: StudyReport, family: Family, setting: str) -> Rows:
    """Differences that are not tested, over the seeds that both have: their mean (lowest to highest seed)."""
    differences = [d for d in family.differences if d.setting == setting]
    names = list(dict.fromkeys(d.metric for d in differences))
    rows = [["variant", "against", "seeds", *names]]
    for pair in dict.fromkeys((d.variant, d.against) for d in differences):
        mine = {d.metric: d for d in differences if (d.variant, d.against) == pair}
        rows.append(
            [
                *(report.variants[name] for name in pair),
                _seeds(next(iter(mine.values()))),
                *(_spread(mine[name]) for name in names),
            ]
        )
    return rows


def _spread(difference: Difference) -> str:
    digits = DISTINCT.digits if difference.metric == DISTINCT.name else 3
    return (
        "-"
        if difference.found is None
        else f"{fixed(difference.found.mean, digits, signed=True)} ({seed_range(difference)})"
    )


def mean_text(found: Estimate | None, digits: int) -> str:
    if found is None:
        return "-"
    if found.over_seeds is None:
        return f"{fixed(found.mean, digits)} ({'one seed' if found.seeds == 1 else 'no spread'})"
    return f"{fixed(found.mean, digits)} ± {fixed(found.over_seeds[1] - found.mean, digits)}"


def tests(report: StudyReport, family: Family, setting: str) -> Rows:
    """A row a comparison and metric. "95 %" alone is for new seeds and new questions; of entropy, which has no questions, over seeds."""
    heads = [
        "variant",
        "against",
        "metric",
        "difference",
        "95 %",
        "95 %, seeds alone",
        "p",
        "p, Holm",
        "finding",
        "seeds",
        "questions",
    ]
    rows = [heads]
    for difference, adjusted in zip(family.differences, family.adjusted, strict=True):
        if difference.setting == setting:
            rows.append(_test(report, difference, adjusted))
    return rows


def _test(report: StudyReport, difference: Difference, adjusted: float | None) -> list[str]:
    names = [report.variants[difference.variant], report.variants[difference.against], difference.metric]
    found = difference.found
    if found is None:
        return [*names, "-", "-", "-", "-", "-", difference.remark, _seeds(difference), "-"]
    digits = DISTINCT.digits if difference.metric == DISTINCT.name else 3
    questions = "-" if difference.metric == ENTROPY.name else str(found.questions)  # entropy is one number a policy
    aside = f" ({difference.questions_left_out} left out)" if difference.questions_left_out else ""
    return [
        *names,
        fixed(found.mean, digits, signed=True),
        ends(found.interval, digits, signed=True),
        ends(found.over_seeds, digits, signed=True),
        "-" if adjusted is None else p_text(difference.p),
        p_text(adjusted),
        "not shown" if finding(difference, adjusted) == NO_DIFFERENCE else finding(difference, adjusted),
        _seeds(difference),
        questions + aside,
    ]


def _seeds(difference: Difference) -> str:
    out = f"; left out {', '.join(map(str, difference.left_out))}" if difference.left_out else ""
    return (", ".join(map(str, difference.seeds)) or "none") + out


def places_pass_1(report: StudyReport, found: Findings, setting: str, temperature: float) -> Rows:
    """At which Pass@1, and when in training, each pair was equal."""
    rows = [["variant", "against", "seed", "Pass@1 of both", "variant at iteration", "against at iteration"]]
    for where, at in found.places_pass_1:
        if (where.setting, where.temperature) == (setting, temperature):
            names = [report.variants[where.variant], report.variants[where.against]]
            rows += [
                [*names, str(p.seed), fixed(p.level), f"{p.variant_at:.1f}", f"{p.against_at:.1f}"] for p in at.places
            ]
    return rows


def places_compute(report: StudyReport, found: Findings, setting: str, temperature: float) -> Rows:
    """After how many sampled tokens each pair was compared, and how far apart its totals are."""
    rows = [
        [
            "variant",
            "against",
            "tokens, mean over seeds",
            "largest difference of the totals",
            "variant at iteration",
            "against at iteration",
        ]
    ]
    for where, at in found.places_compute:
        if (where.setting, where.temperature) == (setting, temperature) and at.places:
            n = len(at.places)
            mean = sum(p.level for p in at.places) / n
            ats = [f"{sum(p.variant_at for p in at.places) / n:.1f}", f"{sum(p.against_at for p in at.places) / n:.1f}"]
            rows.append(
                [report.variants[where.variant], report.variants[where.against], f"{mean:,.0f}", _percent(at), *ats]
            )
    return rows


def _percent(at: AtEqual) -> str:
    return "-" if at.apart is None else f"{100 * at.apart:.2f} %"


def wins(report: StudyReport, looks: Sequence[Look]) -> Rows:
    rows = [["setting", "variant", "T", "iteration", "Pass@1", "95 %", "Pass@k", "95 %", "p, Holm", "wins"]]
    for look in looks:
        names = [
            report.settings[look.one.setting],
            report.variants[look.one.variant],
            f"{look.one.temperature:g}",
            str(look.one.iteration),
        ]
        numbers = [
            text
            for d in (look.one, look.many)
            for text in (
                [fixed(d.found.mean, signed=True), ends(d.found.interval, signed=True)]
                if d.found is not None
                else ["-", "-"]
            )
        ]
        rows.append([*names, *numbers, p_text(look.adjusted), "yes" if look.wins else look.one.remark or "not shown"])
    return rows


def aside(report: StudyReport, looks: Sequence[Look]) -> Rows:
    """Looks that are not tested: means (lowest to highest seed)."""
    rows = [["setting", "variant", "T", "iteration", "seeds", "Pass@1", "Pass@k", "both above"]]
    for look in looks:
        names = [
            report.settings[look.one.setting],
            report.variants[look.one.variant],
            f"{look.one.temperature:g}",
            str(look.one.iteration),
        ]
        rows.append([*names, _seeds(look.one), _spread(look.one), _spread(look.many), "yes" if look.above else "no"])
    return rows


def times(report: StudyReport) -> Rows:
    """What each setting took; the last row is the study."""
    rows = [
        [
            "setting",
            "cells",
            "cells' time, summed",
            "steps made",
            "steps found",
            "share from the store",
            "compute made",
            "compute saved by the store",
        ]
    ]
    for label, cells in [
        *(
            (label, [cell for cell in report.ordered if cell.setting == name])
            for name, label in report.settings.items()
        ),
        ("all", report.ordered),
    ]:
        made, found = sum(cell.steps_made for cell in cells), sum(cell.steps_found for cell in cells)
        share = f"{100 * found / (made + found):.0f} %" if made + found else "-"
        seconds = [
            duration(sum(getattr(cell, name) for cell in cells))
            for name in ("seconds", "seconds_made", "seconds_found")
        ]
        rows.append([label, str(len(cells)), seconds[0], f"{made:,}", f"{found:,}", share, *seconds[1:]])
    return rows
