"""The rollout engines by name: their classes, and their options from a spec.

`specs/engines.py` declares the shipped ones; `tasks/rollout/<name>_engine.py` has each one's class as `ENGINE`,
imported when it is first named, and with it the engine's library. `rollout.engine: my_engine.py:Name` names a class
of a user's own that derives from `RolloutEngine` (tasks/rollout/protocol.py).
"""

from __future__ import annotations

import importlib
import inspect
from dataclasses import asdict
from typing import Any

from infra.errors import EngineError
from specs.engines import ENGINES
from specs.plugins import is_plugin
from specs.schema import Spec
from tasks.plugins import load_plugin
from tasks.rollout.protocol import RolloutEngine

KEY = "rollout.engine"


def engine_names() -> tuple[str, ...]:
    """Return the names of the shipped engines."""
    return tuple(ENGINES)


def engine_class(name: str) -> type[RolloutEngine]:
    """Return the class of the engine called `name`.

    Raises EngineError where there is none, SpecError where a file does not load.
    """
    if is_plugin(name):
        found = load_plugin(name, KEY)
        if not (inspect.isclass(found) and issubclass(found, RolloutEngine)):
            raise EngineError(f"{KEY}: {name} is no class that derives from RolloutEngine of tasks.rollout.protocol")
        return found
    if name not in ENGINES:
        raise EngineError(f"{KEY}: no engine {name!r}; there are {', '.join(ENGINES)}, or your own: my_engine.py:Name")
    shipped: type[RolloutEngine] = importlib.import_module(f"tasks.rollout.{name}_engine").ENGINE
    return shipped


def engine_options(spec: Spec, longest_response: int) -> dict[str, Any]:
    """Return the options (JSON) of the spec's engine. `longest_response`: tokens, in training and in evaluations."""
    return asdict(engine_class(spec.rollout.engine).Options.from_spec(spec, longest_response))


def make_engine(name: str, options: dict[str, Any]) -> RolloutEngine:
    """Return the engine called `name`. EngineError for an unknown option."""
    engine = engine_class(name)
    try:
        return engine(engine.Options(**options))
    except TypeError as error:
        raise EngineError(f"rollout engine {name}: options {options}: {error}") from error
