"""Problems as the policy sees them, for a reader: each token of the prompt, and which of them are the question's."""

from __future__ import annotations

import json
from collections.abc import Sequence

from transformers import PreTrainedTokenizerFast

from specs.sections import Data
from specs.sources import parts_of
from tasks.data.encode import encode
from tasks.data.mixture import by_part
from tasks.data.mixture_order import Mixture
from tasks.data.prompts import PromptFormat
from tasks.data.sources.base import Source
from tasks.records import EncodedProblem, Problem

_LINE, _PARTIAL = "\n", "\ufffd"  # the second is what a part of a character decodes to
LEGEND = "│ ends a token, ⏎ a line; ⟦ ⟧ are around the question's own tokens"


def preview(source: Source, data: Data, tokenizer: PreTrainedTokenizerFast, ends: Sequence[int], count: int) -> str:
    """Return how many problems a source has, what ends a response (`ends`, token ids), and its first `count` problems.

    Raises DataError for a row that is wrong, and for a prompt that cannot be encoded.
    """
    form, fingerprint = PromptFormat.of(data), source.fingerprint()
    form.check(tokenizer.chat_template)
    loaded = source.problems("train", fingerprint)
    heldout = source.problems("heldout", fingerprint).problems if data.heldout else []
    dropped = loaded.duplicates_dropped
    note = f"; {dropped} dropped, whose prompt was there before" if dropped else ""
    shown = [encode(problem, tokenizer, form) for problem in _first(loaded.problems, data, count)]
    return "\n".join(
        [
            f"{len(loaded.problems):,} training problems, {len(heldout):,} held out{note}",
            *(_part_lines(loaded.problems, data) if data.weights else ()),
            f"a response ends with {end_names(tokenizer, ends)}",
            LEGEND,
            *(line for each in shown for line in ("", _heading(each), marked(each, tokenizer))),
        ]
    )


def _first(problems: Sequence[Problem], data: Data, count: int) -> Sequence[Problem]:
    """Return the first problems; of a mixture as many of each part as its weight asks for, each from its beginning."""
    if not data.weights:
        return problems[:count]
    parts, mixture = by_part(problems, data.weights), Mixture.of(data.weights)
    places = [(mixture.names[part], number) for part, number in mixture.parts(0, count)]
    return [parts[name][number] for name, number in places if number < len(parts[name])]


def _part_lines(problems: Sequence[Problem], data: Data) -> list[str]:
    """Return a line for each part of a mixture: its problems, its source, and its share of an iteration."""
    mixture, parts = Mixture.of(data.weights), by_part(problems, data.weights)
    sources = {part.name: f"{part.data.source}, verifier {part.data.verifier or 'its own'}" for part in parts_of(data)}
    return [
        f"  {name}: {len(parts[name]):,} problems of {sources[name]}; {float(share):.1%} of the draw"
        for name, share in zip(mixture.names, mixture.shares, strict=True)
    ]


def end_names(tokenizer: PreTrainedTokenizerFast, ends: Sequence[int]) -> str:
    """Return the end tokens by text and id: `<|im_end|> (2)`."""
    return ", ".join(f"{tokenizer.decode([token])} ({token})" for token in ends)


def marked(problem: EncodedProblem, tokenizer: PreTrainedTokenizerFast) -> str:
    """Return the text of a prompt with the ends of its tokens and of its lines marked, and the question's tokens."""
    content, parts = frozenset(problem.content), []
    for place, text in enumerate(token_texts(problem.prompt_ids, tokenizer)):
        opens = place in content and place - 1 not in content
        closes = place in content and place + 1 not in content
        parts.append(f"{'⟦' * opens}{text.replace(_LINE, f'⏎{_LINE}')}{'⟧' * closes}│")
    return "".join(parts)


def token_texts(ids: Sequence[int], tokenizer: PreTrainedTokenizerFast) -> list[str]:
    """Return what each token adds to the text; together they are the text of `ids`.

    A token is decoded behind those before it: alone, one of SentencePiece's has lost its leading space. Of a character
    that several tokens make, the last one has it.
    """
    texts, shown, begin = [], 0, 0  # the tokens before `shown` have been given their text
    for place in range(len(ids)):
        before = str(tokenizer.decode(list(ids[begin:shown])))
        text = str(tokenizer.decode(list(ids[begin : place + 1])))
        if place + 1 < len(ids) and (text.endswith(_PARTIAL) or not text.startswith(before)):
            texts.append("")
            continue
        texts.append(text[len(before) :])
        begin, shown = shown, place + 1
    return texts


def _heading(problem: EncodedProblem) -> str:
    task, tokens = problem.problem, len(problem.prompt_ids)
    reference = json.dumps(dict(task.reference), ensure_ascii=False)
    shown = reference if len(reference) <= 200 else f"{reference[:197]}..."
    return (
        f"problem {task.id}, {tokens} tokens, {len(problem.content)} of them the question's; {task.verifier}: {shown}"
    )
