"""The data sources by what `data.train` says, and what the keys of a run hold of them.

`specs/sources.py` declares them; `tasks/data/sources/<name>.py` has each one's class as `SOURCE`, imported when it is
first named.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from specs.errors import SpecError
from specs.identity import data_part
from specs.paths import REPOSITORY_ROOT
from specs.plugins import is_plugin
from specs.schema import Spec
from specs.sections import Data
from specs.sources import declared_source
from tasks.data.sources.base import Source
from tasks.reward.verifiers.registry import reader_key_part


def make_source(data: Data, folder: Path = REPOSITORY_ROOT, key: str = "data.train") -> Source:
    """Return the source that `data.train` names. Relative paths start at `folder`; `key`: the key that names it."""
    module = importlib.import_module(f"tasks.data.sources.{declared_source(data.train).name}")
    source: Source = module.SOURCE(data, folder, key)
    return source


def source_of(data: Data) -> Source:
    """Return the source of a spec's problems. SpecError where the settings ask for what a source from outside has not.

    Of a shipped one, the rules of a spec (specs/checks.py) have said so before.
    """
    source = make_source(data)
    if is_plugin(source.body) and (lines := _misfits(source)):
        raise SpecError("\n".join(lines))
    return source


def source_version(data: Data) -> int:
    """Return the version of the source's code; 1 for one from outside, whose digest its fingerprint holds."""
    return 1 if is_plugin(data.train.partition("?")[0]) else make_source(data).VERSION


def data_key_part(spec: Spec) -> dict[str, Any]:
    """Return the part of the data step's key that the spec's settings make, besides the source's fingerprint.

    A version is named only where it is not 1.
    """
    source, version = source_of(spec.data), source_version(spec.data)
    return {
        **source.key_part(data_part(spec)),
        **({} if version == 1 else {"source_version": version}),
        **reader_key_part(source.verifier),
    }


def _misfits(source: Source) -> Sequence[str]:
    data, lines = source.data, []
    if source.own_verifier is not None and data.verifier is not None:
        lines.append(f"data.verifier: got {data.verifier!r}, but data.train {data.train!r} brings its own; drop it")
    if source.own_verifier is None and data.verifier is None:
        lines.append(
            f"data.verifier: missing; data.train {data.train!r} brings none (a static method `verify` of its class), "
            "so name its verifier (math, code, choice, my_verifier.py:name)"
        )
    if data.heldout and not source.HELDOUT:
        lines.append(
            f"data.heldout: got {data.heldout}, but data.train {data.train!r} holds none out "
            "(its class sets no HELDOUT = True); set it to 0"
        )
    return lines
