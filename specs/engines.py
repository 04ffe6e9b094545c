"""Rollout engines as `rollout.engine` names them, and the traits of each that the rules of a spec ask for.

An engine is declared here and lies in `tasks/rollout/<name>_engine.py`. One from outside, `my_engine.py:Name`, needs
no entry: what it has no say in is assumed as of vLLM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from specs.plugins import is_plugin


@dataclass(frozen=True, slots=True)
class EngineDeclaration:
    """The traits of a rollout engine.

    `importance`: what `objective.importance_correction.mode: auto` means with it; `off` where it computes as the
    trainer does. `tensor_parallel`: one replica can take several GPUs.
    """

    importance: Literal["token", "off"] = "token"
    tensor_parallel: bool = True


ENGINES: Mapping[str, EngineDeclaration] = {
    "vllm": EngineDeclaration(),
    "transformers": EngineDeclaration(importance="off", tensor_parallel=False),
}
_PLUGIN = EngineDeclaration()


def declared_engine(name: str) -> EngineDeclaration:
    """Return the declaration of the engine called `name`, shipped or from outside. KeyError for a name that is none."""
    return _PLUGIN if is_plugin(name) else ENGINES[name]
