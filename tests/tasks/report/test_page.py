"""The run's page in a real Chromium: script, plots, hostile text, a phone's width, and the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.report.data import ReportData
from tasks.report.page import render
from tests.tasks.report.chromium import PROGRAM, Page, chromium
from tests.tasks.report.sample_report import HOSTILE, group, report

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no chromium on PATH (apt-get install chromium)"),
]

TEXTS = "[...document.querySelectorAll('#responses .words pre')].map((e) => e.textContent)"
COLUMN = """[...document.querySelectorAll('#responses tbody')]
    .map((b) => Number(b.rows[0].cells[1].textContent.replace('\\u2212', '-')))"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser


def choose(page: Page, select: str, value: str) -> None:
    page.evaluate(
        f"(e => {{ e.value = {value!r}; e.dispatchEvent(new Event('change')); }})(document.getElementById('{select}'))"
    )


def opened(page: Page, data: ReportData, tmp_path: Path, *, width: int = 1200, dark: bool = False) -> None:
    file = tmp_path / "report.html"
    file.write_text(render(data))
    page.open(file, width=width, dark=dark)


def test_it_runs_without_an_error_and_without_the_network(page: Page, tmp_path: Path) -> None:
    opened(page, report(), tmp_path)
    assert page.errors() == []
    assert page.requests() == [(tmp_path / "report.html").as_uri()]
    assert len(page.evaluate(TEXTS)) == 16


def test_plots_hold_their_points(page: Page, tmp_path: Path) -> None:
    opened(page, report(), tmp_path)
    lengths = page.evaluate("[...document.querySelectorAll('figure svg .line')].map((e) => e.getTotalLength())")
    assert len(lengths) == 3 + 2 * (5 + 2 * 5)  # Pass@k; for both runs the plots of one key and of two
    assert min(lengths) > 100
    points = page.evaluate(
        "[...document.querySelectorAll('.figures svg .line')].map((e) => e.getAttribute('d').split(/[ML]/).length - 1)"
    )
    assert set(points) == {120}
    bars = page.evaluate("[...document.querySelectorAll('.bar')].map((e) => e.getBBox().width * e.getBBox().height)")
    assert len(bars) == 6
    assert min(bars) > 100


def test_hostile_text_stays_text(page: Page, tmp_path: Path) -> None:
    data = report(
        iterations=3, groups=(replace(group("ARM", 0, 1, HOSTILE, samples=2), prompt=HOSTILE, problem_id=HOSTILE),)
    )
    opened(
        page, replace(data, title=HOSTILE, spec_yaml=HOSTILE, deviations=HOSTILE, subtitle={HOSTILE: HOSTILE}), tmp_path
    )
    assert page.evaluate("document.title") != "owned"
    assert page.evaluate("document.scripts.length") == 2
    assert page.evaluate("document.images.length") == 0
    assert page.errors() == []
    seen = HOSTILE.replace("\ud800", "\ufffd")  # a lone surrogate does not survive DevTools' UTF-8
    assert [text.replace("\ud800", "\ufffd") for text in page.evaluate(TEXTS)] == [seen, seen]
    assert page.evaluate("document.getElementById('prompt').textContent").startswith("</script><script>")


def test_an_injected_script_would_not_run(page: Page, tmp_path: Path) -> None:
    """Even markup that got into the page is refused by its content policy."""
    file = tmp_path / "report.html"
    attack = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    file.write_text(render(report(iterations=2)).replace("<h2>Training</h2>", attack))
    page.open(file)
    assert page.evaluate("document.title") != "owned"
    assert any("Content Security Policy" in error for error in page.errors())


def test_the_browser_of_groups_chooses_filters_and_sorts(page: Page, tmp_path: Path) -> None:
    data = report()
    opened(page, data, tmp_path)
    choose(page, "run", "ARM")
    kept = [g for g in data.groups if g.run == "ARM"]
    assert page.evaluate("document.getElementById('problem').options.length") == len(kept)
    choose(page, "problem", "2")
    assert page.evaluate("document.querySelector('#group-facts code').title") == kept[2].artifact
    advantages = sorted((r.advantage or 0.0 for r in kept[2].responses), reverse=True)
    assert page.evaluate(COLUMN) == pytest.approx(advantages, abs=5e-4)
    choose(page, "order", "low")
    assert page.evaluate(COLUMN) == pytest.approx(advantages[::-1], abs=5e-4)
    choose(page, "order", "sample")
    assert page.evaluate(TEXTS) == [r.text for r in kept[2].responses]
    for choice, score in (("right", 1.0), ("wrong", 0.0)):
        choose(page, "show", choice)
        assert page.evaluate(TEXTS) == [r.text for r in kept[2].responses if r.score == score]
    choose(page, "show", "unjudged")
    assert page.evaluate("document.querySelectorAll('#responses caption.nothing').length") == 1


def test_the_keyboard_is_enough(page: Page, tmp_path: Path) -> None:
    opened(page, report(), tmp_path)
    reached = set()
    for _ in range(60):
        page.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        if "next" in reached:
            break
    assert {"run", "problem", "show", "order", "next", "SUMMARY"} <= reached
    page.press("Enter")
    assert page.evaluate("document.getElementById('problem').selectedIndex") == 1


def test_it_opens_on_a_group_that_has_right_and_wrong_responses(page: Page, tmp_path: Path) -> None:
    mixed = group("ARM", 0, 2)
    wrong = replace(
        mixed, problem_id="hard", responses=tuple(replace(r, score=0.0, kind="wrong") for r in mixed.responses)
    )
    opened(page, report(iterations=3, groups=(wrong, mixed)), tmp_path)
    assert page.evaluate("document.getElementById('problem').selectedIndex") == 1
    opened(page, report(iterations=3, groups=(wrong, wrong)), tmp_path)
    assert page.evaluate("document.getElementById('problem').selectedIndex") == 0


@pytest.mark.parametrize("name", ["countdown/3-4-8-8/44", "DAPO-Math-17k/train/row-12345/again", "z" * 300])
@pytest.mark.parametrize("width", [390, 1200])
def test_no_sideways_scrolling(page: Page, tmp_path: Path, width: int, name: str) -> None:
    data = report()
    long = replace(group("ARM", 119, 9, "x" * 5000), prompt="y" * 3000, problem_id=name)
    opened(
        page,
        replace(data, groups=(long,), spec_yaml="k: " + "v" * 2000, subtitle={"store": "s3://" + "b" * 400}),
        tmp_path,
        width=width,
    )
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(
        "(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.comparison'))"
    )  # three policies fit without scrolling


def test_dark_is_dark_and_light_is_light(page: Page, tmp_path: Path) -> None:
    brightness = {}
    for dark in (False, True):
        opened(page, report(iterations=3), tmp_path, dark=dark)
        colours = page.evaluate(
            "[document.body, document.querySelector('svg text')].map((e) => getComputedStyle(e))"
            ".map((s) => [s.backgroundColor, s.fill])"
        )
        brightness[dark] = [
            sum(map(int, text.removeprefix("rgb(").rstrip(")").split(","))) for text in (colours[0][0], colours[1][1])
        ]
    assert brightness[False][0] > 700 > 400 > brightness[False][1]
    assert brightness[True][0] < 150 < 400 < brightness[True][1]
