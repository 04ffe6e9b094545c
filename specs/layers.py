"""The layers of a spec: what each source says, and what is left of it under the layers above.

Where a later layer chooses another member of a section (`advantage.estimator`), what earlier ones said for the old
member and the new one lacks is dropped. What stands beside the choice, or comes after it, is kept, so that validation
refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from specs.base import USE
from specs.keys import RENAMED, Choice, choice_at, choices, leaves
from specs.text import KeyPath

TERMS: KeyPath = ("reward", "terms")


@dataclass(slots=True)
class Layer:
    """The values of one source (a file, the environment, `--set`), and the place of each."""

    value: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, str] = field(default_factory=dict)

    def put(self, value: Mapping[str, Any], origins: Mapping[KeyPath, str]) -> None:
        """Merge `value` over what is here. A value takes the place of all that stood at or below its path."""
        self.value = merge(self.value, value)
        for path, _ in leaves(value):
            above = {path[:end] for end in range(1, len(path))}
            self.origins = {
                old: at for old, at in self.origins.items() if old not in above and old[: len(path)] != path
            }
            self.origins[path] = origins[path]

    def without(self, section: KeyPath, keys: set[str]) -> Layer:
        """Return the layer without some keys of a section; without the section, where nothing else stands in it."""
        end = len(section)
        origins = {path: at for path, at in self.origins.items() if path[:end] != section or path[end] not in keys}
        return Layer(_without(self.value, section, keys), origins)


def _without(value: Mapping[str, Any], section: KeyPath, keys: set[str]) -> dict[str, Any]:
    if not section:
        return {key: each for key, each in value.items() if key not in keys}
    inner = _without(value[section[0]], section[1:], keys)
    others = {key: each for key, each in value.items() if key != section[0]}
    return {**others, section[0]: inner} if inner else others


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `over` upon `base`: mappings are merged, anything else is replaced."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        result[key] = merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return result


def merged(layers: Sequence[Layer]) -> Layer:
    """Return all layers as one, the last one on top."""
    whole = Layer()
    for layer in layers:
        whole.put(layer.value, layer.origins)
    return whole


def without_dropped(layers: Sequence[Layer], lenient: Sequence[Layer] = ()) -> list[Layer]:
    """Return the layers without what the member chosen in the end lacks and an earlier layer said.

    From the `lenient` ones such keys are dropped wherever they stand.
    """
    kept = list(layers)
    terms = {(*TERMS, name): None for layer in layers for name in _section(layer, TERMS)}
    chosen_anew = {**choices(), **{path: choice for path in terms if (choice := choice_at(path)) is not None}}
    for section, choice in chosen_anew.items():
        said = [_section(layer, section) for layer in layers]
        named = [choice.named_by(value) for value in said]
        chosen = max((index for index, name in enumerate(named) if name is not None), default=-1)
        member = choice.members.get(named[chosen] or "" if chosen >= 0 else choice.default)
        if member is None:  # no such member: validation says so
            continue
        for index, value in enumerate(said):
            inherited = index < chosen
            if inherited or (any(layers[index] is each for each in lenient) and index != chosen):
                strays = {key for key in value if key not in member.model_fields}
                if inherited and _other_code(said, index, chosen):
                    strays.add("args")
                if strays & value.keys():
                    kept[index] = kept[index].without(section, strays)
    return kept


def _section(layer: Layer, section: KeyPath) -> Mapping[str, Any]:
    value: Any = layer.value
    for key in section:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _other_code(said: Sequence[Mapping[str, Any]], index: int, chosen: int) -> bool:
    """Return whether the layer at `index` named other code of a user's than the one that is chosen."""
    before = [value[USE] for value in said[: index + 1] if USE in value]
    return USE in said[chosen] and before[-1:] != [said[chosen][USE]]


def current(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recorded spec's values under the keys of today: renamed, and without what the chosen members lack.

    Earlier versions recorded the fields of every estimator and objective, read or not.
    """
    result = dict(value)
    for section, choice in choices().items():
        if isinstance(said := result.get(section[0]), Mapping):
            result[section[0]] = _of_member(said, choice)
    for old, new in RENAMED.items():
        values = result.get(old[0])
        if isinstance(values, Mapping) and old[1] in values:
            result[old[0]] = {new[1] if key == old[1] else key: each for key, each in values.items()}
    return result


def _of_member(said: Mapping[str, Any], choice: Choice) -> dict[str, Any]:
    member = choice.members.get(choice.named_by(said) or choice.default)
    every = choice.fields()
    return {key: each for key, each in said.items() if member is None or key in member.model_fields or key not in every}
