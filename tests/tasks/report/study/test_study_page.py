"""A study's page in a real Chromium: nothing is asked of a network, nothing hangs out of the window, and variants come forward when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.report.study.page import render
from tests.tasks.report.chromium import PROGRAM, Page, chromium
from tests.tasks.report.study.sample_study import report

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no chromium on PATH (apt-get install chromium)"),
]

COLOUR = "getComputedStyle(document.querySelector('[data-v=\"9\"] .line')).stroke"
OFF = "document.querySelectorAll('[data-v=\"9\"].off').length"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("study")
    for name, content in render(report(more=10, seeds=(0, 1), settings=("countdown", "graph"))).items():
        (made / name).write_bytes(content)
    return made


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (400, False), (1280, True)])
def test_it_opens_alone_and_fits(page: Page, folder: Path, width: int, dark: bool) -> None:
    page.open(folder / "report.html", width=width, dark=dark)
    assert page.errors() == []
    assert page.requests() == [(folder / "report.html").as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_variant_comes_forward_and_goes_back(page: Page, folder: Path) -> None:
    """In every plot at once, in its own colour, before the others."""
    page.open(folder / "report.html")
    plots, grey = page.evaluate(OFF), page.evaluate(COLOUR)
    assert plots == page.evaluate("document.querySelectorAll('figure svg').length")
    page.evaluate("document.querySelector('[data-choice=\"9\"]').click()")
    assert page.evaluate(OFF) == 0
    assert page.evaluate(COLOUR) != grey
    assert page.evaluate(
        "[...document.querySelectorAll('figure svg')].every((plot) => plot.lastElementChild.dataset.v === '9')"
    )
    assert page.evaluate("document.querySelector('[data-choice=\"9\"]').getAttribute('aria-pressed')") == "true"
    page.evaluate("document.querySelector('[data-choice=\"9\"]').click()")
    assert (page.evaluate(OFF), page.evaluate(COLOUR)) == (plots, grey)


def test_the_picture_is_legible_at_1000_pixels(page: Page, folder: Path) -> None:
    """No text is smaller than 12 px, and none ends outside."""
    page.open(folder / "frontier.svg", width=1000)
    sizes, right = page.evaluate(
        "(t => [t.map((e) => parseFloat(getComputedStyle(e).fontSize)), Math.max(...t.map((e) => e.getBoundingClientRect().right))])"
        "([...document.querySelectorAll('text')])"
    )
    assert min(sizes) >= 12
    assert right <= 1000
