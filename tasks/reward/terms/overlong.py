"""The term `overlong`: a punishment that grows as a response nears the limit of its length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from specs.rewards import Overlong
from tasks.reward.terms.base import ResponseGroup, TermScore
from tasks.reward.terms.built_in import BuiltInTerm

VERSION = 1


def soft_punishment(tokens: int, limit: int, cache: int) -> float:
    """Return DAPO's soft overlong punishment of a response, from 0 to -1 (arXiv 2503.14476, equation 13).

    0 up to `limit - cache` tokens, from there a straight line to -1 at `limit`, -1 beyond it. 0 < cache.
    """
    return -min(1.0, max(0, tokens - (limit - cache)) / cache) or 0.0  # "or": no -0.0


class OverlongTerm(BuiltInTerm[Overlong]):
    """DAPO's soft overlong punishment; a sampled end token counts as one of the response's tokens."""

    def scores(self, groups: Sequence[ResponseGroup]) -> list[list[TermScore]]:
        """Return the punishment of each response."""
        limit, cache = _limit(self.settings, self.max_response_tokens), self.settings.cache_tokens
        return [[TermScore(soft_punishment(len(ids), limit, cache)) for ids in group.token_ids] for group in groups]

    @classmethod
    def key_part(cls, settings: Overlong, max_response_tokens: int) -> dict[str, Any]:
        """Return the settings, with the limit that holds."""
        return {
            **super().key_part(settings, max_response_tokens),
            "max_tokens": _limit(settings, max_response_tokens),
        }


def _limit(settings: Overlong, max_response_tokens: int) -> int:
    return max_response_tokens if settings.max_tokens is None else settings.max_tokens


TERM = OverlongTerm
