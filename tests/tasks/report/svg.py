"""The labels and lines of a picture that matplotlib drew as SVG."""

from __future__ import annotations

import re
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"
Points = list[tuple[float, float]]


def labels_of(picture: str) -> list[str]:
    """Return the texts of a picture in its order."""
    return ["".join(element.itertext()) for element in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def lines_of(picture: str) -> dict[str, tuple[Points, str]]:
    """Return {id: (points, colour)} of the lines that have an id of their own, `panel-<n>-variant-<n>`."""
    found = {}
    for group in ElementTree.fromstring(picture).iter(f"{SVG}g"):
        if (name := group.get("id", "")).startswith("panel-"):
            (path,) = group.iter(f"{SVG}path")
            points = re.findall(r"[ML] ([-\d.]+) ([-\d.]+)", path.get("d", ""))
            (colour,) = re.findall(r"stroke: (#\w+)", path.get("style", ""))
            found[name] = [(float(x), float(y)) for x, y in points], colour
    return found
