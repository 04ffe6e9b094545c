"""Steps and their keys: a step's key is the content it depends on (design rule 3), known before anything runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any


def canonical(value: Any) -> str:
    """JSON with one spelling: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


@dataclass(frozen=True)
class Step:
    """A stage applied to inputs. `version` is the stage's integer; `inputs` is JSON: the part of the spec that the stage reads and
    the keys of the steps it takes from. Placement, token budget, ranks, threads and library versions are never in it."""

    stage: str
    version: int
    inputs: Mapping[str, Any]

    @cached_property
    def key(self) -> str:
        """64 hex digits."""
        text = canonical({"stage": self.stage, "version": self.version, "inputs": self.inputs})
        return hashlib.sha256(text.encode()).hexdigest()
