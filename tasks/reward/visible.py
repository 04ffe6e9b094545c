"""What of a response is its answer: the text outside of its thinking."""

from __future__ import annotations


def visible(response: str) -> str | None:
    """The response outside of its thinking; None where thinking began and never ended."""
    end = response.rfind("</think>")
    if end >= 0:
        response = response[end + len("</think>") :]
    start = response.find("<think>")
    if start >= 0:
        return None
    return response
