"""The terms of a reward by the `use` of their settings, and what the keys of a run hold of each.

A built-in one is a file of this folder, imported when it is first used. Verifiers are terms too, which
`tasks/reward/verifiers` makes.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from specs.rewards import BUILT_IN, OwnTerm, Reward, TermSettings
from tasks.errors import VerifierError
from tasks.reward.terms.base import Term


def make_term(name: str, settings: TermSettings, reward: Reward, max_response_tokens: int) -> Term:
    """Return the term `reward.terms.<name>`, a built-in one or a user's own function. VerifierError for a verifier."""
    if isinstance(settings, OwnTerm):
        # Only a reward with a function of the user's needs what runs it.
        from tasks.reward.functions.own_term import OwnFunction

        own: Term = OwnFunction(name, settings, workers=reward.workers)
        return own
    term: Term = _module(settings, name).TERM(settings, reward, max_response_tokens)
    return term


def term_key_part(settings: TermSettings, max_response_tokens: int) -> dict[str, Any]:
    """Return the part of a score's key that the term makes: `use`, what decides its scores, its version where not 1.

    VerifierError for a verifier, whose part is `verifier_key_part`.
    """
    if isinstance(settings, OwnTerm):
        from tasks.reward.functions.key import own_term_key_part

        own: dict[str, Any] = own_term_key_part(settings)
        return own
    module = _module(settings)
    part: dict[str, Any] = module.TERM.key_part(settings, max_response_tokens)
    return part if module.VERSION == 1 else {**part, "version": module.VERSION}


def _module(settings: TermSettings, name: str = "<name>") -> ModuleType:
    """Return the file of a built-in term. VerifierError for another one."""
    if settings.tag not in BUILT_IN:
        raise VerifierError(
            f"reward.terms.{name}: {settings.tag} is a verifier, which judges by each problem's reference; a term that "
            f"is made of the response alone is {', '.join(BUILT_IN)} or your own: my_rewards.py:name"
        )
    return importlib.import_module(f"tasks.reward.terms.{settings.tag}")
