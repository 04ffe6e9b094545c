"""The base of the built-in terms, each in a file of its own as `TERM`, with the `VERSION` of its scores beside it."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from specs.rewards import Reward, TermSettings
from tasks.reward.terms.base import Term

Settings = TypeVar("Settings", bound=TermSettings)


class BuiltInTerm(Term, Generic[Settings]):
    """A term with its settings; a response has at most `max_response_tokens` tokens."""

    def __init__(self, settings: Settings, reward: Reward, max_response_tokens: int) -> None:
        self.settings, self.reward, self.max_response_tokens = settings, reward, max_response_tokens

    @classmethod
    def key_part(cls, settings: Settings, max_response_tokens: int) -> dict[str, Any]:
        """Return what decides the scores: all settings but the weight, which only training reads."""
        return settings.model_dump(mode="json", exclude={"weight"})
