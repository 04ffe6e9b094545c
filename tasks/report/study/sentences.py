"""The sentences of a study's report.

Each names the variants, the setting, the seeds and the size of a difference, and claims no more than its test allows.
"""

from __future__ import annotations

from collections.abc import Sequence

from tasks.report.formatting import fixed, interval_text, p_text
from tasks.report.progress import duration
from tasks.report.study.data import StudyReport
from tasks.study.analysis import Analysis, Family
from tasks.study.dominance import DominanceTest
from tasks.study.launches import wall_time
from tasks.study.matched import EQUAL_COMPUTE
from tasks.study.metrics import DISTINCT
from tasks.study.multiple_tests import ALPHA
from tasks.study.paired import Difference

NO_DIFFERENCE = "no difference was shown"
DESCRIBED = "Difference over the seeds that both have: mean (lowest to highest seed). Described, not tested."


def headline(report: StudyReport, analysis: Analysis) -> list[str]:
    """Return the study's conclusions, one sentence each.

    They are the main comparison at the primary temperature and the last iteration (a sentence per setting), its
    difference at equal Pass@1, the tests of dominance, and the counts of those that are not tested.
    """
    if not report.comparisons:
        return ["The study compares no variants."]
    variant, against = report.comparisons[0]
    sentences = [_main(report, analysis.primary, setting, variant, against) for setting in analysis.cells.settings]
    sentences += [
        _equal_pass_1(report, analysis, variant, against),
        dominance_sentence(report, analysis),
        counted_sentence(report, analysis),
    ]
    return [sentence[0].upper() + sentence[1:] for sentence in sentences if sentence]


def _equal_pass_1(report: StudyReport, analysis: Analysis, variant: str, against: str) -> str:
    """Return the main comparison at equal Pass@1 and the primary temperature; empty if no seed could be matched."""
    family, names = analysis.equal_pass_1[0], (report.variants[variant], report.variants[against])
    parts = [
        f"{report.settings[setting]} {each.metric} {fixed(each.estimate.mean, signed=True)} ({seed_range(each)})"
        for setting in analysis.cells.settings
        for each, _ in family.of(setting, variant, against)
        if each.estimate is not None
    ]
    if not parts:
        return ""
    return (
        f"At equal Pass@1, T = {family.temperature:g}, {names[0]} minus {names[1]} "
        "(mean, and lowest to highest seed; described, not tested, and favouring, seed by seed, the one whose best "
        f"Pass@1 is lower): {'; '.join(parts)}."
    )


def digits_of(difference: Difference) -> int:
    """Return the number of decimals that a difference is shown with."""
    return DISTINCT.digits if difference.metric == DISTINCT.name else 3


def seed_range(difference: Difference) -> str:
    """Return `+0.012 to +0.034`, or `one seed`."""
    assert difference.estimate is not None
    means = difference.estimate.by_seed
    if len(means) == 1:
        return "one seed"
    return interval_text((min(means), max(means)), digits_of(difference), signed=True)


def counted_sentence(report: StudyReport, analysis: Analysis) -> str:
    """Return the counts of variants whose dominance is not tested; empty if there are none."""
    counts = []
    for variant, label in report.variants.items():
        tests = [test for test in analysis.dominance.counted if test.comparison.variant == variant]
        if tests:
            seeds = max(len(test.pass_1.seeds) for test in tests)
            above = sum(test.both_above for test in tests)
            counts.append(f"{label} {above} of {len(tests)} ({_count(seeds, 'seed')})")
    if not counts:
        return ""
    control = report.variants[report.control]
    return f"Counted, not tested: looks in which both means are above {control}'s: {', '.join(counts)}."


def _main(report: StudyReport, family: Family, setting: str, variant: str, against: str) -> str:
    tests = family.of(setting, variant, against)
    if not tests:
        return ""
    first = tests[0][0]
    comparison = first.comparison
    where = (
        f"{report.settings[setting]}, iteration {comparison.iteration}, T = {comparison.temperature:g}: "
        f"{report.variants[variant]} against {report.variants[against]}"
    )
    if first.estimate is None:
        return f"{where}: {first.remark}."
    over = f"{seeds_text(first.seeds)}, {first.estimate.questions} questions"
    if first.estimate.seeds < 2:
        return f"{where}, {over}: {first.remark}."
    return f"{where}, {over}: " + "; ".join(_clause(difference, p) for difference, p in tests) + "."


def _clause(difference: Difference, adjusted: float | None) -> str:
    estimate = difference.estimate
    assert estimate is not None
    interval = interval_text(estimate.interval, signed=True)
    numbers = f"{fixed(estimate.mean, signed=True)}, 95 % {interval}, p {p_text(adjusted)} after Holm"
    finding = finding_text(difference, adjusted)
    link = " is" if finding in ("higher", "lower") else ":"
    return f"{difference.metric}{link} {finding} ({numbers})"


def finding_text(difference: Difference, adjusted: float | None) -> str:
    """Return higher, lower, `NO_DIFFERENCE`, or the reason why nothing may be claimed."""
    if difference.estimate is None or adjusted is None:
        return difference.remark or "not tested"
    if adjusted > ALPHA:
        return NO_DIFFERENCE
    return "higher" if difference.estimate.mean > 0 else "lower"


def dominance_sentence(report: StudyReport, analysis: Analysis) -> str:
    """Return whether, and where, a variant is above the control in both Pass@1 and Pass@k."""
    what = f"Above {report.variants[report.control]} in both Pass@1 and Pass@{analysis.design.largest_k}"
    tests = analysis.dominance
    if not tests.tested:
        return f"{what}: not tested ({len(tests.tests)} looks, none with two seeds or more)."
    looks = f"{len(tests.tested)} looks ({tests_text(report, tests.tested)})"
    strongest = _test_text(report, tests.strongest)
    if not tests.shown:
        return f"{what}: not found here, in {looks} at p {ALPHA:g} after Holm; nearest was {strongest}."
    return f"{what}: shown in {len(tests.shown)} of {looks} at p {ALPHA:g} after Holm; clearest in {strongest}."


def compute_sentence(analysis: Analysis) -> str:
    """Return how equal the compute of two variants is at equal iterations."""
    apart = [each.token_difference for each in analysis.matched_compute if each.token_difference is not None]
    if not apart:
        return "No pair has both sides evaluated."
    near = sum(each <= EQUAL_COMPUTE for each in apart)
    largest = f"the largest difference of two variants' tokens with the same seed is {100 * max(apart):.2f} %"
    if near == len(apart):
        return f"Equal iterations are equal compute here: {largest}."
    return (
        f"Equal iterations are not equal compute everywhere: {largest}; "
        f"{near} of {len(apart)} pairs are within {100 * EQUAL_COMPUTE:g} %."
    )


def wall_time_sentence(report: StudyReport) -> str:
    """Return the wall time of the study's launches."""
    seconds, timed = wall_time(report.launches, [cell.name for cell in report.ordered])
    if not timed:
        return "No start of these cells was timed."
    places = sorted({launch.side_by_side for launch in report.launches})
    at_a_time = f"{places[0]}" if len(places) == 1 else f"{places[0]} to {places[-1]}"
    cores = " or ".join(str(cores) for cores in sorted({launch.cores for launch in report.launches}))
    rest = len(report.ordered) - timed
    left = f"; the other {rest} are of starts that were not timed" if rest else ""
    took = (
        f"{_count(len(report.launches), 'start')}, {duration(seconds)} for {timed} of {len(report.ordered)} cells, "
        f"{at_a_time} at a time on {cores} cores"
    )
    return f"By the clock: {took}{left}. A start that is killed leaves no time."


def tests_text(report: StudyReport, tests: Sequence[DominanceTest]) -> str:
    """Return the variants of some tests, and the numbers of their settings, temperatures and iterations."""
    comparisons = [test.comparison for test in tests]
    variants = {each.variant for each in comparisons}
    named = [label for name, label in report.variants.items() if name in variants]
    counts = [
        _count(len({each.setting for each in comparisons}), "setting"),
        _count(len({each.temperature for each in comparisons}), "temperature"),
        _count(len({each.iteration for each in comparisons}), "iteration"),
    ]
    return ", ".join([" and ".join(named) or "no variant", *counts])


def _test_text(report: StudyReport, test: DominanceTest | None) -> str:
    if test is None or test.pass_1.estimate is None or test.pass_k.estimate is None:
        return "none"
    parts = [
        f"{each.metric} {fixed(each.estimate.mean, signed=True)} ({interval_text(each.estimate.interval, signed=True)})"
        for each in (test.pass_1, test.pass_k)
        if each.estimate is not None
    ]
    at = test.comparison
    where = (
        f"{report.settings[at.setting]}, {report.variants[at.variant]}, T = {at.temperature:g}, "
        f"iteration {at.iteration}"
    )
    return f"{where}: {', '.join(parts)}, {seeds_text(test.pass_1.seeds)}, p {p_text(test.p_adjusted)}"


def seeds_text(seeds: Sequence[int]) -> str:
    """Return `5 seeds (0, 1, 2, 3, 4)`; `1 seed (3)`."""
    return f"{_count(len(seeds), 'seed')} ({', '.join(map(str, seeds))})"


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"
