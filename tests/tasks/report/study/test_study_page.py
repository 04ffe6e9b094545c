"""A study's page in a real Chromium: no network, nothing wider than the window, and variants that come forward."""

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
BOXES = """[...document.querySelectorAll('text')].map((text) => {
    const box = text.getBoundingClientRect();
    const size = parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a;
    return [box.left, box.right, box.top, box.bottom, size];
})"""


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
    """A button changes every plot at once: the variant has its own colour and is drawn before the others."""
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


def test_the_picture_can_be_read_at_1000_pixels(page: Page, folder: Path) -> None:
    """No text is smaller than 12 px, none ends outside, and no two overlap."""
    page.open(folder / "frontier.svg", width=1000)
    boxes = page.evaluate(BOXES)
    assert len(boxes) > 20
    assert min(size for *_, size in boxes) >= 11.99
    assert min(left for left, *_ in boxes) >= 0 and max(right for _, right, *_ in boxes) <= 1000
    for place, (left, right, top, bottom, _) in enumerate(boxes):
        for other_left, other_right, other_top, other_bottom, _ in boxes[place + 1 :]:
            beside = right <= other_left or other_right <= left
            # a line's box is taller than its letters
            above = bottom - 2 <= other_top or other_bottom - 2 <= top
            assert beside or above
