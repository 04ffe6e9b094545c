"""A group as terms read it, with what a test says of it and plain values for the rest."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.reward.terms.base import ResponseGroup


def group(
    *,
    texts: Sequence[str] = (),
    tokens: Sequence[Sequence[int]] | None = None,
    lengths: Sequence[int] | None = None,
    truncated: Sequence[bool] | None = None,
    correct: Sequence[bool | None] = (),
) -> ResponseGroup:
    if tokens is None:
        tokens = [range(length) for length in (lengths if lengths is not None else [len(text) for text in texts])]
    return ResponseGroup(
        problem_id="p-7",
        prompt="?",
        columns={},
        texts=tuple(texts) or ("",) * len(tokens),
        token_ids=tuple(map(tuple, tokens)),
        truncated=tuple(truncated) if truncated is not None else (False,) * len(tokens),
        iteration=0,
        correct=tuple(correct),
    )
