"""Tokenizers: the word-level one of the puzzles, made on the spot, and those in a folder in Hugging Face format."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from tasks.data.hub_errors import first_line
from tasks.data.template_clock import DATE, reads_the_clock
from tasks.data.tokenizer_file import as_written
from tasks.errors import DataError

PAD, EOS, BOS, UNKNOWN, ANSWER = "<pad>", "<eos>", "<bos>", "<unk>", "<answer>"
_CHANCE = re.compile(r"\|\s*random\b|\blipsum\s*\(")  # what Jinja draws lots with
WORDS = (*(str(number) for number in range(100)), "+", "-", "*", "/", "=", ":", ",")

# One turn: <bos> prompt <answer> response <eos>. The generation prompt is the separator that opens the assistant's
# turn.
CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ message['content'] }}"
    "{% elif message['role'] == 'assistant' %}" + ANSWER + "{{ message['content'] }}{{ eos_token }}"
    "{% else %}{{ raise_exception('the puzzle tokenizer has user and assistant turns only') }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}" + ANSWER + "{% endif %}"
)


def puzzle_tokenizer() -> PreTrainedTokenizerFast:
    """Return a word-level tokenizer of 112 tokens.

    Numbers 0-99 and the puzzles' signs are single tokens, words are split at white space, decoding joins them with
    one space.
    """
    vocabulary = {word: i for i, word in enumerate((PAD, EOS, BOS, UNKNOWN, ANSWER, *WORDS))}
    backend = Tokenizer(WordLevel(vocabulary, unk_token=UNKNOWN))
    backend.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend,
        pad_token=PAD,
        eos_token=EOS,
        bos_token=BOS,
        unk_token=UNKNOWN,
        additional_special_tokens=[ANSWER],
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
    )


def load_tokenizer(path: str | Path) -> PreTrainedTokenizerFast:
    """Return the tokenizer of a local folder in Hugging Face format. DataError for none, or one without offsets."""
    folder = Path(path)
    if not folder.is_dir():
        raise DataError(f"tokenizer: no folder {folder}: give a local folder in Hugging Face format")
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        file = folder / "tokenizer.json"
        reason = f"{first_line(error)}; write {file} again" if file.is_file() else "it has no tokenizer.json; add it"
        raise DataError(f"tokenizer: {folder} cannot be loaded: {reason}") from error
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise DataError(
            f"tokenizer: {folder} holds a slow tokenizer ({type(tokenizer).__name__}): it needs tokenizer.json"
        )
    tokenizer = as_written(folder, tokenizer)
    # Text is what the tokens say: no space before a comma is taken away, as Llama 3's configuration asks.
    tokenizer.clean_up_tokenization_spaces = False
    if isinstance(tokenizer.chat_template, dict):  # by name, one for each purpose
        if "default" not in tokenizer.chat_template:
            raise DataError(
                f"tokenizer: {folder} has chat templates {', '.join(tokenizer.chat_template)}: call one of them default"
            )
        tokenizer.chat_template = tokenizer.chat_template["default"]
    if _CHANCE.search(str(tokenizer.chat_template)):
        raise DataError(
            f"tokenizer: the chat template of {folder} draws lots (random, lipsum): a prompt would differ each time; "
            "take a template without"
        )
    if tokenizer.eos_token_id is None:
        raise DataError(
            f"tokenizer: {folder} names no eos_token: responses could not end; set it in tokenizer_config.json"
        )
    return tokenizer


def tokenizer_digest(tokenizer: PreTrainedTokenizerFast) -> str:
    """Return the sha256 over what decides token ids.

    The backend (vocabulary, merges, normalisation), special tokens, chat template, and the date that one is told.
    """
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    content = [
        {
            part: value for part, value in backend.items() if part not in ("truncation", "padding")
        },  # a state, set by calls
        {name: str(token) for name, token in tokenizer.special_tokens_map.items()},
        tokenizer.chat_template,
        *([str(DATE.date())] if reads_the_clock(tokenizer.chat_template) else []),
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode("ascii")).hexdigest()
