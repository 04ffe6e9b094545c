"""Axes and charts: every number that an axis can show is drawn at its place, and a missing number is a gap."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.report.chart import BOTTOM, LEFT, RIGHT, TOP, Series, line_chart, stacked_bars
from tasks.report.scale import Kind, fits, scale, tick_texts

REAL = st.floats(-1e12, 1e12).filter(lambda v: v == 0 or abs(v) > 1e-12)
POSITIVE = st.floats(1e-12, 1e12)


def drawn(svg: str) -> list[tuple[float, float]]:
    """Return the points of all lines and dots, in pixels."""
    lines = "".join(re.findall(r'class="line[^"]*" d="([^"]*)"', svg))
    dots = re.findall(r'cx="([-\d.]+)" cy="([-\d.]+)"', svg)
    return [(float(a), float(b)) for a, b in [*re.findall(r"[ML]([-\d.]+) ([-\d.]+)", lines), *dots]]


def strokes(svg: str) -> list[int]:
    """Return the number of points of each unbroken stroke."""
    return [
        len(part.split("L"))
        for path in re.findall(r'class="line[^"]*" d="([^"]*)"', svg)
        for part in path[1:].split("M")
    ]


@given(st.lists(REAL, min_size=1, max_size=20), st.booleans(), st.booleans())
@example([0.1], False, False)
@example([-3.0, -3.0], True, True)
def test_a_linear_axis_holds_its_values_and_its_ticks(values: list[float], from_zero: bool, tight: bool) -> None:
    axis = scale(values, "linear", from_zero=from_zero, tight=tight)
    assert all(-1e-6 <= axis.place(v) <= 1 + 1e-6 for v in (*values, *axis.ticks))
    assert len(axis.ticks) <= 9
    assert all(a < b for a, b in pairwise(axis.ticks))
    assert not from_zero or axis.low <= 0


@given(st.lists(POSITIVE, min_size=1, max_size=20), st.sampled_from(["log2", "log10"]), st.booleans())
def test_a_logarithmic_axis_holds_its_values_and_its_ticks(values: list[float], kind: Kind, tight: bool) -> None:
    axis = scale(values, kind, tight=tight)
    assert all(-1e-6 <= axis.place(v) <= 1 + 1e-6 for v in (*values, *axis.ticks))
    assert tight or len(axis.ticks) >= 2


@given(st.lists(REAL, min_size=2, max_size=20))
def test_ticks_read_back_as_what_they_are(values: list[float]) -> None:
    axis = scale(values, "linear")
    for tick, text in zip(axis.ticks, tick_texts(axis.ticks, "linear"), strict=True):
        read = float(text.replace("k", "e3"))
        assert math.isclose(read, tick, rel_tol=1e-5, abs_tol=1e-9 * (axis.high - axis.low))


def test_ticks_have_as_many_decimals() -> None:
    assert tick_texts(scale([0.11, 0.24], "linear").ticks, "linear") == ["0.10", "0.15", "0.20", "0.25"]
    assert scale([1, 32], "log2", tight=True).ticks == (1, 2, 4, 8, 16, 32)
    assert scale([0.12, 0.7], "log10").ticks == (0.1, 0.2, 0.5, 1.0)


@given(st.lists(st.none() | REAL | st.just(math.nan), min_size=1, max_size=40), st.sampled_from(["linear", "log10"]))
def test_every_number_is_a_point_and_nothing_else_is(values: list[float | None], kind: Kind) -> None:
    svg = line_chart([Series("a", "run-0", range(len(values)), values)], "t", "iteration", y=kind)
    points = drawn(svg)
    assert len(points) == sum(fits(v, kind) for v in values)
    assert all(LEFT - 0.1 <= a <= RIGHT + 0.1 and TOP - 0.1 <= b <= BOTTOM + 0.1 for a, b in points)
    left_out = sum(v is not None and not fits(v, kind) for v in values)
    assert not points or (f"{left_out} values are not shown" in svg) == (left_out > 0)


def test_a_gap_breaks_the_line() -> None:
    svg = line_chart([Series("a", "run-0", range(7), [1, 2, None, 3, None, 4, 5])], "t", "iteration")
    assert strokes(svg) == [2, 2]
    assert svg.count("<circle") == 1


def test_higher_is_higher_and_later_is_further_right() -> None:
    (x0, y0), (x1, y1) = drawn(line_chart([Series("a", "run-0", [0, 1], [0.2, 0.8])], "t", "iteration"))
    assert x0 < x1
    assert y0 > y1


def test_the_band_has_its_two_ends() -> None:
    svg = line_chart(
        [Series("a", "run-0", [1, 2], [0.5, 0.5], band=[(0.4, 0.7), None])], "t", "k", x="log2", from_zero=True
    )
    edge = [
        float(b) for b in re.findall(r"[ML][-\d.]+ ([-\d.]+)", re.findall(r'class="band[^"]*" d="([^"]*)"', svg)[0])
    ]
    middle = drawn(svg)[0][1]
    assert edge[1:3] == [middle, middle]
    assert 2 * (edge[3] - middle) == pytest.approx(middle - edge[0], abs=0.21)
    assert edge[3] - middle > 10


def test_the_band_of_a_lone_point_can_be_seen() -> None:
    svg = line_chart([Series("a", "run-0", [20], [0.5], band=[(0.4, 0.6)])], "t", "iteration")
    ((path,),) = [re.findall(r'class="band[^"]*" d="([^"]*)"', svg)]
    across = [float(a) for a in re.findall(r"[ML]([-\d.]+) ", path)]
    assert max(across) - min(across) > 4


def test_bars_stack_to_their_sum_and_a_missing_iteration_has_none() -> None:
    svg = stacked_bars([0, 1, 2], [("a", [1.0, None, 1.0]), ("b", [2.0, None, None])], "t", "iteration", 3.0)
    first, second = re.findall(r'class="bar [ab]" d="([^"]*)"', svg)
    assert first.count("M") == 2
    assert second.count("M") == 1
    bottom, top = re.findall(r"M[-\d.]+ ([-\d.]+)V([-\d.]+)", second)[0]
    assert float(bottom) == pytest.approx(BOTTOM - (BOTTOM - TOP) / 3, abs=0.1)
    assert float(top) == pytest.approx(TOP, abs=0.1)


def test_a_chart_without_numbers_is_a_line_of_text() -> None:
    assert "No numbers" in line_chart([Series("a", "run-0", [0, 1], [None, None])], "t", "iteration")
    assert "No numbers" in stacked_bars([0], [("a", [None])], "t", "iteration", 0.0)


def test_titles_are_escaped() -> None:
    assert "<b>" not in line_chart([Series("a", "run-0", [0], [1])], '"><b>', "<b>")
