"""The tokenizer that `tokenizer.json` describes, where the class that a model's configuration names would change it.

transformers 5 builds some classes (LlamaTokenizer, Qwen2Tokenizer, GemmaTokenizer) from the vocabulary alone, with
steps of their own around it. Models name a class that is not theirs: DeepSeek-R1-Distill-Llama is byte-level and says
LlamaTokenizerFast, so that its spaces are lost both ways (huggingface/transformers#45488).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

#: The steps around the model, and settings of theirs that change no token and no text: a byte-level decoder has those
#: of its pre-tokenizer, and uses none.
_STEPS = {
    "normalizer": frozenset[str](),
    "pre_tokenizer": frozenset({"trim_offsets"}),
    "decoder": frozenset({"trim_offsets", "add_prefix_space", "use_regex"}),
}
_FLAGS = ("byte_fallback", "fuse_unk", "ignore_merges")  # of a BPE model


def as_written(folder: Path, loaded: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """Return `loaded`, the tokenizer of a folder, or that of its tokenizer.json where the two treat text otherwise."""
    file = folder / "tokenizer.json"
    if not file.is_file():
        return loaded
    written = json.loads(file.read_text(encoding="utf-8"))
    if _treatment(_empty(written), written["model"]) == _treatment(loaded.backend_tokenizer, _flags_of(loaded)):
        return loaded
    raw = Tokenizer.from_file(str(file))
    # Those that the configuration leaves to the class.
    special = {name: str(token) for name, token in loaded.special_tokens_map.items()}
    known: dict[str, Any] = {name: token for name, token in special.items() if raw.token_to_id(token) is not None}
    tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True, **known)
    return tokenizer


def _empty(written: Mapping[str, Any]) -> Tokenizer:
    """Return the tokenizer of a tokenizer.json without its vocabulary: its steps, in the form of today's library."""
    without: dict[str, Any] = {
        "model": {"type": "BPE", "vocab": {}, "merges": []},
        "added_tokens": [],
        "post_processor": None,
    }
    return Tokenizer.from_str(json.dumps({**written, **without, "truncation": None, "padding": None}))


def _flags_of(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    model = tokenizer.backend_tokenizer.model
    return {name: getattr(model, name, False) for name in _FLAGS}


def _treatment(steps: Tokenizer, model: Mapping[str, Any]) -> list[Any]:
    """Return what decides how text is split and joined, but for the vocabulary."""
    states = [(getattr(steps, name), idle) for name, idle in _STEPS.items()]
    shown = [None if state is None else _without(json.loads(state.__getstate__()), idle) for state, idle in states]
    return [*shown, {name: bool(model.get(name)) for name in _FLAGS}]


def _without(state: Any, names: frozenset[str]) -> Any:
    """Return a step's settings without those of some names, also in the steps that it is made of."""
    if isinstance(state, list):
        return [_without(each, names) for each in state]
    if isinstance(state, dict):
        return {name: _without(value, names) for name, value in state.items() if name not in names}
    return state
