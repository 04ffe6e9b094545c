"""The frontier as one SVG picture for a README: a panel for each setting at the primary temperature."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from tasks.report.study.charts import Dot, Lines, VariantStyle, path_dots
from tasks.report.study.data import StudyReport
from tasks.study.analysis import Analysis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation

# Lengths in points, 3/4 of a CSS pixel: the picture is 1,000 px wide.
WIDTH, PANEL, HEADER, MARGIN = 750.0, 285.0, 44.0, 12.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 16.0, 50.0, 38.0  # of the axes within a panel
SMALL, NORMAL, LARGE = 9.0, 9.75, 12.75  # font sizes; the small one is 12 px
LETTER = 6.7  # width of a bold letter, mean
COLOURS = {
    "run-0": "#c2591a",
    "run-1": "#1f66b0",
    "run-2": "#2b8250",
    "run-3": "#8e4fa8",
    "run-4": "#a8851c",
    "run-5": "#b03a5b",
}
GREY, INK, QUIET, GRID, PAPER = "#c3c8cc", "#1d2125", "#5d666f", "#e8eaec", "#ffffff"
SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be searched, and a reader's font draws it
    "svg.hashsalt": "armature",  # the same numbers give the same bytes
    "text.parse_math": False,  # a dollar sign in a label is a dollar sign
    "font.family": "sans-serif",
    # The first font comes with matplotlib, so the layout is the same on every machine; it is also the widest.
    "font.sans-serif": ["DejaVu Sans", "Helvetica", "Arial"],
    "font.size": NORMAL,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": QUIET,
    "axes.labelsize": SMALL,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "grid.linewidth": 0.75,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": QUIET,
    "ytick.labelcolor": QUIET,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
}


def frontier_svg(report: StudyReport, analysis: Analysis, styles: Mapping[str, VariantStyle]) -> str:
    """Return Pass@k against Pass@1 over training, with 95 % intervals over seeds for the variants that stand out.

    It is light, as GitHub shows it on white, needs no other file, and is the same for the same numbers.
    """
    from matplotlib import style  # imported here: it takes a second, and only a report draws
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    caption = _caption(report, analysis)
    with style.context(["default", SETTINGS]), warnings.catch_warnings():  # whatever a user's matplotlibrc says
        warnings.simplefilter("ignore")  # a letter that the layout's font lacks is drawn by the reader's font
        figure = Figure(facecolor=PAPER)
        FigureCanvasSVG(figure)
        _draw(figure, report, analysis, styles, caption)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    # The same text is a part of the page: without prolog and without a style sheet, whose rules would be the page's.
    svg = file.getvalue()
    svg = re.sub(r"(?s)<style.*?</style>", "", svg[svg.index("<svg ") :])
    attributes = f'role="img" aria-label="{escape(caption)}" stroke-linejoin="round"'
    return svg.replace("<svg ", f"<svg {attributes} ", 1)


def _caption(report: StudyReport, analysis: Analysis) -> str:
    return (
        f"Pass@{analysis.design.largest_k} against Pass@1 over training, T = {report.temperatures[0]:g}. "
        f"{_seeds(analysis)}; a ring marks the end."
    )


def _seeds(analysis: Analysis) -> str:
    counts = sorted({len(analysis.cells.of(cell.setting, cell.variant)) for cell in analysis.cells.all})
    if not counts or counts[-1] == 1:
        return "One seed: an example, no evidence" if counts else "No cells"
    return f"Mean over {counts[0] if len(counts) == 1 else f'{counts[0]} to {counts[-1]}'} seeds; bars: 95 % over seeds"


def _draw(
    figure: Figure, report: StudyReport, analysis: Analysis, styles: Mapping[str, VariantStyle], caption: str
) -> None:
    settings = analysis.cells.settings
    columns = min(len(settings), 2) or 1
    top = HEADER + _legend(figure, styles)
    height = top + -(-len(settings) // columns) * PANEL
    figure.set_size_inches(WIDTH / 72, height / 72)

    def box(x: float, y: float, wide: float = 0.0, high: float = 0.0) -> tuple[float, float, float, float]:
        """Return a box in shares of the figure, from points counted from its top left corner."""
        return x / WIDTH, 1 - (y + high) / height, wide / WIDTH, high / height

    figure.text(*box(MARGIN, 21)[:2], _printable(report.title), fontsize=LARGE, fontweight="bold")
    figure.text(*box(MARGIN, 36)[:2], caption, color=QUIET)
    figure.legends[0].set_bbox_to_anchor(box(MARGIN, HEADER)[:2])
    metric, temperature = f"Pass@{analysis.design.largest_k}", report.temperatures[0]
    for place, setting in enumerate(settings):
        width = WIDTH / columns
        left, above = place % columns * width, top + place // columns * PANEL
        axes = figure.add_axes(box(left + LEFT, above + TOP, width - LEFT - RIGHT, PANEL - TOP - BOTTOM))
        heading = "\n".join(wrap(_printable(report.settings[setting]), int(width / LETTER))[:2])
        _above(axes, heading, 22).set_fontweight("bold")
        _above(axes, metric, 7).set(color=QUIET, fontsize=SMALL)
        curves = [c for c in analysis.curves if (c.setting, c.temperature) == (setting, temperature)]
        lines = [(styles[c.variant], path_dots(c, "Pass@1", metric)) for c in curves]
        _panel(axes, [line for line in lines if line[1]], f"panel-{place}")


def _above(axes: Axes, text: str, distance: float) -> Annotation:
    """Write a text above the axes, at the panel's left edge and a distance in points."""
    offset = (MARGIN - LEFT, distance)
    return axes.annotate(text, (0, 1), offset, xycoords="axes fraction", textcoords="offset points", va="bottom")


def _legend(figure: Figure, styles: Mapping[str, VariantStyle]) -> float:
    """Draw the legend in as many columns as fit, and return its height."""
    from matplotlib.lines import Line2D

    entries = [(COLOURS[style.colour], _printable(style.label)) for style in styles.values() if style.highlighted]
    others = sum(not style.highlighted for style in styles.values())
    if others:
        entries.append((GREY, f"{others} other variants"))
    handles = [
        Line2D([], [], color=colour, linewidth=2.25, label="\n".join(wrap(label, 100)) or label)
        for colour, label in entries
    ]
    figure.set_size_inches(WIDTH / 72, PANEL / 72)
    for columns in range(max(len(handles), 1), 0, -1):
        for legend in figure.legends:
            legend.remove()
        legend = figure.legend(
            handles=handles,
            loc="upper left",
            ncols=columns,
            frameon=False,
            borderpad=0.3,
            borderaxespad=0,
            handlelength=1.7,
            columnspacing=1.6,
            labelspacing=0.4,
        )
        extent = legend.get_window_extent()
        if extent.width * 72 / figure.dpi <= WIDTH - 2 * MARGIN:
            break
    return extent.height * 72 / figure.dpi


def _panel(axes: Axes, lines: Lines, panel: str) -> None:
    if not lines:
        axes.set_axis_off()
        axes.text(0, 1, "No numbers were recorded.", color=QUIET, va="top", transform=axes.transAxes)
        return
    for order, (style, dots) in enumerate(sorted(lines, key=lambda line: line[0].highlighted), 2):
        _line(axes, style, dots, order, f"{panel}-variant-{style.place}")
    for limits, set_limits in ((axes.get_xlim(), axes.set_xlim), (axes.get_ylim(), axes.set_ylim)):
        set_limits(max(limits[0], 0.0), min(limits[1], 1.0))  # a share
    axes.tick_params(length=0, pad=5)
    axes.set_xlabel("Pass@1", loc="right")


def _line(axes: Axes, style: VariantStyle, dots: Sequence[Dot], order: int, gid: str) -> None:
    x, y = [dot.x for dot in dots], [dot.y for dot in dots]
    if not style.highlighted:
        axes.plot(x, y, color=GREY, linewidth=0.75, zorder=order, gid=gid)
        axes.plot(x[-1:], y[-1:], "o", color=GREY, markersize=3.75, zorder=order, clip_on=False)
        return
    colour = COLOURS[style.colour]
    axes.hlines(y, *_ends(x, [dot.x_interval for dot in dots]), color=colour, alpha=0.45, linewidth=0.75, zorder=order)
    axes.vlines(x, *_ends(y, [dot.y_interval for dot in dots]), color=colour, alpha=0.45, linewidth=0.75, zorder=order)
    axes.plot(x, y, color=colour, linewidth=1.5, zorder=order, gid=gid)
    axes.plot(x[:-1], y[:-1], "o", color=colour, markersize=3.9, zorder=order, clip_on=False)
    (ring,) = axes.plot(x[-1:], y[-1:], "o", color=colour, markersize=7.5, zorder=order, clip_on=False)
    ring.set(markerfacecolor=PAPER, markeredgewidth=1.65)


def _ends(values: Sequence[float], intervals: Sequence[tuple[float, float] | None]) -> tuple[list[float], list[float]]:
    """Return the lower and the upper ends of intervals; a missing one has no width."""
    both = [(value, value) if interval is None else interval for value, interval in zip(values, intervals, strict=True)]
    return [low for low, _ in both], [high for _, high in both]


def _printable(text: str) -> str:
    """Return a label in which characters that XML does not allow are replaced."""
    return re.sub("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
