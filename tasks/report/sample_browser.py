"""The data of the page's browser of sample groups.

Model output is hostile: it travels as JSON that cannot end its script element, and the page's script shows it as text
only.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tasks.report.data import Group

TEXT_BYTES = 1_000_000  # of all prompts and responses together, so that a page opens at once


def groups_json(groups: Sequence[Group], correct_at: float) -> str:
    """Return the groups as ASCII JSON without `<`, `>` or `&`.

    Texts are cut in the middle if all of them together are longer than `TEXT_BYTES`.
    """
    texts = sum(1 + len(group.responses) for group in groups)
    limit = TEXT_BYTES // max(texts, 1)
    rows = [asdict(group) for group in groups]
    for row in rows:
        row["prompt"] = cut(row["prompt"], limit)
        for response in row["responses"]:
            text = cut(response["text"], limit)
            response |= {name: finite_or_text(value) for name, value in response.items()} | {"text": text}
            response["terms"] = {name: finite_or_text(value) for name, value in response["terms"].items()}
    return embed({"correct_at": correct_at, "groups": rows})


def embed(value: Any) -> str:
    """Return JSON for a script element, in which an HTML parser sees no markup."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def finite_or_text(value: Any) -> Any:
    """Return NaN and infinities, which JSON does not have, as words, and every other value as it is."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def cut(text: str, limit: int) -> str:
    """Return at most about `limit` bytes once embedded.

    A longer text keeps its beginning and its end, where the answer is, with a note between: two thirds and one third.
    """
    size = len(embed(text))
    if size <= limit:
        return text
    keep = len(text) * limit // size
    head = keep * 2 // 3
    tail = keep - head
    note = f"[... {len(text) - keep} characters are left out here; the artifact has them ...]"
    return f"{text[:head]}\n{note}\n{text[len(text) - tail :]}"
