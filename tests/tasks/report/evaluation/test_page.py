"""The evaluation page in a real Chromium: its filters, its samples from files beside it, and the page without them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tasks.report.evaluation.data import EvaluationReport, SuiteResult
from tasks.report.evaluation.page import render
from tests.tasks.report.chromium import PROGRAM, WAIT_S, Page, chromium
from tests.tasks.report.evaluation.sample_evaluation import question, report, rows, solved, suite, with_text
from tests.tasks.report.sample_report import HOSTILE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no chromium on PATH (apt-get install chromium)"),
]

LISTED = "[...document.querySelectorAll('#list [role=option] b')].map((e) => e.textContent)"
TITLE = "document.querySelector('#detail h3').textContent"
TEXTS = """[...document.querySelectorAll('#detail .cards')]
    .map((c) => [...c.querySelectorAll('pre')].map((e) => e.textContent))"""
DETAIL = "document.getElementById('detail').innerText"
FOCUS = "document.activeElement.id || document.activeElement.tagName"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def night() -> EvaluationReport:
    """Two suites; the first has three policies, and its samples are in more than one file."""
    return report([suite("gsm8k", characters=700), suite("math500", problems=20, labels=("tonight",))])


def put(of: EvaluationReport, folder: Path) -> list[str]:
    """Write the report's files; return the names of its data files."""
    files = render(of)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [name for name in files if name != "report.html"]


def until(page: Page, expression: str, wanted: Any = True) -> None:
    """Wait until the page has done what it does some time after a file has come."""
    deadline = time.monotonic() + WAIT_S
    while (found := page.evaluate(expression)) != wanted:
        assert time.monotonic() < deadline, (expression, found)
        time.sleep(0.02)


def opened(page: Page, folder: Path, *, link: str = "", width: int = 1200, dark: bool = False) -> None:
    page.open(folder / "report.html", width=width, dark=dark)
    if link:
        page.evaluate(f"location.hash = {link!r}")
    reading = "document.querySelector('#detail [role=status]:not(.missing)')"
    until(page, f"document.querySelector('#detail') !== null && {reading} === null")


def choose(page: Page, field: str, value: str, event: str = "change") -> None:
    page.evaluate(
        f"(e => {{ e.value = {value!r}; e.dispatchEvent(new Event('{event}')); }})(document.getElementById('{field}'))"
    )


def ids(of: SuiteResult) -> list[str]:
    return list(dict.fromkeys(row["problem_id"] for row in of.policies[0].rows))


def rights(of: SuiteResult, place: int) -> dict[str, list[bool]]:
    """Return {problem: for each judged sample of the policy at `place`, whether it is right}."""
    found: dict[str, list[bool]] = {name: [] for name in ids(of)}
    for row in of.policies[place].rows:
        if row["score"] is not None:
            found[row["problem_id"]].append(row["score"] >= 1)
    return found


def test_it_runs_without_an_error_and_reads_only_the_file_that_it_needs(
    page: Page, night: EvaluationReport, tmp_path: Path
) -> None:
    assert len(put(night, tmp_path)) > 1
    opened(page, tmp_path)
    assert page.errors() == []
    assert page.requests() == [(tmp_path / name).as_uri() for name in ("report.html", "report-data-1.js")]
    assert len(page.evaluate("[...document.querySelectorAll('figure svg .line')]")) > 20


def test_filters_find_their_problems(page: Page, night: EvaluationReport, tmp_path: Path) -> None:
    put(night, tmp_path)
    opened(page, tmp_path)
    of = night.suites[0]
    base, last, tonight = (solved(policy) for policy in of.policies)
    assert page.evaluate("[...document.querySelectorAll('#view, #show')].map((e) => e.selectedOptions[0].text)") == [
        "base → tonight",
        "flipped",
    ]
    first, third = rights(of, 0), rights(of, 2)
    for view, before in (("0", base), ("1", last)):
        choose(page, "view", view)
        for show, wanted in (
            ("flipped", before ^ tonight),
            ("gained", tonight - before),
            ("lost", before - tonight),
            ("all", set(ids(of))),
        ):
            choose(page, "show", show)
            assert page.evaluate(LISTED) == [name for name in ids(of) if name in wanted], (view, show)
    choose(page, "view", "0")
    shares = [f"{sum(first[name])}/{len(first[name])} → {sum(third[name])}/{len(third[name])}" for name in ids(of)]
    shown = page.evaluate("[...document.querySelectorAll('#list .share')].map((e) => e.textContent)")
    assert [re.sub("^(gained|lost) ", "", text) for text in shown] == shares
    choose(page, "show", "never")
    assert page.evaluate(LISTED) == [name for name in ids(of) if not any(first[name]) and not any(third[name])]
    choose(page, "show", "always")
    assert page.evaluate(LISTED) == (found := [name for name in ids(of) if all(first[name]) and all(third[name])])
    assert found
    choose(page, "show", "all")
    choose(page, "verdict", "time limit")
    late = {row["problem_id"] for place in (0, 2) for row in of.policies[place].rows if row["kind"] == "time_limit"}
    assert page.evaluate(LISTED) == [name for name in ids(of) if name in late]
    assert page.evaluate("document.getElementById('count').textContent") == f"{len(late)} of 60 problems"
    until(page, "[...document.querySelectorAll('#detail .verdict')].every((e) => e.textContent === 'time limit')")


def test_a_policy_alone_has_no_flips(page: Page, night: EvaluationReport, tmp_path: Path) -> None:
    put(night, tmp_path)
    opened(page, tmp_path)
    choose(page, "suite", "1")
    assert page.evaluate(
        "[...document.getElementById('show').options].filter((o) => o.disabled).map((o) => o.value)"
    ) == ["flipped", "gained", "lost"]
    assert page.evaluate(LISTED) == ids(night.suites[1])
    until(page, f"{TEXTS}.map((texts) => texts.length)", [16])


def test_samples_verdicts_reasons_and_answers_are_those_of_the_rows(
    page: Page, night: EvaluationReport, tmp_path: Path
) -> None:
    put(night, tmp_path)
    opened(page, tmp_path)
    name = page.evaluate(TITLE)
    rows = [[row for row in night.suites[0].policies[place].rows if row["problem_id"] == name] for place in (0, 2)]
    assert page.evaluate(TEXTS) == [[row["text"] for row in of] for of in rows]
    shown = page.evaluate(DETAIL)
    for row in (*rows[0], *rows[1]):
        assert row["detail"] in shown
        assert row["answer"] is None or f"answer {row['answer']}" in shown
    assert night.suites[0].questions[name].prompt in shown
    choose(page, "samples-shown", "right")
    until(page, TEXTS, [[row["text"] for row in of if row["score"] == 1] for of in rows])
    marks = page.evaluate(
        "[...document.querySelectorAll('#detail .strip')].map((s) => [...s.children].map((e) => e.className))"
    )
    assert marks == [[{None: "unjudged", 1.0: "right", 0.0: "wrong"}[row["score"]] for row in of] for of in rows]


def test_search_looks_into_questions_and_when_asked_into_samples(
    page: Page, night: EvaluationReport, tmp_path: Path
) -> None:
    of = night.suites[0]
    row = of.policies[0].rows[40 * 16]
    rows = [{**each, "text": each["text"] + " Pineapple"} if each is row else each for each in of.policies[0].rows]
    put(
        replace(
            night,
            suites=[replace(of, policies=[replace(of.policies[0], rows=rows), *of.policies[1:]]), night.suites[1]],
        ),
        tmp_path,
    )
    opened(page, tmp_path)
    choose(page, "show", "all")
    choose(page, "search", "PROBLEM 17:", "input")
    assert page.evaluate(LISTED) == ["gsm8k/test/17"]
    choose(page, "search", "pineapple", "input")
    assert page.evaluate(LISTED) == []
    assert page.evaluate("document.querySelectorAll('#detail > .nothing').length") == 1
    page.evaluate("document.getElementById('deep').click()")
    until(page, LISTED, [row["problem_id"]])
    assert page.errors() == []


def test_without_its_files_the_page_says_which_are_missing(page: Page, night: EvaluationReport, tmp_path: Path) -> None:
    names = put(night, tmp_path)
    for name in names:
        (tmp_path / name).rename(tmp_path / f"moved-{name}")
    opened(page, tmp_path)
    until(page, "document.querySelector('#detail .missing') !== null")
    missing = page.evaluate("document.querySelector('#detail .missing').textContent")
    assert missing.count("report-data-1.js") == 2 and names[-1] in missing, "the file, and the first and last of all"
    assert len(page.evaluate(LISTED)) > 3
    assert len(page.evaluate("[...document.querySelectorAll('.strip i')]")) == 32
    name = page.evaluate(TITLE)
    for row in (row for place in (0, 2) for row in night.suites[0].policies[place].rows if row["problem_id"] == name):
        assert row["detail"] in page.evaluate(DETAIL)
        assert row["text"] not in page.evaluate(DETAIL)
    page.evaluate("document.getElementById('deep').click()")
    until(page, "document.getElementById('count').textContent.includes('report-data-1.js')")
    until(page, "document.querySelector('#detail .missing') !== null")
    (tmp_path / f"moved-{names[0]}").rename(tmp_path / names[0])
    page.evaluate("document.getElementById('next').click()")
    until(page, f"{TEXTS}.map((texts) => texts.length)", [16, 16])  # it is tried again


def test_files_of_another_report_are_refused(page: Page, night: EvaluationReport, tmp_path: Path) -> None:
    put(night, tmp_path)
    other = render(report([suite("gsm8k", problems=3, samples=2)]))
    (tmp_path / "report-data-1.js").write_bytes(other["report-data-1.js"])
    opened(page, tmp_path)
    until(page, "document.querySelector('#detail .missing')?.textContent.includes('report-data-1.js')")
    assert page.evaluate(TEXTS) == [[], []]


def test_hostile_text_stays_text(page: Page, tmp_path: Path) -> None:
    put(with_text(report([suite("gsm8k", problems=3, samples=2)]), HOSTILE), tmp_path)
    opened(page, tmp_path)
    assert page.evaluate("document.title") != "owned"
    assert page.evaluate("document.querySelectorAll('img').length") == 0
    assert page.evaluate(TEXTS) == [[HOSTILE] * 2] * 2
    assert page.errors() == []


def test_a_link_opens_its_problem(page: Page, night: EvaluationReport, tmp_path: Path) -> None:
    put(night, tmp_path)
    opened(page, tmp_path, link=f"#suite=gsm8k&problem={quote('gsm8k/test/33', safe='')}&view=1&show=all")
    until(page, TITLE, "gsm8k/test/33")
    assert page.evaluate("document.getElementById('view').value") == "1"
    assert page.evaluate("Math.abs(document.getElementById('problems').getBoundingClientRect().top) < 200")
    page.evaluate("document.getElementById('next').click()")
    until(page, "new URLSearchParams(location.hash.slice(1)).get('problem')", "gsm8k/test/34")
    link = page.evaluate("location.hash")
    opened(page, tmp_path)
    assert page.evaluate(TITLE) != "gsm8k/test/34"
    opened(page, tmp_path, link=link)
    until(page, TITLE, "gsm8k/test/34")
    opened(page, tmp_path, link="#suite=math500&problem=math500%2Ftest%2F7")
    until(page, TITLE, "math500/test/7")
    assert page.evaluate(LISTED) == ids(night.suites[1])


@pytest.mark.parametrize("width", [390, 1200])
def test_the_keyboard_is_enough(page: Page, night: EvaluationReport, tmp_path: Path, width: int) -> None:
    put(night, tmp_path)
    opened(page, tmp_path, width=width)
    reached: list[str] = []
    for _ in range(120):
        page.press("Tab")
        reached.append(page.evaluate(FOCUS))
        if reached[-1] == "list":
            break
    wanted = ["suite", "view", "show", "verdict", "samples-shown", "search", "deep", "next", "list"]
    assert reached[-len(wanted) :] == wanted  # previous is disabled at the first problem
    assert {"A", "SUMMARY"} <= set(reached)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    listed = page.evaluate(LISTED)
    boxes = """['#list', '#list [aria-selected=true]']
        .map((s) => document.querySelector(s).getBoundingClientRect()).map((b) => [b.top, b.bottom])"""
    selected = """[...document.querySelectorAll('#list [aria-selected=true]')]
        .map((e) => [e.id, e.querySelector('b').textContent])"""
    for press, place in (
        ("ArrowDown", 1),
        ("j", 2),
        ("ArrowUp", 1),
        ("k", 0),
        ("k", 0),
        ("End", len(listed) - 1),
        ("Home", 0),
    ):
        page.press(press)
        assert page.evaluate(TITLE) == listed[place], (press, place)
        active = page.evaluate("document.getElementById('list').getAttribute('aria-activedescendant')")
        assert page.evaluate(selected) == [[active, listed[place]]]
        around, row = page.evaluate(boxes)
        assert around[0] - 1 <= row[0] < row[1] <= around[1] + 1, press
    page.press("Enter")
    assert page.evaluate(FOCUS) == "detail"
    page.press("/")
    assert page.evaluate(FOCUS) == "search"
    page.press("j")
    assert page.evaluate("document.activeElement.value") == "j"  # a letter of the search, not a step


@pytest.mark.parametrize("width", [390, 1200])
def test_no_sideways_scrolling(page: Page, tmp_path: Path, width: int) -> None:
    of = report([suite("gsm8k", problems=4, samples=3)])
    names = {label: label * 12 for label in ("base", "last night", "tonight")}
    policies = [
        replace(
            p,
            label=names[p.label],
            rows=[{**r, "text": "x" * 3000, "detail": "z" * 300, "answer": "9" * 300} for r in p.rows],
        )
        for p in of.suites[0].policies
    ]
    comparisons = [replace(c, first=names[c.first], second=names[c.second]) for c in of.suites[0].comparisons]
    questions = {name: replace(q, prompt="y" * 900, subject="s" * 200) for name, q in of.suites[0].questions.items()}
    wide = replace(
        of.suites[0],
        name="n" * 90,
        about={"source": "u" * 400},
        policies=policies,
        comparisons=comparisons,
        questions=questions,
    )
    put(
        replace(
            of, suites=[wide], title="t" * 200, verdict="v" * 300, alarms=("a" * 300,), subtitle={"store": "s" * 300}
        ),
        tmp_path,
    )
    opened(page, tmp_path, width=width)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.querySelectorAll('table')].every((t) => t.closest('.scroll'))")


def test_three_policies_fit_a_phone(page: Page, night: EvaluationReport, tmp_path: Path) -> None:
    put(night, tmp_path)
    opened(page, tmp_path, width=390)
    assert page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.comparison'))")


@pytest.mark.parametrize("width", [390, 1200])
def test_names_beside_axes_do_not_overlap(page: Page, night: EvaluationReport, tmp_path: Path, width: int) -> None:
    put(night, tmp_path)
    opened(page, tmp_path, width=width)
    overlaps = page.evaluate("""[...document.querySelectorAll('svg')].flatMap((svg) => {
        const boxes = [...svg.querySelectorAll('text')].map((t) => t.getBoundingClientRect());
        const meet = (a, b) => a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom;
        return boxes.flatMap((a, place) => boxes.slice(place + 1).filter((b) => meet(a, b)));
    }).length""")
    assert overlaps == 0


CONTRAST = """(() => {
  const linear = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const luminance = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!/rgba\\(0, 0, 0, 0\\)/.test(colour)) return colour;
    }
  };
  const tags = "h1, h2, h3, h4, p, dt, dd, th, td, a, summary, label, figcaption, span, b, code, pre, option, li";
  return [...document.querySelectorAll(tags)]
    .filter((e) => e.checkVisibility() && e.textContent.trim())
    .map((e) => [luminance(getComputedStyle(e).color), luminance(behind(e)), e.outerHTML.slice(0, 90)])
    .map(([a, b, what]) => [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), what])
    .sort(([a], [b]) => a - b)[0];
})()"""


@pytest.mark.parametrize("dark", [False, True])
def test_all_text_can_be_read(page: Page, night: EvaluationReport, tmp_path: Path, dark: bool) -> None:
    """WCAG 2.2, success criterion 1.4.3: text contrasts with what is behind it by 4.5 to 1."""
    put(replace(night, verdict="REGRESSION on gsm8k: Pass@1"), tmp_path)
    opened(page, tmp_path, dark=dark)
    assert (page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 27)") == dark
    lowest, what = page.evaluate(CONTRAST)
    assert lowest >= 4.5, what


def test_a_night_of_a_thousand_problems(page: Page, tmp_path: Path) -> None:
    """1,000 problems x 32 samples x 2 policies, with answers as long as those to GSM8K, are a page of less than 5 MB.

    Only the samples are that many: the summaries, which this test does not look at, are those of ten problems.
    """
    few = suite("gsm8k", problems=10, samples=32, labels=("base", "tonight"))
    policies = [replace(each, rows=rows("gsm8k", each.label, 1000, 32, 900)) for each in few.policies]
    questions = {f"gsm8k/test/{place}": question("gsm8k", place) for place in range(1000)}
    of = report([replace(few, policies=policies, questions=questions)])
    files = render(of)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    assert len(files["report.html"]) < 5_000_000
    assert max(map(len, files.values())) < 3_000_000
    opened(page, tmp_path)
    choose(page, "show", "all")
    assert len(page.evaluate(LISTED)) == 1000
    choose(page, "search", "problem 987:", "input")
    until(page, f"{TEXTS}.map((texts) => texts.length)", [32, 32])
    assert page.evaluate(TITLE) == "gsm8k/test/987"
    texts = [row["text"] for row in policies[1].rows if row["problem_id"] == "gsm8k/test/987"]
    assert [re.sub(r"\s*\n\[\.\.\..*?\]\n\s*", "", text) for text in page.evaluate(TEXTS)[1]] == texts
    assert page.errors() == []
