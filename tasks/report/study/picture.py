"""The frontier as one picture that needs nothing else, for a README: a panel a setting at the primary temperature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from textwrap import wrap

from tasks.report.scale import Scale, tick_texts
from tasks.report.study.data import StudyReport
from tasks.report.study.plot import Dot, Look, fitted, path_dots
from tasks.study.findings import Findings

WIDTH, PANEL, MARGIN = 1000, 380, 64
COLOURS = {
    "run-0": "#c2591a",
    "run-1": "#1f66b0",
    "run-2": "#2b8250",
    "run-3": "#8e4fa8",
    "run-4": "#a8851c",
    "run-5": "#b03a5b",
}
GREY, INK, QUIET, GRID = "#c3c8cc", "#1d2125", "#5d666f", "#e8eaec"
FONT = "font-family:system-ui,Helvetica,Arial,sans-serif;font-size:13px"  # styles, not attributes: a page's own rules would win over those
Line = tuple[Look, Sequence[Dot]]


def picture(report: StudyReport, found: Findings, palette: Mapping[str, Look]) -> str:
    """Pass@k against Pass@1, mean over seeds with 95 % intervals over seeds for the variants that stand out; light, as GitHub shows it on white."""
    settings, temperature = found.cells.settings, report.temperatures[0]
    columns = 1 if len(settings) == 1 else 2
    width = WIDTH / columns
    key, top = _legend(palette, 58)
    parts = []
    for place, setting in enumerate(settings):
        curves = [c for c in found.curves if (c.setting, c.temperature) == (setting, temperature)]
        lines = [(palette[c.variant], path_dots(c, "Pass@1", f"Pass@{found.plan.largest_k}")) for c in curves]
        x, y = place % columns * width, top + place // columns * PANEL
        parts.append(
            f'<g transform="translate({x:g} {y:g})">{_panel(report.settings[setting], [line for line in lines if line[1]], width, found)}</g>'
        )
    height = top + -(-len(settings) // columns) * PANEL
    what = f"Pass@{found.plan.largest_k} against Pass@1 over training, T = {temperature:g}"
    says = f"{what}. {_seeds(found)}; a ring marks the end."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" height="{height:g}" role="img" '
        f'aria-label="{escape(says)}" style="{FONT};fill:{INK}"><rect width="100%" height="100%" fill="#ffffff"/>'
        f'<text x="16" y="28" style="font-size:17px;font-weight:600">{escape(report.title)}</text>'
        f'<text x="16" y="48" style="fill:{QUIET}">{escape(says)}</text>{key}{"".join(parts)}</svg>\n'
    )


def _seeds(found: Findings) -> str:
    counts = sorted({len(found.cells.of(cell.setting, cell.variant)) for cell in found.cells.all})
    if not counts or counts[-1] == 1:
        return "One seed: an example, no evidence" if counts else "No cells"
    return f"Mean over {counts[0] if len(counts) == 1 else f'{counts[0]} to {counts[-1]}'} seeds; bars: 95 % over seeds"


def _legend(palette: Mapping[str, Look], top: float) -> tuple[str, float]:
    """Markup, and where it ends. Widths are guessed from the number of letters: a picture measures no text."""
    entries = [(COLOURS[look.colour], look.label) for look in palette.values() if look.on]
    if any(not look.on for look in palette.values()):
        entries.append((GREY, f"{sum(not look.on for look in palette.values())} other variants"))
    parts, x, y = [], 16.0, top + 14
    for colour, label in entries:
        wide = 46 + 7.4 * len(label)
        if x + wide > WIDTH and x > 16:
            x, y = 16.0, y + 22
        parts.append(
            f'<path d="M{x:g} {y - 4:g}h22" stroke="{colour}" stroke-width="3"/><text x="{x + 28:g}" y="{y:g}">{escape(label)}</text>'
        )
        x += wide
    return "".join(parts), y + 12


def _panel(title: str, lines: Sequence[Line], width: float, found: Findings) -> str:
    names = enumerate(wrap(title, int(width / 9))[:2])
    heading = "".join(
        f'<text x="{MARGIN}" y="{26 + 16 * n}" style="font-weight:600">{escape(row)}</text>' for n, row in names
    )
    if not lines:
        return f'{heading}<text x="{MARGIN}" y="70" style="fill:{QUIET}">No numbers were recorded.</text>'
    across, up = fitted(lines, "x"), fitted(lines, "y")
    ends = MARGIN, width - 24, 54.0, float(PANEL - 50)
    drawn = [_line(look, dots, across, up, ends) for look, dots in sorted(lines, key=lambda line: line[0].on)]
    return heading + _axes(across, up, ends, f"Pass@{found.plan.largest_k}") + "".join(drawn)


def _axes(across: Scale, up: Scale, ends: tuple[float, float, float, float], name: str) -> str:
    left, right, top, bottom = ends
    rows = [
        (bottom - up.place(tick) * (bottom - top), text)
        for tick, text in zip(up.ticks, tick_texts(up.ticks, up.kind), strict=True)
    ]
    columns = [
        (left + across.place(tick) * (right - left), text)
        for tick, text in zip(across.ticks, tick_texts(across.ticks, across.kind), strict=True)
    ]
    grid = "".join(f"M{left:g} {y:.1f}H{right:g}" for y, _ in rows) + "".join(
        f"M{x:.1f} {top:g}V{bottom:g}" for x, _ in columns
    )
    texts = "".join(f'<text x="{left - 8:g}" y="{y + 4:.1f}" text-anchor="end">{text}</text>' for y, text in rows)
    texts += "".join(f'<text x="{x:.1f}" y="{bottom + 18:g}" text-anchor="middle">{text}</text>' for x, text in columns)
    names = f'<text x="{right:g}" y="{bottom + 36:g}" text-anchor="end">Pass@1</text><text x="12" y="{top - 8:g}">{name}</text>'
    return f'<path d="{grid}" stroke="{GRID}" fill="none"/><g style="fill:{QUIET};font-size:12px">{texts}{names}</g>'


def _line(look: Look, dots: Sequence[Dot], across: Scale, up: Scale, ends: tuple[float, float, float, float]) -> str:
    left, right, top, bottom = ends

    def x(value: float) -> float:
        return left + across.place(value) * (right - left)

    def y(value: float) -> float:
        return bottom - up.place(value) * (bottom - top)

    path = "M" + "L".join(f"{x(dot.x):.1f} {y(dot.y):.1f}" for dot in dots)
    title = f"<title>{escape(look.label)}</title>"
    last = f'cx="{x(dots[-1].x):.1f}" cy="{y(dots[-1].y):.1f}"'
    if not look.on:
        return f'<g>{title}<path d="{path}" fill="none" stroke="{GREY}"/><circle {last} r="2.5" fill="{GREY}"/></g>'
    colour = COLOURS[look.colour]
    bars = "".join(
        (f"M{x(dot.x_ends[0]):.1f} {y(dot.y):.1f}H{x(dot.x_ends[1]):.1f}" if dot.x_ends else "")
        + (f"M{x(dot.x):.1f} {y(dot.y_ends[0]):.1f}V{y(dot.y_ends[1]):.1f}" if dot.y_ends else "")
        for dot in dots
    )
    marks = "".join(f'<circle cx="{x(dot.x):.1f}" cy="{y(dot.y):.1f}" r="2.6" fill="{colour}"/>' for dot in dots[:-1])
    return (
        f'<g>{title}<path d="{bars}" stroke="{colour}" stroke-opacity="0.45" fill="none"/><path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        f'{marks}<circle {last} r="5" fill="#ffffff" stroke="{colour}" stroke-width="2.2"/></g>'
    )
