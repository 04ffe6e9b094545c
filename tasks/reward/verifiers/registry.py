"""The verifiers by name, and what the keys of a run hold of each.

A shipped one is a file of this folder with its class as `VERIFIER`, imported when it is first named; puzzles share one.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from specs.identity import verifier_parts
from specs.names import PUZZLES, verifier_problem
from specs.plugins import is_own_code
from specs.rewards import Reward
from tasks.data.answers import Reader, read_answer
from tasks.errors import VerifierError
from tasks.plugins import plugin_digest
from tasks.reward.verifiers.base import Verifier
from tasks.reward.verifiers.plugin import KEY, plugin_reader, plugin_verifier


def make_verifier(name: str, reward: Reward) -> Verifier:
    """Return the verifier called `name`, with the settings of a spec. VerifierError where there is none."""
    return plugin_verifier(name, reward) if is_own_code(name) else _class(name)(name, reward)


def reader_of(name: str) -> Reader:
    """Return the function that reads the references of the verifier called `name` from rows."""
    return plugin_reader(name) if is_own_code(name) else _class(name).read


def verifier_version(name: str) -> int:
    """Return the version of a verifier's code; 1 for one from outside, whose digest is in the key."""
    return 1 if is_own_code(name) else _class(name).VERSION


def verifier_key_part(name: str, reward: Reward) -> dict[str, Any]:
    """Return the part of a verdict's key that the verifier makes: its settings, its version where that is not 1.

    Of a verifier from outside: the digest of its file.
    """
    if is_own_code(name):
        return {"plugin": plugin_digest(name, KEY)}
    version = verifier_version(name)
    return {**verifier_parts(reward, [name]), **({} if version == 1 else {"verifier_version": version})}


def verifiers_key_part(names: Sequence[str], reward: Reward) -> dict[str, Any]:
    """Return the part of a verdict's key that the verifiers of the problems make: by name where there are several."""
    if len(names) == 1:
        return verifier_key_part(names[0], reward)
    return {"verifiers": {name: verifier_key_part(name, reward) for name in names}}


def reader_key_part(name: str) -> dict[str, Any]:
    """Return the part of the data's key that the verifier's reader of references makes; nothing at its version 1.

    Of a verifier from outside that has a reader of its own: the digest of its file.
    """
    if is_own_code(name):
        return {} if plugin_reader(name) is read_answer else {"reader": plugin_digest(name, KEY)}
    version = _class(name).READER_VERSION
    return {} if version == 1 else {"reader_version": version}


def _class(name: str) -> type[Verifier]:
    if (problem := verifier_problem(name)) is not None:
        raise VerifierError(f"{problem} (data.verifier names one)")
    module = "puzzle" if name in PUZZLES else name
    found: type[Verifier] = importlib.import_module(f"tasks.reward.verifiers.{module}").VERIFIER
    return found
