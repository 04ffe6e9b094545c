"""The tables of a study as rows of plain text, a heading row first, for the page, the console and Markdown alike."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from tasks.report.formatting import fixed, interval_text, p_text
from tasks.report.progress import duration
from tasks.report.study.data import StudyReport
from tasks.report.study.sentences import NO_DIFFERENCE, digits_of, finding_text, seed_range
from tasks.study.analysis import Analysis, Family
from tasks.study.dominance import DominanceTest
from tasks.study.metrics import DISTINCT, ENTROPY
from tasks.study.paired import Comparison, Difference
from tasks.study.random_effects import Estimate

Rows = list[list[str]]


def seeds_of_cells(report: StudyReport) -> Rows:
    """Return the seeds of each variant and setting, with those that are missing."""
    rows = [["variant", *report.settings.values()]]
    for variant, label in report.variants.items():
        cells = []
        for setting in report.settings:
            there = [str(cell.seed) for cell in report.ordered if (cell.setting, cell.variant) == (setting, variant)]
            missing = [str(seed) for s, v, seed in report.missing if (s, v) == (setting, variant)]
            text = "; ".join([", ".join(there) or "none"] + ([f"missing {', '.join(missing)}"] if missing else []))
            cells.append(text if there or missing else "not planned")
        rows.append([label, *cells])
    return rows


def end_of_training(report: StudyReport, analysis: Analysis, setting: str, temperature: float) -> Rows:
    """Return each variant's means over seeds at the last iteration, ± half of the 95 % interval over seeds.

    The first row is the start, as the control's seeds have it.
    """
    names = [*(f"Pass@{k}" for k in sorted({1, *analysis.design.ks})), ENTROPY.name, DISTINCT.name]
    digits = {DISTINCT.name: DISTINCT.digits}
    rows = [["variant", "seeds", *names]]
    last = analysis.cells.last_iteration(setting)
    for variant, label, iteration in [
        (report.control, "start", 0),
        *((variant, label, last) for variant, label in report.variants.items()),
    ]:
        curve = analysis.curve_of(setting, variant, temperature)
        point = next((p for p in curve.points if p.iteration == iteration), None) if curve else None
        if point is not None:
            means = [mean_text(point.means.get(name), digits.get(name, 3)) for name in names]
            rows.append([label, str(len(point.seeds)), *means])
    return rows


def described(report: StudyReport, family: Family, setting: str) -> Rows:
    """Return differences that are not tested, over the seeds that both have: mean (lowest to highest seed)."""
    differences = [each for each in family.differences if each.comparison.setting == setting]
    names = list(dict.fromkeys(each.metric for each in differences))
    rows = [["variant", "against", "seeds", *names]]
    by_pair: dict[tuple[str, str], dict[str, Difference]] = {}
    for each in differences:
        by_pair.setdefault((each.comparison.variant, each.comparison.against), {})[each.metric] = each
    for pair, mine in by_pair.items():
        labels = [report.variants[name] for name in pair]
        rows.append([*labels, _seeds(next(iter(mine.values()))), *(_mean_and_range(mine[name]) for name in names)])
    return rows


def _mean_and_range(difference: Difference) -> str:
    if difference.estimate is None:
        return "-"
    return f"{fixed(difference.estimate.mean, digits_of(difference), signed=True)} ({seed_range(difference)})"


def mean_text(estimate: Estimate | None, digits: int) -> str:
    """Return `0.123 ± 0.045`, half of the interval over seeds; `-` if there is no estimate."""
    if estimate is None:
        return "-"
    if estimate.over_seeds is None:
        return f"{fixed(estimate.mean, digits)} ({'one seed' if estimate.seeds == 1 else 'no spread'})"
    return f"{fixed(estimate.mean, digits)} ± {fixed(estimate.over_seeds[1] - estimate.mean, digits)}"


def paired_tests(report: StudyReport, family: Family, setting: str) -> Rows:
    """Return a row for each comparison and metric.

    "95 %" is for new seeds and new questions; for entropy, which has no questions, over seeds.
    """
    heads = (
        *("variant", "against", "metric", "difference", "95 %", "95 %, seeds alone", "p", "p, Holm", "finding"),
        *("seeds", "questions"),
    )
    pairs = zip(family.differences, family.adjusted, strict=True)
    return [
        list(heads),
        *(_paired_test(report, each, p) for each, p in pairs if each.comparison.setting == setting),
    ]


def _paired_test(report: StudyReport, difference: Difference, adjusted: float | None) -> list[str]:
    names = [*_labels(report, difference.comparison), difference.metric]
    estimate = difference.estimate
    if estimate is None:
        return [*names, "-", "-", "-", "-", "-", difference.remark, _seeds(difference), "-"]
    digits = digits_of(difference)
    questions = "-" if difference.metric == ENTROPY.name else str(estimate.questions)  # entropy is one number a policy
    left_out = f" ({difference.questions_left_out} left out)" if difference.questions_left_out else ""
    finding = finding_text(difference, adjusted)
    return [
        *names,
        fixed(estimate.mean, digits, signed=True),
        interval_text(estimate.interval, digits, signed=True),
        interval_text(estimate.over_seeds, digits, signed=True),
        "-" if adjusted is None else p_text(difference.p),
        p_text(adjusted),
        "not shown" if finding == NO_DIFFERENCE else finding,
        _seeds(difference),
        questions + left_out,
    ]


def _labels(report: StudyReport, comparison: Comparison) -> list[str]:
    return [report.variants[comparison.variant], report.variants[comparison.against]]


def _seeds(difference: Difference) -> str:
    out = f"; left out {', '.join(map(str, difference.seeds_left_out))}" if difference.seeds_left_out else ""
    return (", ".join(map(str, difference.seeds)) or "none") + out


def matched_pass_1(report: StudyReport, analysis: Analysis, setting: str, temperature: float) -> Rows:
    """Return the Pass@1 at which each pair was compared, and the iterations at which the two have it."""
    rows = [["variant", "against", "seed", "Pass@1 of both", "variant at iteration", "against at iteration"]]
    for each in analysis.matched_pass_1:
        if (each.comparison.setting, each.comparison.temperature) == (setting, temperature):
            names = _labels(report, each.comparison)
            rows += [
                [*names, str(s.seed), fixed(s.level), f"{s.variant_at:.1f}", f"{s.against_at:.1f}"] for s in each.seeds
            ]
    return rows


def matched_compute(report: StudyReport, analysis: Analysis, setting: str, temperature: float) -> Rows:
    """Return the sampled tokens after which each pair was compared, and how different the two totals are."""
    heads = (
        *("variant", "against", "tokens, mean over seeds", "largest difference of the totals"),
        *("variant at iteration", "against at iteration"),
    )
    rows = [list(heads)]
    for each in analysis.matched_compute:
        if (each.comparison.setting, each.comparison.temperature) == (setting, temperature) and each.seeds:
            apart = "-" if each.token_difference is None else f"{100 * each.token_difference:.2f} %"
            tokens = f"{fmean(s.level for s in each.seeds):,.0f}"
            at = [f"{fmean(s.variant_at for s in each.seeds):.1f}", f"{fmean(s.against_at for s in each.seeds):.1f}"]
            rows.append([*_labels(report, each.comparison), tokens, apart, *at])
    return rows


def dominance(report: StudyReport, tests: Sequence[DominanceTest]) -> Rows:
    """Return a row for each test of dominance, with the differences in Pass@1 and Pass@k."""
    rows = [["setting", "variant", "T", "iteration", "Pass@1", "95 %", "Pass@k", "95 %", "p, Holm", "wins"]]
    for test in tests:
        numbers = [
            text
            for each in (test.pass_1.estimate, test.pass_k.estimate)
            for text in (
                ("-", "-")
                if each is None
                else (fixed(each.mean, signed=True), interval_text(each.interval, signed=True))
            )
        ]
        result = "yes" if test.dominates else test.pass_1.remark or "not shown"
        rows.append([*_place(report, test), *numbers, p_text(test.p_adjusted), result])
    return rows


def counted(report: StudyReport, tests: Sequence[DominanceTest]) -> Rows:
    """Return a row for each look at dominance that is not tested: means (lowest to highest seed)."""
    rows = [["setting", "variant", "T", "iteration", "seeds", "Pass@1", "Pass@k", "both above"]]
    for test in tests:
        numbers = [_seeds(test.pass_1), _mean_and_range(test.pass_1), _mean_and_range(test.pass_k)]
        rows.append([*_place(report, test), *numbers, "yes" if test.both_above else "no"])
    return rows


def _place(report: StudyReport, test: DominanceTest) -> list[str]:
    at = test.comparison
    return [report.settings[at.setting], report.variants[at.variant], f"{at.temperature:g}", str(at.iteration)]


def times(report: StudyReport) -> Rows:
    """Return the time of each setting, and of the study in the last row."""
    heads = (
        *("setting", "cells", "cells' time, summed", "steps made", "steps found", "share from the store"),
        *("compute made", "compute saved by the store"),
    )
    rows = [list(heads)]
    settings = [
        (label, [cell for cell in report.ordered if cell.setting == name]) for name, label in report.settings.items()
    ]
    for label, cells in [*settings, ("all", report.ordered)]:
        made, found = sum(cell.steps_made for cell in cells), sum(cell.steps_found for cell in cells)
        share = f"{100 * found / (made + found):.0f} %" if made + found else "-"
        seconds, seconds_made, seconds_found = (
            duration(sum(getattr(cell, name) for cell in cells))
            for name in ("seconds", "seconds_made", "seconds_found")
        )
        rows.append([label, str(len(cells)), seconds, f"{made:,}", f"{found:,}", share, seconds_made, seconds_found])
    return rows
