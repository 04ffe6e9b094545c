"""The text of a response that is its answer: everything outside of <think>...</think>."""

from __future__ import annotations

_OPEN, _CLOSE = "<think>", "</think>"


def answer_text(response: str) -> str | None:
    """Return the response without its thinking; None where thinking begins and does not end."""
    end = response.rfind(_CLOSE)
    if end >= 0:
        response = response[end + len(_CLOSE) :]
    return None if _OPEN in response else response
