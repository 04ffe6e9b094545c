"""Charts of the study's page, with a line for each variant, as SVG: pure functions from numbers to text.

Some variants stand out; the others are grey until a reader asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from tasks.report.chart import frame, path_of, svg, x_at, y_at
from tasks.report.scale import Kind, Scale, fits, scale
from tasks.study.curves import Curve
from tasks.study.random_effects import Interval

COLOURS = 6  # classes run-0 ... run-5 of the style sheet
NOTHING = '<p class="nothing">No numbers were recorded.</p>'


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a line, with its intervals if it has any."""

    x: float
    y: float
    x_interval: Interval | None = None
    y_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class VariantStyle:
    """The look of a variant in all charts.

    `place`: in the order of variants. `colour`: a CSS class. `highlighted`: it stands out until a reader says
    otherwise.
    """

    place: int
    label: str
    colour: str
    highlighted: bool
    dashed: bool


Lines = Sequence[tuple[VariantStyle, Sequence[Dot]]]


def variant_styles(variants: Mapping[str, str], highlighted: Sequence[str]) -> dict[str, VariantStyle]:
    """Return the style of each variant {name: label}.

    The highlighted variants have the first colours. The others take colours in turn, with dashes if a colour comes
    again.
    """
    order = [*highlighted, *(name for name in variants if name not in highlighted)]
    places = {name: place for place, name in enumerate(variants)}
    return {
        name: VariantStyle(places[name], variants[name], f"run-{n % COLOURS}", name in highlighted, n >= COLOURS)
        for n, name in enumerate(order)
    }


def drawn_interval(metric: str, interval: Interval | None) -> Interval | None:
    """Return an interval as it is drawn: that of Pass@k, which is a share, is cut to 0 to 1.

    With few seeds the interval of a share may leave that range, and no axis need show it.
    """
    if interval is None or not metric.startswith("Pass@"):
        return interval
    return max(interval[0], 0.0), min(interval[1], 1.0)


def path_dots(curve: Curve, x: str, y: str) -> list[Dot]:
    """Return one metric against another over training, at the points that have both."""
    both = [(point.means[x], point.means[y]) for point in curve.points if x in point.means and y in point.means]
    return [Dot(a.mean, b.mean, drawn_interval(x, a.over_seeds), drawn_interval(y, b.over_seeds)) for a, b in both]


def path_chart(lines: Lines, title: str, x_title: str) -> str:
    """Return paths in the order of their dots, which may go in any direction; a ring marks the last dot."""
    if not any(path for _, path in lines):
        return NOTHING
    across, up = axis_of(lines, "x"), axis_of(lines, "y")
    groups = [_group(style, _path(path, across, up)) for style, path in _grey_first(lines) if path]
    return svg(title, [frame(across, up, x_title), *groups])


def iteration_chart(lines: Lines, title: str, y: Kind = "linear") -> str:
    """Return lines with bands over the iterations. A dot that the axis cannot show is a gap."""
    kept = [(style, [dot for dot in line if fits(dot.y, y)]) for style, line in lines]
    values = [end for _, line in kept for dot in line for end in (dot.y, *(dot.y_interval or ())) if fits(end, y)]
    if not values:
        return NOTHING
    across, up = scale([dot.x for _, line in kept for dot in line], "linear", tight=True), scale(values, y)
    groups = [_group(style, _line(line, across, up)) for style, line in _grey_first(kept) if line]
    return svg(title, [frame(across, up, "iteration"), *groups])


def axis_of(lines: Lines, side: str) -> Scale:
    """Return an axis ("x" or "y") for all dots and for the intervals of the highlighted lines.

    The intervals of the other lines are not drawn until they are asked for.
    """
    values = [getattr(dot, side) for _, path in lines for dot in path]
    ends = [
        end
        for style, path in lines
        if style.highlighted
        for dot in path
        for end in getattr(dot, f"{side}_interval") or ()
    ]
    return scale([*values, *ends], "linear")


def _grey_first(lines: Lines) -> Lines:
    return sorted(lines, key=lambda line: line[0].highlighted)


def _group(style: VariantStyle, inside: str) -> str:
    off = "" if style.highlighted else " off"
    if style.dashed:
        inside = inside.replace('class="line"', 'class="line dashed"')
    title = f"<title>{escape(style.label)}</title>"
    return f'<g class="v {style.colour}{off}" data-v="{style.place}">{title}{inside}</g>'


def _path(path: Sequence[Dot], across: Scale, up: Scale) -> str:
    places = [(x_at(across, dot.x), y_at(up, dot.y)) for dot in path]
    whiskers = "".join(
        (
            f"M{x_at(across, dot.x_interval[0]):.1f} {y:.1f}H{x_at(across, dot.x_interval[1]):.1f}"
            if dot.x_interval
            else ""
        )
        + (f"M{x:.1f} {y_at(up, dot.y_interval[0]):.1f}V{y_at(up, dot.y_interval[1]):.1f}" if dot.y_interval else "")
        for dot, (x, y) in zip(path, places, strict=True)
    )
    *inner, (x, y) = places
    dots = "".join(f'<circle class="dot" cx="{a:.1f}" cy="{b:.1f}" r="2"/>' for a, b in inner)
    line = f'<path class="line" d="{path_of(places)}"/>' if inner else ""
    ring = f'<circle class="ring" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    return f'<path class="whisker" d="{whiskers}"/>{line}{dots}{ring}'


def _line(line: Sequence[Dot], across: Scale, up: Scale) -> str:
    banded = [(x_at(across, dot.x), *(dot.y_interval or (dot.y, dot.y))) for dot in line]
    above = [(x, y_at(up, high)) for x, _, high in banded]
    below = [(x, y_at(up, low if fits(low, up.kind) else up.low)) for x, low, _ in reversed(banded)]
    band = f'<path class="band" d="{path_of([*above, *below])}z"/>' if any(dot.y_interval for dot in line) else ""
    return f'{band}<path class="line" d="{path_of([(x_at(across, dot.x), y_at(up, dot.y)) for dot in line])}"/>'
