"""The data of the page's browser of sample groups. Model output is hostile: it travels as JSON that cannot end its script element, and
the page's script puts it in place as text only."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tasks.report.data import Group

TEXT_BYTES = 1_000_000  # of all prompts and responses together, so that a page opens at once


def groups_json(groups: Sequence[Group], correct_at: float) -> str:
    """The groups as ASCII JSON without `<`, `>` or `&`. Texts are cut in the middle where all together they would be too long."""
    texts = sum(1 + len(group.responses) for group in groups)
    limit = TEXT_BYTES // max(texts, 1)
    rows = [asdict(group) for group in groups]
    for row in rows:
        row["prompt"] = cut(row["prompt"], limit)
        for response in row["responses"]:
            response |= {name: plain(value) for name, value in response.items()} | {
                "text": cut(response["text"], limit)
            }
    return embed({"correct_at": correct_at, "groups": rows})


def embed(value: Any) -> str:
    """JSON for a script element: the HTML parser sees no markup in it."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def plain(value: Any) -> Any:
    """JSON knows no NaN and no infinity; the page shows them as the words that they are."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def cut(text: str, limit: int) -> str:
    """At most about `limit` bytes once embedded: the first two thirds and the end, where the answer is, with a note between."""
    size = len(embed(text))
    if size <= limit:
        return text
    keep = len(text) * limit // size
    head = keep * 2 // 3
    tail = keep - head
    return f"{text[:head]}\n[... {len(text) - keep} characters are left out here; the artifact has them ...]\n{text[len(text) - tail :]}"
