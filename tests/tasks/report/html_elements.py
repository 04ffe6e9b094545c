"""The elements and texts that an HTML parser sees in a page, and the numbers of a text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from tasks.report.formatting import MINUS


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its texts, scripts included."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def cells_of(page: str) -> list[str]:
    """Return the texts of a page's table cells, as they are escaped."""
    return re.findall(r"<td>([^<]*)", page)


def numbers_of(text: str) -> list[float]:
    """Return the numbers of a text in its order, with true minus signs."""
    return [float(found) for found in re.findall(r"(?:(?<![\w.])-)?\d+(?:\.\d+)?", text.replace(MINUS, "-"))]
