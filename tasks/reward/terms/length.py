"""The term `length`: a reward for the length of a response, by whether it is right. A sampled end token counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from specs.rewards import Length
from tasks.errors import VerifierError
from tasks.reward.terms.base import ResponseGroup, TermScore
from tasks.reward.terms.built_in import BuiltInTerm

VERSION = 1


def cosine(tokens: int, limit: int, at_zero: float, at_limit: float) -> float:
    """Return CosFn of arXiv 2502.03373, section 4.2: `at_zero` for no token, `at_limit` for `limit` tokens.

    at_limit + (at_zero - at_limit) (1 + cos(pi tokens / limit)) / 2, where 0 <= tokens <= limit.
    """
    return at_limit + 0.5 * (at_zero - at_limit) * (1.0 + math.cos(math.pi * tokens / limit))


def cosine_reward(tokens: int, right: bool, truncated: bool, settings: Length, limit: int) -> float:
    """Return the cosine reward R(C, L_gen) of arXiv 2502.03373, section 4.2.

    Its third case, a response that exceeds the context, goes before the others, as in the authors' code. That is one
    which was cut at the limit: a response whose end token is the last one that fits is complete.
    """
    if truncated:
        return settings.truncated
    return cosine(tokens, limit, *(settings.right if right else settings.wrong))


def kimi_rewards(tokens: Sequence[int], right: Sequence[bool]) -> list[float]:
    """Return the length rewards of a group by Kimi k1.5 (arXiv 2501.12599, section 2.3.3).

    lambda = 0.5 - (tokens - shortest) / (longest - shortest) for a right response, min(0, lambda) for a wrong one; 0
    for all where all are equally long.
    """
    shortest, longest = min(tokens, default=0), max(tokens, default=0)
    if shortest == longest:
        return [0.0] * len(tokens)
    places = [0.5 - (each - shortest) / (longest - shortest) for each in tokens]
    return [place if good else min(0.0, place) for place, good in zip(places, right, strict=True)]


class LengthTerm(BuiltInTerm[Length]):
    """A reward for length; of a response that was not judged it says nothing.

    Kind kimi compares a response with the judged ones of its group, right and wrong.
    """

    def scores(self, groups: Sequence[ResponseGroup]) -> list[list[TermScore]]:
        """Return the reward of each response. VerifierError where nothing says which responses are right."""
        return [self._group(group) for group in groups]

    @classmethod
    def key_part(cls, settings: Length, max_response_tokens: int) -> dict[str, Any]:
        """Return the settings that the kind reads: cosine those of its curves and its limit, kimi none."""
        part = super().key_part(settings, max_response_tokens)
        if settings.kind == "kimi":
            return {"use": part["use"], "kind": part["kind"]}
        return {**part, "max_tokens": max_response_tokens}

    def _group(self, group: ResponseGroup) -> list[TermScore]:
        if len(group.correct) != len(group.token_ids):
            raise VerifierError(
                f"problem {group.problem_id}: a length term reads which responses are right, so it cannot be "
                "reward.outcome itself; name another term there"
            )
        judged = [k for k, right in enumerate(group.correct) if right is not None]
        tokens, right = [len(group.token_ids[k]) for k in judged], [group.correct[k] is True for k in judged]
        if self.settings.kind == "kimi":
            values = kimi_rewards(tokens, right)
        else:
            values = [
                cosine_reward(count, good, group.truncated[k], self.settings, self.max_response_tokens)
                for k, count, good in zip(judged, tokens, right, strict=True)
            ]
        scores = dict(zip(judged, map(TermScore, values), strict=True))
        return [scores.get(k, TermScore(None, detail="not judged")) for k in range(len(group.correct))]


TERM = LengthTerm
