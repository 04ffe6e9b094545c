"""Charts with a line for each of many variants: some stand out, the others are grey until they are asked for. Numbers to SVG, pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from tasks.report.chart import frame, path_of, svg, x_at, y_at
from tasks.report.scale import Kind, Scale, fits, scale
from tasks.study.frontier import Curve

Ends = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Dot:
    """A point with its intervals, where it has them."""

    x: float
    y: float
    x_ends: Ends | None = None
    y_ends: Ends | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """How a variant is drawn everywhere. `place` in the order of variants; `colour`: a CSS class; `on`: stands out until a reader says otherwise."""

    place: int
    label: str
    colour: str
    on: bool
    dashed: bool


def looks(variants: Mapping[str, str], main: Sequence[str]) -> dict[str, Look]:
    """The main variants have the first colours; the others take colours in turn, and dashes where a colour comes again."""
    order = [*main, *(name for name in variants if name not in main)]
    places = {name: place for place, name in enumerate(variants)}
    return {
        name: Look(places[name], variants[name], f"run-{n % 6}", name in main, n >= 6) for n, name in enumerate(order)
    }


def drawn_ends(metric: str, ends: Ends | None) -> Ends | None:
    """An interval as it is drawn: Pass@k is a share, and of few seeds an interval may leave 0 to 1, where no axis need go."""
    return ends if ends is None or not metric.startswith("Pass@") else (max(ends[0], 0.0), min(ends[1], 1.0))


def path_dots(curve: Curve, x: str, y: str) -> list[Dot]:
    """One metric against another over training, where both are there."""
    both = [(stop.means[x], stop.means[y]) for stop in curve.stops if x in stop.means and y in stop.means]
    return [Dot(a.mean, b.mean, drawn_ends(x, a.over_seeds), drawn_ends(y, b.over_seeds)) for a, b in both]


def path_chart(lines: Sequence[tuple[Look, Sequence[Dot]]], title: str, x_title: str) -> str:
    """Paths in the order of their dots, which need not go to the right; a ring marks each path's last dot."""
    dots = [dot for _, path in lines for dot in path]
    if not dots:
        return '<p class="nothing">No numbers were recorded.</p>'
    across, up = fitted(lines, "x"), fitted(lines, "y")
    return svg(
        title,
        [
            frame(across, up, x_title),
            *(_group(look, _path(path, across, up)) for look, path in _grey_first(lines) if path),
        ],
    )


def course_chart(lines: Sequence[tuple[Look, Sequence[Dot]]], title: str, x_title: str, y: Kind = "linear") -> str:
    """Courses over x with bands. A dot that the axis has no place for is a gap."""
    kept = [(look, [dot for dot in course if fits(dot.y, y)]) for look, course in lines]
    values = [end for _, course in kept for dot in course for end in (dot.y, *(dot.y_ends or ())) if fits(end, y)]
    if not values:
        return '<p class="nothing">No numbers were recorded.</p>'
    across, up = scale([dot.x for _, course in kept for dot in course], "linear", tight=True), scale(values, y)
    return svg(
        title,
        [
            frame(across, up, x_title),
            *(_group(look, _course(course, across, up)) for look, course in _grey_first(kept) if course),
        ],
    )


def fitted(lines: Sequence[tuple[Look, Sequence[Dot]]], side: str) -> Scale:
    """An axis for all dots, and for the intervals of the lines that stand out: those of the others are not drawn until they are asked for."""
    values = [getattr(dot, side) for _, path in lines for dot in path]
    ends = [end for look, path in lines if look.on for dot in path for end in getattr(dot, f"{side}_ends") or ()]
    return scale([*values, *ends], "linear")


def _grey_first(lines: Sequence[tuple[Look, Sequence[Dot]]]) -> list[tuple[Look, Sequence[Dot]]]:
    return sorted(lines, key=lambda line: line[0].on)


def _group(look: Look, inside: str) -> str:
    off = "" if look.on else " off"
    return f'<g class="v {look.colour}{off}" data-v="{look.place}"><title>{escape(look.label)}</title>{inside}</g>'.replace(
        'class="line"', 'class="line dashed"' if look.dashed else 'class="line"'
    )


def _path(path: Sequence[Dot], across: Scale, up: Scale) -> str:
    places = [(x_at(across, dot.x), y_at(up, dot.y)) for dot in path]
    whiskers = "".join(
        (f"M{x_at(across, dot.x_ends[0]):.1f} {y:.1f}H{x_at(across, dot.x_ends[1]):.1f}" if dot.x_ends else "")
        + (f"M{x:.1f} {y_at(up, dot.y_ends[0]):.1f}V{y_at(up, dot.y_ends[1]):.1f}" if dot.y_ends else "")
        for dot, (x, y) in zip(path, places, strict=True)
    )
    (*inner, last) = places
    dots = "".join(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="2"/>' for x, y in inner)
    line = f'<path class="line" d="{path_of(places)}"/>' if inner else ""
    return f'<path class="whisker" d="{whiskers}"/>{line}{dots}<circle class="ring" cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="4"/>'


def _course(course: Sequence[Dot], across: Scale, up: Scale) -> str:
    banded = [(x_at(across, dot.x), *(dot.y_ends or (dot.y, dot.y))) for dot in course]
    above = [(x, y_at(up, high)) for x, _, high in banded]
    below = [(x, y_at(up, low if fits(low, up.kind) else up.low)) for x, low, _ in reversed(banded)]
    band = f'<path class="band" d="{path_of([*above, *below])}z"/>' if any(dot.y_ends for dot in course) else ""
    return f'{band}<path class="line" d="{path_of([(x_at(across, dot.x), y_at(up, dot.y)) for dot in course])}"/>'
