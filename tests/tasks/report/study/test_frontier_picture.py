"""The frontier's picture: its labels and places are those of the study, and a label cannot become anything else."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from tasks.report.study.charts import path_dots, variant_styles
from tasks.report.study.data import StudyReport
from tasks.report.study.frontier_picture import COLOURS, GREY, frontier_svg
from tasks.study.analysis import analyse
from tests.tasks.report.sample_report import HOSTILE
from tests.tasks.report.study.sample_study import report
from tests.tasks.report.svg import labels_of, lines_of


def drawn(of: StudyReport) -> str:
    analysis = analyse(of.ordered, of.design)
    return frontier_svg(of, analysis, variant_styles(of.variants, of.highlighted))


def test_every_variant_has_its_line_in_every_panel_at_the_places_of_its_numbers() -> None:
    """A picture's coordinates are a linear map of the numbers, the same for all lines of a panel."""
    made = report(more=6, seeds=(0, 1), settings=("countdown", "graph"))
    analysis = analyse(made.ordered, made.design)
    styles = variant_styles(made.variants, made.highlighted)
    lines = lines_of(drawn(made))
    assert len(lines) == 2 * 8
    for panel, setting in enumerate(("countdown", "graph")):
        pairs = []
        for variant, style in styles.items():
            curve = analysis.curve_of(setting, variant, 1.0)
            assert curve is not None
            points, colour = lines[f"panel-{panel}-variant-{style.place}"]
            dots = path_dots(curve, "Pass@1", "Pass@32")
            assert len(points) == len(dots) == 5
            assert colour == (COLOURS[style.colour] if style.highlighted else GREY)
            pairs += [((dot.x, x), (dot.y, y)) for dot, (x, y) in zip(dots, points, strict=True)]
        for side, upwards in ((0, 1), (1, -1)):
            values, places = zip(*(pair[side] for pair in pairs), strict=True)
            low, high = values.index(min(values)), values.index(max(values))
            scale = (places[high] - places[low]) / (values[high] - values[low])
            assert scale * upwards > 0
            wanted = [places[low] + scale * (value - values[low]) for value in values]
            assert places == pytest.approx(wanted, abs=1e-3)


def test_labels_name_the_study_its_settings_variants_and_axes() -> None:
    labels = labels_of(drawn(report(more=6, seeds=(0, 1), settings=("countdown", "graph"))))
    assert {"Study", "Setting countdown", "Setting graph", "GRPO", "ARM", "2 other variants"} <= set(labels)
    assert labels.count("Pass@1") == labels.count("Pass@32") == 2
    assert any("T = 1" in label and "Mean over 2 seeds" in label for label in labels)
    assert any("One seed" in label for label in labels_of(drawn(report(seeds=(0,)))))


def test_the_same_numbers_give_the_same_bytes() -> None:
    made = report(seeds=(0, 1))
    assert drawn(made) == drawn(made)


def test_it_needs_nothing_else_and_styles_nothing_else() -> None:
    """A page that holds it is styled by its own rules alone."""
    picture = drawn(report())
    root = ElementTree.fromstring(picture)
    assert root.get("role") == "img" and root.get("aria-label")
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags.isdisjoint({"style", "script", "image", "metadata", "foreignObject"})
    addresses = re.findall(r'(?:href="|url\()([^")]+)', picture)
    assert addresses and all(address.startswith("#") for address in addresses)
    assert "class=" not in picture


@pytest.mark.parametrize("text", ["<&>\"'", "$x^2$ and \\alpha", HOSTILE, "\u4e2d\u6587 \U0001f600"])
def test_a_label_is_shown_as_it_is(text: str) -> None:
    """Letters that XML cannot hold are replaced; a dollar sign begins no formula."""
    made = report(text=text, seeds=(0, 1))
    plain, root = drawn(report(seeds=(0, 1))), ElementTree.fromstring(drawn(made).encode())
    tags = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert set(tags) == {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(plain).iter()}
    shown = " ".join("".join(element.itertext()) for element in root.iter() if element.tag.endswith("text"))
    assert f"Study{text}".translate({0: "\ufffd", 0xD800: "\ufffd"}) in shown


def test_no_axis_of_pass_at_k_leaves_what_a_share_can_be() -> None:
    """With two seeds, an interval of the t with one degree of freedom is wider than 0 to 1."""
    made = report(seeds=(0, 1))
    analysis = analyse(made.ordered, made.design)
    intervals = [point.means["Pass@32"].over_seeds for curve in analysis.curves for point in curve.points]
    assert max(interval[1] for interval in intervals if interval is not None) > 1.2
    ticks = [float(label) for label in labels_of(drawn(made)) if re.fullmatch(r"-?\d\.\d+", label)]
    assert len(ticks) > 4 and all(0 <= tick <= 1 for tick in ticks), ticks
