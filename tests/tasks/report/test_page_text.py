"""The run's page as text: complete, small, and with no way out of its cells for a model's text."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.report.data import Column, ReportData
from tasks.report.figures import PLOTS
from tasks.report.page import render
from tasks.report.sample_browser import groups_json
from tests.tasks.report.html_elements import Elements
from tests.tasks.report.sample_report import HOSTILE, group, key, report


def hostile_everywhere(text: str) -> ReportData:
    data = report(iterations=2, groups=())
    bad = group("GRPO", 1, 0, text, samples=2)
    bad = replace(
        bad,
        prompt=text,
        problem_id=text,
        run=text,
        artifact=text,
        responses=tuple(replace(r, detail=text, kind=text) for r in bad.responses),
    )
    runs = tuple(
        replace(
            run,
            name=text,
            label=f"{text}{place}",
            iterations=tuple({**row, "artifact": text} for row in run.iterations),
        )
        for place, run in enumerate(data.runs)
    )
    columns = tuple(Column(text, column.summary, text) for column in data.evaluations)
    return ReportData(text, {text: text}, text, text, runs, columns, (bad,))


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters() | st.sampled_from("<>&\"'/!-")) | st.just(HOSTILE))
def test_no_text_can_become_markup(text: str) -> None:
    plain, attacked = Elements(render(hostile_everywhere("x"))), Elements(render(hostile_everywhere(f"x{text}")))
    assert [tag for tag, _ in attacked.tags] == [tag for tag, _ in plain.tags]
    assert [sorted(found) for _, found in attacked.tags] == [sorted(found) for _, found in plain.tags]


@given(st.text(st.characters() | st.sampled_from("<>&/!-")) | st.just(HOSTILE))
def test_groups_travel_whole_and_without_markup(text: str) -> None:
    embedded = groups_json((group("ARM", 0, 1, text, samples=2),), 1.0)
    assert not set("<>&") & set(embedded)
    assert embedded.isascii()
    assert json.loads(embedded)["groups"][0]["responses"][0]["text"] == text


def test_numbers_that_an_objective_keeps_are_curves() -> None:
    data = report(iterations=3)
    page = render(data)
    assert "Objective:" not in page
    run = data.runs[0]
    rows = tuple({**row, "objective_entropy_coefficient": 0.1 * at} for at, row in enumerate(run.iterations))
    page = render(replace(data, runs=(replace(run, iterations=rows), *data.runs[1:])))
    assert page.count("<h3>Objective: entropy coefficient</h3>") == 1


def test_numbers_that_are_not_finite_do_not_break_the_page() -> None:
    bad = group("ARM", 0, 1, samples=1)
    bad = replace(bad, responses=(replace(bad.responses[0], entropy=float("nan"), log_prob_mean=float("-inf")),))
    (response,) = json.loads(groups_json((bad,), 1.0), parse_constant=lambda name: 1 / 0)["groups"][0]["responses"]
    assert (response["entropy"], response["log_prob_mean"]) == ("nan", "-inf")


def test_the_page_needs_nothing_else() -> None:
    found = Elements(render(report(iterations=3)))
    assert not [
        found for _, found in found.tags if found.keys() & {"src", "href", "srcset", "action", "onclick", "onerror"}
    ]
    assert {tag for tag, _ in found.tags}.isdisjoint({"link", "img", "iframe", "object", "base"})
    (policy,) = [
        str(a["content"]) for tag, a in found.tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'")
    assert "script-src 'sha256-" in policy


def test_every_shown_number_names_its_artifact() -> None:
    data = report(iterations=5)
    page = render(data)
    for run in data.runs:
        for row in run.iterations:
            assert f'title="{row["artifact"]}"' in page
    for column in data.evaluations:
        assert f'title="{column.artifact}"' in page
    for kept in data.groups:
        assert kept.artifact in page
    for figure in re.findall(r"<figure>.*?</figure>", page):
        assert re.search(r'From the (training steps|evaluations).*<code title="[0-9a-f]{64}">', figure)
    assert len(re.findall("<figure>", page)) == 1 + 10 + len(data.runs)


def test_the_data_behind_a_plot_is_in_its_table() -> None:
    data = report(iterations=4)
    figure = next(part for part in re.findall(r"<figure>.*?</figure>", render(data)) if "<h3>Entropy</h3>" in part)
    for run in data.runs:
        for row in run.iterations:
            assert f"<td>{row['entropy']:.4g}" in figure
            assert f"<td>{str(row['artifact'])[:12]}" in figure


def test_a_missing_number_is_a_dash() -> None:
    data = report(iterations=3)
    rows = tuple(
        {**row, "entropy": None} if row["iteration"] == 1 else {k: v for k, v in row.items() if k != "loss"}
        for row in data.runs[0].iterations
    )
    page = render(replace(data, runs=(replace(data.runs[0], iterations=rows),)))
    figure = next(part for part in re.findall(r"<figure>.*?</figure>", page) if "<h3>Entropy</h3>" in part)
    assert "<tr><td>1<td>-<td>" in figure
    assert figure.count("<circle") == 2


def test_a_report_without_numbers_is_a_page_too() -> None:
    """A part without numbers says so in a line of its own, and has no chart."""
    page = render(ReportData("empty", {}, "", "", (), (), ()))
    lines = re.findall(r'<p class="nothing">[^<]+</p>', page)
    assert len(lines) == len(PLOTS) + 3, "every plot, the evaluation, the samples and the spec"
    assert "<svg" not in page


def test_the_kl_from_a_reference_is_drawn_where_a_run_has_one() -> None:
    data, title = report(iterations=3), "<h3>KL from the reference policy</h3>"
    assert title not in render(data)
    grpo, arm = data.runs
    rows = tuple({**row, "reference_kl": 0.0625, "reference_kl_k1": 0.03125} for row in arm.iterations)
    page = render(replace(data, runs=(grpo, replace(arm, iterations=rows))))
    figure = next(part for part in re.findall(r"<figure>.*?</figure>", page) if title in part)
    assert figure.count("<td>0.0625") == figure.count("<td>0.03125") == 3


def test_a_full_report_is_small() -> None:
    """A report has 120 iterations of 2 runs and 16 groups of 16 samples, short or of 30,000 characters."""
    for text in (None, "The answer is 4 < 5 & so. " * 1200, "\u4e2d<" * 15_000):
        groups = tuple(group("ARM", 0, problem, text) for problem in range(16))
        assert len(render(report(120, groups)).encode()) < 2_000_000


def test_a_long_text_keeps_its_end_and_says_what_is_missing() -> None:
    text = "a" * 2_000_000 + "\\boxed{7}"
    shown = json.loads(groups_json((group("ARM", 0, 1, text, samples=1),), 1.0))["groups"][0]["responses"][0]["text"]
    assert shown.endswith("\\boxed{7}")
    (left_out,) = re.findall(r"\[\.\.\. (\d+) characters are left out", shown)
    assert int(left_out) == len(text) - len(re.sub(r"\n\[\.\.\..*\]\n", "", shown))


def test_a_colour_belongs_to_a_run() -> None:
    page = render(report(iterations=3))
    assert re.search(r'<i class="swatch run-0"></i>GRPO', page)
    assert re.search(r'<i class="stroke run-1"></i>ARM', page)
    assert re.search(r'<i class="stroke start"></i>start', page)
    assert key("evaluation", "start")[:12] in page
