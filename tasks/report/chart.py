"""Charts as inline SVG: pure functions from numbers to text.

Colours are classes that the page's style sheet defines, for light and dark. A missing number is a gap, and values that
an axis cannot show are counted below the chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate

from tasks.report.scale import Kind, Scale, fits, scale, tick_texts

WIDTH, HEIGHT = 460, 236
LEFT, RIGHT, TOP, BOTTOM = 46, 450, 10, 204
Point = tuple[float, float, float, float]  # x, y, low and high end of the band


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart.

    `x` and `y` have one value per point, `band` the (low, high) ends of the band around it. `colour` is a CSS class.
    """

    label: str
    colour: str
    x: Sequence[float]
    y: Sequence[float | None]
    band: Sequence[tuple[float, float] | None] | None = None
    dashed: bool = False


def line_chart(
    series: Sequence[Series],
    title: str,
    x_title: str,
    *,
    x: Kind = "linear",
    y: Kind = "linear",
    from_zero: bool = False,
) -> str:
    """Return lines (and bands) over one x axis; a line of text if there is not a single number.

    `from_zero` makes the y axis begin at 0.
    """
    shown = [[point for point in _points(s) if fits(point[0], x) and fits(point[1], y)] for s in series]
    xs = [a for points in shown for a, *_ in points]
    if not xs:
        return _nothing()
    ends = [end for points in shown for _, *heights in points for end in heights if fits(end, y)]
    across, up = scale(xs, x, tight=True), scale(ends, y, from_zero=from_zero)
    parts = [frame(across, up, x_title)]
    parts += [_band(s, across, up) for s in series if s.band is not None]
    parts += [_line(s, across, up) for s in series]
    hidden = sum(b is not None and not fits(b, y) for s in series for b in s.y)
    return svg(title, parts) + (
        f'<p class="note">{hidden} values are not shown: this axis has no place for them.</p>' if hidden else ""
    )


def stacked_bars(
    x: Sequence[float], layers: Sequence[tuple[str, Sequence[float | None]]], title: str, x_title: str, y_top: float
) -> str:
    """Return one bar per x from the layers (colour, heights), the first at the bottom.

    A bar with no height in any layer is a gap. `y_top` is a value that the y axis must hold, so that charts side by
    side can share it.
    """
    rows = [
        (at, heights)
        for at, *heights in zip(x, *(values for _, values in layers), strict=True)
        if any(fits(h, "linear") for h in heights)
    ]
    if not rows:
        return _nothing()
    half = 0.5
    across, up = (
        scale([min(x) - half, max(x) + half], "linear", tight=True),
        scale([0.0, y_top], "linear", from_zero=True),
    )
    wide = (across.place(1) - across.place(0)) * (RIGHT - LEFT)
    wide *= 0.85 if wide > 6 else 1.0  # gaps between hairlines would only flicker
    paths: list[list[str]] = [[] for _ in layers]
    for at, heights in rows:
        tops = list(accumulate((h if h is not None and fits(h, "linear") else 0.0 for h in heights), initial=0.0))
        for path, low, high in zip(paths, tops, tops[1:], strict=False):
            if high > low:
                bottom, top = y_at(up, low), y_at(up, high)
                path.append(f"M{x_at(across, at) - wide / 2:.1f} {bottom:.1f}V{top:.1f}h{wide:.1f}V{bottom:.1f}z")
    bars = [
        f'<path class="bar {colour}" d="{"".join(path)}"/>' for (colour, _), path in zip(layers, paths, strict=True)
    ]
    return svg(title, [frame(across, up, x_title), *bars])


def _points(series: Series) -> list[Point]:
    """Return the points, with NaN for a missing number and a band of no height for a missing band."""
    bands = series.band if series.band is not None else [None] * len(series.y)
    values = [float("nan") if b is None else b for b in series.y]
    return [(a, b, *(ends or (b, b))) for a, b, ends in zip(series.x, values, bands, strict=True)]


def _segments(series: Series, across: Scale, up: Scale) -> list[list[Point]]:
    """Return the runs of neighbouring points that the axes can show."""
    runs: list[list[Point]] = [[]]
    for point in _points(series):
        if fits(point[0], across.kind) and fits(point[1], up.kind):
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _line(series: Series, across: Scale, up: Scale) -> str:
    """Return the lines; a point alone between two gaps has no line to lie on and is drawn as a dot."""
    segments = _segments(series, across, up)
    path = "".join(path_of([(x_at(across, a), y_at(up, b)) for a, b, *_ in run]) for run in segments if len(run) > 1)
    alone = [(x_at(across, run[0][0]), y_at(up, run[0][1])) for run in segments if len(run) == 1]
    dots = "".join(f'<circle class="dot {series.colour}" cx="{a:.1f}" cy="{b:.1f}" r="2.6"/>' for a, b in alone)
    dash = " dashed" if series.dashed else ""
    return (f'<path class="line {series.colour}{dash}" d="{path}"/>' if path else "") + dots


def _band(series: Series, across: Scale, up: Scale) -> str:
    """Return the bands; a point alone between two gaps has a band as wide as its dot."""
    edges: list[str] = []
    for run in _segments(series, across, up):
        ends = [
            (x_at(across, a) + aside, low, high)
            for a, _, low, high in run
            for aside in ((-2.6, 2.6) if len(run) == 1 else (0.0,))
        ]
        above = [(a, y_at(up, high)) for a, _, high in ends]
        below = [(a, y_at(up, low if fits(low, up.kind) else up.low)) for a, low, _ in reversed(ends)]
        edges.append(path_of([*above, *below]) + "z")
    return f'<path class="band {series.colour}" d="{"".join(edges)}"/>'


def frame(across: Scale, up: Scale, x_title: str) -> str:
    """Return grid lines, the numbers beside them, and the x axis with its name."""
    grid = "".join(f"M{LEFT} {y_at(up, tick):.1f}H{RIGHT}" for tick in up.ticks)
    at_left, below = (zip(axis.ticks, tick_texts(axis.ticks, axis.kind), strict=True) for axis in (up, across))
    rows = "".join(
        f'<text x="{LEFT - 7}" y="{y_at(up, tick) + 3.6:.1f}" text-anchor="end">{text}</text>' for tick, text in at_left
    )
    columns = "".join(
        f'<text x="{x_at(across, tick):.1f}" y="{BOTTOM + 15}" text-anchor="middle">{text}</text>'
        for tick, text in below
    )
    name = f'<text class="axis-name" x="{RIGHT}" y="{HEIGHT - 3}" text-anchor="end">{escape(x_title)}</text>'
    axis = f'<path class="axis" d="M{LEFT} {BOTTOM}H{RIGHT}"/>'
    return f'<path class="grid" d="{grid}"/>{axis}<g class="ticks">{rows}{columns}</g>{name}'


def svg(title: str, parts: Sequence[str]) -> str:
    """Return the SVG element around the markup of a chart."""
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'


def path_of(points: Sequence[tuple[float, float]]) -> str:
    """Return the path data of straight lines through points in pixels."""
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in points)


def x_at(across: Scale, value: float) -> float:
    """Return a value's place on the x axis, in pixels."""
    return LEFT + across.place(value) * (RIGHT - LEFT)


def y_at(up: Scale, value: float) -> float:
    """Return a value's place on the y axis, in pixels."""
    return BOTTOM - up.place(value) * (BOTTOM - TOP)


def _nothing() -> str:
    return '<p class="nothing">No numbers were recorded.</p>'
