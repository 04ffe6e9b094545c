from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from specs.errors import SpecError
from specs.keys import fields_at, section_of
from specs.load import load_spec
from specs.text import KeyPath

PUZZLE = """\
name: tiny
policy: {init: scratch, dtype: float32}
data: {train: "puzzle:countdown", heldout: 8}
rollout: {engine: transformers, prompts: 4, samples: 4, max_prompt_tokens: 16, max_response_tokens: 12}
train: {minibatch_prompts: 2}
"""
MODEL = """\
name: tiny
policy: {model: Qwen/Qwen2.5-7B}
data: {train: some/problems.jsonl, verifier: math}
"""


def every_key(path: KeyPath = ()) -> list[KeyPath]:
    """Every key of a spec, sections and what is in them."""
    keys: list[KeyPath] = []
    for name, info in fields_at(path).items():
        keys.append((*path, name))
        if section_of(info.annotation):
            keys += every_key((*path, name))
    return keys


LEAVES = [path for path in every_key() if not fields_at(path)]


Write = Callable[..., Path]
Lines = Callable[..., list[str]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write spec text to a file of the test's folder, and return its path."""

    def writer(text: str, name: str = "x.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return writer


@pytest.fixture
def problems(write: Write) -> Lines:
    """The lines of the SpecError that loading the text gives."""

    def lines(text: str, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(SpecError) as caught:
            load_spec(write(text), overrides, environ or {})
        return str(caught.value).splitlines()

    return lines
