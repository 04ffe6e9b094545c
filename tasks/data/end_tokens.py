"""The tokens that end a response: all that the model, its tokenizer and its chat template end a turn with.

They differ in many models: gemma-3-it ends turns with a token that is not its tokenizer's eos_token, and a base model
that is asked through a chat template ends them as the template does. A response that ends with one that is not known
runs on to the limit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerFast

from tasks.data.template_clock import strftime_now
from tasks.errors import DataError

_MARK = "␂answer␃"


def end_tokens(
    tokenizer: PreTrainedTokenizerFast, model: Path | None, chat: Mapping[str, Any] | None = None
) -> tuple[int, ...]:
    """Return the ids of the end tokens, the tokenizer's own first, then in ascending order.

    They are its eos_token, those of `generation_config.json` in `model`, a folder in Hugging Face format, and the
    token with which the chat template, given the variables `chat`, ends the assistant's turn. Raises DataError where
    that file cannot be read.
    """
    own = int(tokenizer.eos_token_id)
    others = {*_of_generation(model), *_of_template(tokenizer, chat or {})} - {own}
    return (own, *sorted(others))


def _of_generation(model: Path | None) -> Iterator[int]:
    file = model / "generation_config.json" if model is not None else None
    if file is None or not file.is_file():
        return
    try:
        stated = json.loads(file.read_text()).get("eos_token_id")
        ids = [each for each in (stated if isinstance(stated, list) else [stated]) if each is not None]
        if not all(type(each) is int and each >= 0 for each in ids):
            raise ValueError(f"got {stated!r}, want token ids")
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(f"policy.model: {file}: eos_token_id cannot be read ({error}): write the file anew") from error
    yield from ids


def _of_template(tokenizer: PreTrainedTokenizerFast, chat: Mapping[str, Any]) -> Iterator[int]:
    """Yield the special token behind the assistant's words, where the chat template writes one there."""
    if tokenizer.chat_template is None:
        return
    turns = [{"role": "user", "content": "1"}, {"role": "assistant", "content": _MARK}]
    try:
        text = str(tokenizer.apply_chat_template(turns, tokenize=False, strftime_now=strftime_now, **chat))
    except (TemplateError, DataError):  # a template that wants other messages: the data step says so where it matters
        return
    _, shown, behind = text.rpartition(_MARK)
    behind = behind.strip() if shown else ""  # a template that changes the words shows no end of them
    ids: list[int] = tokenizer(behind, add_special_tokens=False)["input_ids"] if behind else []
    special = {token for token, each in tokenizer.added_tokens_decoder.items() if each.special}
    yield from (token for token in ids[:1] if token in special)
