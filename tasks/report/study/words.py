"""Sentences of a study's report: each says who, against whom, where, over which seeds, how much, and no more than its test allows."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.report.evaluation.numbers import ends, fixed
from tasks.report.progress import duration
from tasks.report.study.data import StudyReport
from tasks.study.equal import SAME
from tasks.study.findings import Family, Findings
from tasks.study.holm import ALPHA
from tasks.study.measures import DISTINCT
from tasks.study.paired import Difference
from tasks.study.starts import clock
from tasks.study.wins import Look

NO_DIFFERENCE = "no difference was shown"
DESCRIBED = "Difference over the seeds that both have: mean (lowest to highest seed). Described, not tested."


def headline(report: StudyReport, found: Findings) -> list[str]:
    """A sentence a setting on the main comparison at the primary temperature and the last iteration, then what is left of it at equal Pass@1, then on wins
    on both, of those that are tested and of those that are not."""
    if not report.comparisons:
        return ["The study compares no variants."]
    variant, against = report.comparisons[0]
    sentences = [_main(report, found.primary, setting, variant, against) for setting in found.cells.settings]
    sentences += [
        _at_equal_pass_1(report, found, variant, against),
        wins_sentence(report, found),
        aside_sentence(report, found),
    ]
    return [sentence[0].upper() + sentence[1:] for sentence in sentences if sentence]


def _at_equal_pass_1(report: StudyReport, found: Findings, variant: str, against: str) -> str:
    """Of the main comparison at the primary temperature."""
    family, names = found.equal_pass_1[0], (report.variants[variant], report.variants[against])
    parts = [
        f"{report.settings[d.setting]} {d.metric} {fixed(d.found.mean, signed=True)} ({seed_range(d)})"
        for setting in found.cells.settings
        for d, _ in family.of(setting, variant, against)
        if d.found is not None
    ]
    if not parts:
        return ""
    said = f"At equal Pass@1, T = {family.temperature:g}, {names[0]} minus {names[1]} (mean, and lowest to highest seed; described, not tested"
    return f"{said}, and favouring, seed by seed, the one whose best Pass@1 is lower): {'; '.join(parts)}."


def seed_range(difference: Difference) -> str:
    """`+0.012 to +0.034`, or `one seed`."""
    assert difference.found is not None
    digits = DISTINCT.digits if difference.metric == DISTINCT.name else 3
    means = difference.found.by_seed
    return "one seed" if len(means) == 1 else ends((min(means), max(means)), digits, signed=True)


def aside_sentence(report: StudyReport, found: Findings) -> str:
    """Variants whose wins are counted and not tested."""
    counts = []
    for variant, label in report.variants.items():
        looks = [look for look in found.wins.aside if look.one.variant == variant]
        if looks:
            seeds = max(len(look.one.seeds) for look in looks)
            counts.append(
                f"{label} {sum(look.above for look in looks)} of {len(looks)} ({seeds} seed{'' if seeds == 1 else 's'})"
            )
    if not counts:
        return ""
    control = report.variants[report.control]
    return f"Counted, not tested: looks in which both means are above {control}'s: {', '.join(counts)}."


def _main(report: StudyReport, family: Family, setting: str, variant: str, against: str) -> str:
    tests = family.of(setting, variant, against)
    if not tests:
        return ""
    first = tests[0][0]
    where = f"{report.settings[setting]}, iteration {first.iteration}, T = {first.temperature:g}: {report.variants[variant]} against {report.variants[against]}"
    if first.found is None:
        return f"{where}: {first.remark}."
    over = f"{seeds_text(first.seeds)}, {first.found.questions} questions"
    if first.found.seeds < 2:
        return f"{where}, {over}: {first.remark}."
    return f"{where}, {over}: " + "; ".join(_clause(difference, p) for difference, p in tests) + "."


def _clause(difference: Difference, adjusted: float | None) -> str:
    assert difference.found is not None
    numbers = f"{fixed(difference.found.mean, signed=True)}, 95 % {ends(difference.found.interval, signed=True)}, p {p_text(adjusted)} after Holm"
    verdict = finding(difference, adjusted)
    return (
        f"{difference.metric} is {verdict} ({numbers})"
        if verdict in ("higher", "lower")
        else f"{difference.metric}: {verdict} ({numbers})"
    )


def finding(difference: Difference, adjusted: float | None) -> str:
    """higher, lower, no difference was shown, or why nothing may be said."""
    if difference.found is None or adjusted is None:
        return difference.remark or "not tested"
    if adjusted > ALPHA:
        return NO_DIFFERENCE
    return "higher" if difference.found.mean > 0 else "lower"


def wins_sentence(report: StudyReport, found: Findings) -> str:
    """Whether, and where, a variant is above the control in both Pass@1 and Pass@k."""
    what = f"Above {report.variants[report.control]} in both Pass@1 and Pass@{found.plan.largest_k}"
    tested, wins = found.wins.tested, found.wins.found
    if not tested:
        return f"{what}: not tested ({len(found.wins.looks)} looks, none with two seeds or more)."
    looked = f"{len(tested)} looks ({looked_at(report, tested)})"
    if not wins:
        return f"{what}: not found here, in {looked} at p {ALPHA:g} after Holm; nearest was {_look(report, found.wins.nearest)}."
    return f"{what}: shown in {len(wins)} of {looked} at p {ALPHA:g} after Holm; clearest in {_look(report, found.wins.nearest)}."


def compute_sentence(found: Findings) -> str:
    """Whether equal iterations are equal compute, and how equal."""
    apart = [at.apart for _, at in found.places_compute if at.apart is not None]
    if not apart:
        return "No pair has both sides evaluated."
    near = sum(each <= SAME for each in apart)
    largest = f"the largest difference of two variants' tokens with the same seed is {100 * max(apart):.2f} %"
    if near == len(apart):
        return f"Equal iterations are equal compute here: {largest}."
    return f"Equal iterations are not equal compute everywhere: {largest}; {near} of {len(apart)} pairs are within {100 * SAME:g} %."


def clock_sentence(report: StudyReport) -> str:
    """How long the study's starts took by the clock."""
    seconds, timed = clock(report.starts, [cell.name for cell in report.ordered])
    if not timed:
        return "No start of these cells was timed."
    places = sorted({start.side_by_side for start in report.starts})
    starts = "1 start" if len(report.starts) == 1 else f"{len(report.starts)} starts"
    at_a_time = f"{places[0]}" if len(places) == 1 else f"{places[0]} to {places[-1]}"
    cores = " or ".join(str(cores) for cores in sorted({start.cores for start in report.starts}))
    rest = len(report.ordered) - timed
    left = f"; the other {rest} are of starts that were not timed" if rest else ""
    took = f"{starts}, {duration(seconds)} for {timed} of {len(report.ordered)} cells, {at_a_time} at a time on {cores} cores"
    return f"By the clock: {took}{left}. A start that is killed leaves no time."


def looked_at(report: StudyReport, looks: Sequence[Look]) -> str:
    settings, variants = {look.one.setting for look in looks}, {look.one.variant for look in looks}
    temperatures, iterations = {look.one.temperature for look in looks}, {look.one.iteration for look in looks}
    named = [label for name, label in report.variants.items() if name in variants]
    counts = [
        f"{len(of)} {name}{'' if len(of) == 1 else 's'}"
        for of, name in ((settings, "setting"), (temperatures, "temperature"), (iterations, "iteration"))
    ]
    return ", ".join([" and ".join(named) or "no variant", *counts])


def _look(report: StudyReport, look: Look | None) -> str:
    if look is None or look.one.found is None or look.many.found is None:
        return "none"
    parts = [
        f"{d.metric} {fixed(d.found.mean, signed=True)} ({ends(d.found.interval, signed=True)})"
        for d in (look.one, look.many)
        if d.found is not None
    ]
    where = f"{report.settings[look.one.setting]}, {report.variants[look.one.variant]}, T = {look.one.temperature:g}, iteration {look.one.iteration}"
    return f"{where}: {', '.join(parts)}, {seeds_text(look.one.seeds)}, p {p_text(look.adjusted)}"


def seeds_text(seeds: Sequence[int]) -> str:
    """`5 seeds (0, 1, 2, 3, 4)`; `1 seed (3)`."""
    return f"{len(seeds)} seed{'' if len(seeds) == 1 else 's'} ({', '.join(map(str, seeds))})"


def p_text(p: float | None) -> str:
    """Two digits that mean something."""
    return "-" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
