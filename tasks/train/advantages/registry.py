"""From an estimator's settings to its functions: a file of this folder, found by name, or a user's own code.

`name` gives the advantages of the scores; `name_bonus`, where there is one, is added and reads the confidences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from specs.advantages import Advantage, PluginAdvantage
from specs.errors import SpecError
from specs.keys import key_name
from tasks.errors import TrainingError
from tasks.plugins import load_companion, load_member
from tasks.train.advantages.arm import Confidences, confidences_of
from tasks.train.advantages.groups import Groups
from tasks.train.own_code import own_code
from tasks.train.statistics import TokenStatistics

_USE = key_name(PluginAdvantage, "use")


@dataclass(frozen=True, slots=True)
class Advantages:
    """Float64 tensors [prompts, samples] ([prompts, 1] for c_q).

    Only entries of responses that the statistics cover may be read: the bonus of others rests on a c_o of 0.
    """

    base: Tensor
    bonus: Tensor
    total: Tensor
    c_q: Tensor
    c_o: Tensor


@dataclass(frozen=True, slots=True)
class Estimator:
    """An advantage estimator with its settings."""

    settings: Advantage
    _base: Callable[[Groups], Any]
    _bonus: Callable[[Groups, Confidences], Any] | None

    @property
    def reads_whole_groups(self) -> bool:
        """Return whether an advantage may depend on the confidences of the group's other responses."""
        own = isinstance(self.settings, PluginAdvantage) and self._bonus is not None
        return own or self.settings.prompt_confidence == "group_mean"

    def base(self, groups: Groups) -> Tensor:
        """Return what the scores alone give [prompts, samples]."""
        with own_code(self.settings, _USE):
            base = self._base(groups)
        return self._checked(base, groups)

    def advantages(self, base: Tensor, statistics: TokenStatistics, groups: Groups) -> Advantages:
        """Return the advantages of the responses in `statistics`; `base` is what `base(groups)` gave."""
        c = confidences_of(statistics, groups, self.settings)
        with own_code(self.settings, _USE):
            bonus = self._bonus(groups, c) if self._bonus is not None else None
        if bonus is None:
            return Advantages(base, torch.zeros_like(base), base, c.c_q, c.c_o)
        bonus = self._checked(bonus, groups)
        return Advantages(base, bonus, base + bonus, c.c_q, c.c_o)

    def _checked(self, values: Any, groups: Groups) -> Tensor:
        """Return the values of a user's function, 0 where not judged. Raises TrainingError for another shape."""
        if not isinstance(self.settings, PluginAdvantage):
            return values  # type: ignore[no-any-return]
        if not isinstance(values, Tensor) or values.shape != groups.scores.shape:
            got = f"a tensor {list(values.shape)}" if isinstance(values, Tensor) else type(values).__name__
            raise TrainingError(
                f"{_USE} {self.settings.use}: gave {got}, want a tensor [prompts, samples] = "
                f"{list(groups.scores.shape)}, one advantage per response"
            )
        return torch.where(groups.judged, values.detach().double().cpu(), 0.0)


def estimator_of(settings: Advantage) -> Estimator:
    """Return the estimator that the settings name. Raises SpecError where a user's own code cannot be imported."""
    if isinstance(settings, PluginAdvantage):
        function = load_member(settings, _USE)
        if isinstance(function, type):
            raise SpecError(f"{_USE}: {settings.use} is a class; want a function of Groups that returns advantages")
        bonus = load_companion(settings, "_bonus", _USE)
        arguments = settings.args
    else:
        module = import_module(f"tasks.train.advantages.{settings.estimator}")
        function = getattr(module, settings.estimator)
        bonus = getattr(module, f"{settings.estimator}_bonus", None)
        arguments = {"settings": settings}
    return Estimator(settings, partial(function, **arguments), partial(bonus, **arguments) if bonus else None)
