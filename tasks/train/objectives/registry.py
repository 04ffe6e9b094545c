"""From an objective's settings to its class: a file of this folder, found by name, or a user's own code."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

import torch
from torch import nn

import specs.objectives
from specs.errors import SpecError
from specs.keys import key_name
from specs.objectives import ObjectiveSettings, PluginObjective
from tasks.data.seeds import derive_seed
from tasks.plugins import error_line, load_member
from tasks.train.objectives.base import Objective
from tasks.train.objectives.entropy_target import EntropyTargeted
from tasks.train.objectives.high_entropy import HighEntropyOnly

USE = key_name(PluginObjective, "use")
REFERENCE = key_name(ObjectiveSettings, "reference")


def objective_of(settings: specs.objectives.Objective) -> Objective[Any]:
    """Return the objective that the settings name. Raises SpecError where it cannot be had."""
    if isinstance(settings, PluginObjective):
        made: Objective[Any] = _plugin(settings)
    else:
        made = _class_in(import_module(f"tasks.train.objectives.{settings.kind}"))(settings)
    if made.NEEDS_REFERENCE and settings.reads_reference is None:
        raise SpecError(
            f"{REFERENCE}: missing; objective {settings.kind} needs the log-probabilities of a reference policy: name "
            f"one, as {REFERENCE}: {{policy: start}}"
        )
    if settings.entropy_target is not None:
        made = EntropyTargeted(made, settings.entropy_target)
    if settings.high_entropy_share is not None:
        made = HighEntropyOnly(made, settings.high_entropy_share)
    return made


def head_of(settings: specs.objectives.Objective, hidden_size: int, seed: int) -> nn.Module | None:
    """Return the objective's head with its first values, the same on every rank."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "objective head"))
        return objective_of(settings).head(hidden_size)


def _class_in(module: ModuleType) -> type[Objective[Any]]:
    """Return the one subclass of Objective that the module defines."""
    (found,) = (
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Objective) and value.__module__ == module.__name__
    )
    return found


def _plugin(settings: PluginObjective) -> Objective[Any]:
    found = load_member(settings, USE)
    if not (isinstance(found, type) and issubclass(found, Objective)):
        raise SpecError(
            f"{USE}: {settings.use} is no objective; want a subclass of tasks.train.objectives.base.Objective"
        )
    if found.token_losses is Objective.token_losses:
        raise SpecError(f"{USE}: {settings.use} defines no token_losses(self, tokens), the loss of each token")
    try:
        return found(settings, **settings.args)
    except Exception as error:
        line = error_line(error, settings.path)
        raise SpecError(f"{USE}: {settings.use} cannot be made with its args {settings.args}: {line}") from error
