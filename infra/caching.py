"""Steps and their keys: a step's key is the digest of the content that it depends on, known before anything runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Reference = tuple[str, str]  # (stage, key); ("samples", set)


def parse_reference(text: str) -> Reference:
    """Return (stage, key) of `<stage>/<key>`. Raises ValueError."""
    stage, slash, key = text.partition("/")
    if not slash:
        raise ValueError(f"{text} is no stage/key")
    return stage, key


def canonical(value: Any) -> str:
    """Return `value` as JSON with one spelling: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def key_of(stage: str, version: int, inputs: Mapping[str, Any]) -> str:
    """Return the key of a step, in 64 hex digits."""
    text = canonical({"stage": stage, "version": version, "inputs": inputs})
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Step:
    """A stage applied to inputs.

    `version` is the stage's integer. `inputs` is JSON: the settings that the stage reads and the keys of the steps
    that it takes from; placement, token budget, ranks, threads and library versions are never in it. `references`
    names what of the store has to stay as long as this step does (`<stage>/<key>`, `samples/<set>`); it is not part
    of the key.
    """

    stage: str
    version: int
    inputs: Mapping[str, Any]
    references: tuple[str, ...] = field(default=(), compare=False)

    @cached_property
    def key(self) -> str:
        """Return 64 hex digits."""
        return key_of(self.stage, self.version, self.inputs)

    @property
    def reference(self) -> str:
        """Return `<stage>/<key>`, as other steps and records name this one."""
        return f"{self.stage}/{self.key}"


@dataclass(frozen=True)
class NamedStep(Step):
    """A step with a name of its own in place of the digest: weights lie under their policy's lineage.

    Its only input is that name, under the stage's: `{"policy": <lineage>}`, by which its manifest is checked.
    """

    name: str = ""

    @cached_property
    def key(self) -> str:
        """Return the step's own name."""
        return self.name
