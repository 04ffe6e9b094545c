"""From a problem to token ids and back: prompt template, chat template, and the tokens of the user's own words.

The user turns' content is located by rendering the chat template twice, once with the real content and once with
placeholders: what stands around the placeholders is the template's own text, and only if the two renderings agree
piece by piece are the spans between them taken as content. Tokens are matched to those spans by their character
offsets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jinja2 import TemplateError
from transformers import PreTrainedTokenizerFast

from tasks.data.columns import HALF_CHARACTER, whole_characters
from tasks.data.prompts import PromptFormat
from tasks.data.template_clock import strftime_now
from tasks.errors import DataError
from tasks.ragged import Ints
from tasks.records import EncodedProblem, Message, Problem

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class EncodedData:
    """Encoded problems, and the number of those left out because their prompt was too long."""

    problems: tuple[EncodedProblem, ...]
    dropped: int


def encode_all(
    problems: Iterable[Problem],
    tokenizer: PreTrainedTokenizerFast,
    form: PromptFormat,
    max_prompt_tokens: int,
    drop_long_prompts: bool = False,
) -> EncodedData:
    """Encode `problems`. A prompt of more than `max_prompt_tokens` tokens is a DataError, or dropped and counted."""
    form.check(tokenizer.chat_template)
    kept: list[EncodedProblem] = []
    dropped = 0
    for problem in problems:
        encoded = encode(problem, tokenizer, form)
        length = len(encoded.prompt_ids)
        if length <= max_prompt_tokens:
            kept.append(encoded)
        elif drop_long_prompts:
            dropped += 1
        else:
            raise too_long(encoded, max_prompt_tokens)
    return EncodedData(tuple(kept), dropped)


def too_long(problem: EncodedProblem, limit: int) -> DataError:
    """Return the error for a prompt over the limit."""
    return DataError(
        f"problem {problem.problem.id}: its prompt has {len(problem.prompt_ids)} tokens, rollout.max_prompt_tokens is "
        f"{limit}: raise it, or set data.drop_long_prompts"
    )


def encode(problem: Problem, tokenizer: PreTrainedTokenizerFast, form: PromptFormat) -> EncodedProblem:
    """Return `problem` as the policy sees it.

    Its messages are those of `form`, rendered by the tokenizer's chat template with the assistant's turn opened; they
    are raw text, all of it content, if the tokenizer has no chat template. Raises DataError.
    """
    try:
        messages = form.messages(problem.prompt)
    except DataError as error:
        raise DataError(f"problem {problem.id}: {error}") from None
    if not all(whole_characters(message["content"]) for message in messages):
        raise DataError(f"problem {problem.id}: its prompt: {HALF_CHARACTER}")
    if tokenizer.chat_template is None:
        if form.system is not None:
            raise DataError(f"problem {problem.id}: the tokenizer has no chat template for data.system: drop it")
        if len(messages) != 1:
            raise DataError(f"problem {problem.id}: {len(messages)} messages, but the tokenizer has no chat template")
        text = messages[0]["content"]
        spans = [(0, len(text))]
    else:
        text, spans = _render_and_locate(problem, tokenizer, messages, form.chat)
        _refuse_unseen(problem, messages, text)
    # A chat template writes its own special tokens; raw text gets those that the tokenizer adds by itself (such as
    # <bos>).
    encoding = tokenizer(text, add_special_tokens=tokenizer.chat_template is None, return_offsets_mapping=True)
    prompt_ids: list[int] = encoding["input_ids"]
    offsets = encoding["offset_mapping"]
    # Some special tokens (Phi's) take the white space beside them along, the user's too: they stay the template's.
    content = [
        place
        for place in _inside(offsets, spans)
        if any(begin <= offsets[place][0] and offsets[place][1] <= end for begin, end in spans)
        or prompt_ids[place] not in tokenizer.added_tokens_decoder
    ]
    if not content:
        raise DataError(f"problem {problem.id}: its prompt has no content token")
    _refuse_unknown(problem, tokenizer, prompt_ids, content)
    return EncodedProblem(problem, tuple(prompt_ids), tuple(content))


def content_key_part(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    """Return the part of the data's key that content makes.

    Empty but for tokenizers with special tokens that take white space along: theirs was once taken for content.
    """
    greedy = any(token.lstrip or token.rstrip for token in tokenizer.added_tokens_decoder.values())
    return {"content": "without special tokens"} if greedy and tokenizer.chat_template is not None else {}


def encode_responses(texts: Sequence[str], tokenizer: PreTrainedTokenizerFast) -> list[tuple[int, ...]]:
    """Return demonstrations as response token ids, the end token included. DataError for an unknown word."""
    encoded: list[list[int]] = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
    for text, ids in zip(texts, encoded, strict=True):
        if tokenizer.unk_token_id is not None and tokenizer.unk_token_id in ids:
            raise DataError(f"demonstration {text!r}: it holds a word that the tokenizer does not know")
    return [(*ids, tokenizer.eos_token_id) for ids in encoded]


def decode(response_ids: Ints, tokenizer: PreTrainedTokenizerFast) -> str:
    """Return the text of a response without special tokens, for verifiers and readers; it is never tokenised again."""
    return str(tokenizer.decode(np.asarray(response_ids).tolist(), skip_special_tokens=True))


def _render(
    problem: Problem, tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message], chat: Mapping[str, Any]
) -> str:
    conversation: list[dict[str, Any]] = [dict(message) for message in messages]
    try:
        return str(
            tokenizer.apply_chat_template(
                conversation, tokenize=False, add_generation_prompt=True, strftime_now=strftime_now, **chat
            )
        )
    except DataError as error:
        raise DataError(f"problem {problem.id}: {error}") from None
    except (TemplateError, TypeError) as error:
        roles = ", ".join(message["role"] for message in messages)
        raise DataError(
            f"problem {problem.id}: the chat template refuses its messages ({roles}): {str(error).rstrip('.')}: "
            + _advice(problem, tokenizer, messages, chat)
        ) from error


def _advice(
    problem: Problem, tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message], chat: Mapping[str, Any]
) -> str:
    """Return what to do about messages that the chat template refuses: it may take them without a system message."""
    others = [message for message in messages if message["role"] != "system"]
    if len(others) == len(messages):
        return "mend the row's messages"
    try:
        _render(problem, tokenizer, others, chat)
    except DataError:
        return "mend the row's messages"
    return f"it takes no system message: {_INSTEAD[_has_system(problem)]}"


#: What to do instead of a system message, by whether the row has it (or else `data.system`).
_INSTEAD = {False: "drop data.system, and say it in data.prompt", True: "say it in the row's first user message"}


def _has_system(problem: Problem) -> bool:
    return any(message["role"] == "system" for message in problem.prompt)


def _refuse_unseen(problem: Problem, messages: Sequence[Message], text: str) -> None:
    """Raise DataError where the rendered text lacks a system message: the policy would never see it."""
    if any(message["role"] == "system" and message["content"].strip() not in text for message in messages):
        own = _has_system(problem)
        raise DataError(
            f"problem {problem.id}: the chat template does not show {'its system message' if own else 'data.system'}: "
            f"{_INSTEAD[own]}"
        )


def _render_and_locate(
    problem: Problem, tokenizer: PreTrainedTokenizerFast, messages: tuple[Message, ...], chat: Mapping[str, Any]
) -> tuple[str, list[Span]]:
    """Return the rendered prompt [characters], and the spans of the user turns' content in it."""
    text = _render(problem, tokenizer, messages, chat)
    marks = {i: f"\u2402user{i}\u2403" for i, message in enumerate(messages) if message["role"] == "user"}
    marked = [Message(role=m["role"], content=marks.get(i, m["content"])) for i, m in enumerate(messages)]
    rest = _render(problem, tokenizer, marked, chat)
    spans: list[Span] = []
    at = 0
    for i, mark in marks.items():
        before, found, rest = rest.partition(mark)
        content = messages[i]["content"]
        # Many templates trim a turn's content.
        shown = next((c for c in (content, content.strip()) if text.startswith(before + c, at)), None)
        if not found or shown is None:
            break
        at += len(before)
        spans.append((at, at + len(shown)))
        at += len(shown)
    else:
        if text[at:] == rest:
            return text, spans
    raise DataError(
        f"problem {problem.id}: the chat template changes the user's text, so that its tokens cannot be told from the"
        " template's: use a template that shows each user turn once and unchanged"
    )


def _inside(offsets: Sequence[Span], spans: Sequence[Span]) -> list[int]:
    """Return the positions of the tokens that hold at least one character of `spans`.

    A byte-level tokenizer may leave white space out of its offsets, so that a token of nothing but spaces has an
    empty one: such a token is taken to reach from the end of the token before it.
    """
    positions = []
    previous = 0
    for position, (start, end) in enumerate(offsets):
        first = start if end > start else previous
        if any(first < stop and end > begin for begin, stop in spans):
            positions.append(position)
        previous = max(previous, end)
    return positions


def _refuse_unknown(
    problem: Problem, tokenizer: PreTrainedTokenizerFast, prompt_ids: Sequence[int], content: Sequence[int]
) -> None:
    unknown = tokenizer.unk_token_id
    if unknown is not None and any(prompt_ids[position] == unknown for position in content):
        raise DataError(
            f"problem {problem.id}: its prompt holds a word that the tokenizer does not know ({tokenizer.unk_token}):"
            " that of policy.init: scratch has the words of puzzles (0 to 99, + - * / = : ,), each between spaces; "
            "write it in those, or train a model: policy.init: pretrained"
        )
