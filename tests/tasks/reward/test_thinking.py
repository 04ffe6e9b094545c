"""The answer of a response is the text outside of its thinking."""

from __future__ import annotations

import pytest

from tasks.reward.thinking import answer_text


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("plain", "plain"),
        ("<think>a</think> b", " b"),
        ("a</think>b", "b"),  # the chat template opened it
        ("<think>a</think>b<think>c</think>d", "d"),
        ("<think>never ends", None),
        ("a</think>b<think>c", None),
        ("", ""),
    ],
)
def test_thinking_is_left_out(response: str, answer: str | None) -> None:
    assert answer_text(response) == answer
