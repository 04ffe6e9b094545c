"""A study's report as text: no claim that its tests do not allow, every number with its source, no way out of its cells for a text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from tasks.report.evaluation.numbers import MINUS
from tasks.report.study.data import StudyReport
from tasks.report.study.figures import course
from tasks.report.study.page import render
from tasks.report.study.plot import Dot
from tasks.report.study.rows import at_the_end, described, mean_text
from tasks.report.study.summary import markdown, summary_text
from tasks.report.study.words import clock_sentence, headline
from tasks.study.findings import find
from tasks.study.frontier import over_seeds
from tasks.study.starts import Start
from tests.tasks.report.sample_report import HOSTILE
from tests.tasks.report.study.sample_study import GAIN, NONE, report
from tests.tasks.report.test_html import Elements

CLAIM = re.compile(r"\b(is higher|is lower|shown in|higher|lower)\b")


def sentences(of: StudyReport) -> list[str]:
    return headline(of, find(of.ordered, of.plan))


def page(of: StudyReport) -> str:
    return render(of)["report.html"].decode()


def cells_of(text: str) -> list[str]:
    return re.findall(r"<td>([^<]*)", text)


def test_the_headline_says_who_where_how_much_and_over_what() -> None:
    first, _, wins = sentences(report())
    assert first.startswith(
        "Setting countdown, iteration 80, T = 1: ARM against GRPO, 5 seeds (0, 1, 2, 3, 4), 100 questions: Pass@1 is higher (+0."
    )
    assert re.search(
        r"Pass@32 is higher \(\+0\.\d{3}, 95 % \+0\.\d{3} to \+0\.\d{3}, p (< )?0\.\d+ after Holm\)\.$", first
    )
    assert re.match(
        r"Above GRPO in both Pass@1 and Pass@32: shown in \d of 8 looks \(ARM, 1 setting, 2 temperatures, 4 iterations\)",
        wins,
    )


def test_without_an_effect_no_difference_is_shown() -> None:
    first, _, wins = sentences(report(NONE))
    assert first.count("no difference was shown") == 2
    assert not CLAIM.search(first)
    assert re.match(
        r"Above GRPO in both Pass@1 and Pass@32: not found here, in 8 looks .* nearest was Setting countdown, ARM, T = ",
        wins,
    )
    assert "not shown" in cells_of(page(report(NONE)))


def test_a_loss_is_called_one() -> None:
    first, *_ = sentences(report({"grpo": GAIN["arm"], "arm": GAIN["grpo"]}))
    assert "Pass@1 is lower (\u22120." in first
    assert "Pass@32 is lower (\u22120." in first


def test_one_seed_makes_no_claim() -> None:
    """Not in a sentence, not in a table, not in the numbers, not in the picture, however large the effect."""
    alone = report(seeds=(4,), settings=("a", "b"), more=2)
    for sentence in sentences(alone):
        assert not CLAIM.search(sentence.replace("whose best Pass@1 is lower", ""))
        assert "one seed: no claim." in sentence or "not tested" in sentence
    files = render(alone)
    found = cells_of(files["report.html"].decode())
    assert {"higher", "lower", "not shown", "yes"}.isdisjoint(found)
    assert "one seed: no claim" in found
    assert "One seed: an example, no evidence" in files["frontier.svg"].decode()
    numbers = json.loads(files["summary.json"])
    tests = [
        test for families in numbers["families"].values() for family in families for test in family.get("tests", [])
    ]
    assert {(test.get("p"), test.get("interval"), test["p_holm"]) for test in tests} == {(None, None, None)}
    for text in (summary_text(alone), files["summary.md"].decode()):
        assert not CLAIM.search(text.replace("whose best Pass@1 is lower", ""))


def test_every_cell_is_named_with_its_run_start_and_evaluations() -> None:
    made = report(skip=[("countdown", "arm", 3)])
    text = page(made)
    for cell in made.cells:
        assert f"<code>{cell.run}</code>" in text
        assert f'title="{cell.start}"' in text
        for point in cell.points:
            assert f'title="{point.artifact}"' in text
    assert "9 cells of 10, missing: 1" in text
    assert "0, 1, 2, 4; missing 3" in cells_of(text)
    assert json.loads(render(made)["summary.json"])["missing"] == [["countdown", "arm", 3]]


def test_end_of_training_and_time_by_hand() -> None:
    made = report()
    text = page(made)
    arm = [cell.at(80, 1.0) for cell in made.cells if cell.variant == "arm"]
    mean = sum(sum(point.correct) for point in arm) / (5 * 100 * 32)
    assert any(cell.startswith(f"{mean:.3f} ± 0.") for cell in cells_of(text))
    assert {"2,000", "1,000", "33 %", "10 min 00 s", "4 min 10 s"} <= set(cells_of(text))


def test_every_variant_is_held_against_the_control_on_their_common_seeds_and_not_tested() -> None:
    made = replace(
        report(more=1, seeds=(0, 1, 2), skip=[("countdown", "grpo", 2), ("countdown", "arm-0", 0)]),
        comparisons=[("arm", "grpo")],
    )
    scores = {cell.name: sum(cell.at(80, 1.0).correct) / 3200 for cell in made.cells}
    apart = [scores["countdown", "arm", seed] - scores["countdown", "grpo", seed] for seed in (0, 1)]
    alone = scores["countdown", "arm-0", 1] - scores["countdown", "grpo", 1]
    found = find(made.ordered, made.plan)
    rows = {row[0]: row for row in described(made, found.from_control[0], "countdown")}
    assert [rows[name][2] for name in ("ARM", "ARM-0")] == ["0, 1; left out 2", "1; left out 0, 2"]
    shown = [float(number) for number in re.findall(r"[+-][0-9.]+", rows["ARM"][3].replace(MINUS, "-"))]
    assert shown == pytest.approx([sum(apart) / 2, min(apart), max(apart)], abs=6e-4)
    assert rows["ARM-0"][3].endswith(" (one seed)")
    assert float(rows["ARM-0"][3].split()[0].replace(MINUS, "-")) == pytest.approx(alone, abs=6e-4)
    assert rows["ARM"][3] in cells_of(page(made)) and rows["ARM"][3] in summary_text(made)


def test_what_is_not_tested_has_no_test_in_the_numbers() -> None:
    files = render(replace(report(more=1), arms=["arm"], aside=["arm-0"]))
    numbers = json.loads(files["summary.json"])
    for name in ("from_control", "equal_pass_1"):
        for family in numbers["families"][name]:
            assert family["described"] and "tests" not in family
            assert all({"p", "p_holm", "df", "error", "interval"}.isdisjoint(each) for each in family["described"])
    assert {name for curve in numbers["frontier"] for stop in curve["stops"] for mean in stop["means"].values() for name in mean} == {
        "mean", "by_seed", "over_seeds"
    }  # fmt: skip
    assert all({"p", "interval"}.isdisjoint(look["pass_1"]) for look in numbers["wins"]["counted"])


def test_what_is_left_at_equal_pass_1_and_wins_that_are_not_tested_are_said_beside_the_claims() -> None:
    made = replace(
        report({"grpo": (0.0, 0.3), "arm": (0.7, 0.0), "low": (0.5, 0.1)}),
        comparisons=[("arm", "grpo")],
        arms=["arm"],
        aside=["low"],
    )
    found = find(made.ordered, made.plan)
    _, equal, wins, aside = headline(made, found)
    (difference,) = (d for d, _ in found.equal_pass_1[0].of("countdown", "arm", "grpo"))
    assert difference.found is not None
    assert f"{difference.found.mean:+.3f} ({min(difference.found.by_seed):+.3f} to" in equal.replace(MINUS, "-")
    assert "described, not tested, and favouring, seed by seed, the one whose best Pass@1 is lower" in equal
    assert not CLAIM.search(equal.replace("is lower):", ""))
    above = sum(look.above for look in found.wins.aside)
    assert 0 < above <= 8 == len(found.wins.aside) and f"LOW {above} of 8 (5 seeds)" in aside and "not tested" in aside
    assert "8 looks (ARM," in wins, "what is counted alone pays for nothing"
    for sentence in (equal, aside):
        assert sentence in summary_text(made) and sentence.replace("'", "&#x27;") in page(made)


def test_the_start_stands_above_the_variants() -> None:
    made = report()
    found = find(made.ordered, made.plan)
    start = at_the_end(made, found, "countdown", 1.0)[1]
    mean = sum(sum(cell.at(0, 1.0).correct) for cell in made.cells if cell.variant == "grpo") / (5 * 100 * 32)
    assert start[:2] == ["start", "5"] and start[2].startswith(f"{mean:.3f}")


def test_the_clock_counts_starts_and_names_what_was_not_timed() -> None:
    made = report(seeds=(0, 1))
    assert clock_sentence(made) == "No start of these cells was timed."
    starts = [Start("2026-01-01T00:00:00+00:00", 90.0, tuple(cell.name for cell in made.cells[:2]), 2, 2)]
    some = replace(made, starts=starts)
    assert clock_sentence(some).startswith(
        "By the clock: 1 start, 1 min 30 s for 2 of 4 cells, 2 at a time on 2 cores; the other 2 are of starts"
    )
    rest = Start("2026-01-02T00:00:00+00:00", 30.0, tuple(cell.name for cell in made.cells), 1, 2)
    assert clock_sentence(replace(made, starts=[*starts, rest])) == (
        "By the clock: 2 starts, 2 min 00 s for 4 of 4 cells, 1 to 2 at a time on 2 cores. A start that is killed leaves no time."
    )
    assert "1 min 30 s for 2 of 4 cells" in page(some) and "1 min 30 s for 2 of 4 cells" in summary_text(some)


def test_learning_dynamics_at_the_end_by_hand() -> None:
    """The last tenth of 80 iterations is 8 of them."""
    made = report(seeds=(0, 1))
    ends = [
        sum(v for v in cell.dynamics["c_q_mean"][-8:] if v is not None) / 8
        for cell in made.cells
        if cell.variant == "arm"
    ]
    assert f"{sum(ends) / 2:.4g} ({min(ends):.4g} to {max(ends):.4g})" in cells_of(page(made))
    assert course(
        [
            replace(made.cells[0], dynamics={"x": (1.0, None, 3.0)}),
            replace(made.cells[0], dynamics={"x": (2.0, None, None)}),
        ],
        "x",
    ) == [
        Dot(0.0, 1.5, y_ends=(1.0, 2.0)),
        Dot(2.0, 3.0),
    ]


def test_seeds_that_agree_have_no_spread() -> None:
    assert mean_text(over_seeds([0.5, 0.5]), 3) == "0.500 (no spread)"
    assert mean_text(over_seeds([0.25]), 3) == "0.250 (one seed)"
    assert (
        mean_text(over_seeds([0.25, 0.75]), 2) == "0.50 ± 3.18"
    )  # a quarter times the t of one degree of freedom, 12.706
    assert mean_text(None, 3) == "-"


def test_no_axis_of_pass_at_k_leaves_what_a_share_can_be() -> None:
    """Of two seeds an interval of the t with one degree of freedom may."""
    made = report(seeds=(0, 1))
    found = find(made.ordered, made.plan)
    ends = [
        e.over_seeds
        for c in found.curves
        for stop in c.stops
        for name, e in stop.means.items()
        if name == "Pass@32" and e.over_seeds is not None
    ]
    assert max(end for _, end in ends) > 1.2
    texts = re.findall(r"<text[^>]*>(\u2212?\d\.\d+)</text>", render(made)["frontier.svg"].decode())
    assert len(texts) > 4 and all(0 <= float(text.replace(MINUS, "-")) <= 1 for text in texts), texts


def test_many_variants_stay_apart() -> None:
    """20 variants: six stand out, in colours of their own; each has a button, and a line with its name in every plot."""
    text = page(report(more=18, seeds=(0,)))
    assert sorted(re.findall(r'data-choice="\d+" aria-pressed="(\w+)"', text)) == ["false"] * 14 + ["true"] * 6
    plots = re.findall(r"<figure>.*?</figure>", text)
    assert len(plots) == 2 * 4 + 17
    for plot in plots:
        assert sorted(re.findall(r"<title>([^<]*)</title>", plot)) == sorted(
            re.findall(r"data-choice=.*?</i>([^<]*)</button>", text)
        )
        assert len(re.findall(r'class="v run-\d off"', plot)) == 14


def test_no_text_can_become_markup() -> None:
    plain, attacked = (render(report(text=text, seeds=(0, 1))) for text in ("x", f"x{HOSTILE}"))
    before, after = Elements(plain["report.html"].decode()), Elements(attacked["report.html"].decode())
    pairs = [[(tag, sorted(found)) for tag, found in each.tags if tag != "text"] for each in (before, after)]
    assert pairs[0] == pairs[1]
    ElementTree.fromstring(render(report(text="<&>\"'", seeds=(0, 1)))["frontier.svg"])


def test_the_files_need_nothing_else() -> None:
    files = render(report())
    assert set(files) == {"report.html", "summary.json", "summary.md", "frontier.svg"}
    found = Elements(files["report.html"].decode())
    assert not [a for _, a in found.tags if a.keys() & {"src", "srcset", "action", "onclick"}]
    assert all(str(a["href"]).startswith("#") for _, a in found.tags if "href" in a)
    assert {tag for tag, _ in found.tags}.isdisjoint({"link", "img", "iframe", "object", "base"})
    picture = files["frontier.svg"].decode()
    ElementTree.fromstring(picture)
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
    assert "class=" not in picture


def test_the_numbers_are_those_of_the_findings() -> None:
    made = report()
    numbers = json.loads(render(made)["summary.json"], parse_constant=lambda name: pytest.fail(name))
    found = find(made.ordered, made.plan)
    first = numbers["families"]["last_iteration"][0]
    assert (first["name"], first["size"]) == (found.primary.name, 2)
    assert [test["p_holm"] for test in first["tests"]] == list(found.primary.adjusted)
    assert len(numbers["frontier"]) == 4
    assert numbers["wins"]["tested"] == 8
    assert numbers["headline"] == sentences(made)


def test_a_k_beyond_the_samples_is_left_out() -> None:
    many = replace(report(seeds=(0, 1)), ks=(1, 8, 32, 64))
    assert render(many)["report.html"] == render(replace(many, ks=(1, 8, 32)))["report.html"]


def test_nothing_yet_is_a_page_too() -> None:
    empty = replace(report(), cells=[])
    files = render(empty)
    assert "0 cells of 10, missing: 10" in files["report.html"].decode()
    assert "No cells" in files["frontier.svg"].decode()
    assert "not tested" in summary_text(empty)


def test_markdown_tables_keep_their_columns() -> None:
    assert markdown([["a", "b"], ["x|y", "1"]]) == "| a | b |\n| --- | ---: |\n| x\\|y | 1 |"
