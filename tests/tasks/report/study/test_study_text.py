"""A study's report as text: no claim beyond its tests, every number with its source, no text that becomes markup.

The report's numbers are compared, not its sentences: these may be worded anew.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from tasks.report.study.charts import Dot
from tasks.report.study.data import StudyReport
from tasks.report.study.figures import DYNAMICS, mean_dynamics
from tasks.report.study.page import render
from tasks.report.study.sentences import headline, wall_time_sentence
from tasks.report.study.summary import summary_text
from tasks.report.study.tables import described, end_of_training, mean_text
from tasks.study.analysis import Analysis, analyse
from tasks.study.curves import mean_over_seeds
from tasks.study.launches import Launch
from tests.tasks.report.html_elements import Elements, cells_of, numbers_of
from tests.tasks.report.sample_report import HOSTILE
from tests.tasks.report.study.sample_study import GAIN, NONE, report

CLAIM = re.compile(r"\b(higher|lower|shown in)\b")
FAVOURED = "whose best Pass@1 is lower"  # in the words that a difference at equal Pass@1 is described with


def analysis_of(of: StudyReport) -> Analysis:
    return analyse(of.ordered, of.design)


def sentences(of: StudyReport) -> list[str]:
    return headline(of, analysis_of(of))


def claims(text: str) -> list[str]:
    return CLAIM.findall(text.replace(FAVOURED, ""))


def page(of: StudyReport) -> str:
    return render(of)["report.html"].decode()


def test_the_headline_names_both_variants_the_seeds_and_the_numbers_of_the_tests() -> None:
    made = report()
    found = analysis_of(made)
    first, _, dominance = headline(made, found)
    assert re.match(r"Setting countdown.*\bARM\b.*\bGRPO\b.*\(0, 1, 2, 3, 4\).*\b100 questions", first)
    assert claims(first) == ["higher", "higher"]
    tests = found.primary.of("countdown", "arm", "grpo")
    for (difference, adjusted), clause in zip(tests, first.split("; "), strict=True):
        assert difference.estimate is not None and difference.estimate.interval is not None and adjusted is not None
        *_, mean, ninety_five, low, high, p = numbers_of(clause)
        wanted = (difference.estimate.mean, *difference.estimate.interval)
        assert ninety_five == 95 and (mean, low, high) == pytest.approx(wanted, abs=5e-4)
        assert p == 0.001 if adjusted < 0.001 else p == pytest.approx(adjusted, abs=5e-3)
    shown, tested = len(found.dominance.shown), len(found.dominance.tested)
    assert claims(dominance) == ["shown in"]
    assert {1.0, 32.0, float(shown), float(tested)} <= set(numbers_of(dominance)) and (shown > 0, tested) == (True, 8)


def test_without_an_effect_nothing_is_claimed() -> None:
    made = report(NONE)
    found = analysis_of(made)
    assert (found.primary.shown, found.dominance.shown) == (0, [])
    first, _, dominance = headline(made, found)
    assert not claims(first) and not claims(dominance)
    nearest = found.dominance.strongest
    assert nearest is not None and f"T = {nearest.comparison.temperature:g}" in dominance
    assert nearest.comparison.iteration in numbers_of(dominance)
    assert "not shown" in cells_of(page(made))


def test_a_loss_is_called_one() -> None:
    first, *_ = sentences(report({"grpo": GAIN["arm"], "arm": GAIN["grpo"]}))
    assert claims(first) == ["lower", "lower"]


def test_one_seed_makes_no_claim() -> None:
    """No sentence, table, number or picture claims anything, however large the effect."""
    alone = report(seeds=(4,), settings=("a", "b"), more=2)
    assert not any(claims(sentence) for sentence in sentences(alone))
    files = render(alone)
    found = cells_of(files["report.html"].decode())
    assert {"higher", "lower", "not shown", "yes"}.isdisjoint(found)
    assert "one seed: no claim" in found
    numbers = json.loads(files["summary.json"])
    tests = [
        test for families in numbers["families"].values() for family in families for test in family.get("tests", [])
    ]
    assert {(test.get("p"), test.get("interval"), test["p_holm"]) for test in tests} == {(None, None, None)}
    for text in (summary_text(alone), files["summary.md"].decode()):
        assert not claims(text)


def test_every_cell_is_named_with_its_run_start_and_evaluations() -> None:
    made = report(skip=[("countdown", "arm", 3)])
    text = page(made)
    for cell in made.cells:
        assert f"<code>{cell.run}</code>" in text
        assert f'title="{cell.start}"' in text
        for point in cell.points:
            assert f'title="{point.artifact}"' in text
    (counts,) = re.findall(r"<section id=\"cells\">.*?<p class='source'>(.*?)</p>", text)
    assert numbers_of(counts) == [9, 10, 1]
    assert "0, 1, 2, 4; missing 3" in cells_of(text)
    assert json.loads(render(made)["summary.json"])["missing"] == [["countdown", "arm", 3]]


def test_end_of_training_and_time_by_hand() -> None:
    made = report()
    text = page(made)
    arm = [cell.at(80, 1.0) for cell in made.cells if cell.variant == "arm"]
    mean = sum(sum(point.correct) for point in arm) / (5 * 100 * 32)
    assert any(cell.startswith(f"{mean:.3f} ± 0.") for cell in cells_of(text))
    assert {"2,000", "1,000", "33 %", "10 min 00 s", "4 min 10 s"} <= set(cells_of(text))


def test_every_variant_is_compared_with_the_control_on_their_common_seeds_and_not_tested() -> None:
    made = replace(
        report(more=1, seeds=(0, 1, 2), skip=[("countdown", "grpo", 2), ("countdown", "arm-0", 0)]),
        comparisons=[("arm", "grpo")],
    )
    scores = {cell.name: sum(cell.at(80, 1.0).correct) / 3200 for cell in made.cells}
    apart = [scores["countdown", "arm", seed] - scores["countdown", "grpo", seed] for seed in (0, 1)]
    alone = scores["countdown", "arm-0", 1] - scores["countdown", "grpo", 1]
    rows = {row[0]: row for row in described(made, analysis_of(made).against_control[0], "countdown")}
    assert [numbers_of(rows[name][2]) for name in ("ARM", "ARM-0")] == [[0, 1, 2], [1, 0, 2]]
    assert numbers_of(rows["ARM"][3]) == pytest.approx([sum(apart) / 2, min(apart), max(apart)], abs=6e-4)
    assert numbers_of(rows["ARM-0"][3]) == pytest.approx([alone], abs=6e-4)
    assert rows["ARM"][3] in cells_of(page(made)) and rows["ARM"][3] in summary_text(made)


def test_numbers_that_are_not_tested_have_no_test_in_the_json() -> None:
    numbers = json.loads(
        render(replace(report(more=1), tested_variants=["arm"], counted_variants=["arm-0"]))["summary.json"]
    )
    for name in ("from_control", "equal_pass_1"):
        for family in numbers["families"][name]:
            assert family["described"] and "tests" not in family
            assert all({"p", "p_holm", "df", "error", "interval"}.isdisjoint(each) for each in family["described"])
    means = [mean for curve in numbers["frontier"] for stop in curve["stops"] for mean in stop["means"].values()]
    assert {name for mean in means for name in mean} == {"mean", "by_seed", "over_seeds"}
    assert all({"p", "interval"}.isdisjoint(look["pass_1"]) for look in numbers["wins"]["counted"])


def test_differences_at_equal_pass_1_and_counted_variants_stand_beside_the_claims() -> None:
    made = replace(
        report({"grpo": (0.0, 0.3), "arm": (0.7, 0.0), "low": (0.5, 0.1)}),
        comparisons=[("arm", "grpo")],
        tested_variants=["arm"],
        counted_variants=["low"],
    )
    found = analysis_of(made)
    _, equal, dominance, counted = headline(made, found)
    (difference,) = (each for each, _ in found.equal_pass_1[0].of("countdown", "arm", "grpo"))
    assert difference.estimate is not None
    mean, seeds = difference.estimate.mean, difference.estimate.by_seed
    assert numbers_of(equal)[-3:] == pytest.approx([mean, min(seeds), max(seeds)], abs=5e-4)
    assert "not tested" in equal and FAVOURED in equal and not claims(equal)
    above = sum(test.both_above for test in found.dominance.counted)
    assert 0 < above <= 8 == len(found.dominance.counted)
    assert re.search(rf"\bLOW {above} of 8 \(5 seeds\)", counted) and "not tested" in counted
    assert len(found.dominance.tested) == 8 and "ARM" in dominance and "LOW" not in dominance, "counts are no tests"
    for sentence in (equal, counted):
        assert sentence in summary_text(made) and sentence.replace("'", "&#x27;") in page(made)


def test_the_start_stands_above_the_variants() -> None:
    made = report()
    start = end_of_training(made, analysis_of(made), "countdown", 1.0)[1]
    mean = sum(sum(cell.at(0, 1.0).correct) for cell in made.cells if cell.variant == "grpo") / (5 * 100 * 32)
    assert start[:2] == ["start", "5"] and numbers_of(start[2])[0] == pytest.approx(mean, abs=5e-4)


def test_wall_time_counts_launches_and_cells_that_were_not_timed() -> None:
    made = report(seeds=(0, 1))
    assert numbers_of(wall_time_sentence(made)) == []
    launches = [Launch("2026-01-01T00:00:00+00:00", 90.0, tuple(cell.name for cell in made.cells[:2]), 2, 2)]
    some = replace(made, launches=launches)
    # launches, minutes, seconds, timed cells, cells, cells at a time, cores, cells that were not timed
    assert numbers_of(wall_time_sentence(some)) == [1, 1, 30, 2, 4, 2, 2, 2]
    rest = Launch("2026-01-02T00:00:00+00:00", 30.0, tuple(cell.name for cell in made.cells), 1, 2)
    every = replace(made, launches=[*launches, rest])
    assert numbers_of(wall_time_sentence(every)) == [2, 2, 0, 4, 4, 1, 2, 2]
    assert wall_time_sentence(some) in page(some) and wall_time_sentence(some) in summary_text(some)


def test_learning_dynamics_at_the_end_by_hand() -> None:
    """The last tenth of 80 iterations is 8 of them."""
    made = report(seeds=(0, 1))
    ends = [
        sum(v for v in cell.dynamics["c_q_mean"][-8:] if v is not None) / 8
        for cell in made.cells
        if cell.variant == "arm"
    ]
    assert f"{sum(ends) / 2:.4g} ({min(ends):.4g} to {max(ends):.4g})" in cells_of(page(made))


def test_learning_dynamics_have_gaps_where_no_seed_has_a_number() -> None:
    cell = report(seeds=(0,)).cells[0]
    cells = [replace(cell, dynamics={"x": row}) for row in ((1.0, None, 3.0), (2.0, None, None))]
    assert mean_dynamics(cells, "x") == [Dot(0.0, 1.5, y_interval=(1.0, 2.0)), Dot(2.0, 3.0)]


def test_half_of_the_interval_stands_beside_a_mean() -> None:
    """With two seeds it is the standard error, here a quarter, times 12.706, the t of one degree of freedom."""
    assert numbers_of(mean_text(mean_over_seeds([0.25, 0.75]), 2)) == [0.5, 3.18]
    assert numbers_of(mean_text(mean_over_seeds([0.5, 0.5]), 3)) == [0.5], "seeds that agree have no spread"
    assert numbers_of(mean_text(mean_over_seeds([0.25]), 3)) == [0.25]
    assert mean_text(None, 3) == "-"


def test_many_variants_stay_apart() -> None:
    """Of 20 variants six stand out in their own colours; each has a button, and a line with its name in every plot."""
    text = page(report(more=18, seeds=(0,)))
    assert sorted(re.findall(r'data-choice="\d+" aria-pressed="(\w+)"', text)) == ["false"] * 14 + ["true"] * 6
    names = sorted(re.findall(r"data-choice=.*?</i>([^<]*)</button>", text))
    plots = re.findall(r"<figure>.*?</figure>", text)
    assert len(plots) == 2 * 4 + len(DYNAMICS)
    for plot in plots:
        assert sorted(re.findall(r"<title>([^<]*)</title>", plot)) == names
        assert len(re.findall(r'class="v run-\d off"', plot)) == 14


def test_no_text_can_become_markup() -> None:
    """The picture is left out, because long labels take several lines; test_frontier_picture.py looks at its labels."""
    plain, attacked = (page(report(text=text, seeds=(0, 1))) for text in ("x", f"x{HOSTILE}"))
    picture = re.compile(r'(?s)(<div class="scroll picture"[^>]*>)<svg.*?</svg>')
    before, after = (Elements(picture.sub(r"\1", each)) for each in (plain, attacked))
    pairs = [[(tag, sorted(found)) for tag, found in each.tags] for each in (before, after)]
    assert pairs[0] == pairs[1]


def test_the_files_need_nothing_else() -> None:
    files = render(report())
    assert set(files) == {"report.html", "summary.json", "summary.md", "frontier.svg"}
    found = Elements(files["report.html"].decode())
    assert not [a for _, a in found.tags if a.keys() & {"src", "srcset", "action", "onclick"}]
    assert all(str(a[name]).startswith("#") for _, a in found.tags for name in ("href", "xlink:href") if name in a)
    assert {tag for tag, _ in found.tags}.isdisjoint({"link", "img", "iframe", "object", "base"})
    assert files["frontier.svg"].decode() in files["report.html"].decode()


def test_the_numbers_are_those_of_the_analysis() -> None:
    made = report()
    numbers = json.loads(render(made)["summary.json"], parse_constant=lambda name: pytest.fail(name))
    found = analysis_of(made)
    first = numbers["families"]["last_iteration"][0]
    assert (first["name"], first["size"]) == (found.primary.name, 2)
    assert [test["p_holm"] for test in first["tests"]] == list(found.primary.adjusted)
    assert len(numbers["frontier"]) == 4
    assert numbers["wins"]["tested"] == 8
    assert numbers["headline"] == sentences(made)


def test_a_k_beyond_the_samples_is_left_out() -> None:
    many = replace(report(seeds=(0, 1)), ks=(1, 8, 32, 64))
    assert render(many)["report.html"] == render(replace(many, ks=(1, 8, 32)))["report.html"]


def test_a_study_without_cells_is_a_page_too() -> None:
    empty = replace(report(), cells=[])
    files = render(empty)
    (counts,) = re.findall(r"<section id=\"cells\">.*?<p class='source'>(.*?)</p>", files["report.html"].decode())
    assert numbers_of(counts) == [0, 10, 10]
    assert not claims(summary_text(empty))
