"""The data sources by what `data.train` says, and what the keys of a run hold of them.

`specs/sources.py` declares them; `tasks/data/sources/<name>.py` has each one's class as `SOURCE`, imported when it is
first named.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from specs.errors import SpecError
from specs.identity import data_part
from specs.paths import REPOSITORY_ROOT
from specs.plugins import is_plugin
from specs.schema import Spec
from specs.sections import Data
from specs.sources import declared_source, parts_of
from tasks.data.mixture import MixtureSource
from tasks.data.sources.base import Source
from tasks.reward.verifiers.registry import reader_key_part


def make_source(data: Data, folder: Path = REPOSITORY_ROOT, key: str = "data.train") -> Source:
    """Return the source that `data.train` names. Relative paths start at `folder`; `key`: the key that names it."""
    if isinstance(data.train, dict):
        return MixtureSource(data, dict(_parts(data, folder)), folder, key)
    module = importlib.import_module(f"tasks.data.sources.{declared_source(data.train).name}")
    source: Source = module.SOURCE(data, folder, key)
    return source


def _parts(data: Data, folder: Path) -> Iterator[tuple[str, Source]]:
    """Yield the name and the source of each part of a mixture. An inherited verifier gives way to the source's own."""
    assert isinstance(data.train, dict)
    for part in parts_of(data):
        source = make_source(part.data, folder, part.key)
        if source.own_verifier is not None and data.train[part.name].verifier is None:
            source = make_source(part.data.model_copy(update={"verifier": None}), folder, part.key)
        yield part.name, source


def source_of(data: Data) -> Source:
    """Return the source of a spec's problems. SpecError where the settings ask for what a source from outside has not.

    Of a shipped one, the rules of a spec (specs/checks.py) have said so before.
    """
    source = make_source(data)
    lines = [line for each in _single(source) if is_plugin(each.body) for line in _misfits(each)]
    if lines:
        raise SpecError("\n".join(lines))
    return source


def source_version(data: Data) -> int:
    """Return the version of the source's code; 1 for one from outside, whose digest its fingerprint holds."""
    return 1 if is_plugin(data.source.partition("?")[0]) else make_source(data).VERSION


def data_key_part(spec: Spec) -> dict[str, Any]:
    """Return the part of the data step's key that the spec's settings make, besides the source's fingerprint.

    A version is named only where it is not 1.
    """
    source = source_of(spec.data)
    if isinstance(source, MixtureSource):
        parts = {name: _key_part(part, data_part(spec, part.data)) for name, part in source.parts.items()}
        return {"mixture": parts, "heldout": spec.data.heldout}
    return _key_part(source, data_part(spec))


def _key_part(source: Source, part: Mapping[str, Any]) -> dict[str, Any]:
    version = source_version(source.data)
    return {
        **source.key_part(part),
        **({} if version == 1 else {"source_version": version}),
        **reader_key_part(source.verifier),
    }


def _single(source: Source) -> list[Source]:
    return list(source.parts.values()) if isinstance(source, MixtureSource) else [source]


def _misfits(source: Source) -> Sequence[str]:
    data, key, lines = source.data, source.key.removesuffix(".train").removesuffix(".source"), []
    if source.own_verifier is not None and data.verifier is not None:
        lines.append(f"{key}.verifier: got {data.verifier!r}, but {source.key} {data.train!r} brings its own; drop it")
    if source.own_verifier is None and data.verifier is None:
        lines.append(
            f"{key}.verifier: missing; {source.key} {data.train!r} brings none (a static method `verify` of its "
            "class), so name its verifier (math, code, choice, my_verifier.py:name)"
        )
    if data.heldout and not source.HELDOUT:
        lines.append(
            f"data.heldout: got {data.heldout}, but data.train {data.train!r} holds none out "
            "(its class sets no HELDOUT = True); set it to 0"
        )
    return lines
