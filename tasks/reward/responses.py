"""The texts of responses as verifiers get them: with the tags of their thinking, whoever wrote those and however."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from transformers import PreTrainedTokenizerFast

from tasks.data.encode import decode, encode
from tasks.data.prompts import PromptFormat
from tasks.errors import DataError
from tasks.ragged import Ints
from tasks.records import EncodedProblem, Message, Problem
from tasks.reward.thinking import PAIRS, open_thought, thought_opened_at_end

_LAST = 64  # tokens of a raw prompt that are looked at
_PART = re.compile(r"<[^<>]+>|\[[^\[\]]+\]|◁[^◁▷]+▷")  # of a tag: what a tokenizer may have as one token


class ResponseTexts:
    """The texts of responses to encoded problems, for verifiers and readers.

    Special tokens are left out but for tags of thinking. A thought that the prompt opened begins with its tag here, so
    that one that never ends is seen.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self._tokenizer = tokenizer
        special = {token: each.content for token, each in tokenizer.added_tokens_decoder.items() if each.special}
        texts, parts = set(special.values()), [set(_PART.findall(tag)) for pair in PAIRS for tag in pair]
        kept = set[str]().union(*(each for each in parts if each <= texts))
        #: The special tokens that make up tags of thinking, by their ids.
        self.tags = {token: text for token, text in special.items() if text in kept}
        self._control = special.keys() - self.tags.keys()

    def of(self, items: Sequence[tuple[EncodedProblem, Ints]]) -> list[str]:
        """Return the text of each response (problem, token ids)."""
        prompts = {problem.problem.id: problem for problem, _ in items}
        opened = {name: self.opened(problem) for name, problem in prompts.items()}
        return [opened[problem.problem.id] + self._decoded(ids) for problem, ids in items]

    def opened(self, problem: EncodedProblem) -> str:
        """Return the tag of the thought that the end of a prompt leaves open for the response; "" where none is."""
        ids = problem.prompt_ids
        if self._tokenizer.chat_template is None:
            return thought_opened_at_end(str(self._tokenizer.decode(list(ids[-_LAST:]))))
        # The template's own text behind the user's, or what of it follows the last token that begins a turn.
        behind = ids[max(problem.content) + 1 :]
        begin = max((place + 1 for place, token in enumerate(behind) if token in self._control), default=0)
        return open_thought(str(self._tokenizer.decode(list(behind[begin:]))))

    def _decoded(self, ids: Ints) -> str:
        if not self.tags:
            return decode(ids, self._tokenizer)
        tokens = np.asarray(ids)
        marks = np.flatnonzero(np.isin(tokens, list(self.tags)))
        edges = [0, *(marks + 1).tolist()]
        pieces = [decode(tokens[a:b].tolist(), self._tokenizer) for a, b in zip(edges, [*marks, None], strict=True)]
        found = [self.tags[int(token)] for token in tokens[marks]]
        return "".join(text for pair in zip(pieces, [*found, ""], strict=True) for text in pair)


def thinking_key_part(tokenizer: PreTrainedTokenizerFast, form: PromptFormat) -> dict[str, Any]:
    """Return the part of a verdict's key that thinking makes; empty where it makes none.

    It has the tag that the chat template opens with the variables of `form`, and the tags that are special tokens.
    """
    texts = ResponseTexts(tokenizer)
    opened = _opened_by_template(texts, tokenizer, form) if tokenizer.chat_template is not None else ""
    found: dict[str, Any] = {"opened": opened} if opened else {}
    found |= {"special": sorted(texts.tags.values())} if texts.tags else {}
    return {"thinking": found} if found else {}


def _opened_by_template(texts: ResponseTexts, tokenizer: PreTrainedTokenizerFast, form: PromptFormat) -> str:
    probe = Problem("probe", (Message(role="user", content="1"),), "", {})
    try:
        return texts.opened(encode(probe, tokenizer, PromptFormat(system=form.system, chat=form.chat)))
    except DataError:  # a template that wants other messages, or changes them: the data step says so where it matters
        return ""
