"""The evaluation page as text: complete, honest about missing numbers, and with no way out for a model's text."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from hypothesis import given, settings

from tasks.report.chart import BOTTOM, TOP
from tasks.report.evaluation.data import EvaluationReport
from tasks.report.evaluation.figures import HISTORY
from tasks.report.evaluation.page import render
from tests.tasks.report.evaluation.sample_evaluation import report, suite, with_text
from tests.tasks.report.evaluation.test_problem_browser import ANY_TEXT, SMALL
from tests.tasks.report.html_elements import Elements, numbers_of
from tests.tasks.report.sample_report import key

FEWEST_KEYS = (
    "problems",
    "samples",
    "pass_at",
    "pass_at_se",
    "avg",
    "maj",
    "entropy",
    "entropy_se",
    "distinct_answers",
    "distinct_correct",
    "distinct_correct_se",
    "coverage",
    "response_tokens",
    "truncated_share",
    "no_answer_share",
    "not_judged_share",
)


def page_of(of: EvaluationReport) -> str:
    return render(of)["report.html"].decode()


def with_summaries(of: EvaluationReport, change: Any) -> EvaluationReport:
    suites = [replace(s, policies=[replace(p, summary=change(p.summary)) for p in s.policies]) for s in of.suites]
    return replace(of, suites=suites, history=[replace(each, summary=change(each.summary)) for each in of.history])


@settings(max_examples=25, deadline=None)
@given(ANY_TEXT)
def test_no_text_can_become_markup(text: str) -> None:
    plain, attacked = (Elements(page_of(with_text(SMALL, written))) for written in ("x", f"x{text}"))
    assert [tag for tag, _ in attacked.tags] == [tag for tag, _ in plain.tags]
    assert [sorted(found) for _, found in attacked.tags] == [sorted(found) for _, found in plain.tags]


def test_the_page_asks_for_nothing_elsewhere() -> None:
    found = Elements(page_of(SMALL))
    assert not [
        attributes
        for _, attributes in found.tags
        if attributes.keys() & {"src", "srcset", "action", "onclick", "onerror"}
    ]
    assert all(str(attributes["href"]).startswith("#") for _, attributes in found.tags if "href" in attributes)
    (policy,) = [
        str(a["content"]) for tag, a in found.tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'")
    assert re.search(r"; script-src 'sha256-[\w+/=]+' 'strict-dynamic'; base-uri 'none'; form-action 'none'$", policy)


def test_every_figure_names_its_artifacts_and_its_samples() -> None:
    of = report()
    figures = re.findall(r"<figure>.*?</figure>", page_of(of))
    assert len(figures) == 2 + 9
    for figure in figures:
        caption = re.findall(r"<figcaption>.*?</figcaption>", figure)[0]
        assert re.search(r'<code title="[0-9a-f]{64}">', caption)
        for name in ("n = ", "truncated", "no answer", "time limit", "not judged"):
            assert name in caption
    for each, figure in zip(of.suites, figures, strict=False):
        for policy in each.policies:
            assert f'title="{policy.artifact}"' in figure
    for point in of.history:
        assert point.artifact[:12] in figures[2]


def test_numbers_and_intervals_are_those_of_the_summaries() -> None:
    of = report()
    page = page_of(of)
    for each in of.suites:
        for policy in each.policies:
            low, high = policy.summary["pass_at_interval"]["8"]
            assert f'<td>{policy.summary["pass_at"]["8"]:.3f}<span class="error">{low:.3f} to {high:.3f}</span>' in page
        for comparison in each.comparisons:
            names = rf"<td>{each.name}<td>Pass@1<td>{comparison.first} → {comparison.second}"
            (cells,) = re.findall(rf"<tr>{names}(.*?)(?:<tr>|</table>)", page)
            difference, _, _, questions, gained, lost, _ = cells.removeprefix("<td>").split("<td>")
            assert float(difference.replace("\u2212", "-")) == round(comparison.result["difference"], 3)
            assert [int(text) for text in (questions, gained, lost)] == [
                comparison.result[name] for name in ("questions", "gained", "lost")
            ]


def test_bands_are_the_intervals_where_there_are_some() -> None:
    of = with_summaries(
        report(), lambda summary: {**summary, "pass_at_interval": {k: [0.0, 1.0] for k in summary["pass_at"]}}
    )
    figures = re.findall(r"<figure>.*?</figure>", page_of(of))
    for figure in figures[:4]:  # Pass@k of two suites, Pass@1 and Pass@8 over the run
        for band in re.findall(r'class="band[^"]*" d="([^"]+)"', figure):
            heights = [float(y) for y in re.findall(r"[ML][-\d.]+ ([-\d.]+)", band)]
            assert set(heights) == {TOP, BOTTOM}


def test_an_evaluation_with_few_keys_has_gaps_and_no_zeros() -> None:
    of = with_summaries(report(), lambda summary: {name: summary[name] for name in FEWEST_KEYS})
    page = page_of(of)
    for name in ("surprisal, nats per token", "time limit"):
        cells = re.findall(rf'<th scope="row">{name}</th>(.*?)</tr>', page)
        assert [re.findall(r"<td>([^<]*)", row) for row in cells] == [["-"] * 3] * 2
    assert "time limit -" in page
    (missing,) = re.findall(r'<section id="over">.*?<p class="nothing">([^<]*)</p></section>', page)
    recorded = {"Entropy", "Distinct answers"}
    assert re.split(", |: ", missing.rstrip("."))[1:] == [p.title for p in HISTORY if p.title not in recorded]
    assert "<summary>Diversity" not in page


def test_a_summary_without_any_number_still_makes_a_page() -> None:
    for nothing in ({}, dict.fromkeys(FEWEST_KEYS)):
        page = page_of(with_summaries(report(), lambda _, nothing=nothing: nothing))
        assert "No numbers were recorded" in page
        assert re.search(r"n = - × - samples(, [a-z ]+ -){4}", page)
        assert "0.000" not in page


def test_numbers_that_are_not_finite_are_dashes_and_do_not_break_the_data() -> None:
    nan = float("nan")
    of = with_summaries(SMALL, lambda summary: {**summary, "entropy": nan, "avg_interval": [nan, 1.0]})
    rows = [{**row, "entropy": nan, "surprisal": float("inf")} for row in of.suites[0].policies[0].rows]
    files = render(
        replace(
            of, suites=[replace(of.suites[0], policies=[replace(of.suites[0].policies[0], rows=rows)], comparisons=[])]
        )
    )
    assert "nan" not in re.sub(r"(?s)<script.*?</script>", "", files["report.html"].decode())
    assert b'"entropy":"nan","surprisal":"inf"' in files["report-data-1.js"]


def test_one_evaluation_of_the_run_is_a_dot_with_its_interval() -> None:
    of = report()
    figures = re.findall(r"<figure>.*?</figure>", page_of(replace(of, history=of.history[:1])))
    assert figures[2].count("<circle") == 1
    assert re.search(r'class="band run-0" d="M[^"]+z"', figures[2])


def test_a_report_without_numbers_is_a_page_too() -> None:
    """A part without numbers says so in a line of its own, and has no table and no chart."""
    page = page_of(EvaluationReport("empty", {}, "No regression", (), (), (), ()))
    assert len(re.findall('class="nothing"', page)) == 3
    assert "<table" not in page and "<svg" not in page
    alone = page_of(report([suite("gsm8k", 2, 2, labels=("tonight",))]))
    assert re.search(r'<h3>Differences</h3><p class="nothing">', alone)
    unsampled = replace(SMALL.suites[0], policies=[], comparisons=[])
    empty = page_of(replace(SMALL, suites=[unsampled], history=()))
    assert re.search(r'<section id="suite-0">.*?<p class="nothing">', empty)


def test_a_regression_and_questions_that_were_left_out_can_be_seen() -> None:
    first = SMALL.suites[0].comparisons[0]
    worse = replace(
        first, result={**first.result, "regressed": True, "improved": False, "only_first": 2, "only_second": 1}
    )
    page = page_of(
        replace(SMALL, verdict="REGRESSION on gsm8k: Pass@1", suites=[replace(SMALL.suites[0], comparisons=[worse])])
    )
    assert '<p class="finding bad">REGRESSION on gsm8k: Pass@1</p>' in page
    ((finding, questions),) = re.findall(r"<td>(regressed)<td>([^<]*)", page)
    assert finding and numbers_of(questions) == [2, 3]
    assert '<p class="finding good">No regression</p>' in page_of(SMALL)


def test_the_base_is_grey_and_a_policy_keeps_its_colour_on_every_suite() -> None:
    page = page_of(report([suite("gsm8k", 2, 2), suite("math500", 2, 2, labels=("base", "tonight"))]))
    assert set(re.findall(r'<i class="swatch ([\w-]+)"></i>(?:base|last night|tonight)', page)) == {
        "start",
        "run-0",
        "run-1",
    }
    assert len(re.findall(r'<i class="swatch run-1"></i>tonight', page)) == 2
    assert page.count(key("evaluation", "math500", "base")[:12]) >= 3
