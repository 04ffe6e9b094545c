"""Chat formats as their models publish them, over small tokenizers: no weights, no hub.

Of each model: its special tokens (which of them are special, which take white space along), the class that its
tokenizer_config.json names, its eos_token, the end tokens of its generation_config.json, and a chat template. The
formats are those of the models' cards and tokenizer files; the templates are written for these tests. Token ids differ
from the published ones, whose vocabularies are large.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors, trainers
from tokenizers.models import BPE
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

WORDS = [
    "How many clips are there? user assistant system model You are a helpful Be brief. The answer is 7.",
    "What is 12 + 30? What is twice that? It is 42. think Let me see. \n\n \n How many clips are there?",
]


@dataclass(frozen=True)
class Token:
    """An added token: `special`, and whether it takes the white space before (l) or behind (r) it along."""

    text: str
    special: bool = True
    strips: str = ""

    def added(self) -> AddedToken:
        return AddedToken(
            self.text, special=self.special, lstrip="l" in self.strips, rstrip="r" in self.strips, normalized=False
        )


@dataclass(frozen=True)
class Form:
    """A model's chat format.

    `kind`: byte_level, qwen (with its own expression for words), or how SentencePiece's spaces come: prepend (each
    piece of text gets one in front), first (the text does), replace (none). `ends`: the end tokens of
    generation_config.json. `asked`, `briefed` and `turns`: the published form of a question, of one behind the system
    message BRIEF (None: not taken), and of TURNS.
    """

    kind: str
    tokenizer_class: str
    model_type: str
    tokens: tuple[Token, ...]
    bos: str | None
    eos: str
    pad: str
    ends: tuple[str, ...]
    template: str
    asked: str
    briefed: str | None
    turns: str
    adds_bos: bool = False
    unk: str | None = None


QUESTION, BRIEF = "How many clips are there?", "Be brief."
TURNS = (("user", "What is 12 + 30?"), ("assistant", "It is 42."), ("user", QUESTION))

_CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' ~ m.role ~ '\n' ~ m.content ~ '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
_QWEN = tuple(Token(text) for text in ("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
_TAGS = (Token("<think>", special=False), Token("</think>", special=False))
_QWEN3 = """\
{%- set last = namespace(user=0) %}
{%- for m in messages if m.role == 'user' %}{% set last.user = loop.index %}{% endfor %}
{%- set asked = namespace(count=0) %}
{%- for m in messages %}
    {%- if m.role == 'user' %}{% set asked.count = asked.count + 1 %}{% endif %}
    {%- if m.role == 'assistant' %}
        {{- '<|im_start|>assistant\n' }}
        {%- if asked.count == last.user %}
            {%- set thought = m.content.split('</think>')[0].split('<think>')[-1] if '</think>' in m.content else '' %}
            {{- '<think>\n' ~ thought.strip('\n') ~ '\n</think>\n\n' }}
        {%- endif %}
        {{- m.content.split('</think>')[-1].lstrip('\n') ~ '<|im_end|>\n' }}
    {%- else %}
        {{- '<|im_start|>' ~ m.role ~ '\n' ~ m.content ~ '<|im_end|>\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
    {%- if enable_thinking is defined and not enable_thinking %}{{ '<think>\n\n</think>\n\n' }}{% endif %}
{%- endif %}
"""
_GEMMA = (
    "{{ bos_token }}"
    "{% set start = 1 if messages[0].role == 'system' else 0 %}"
    "{% if start and REFUSES %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for m in messages[start:] %}"
    "{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate') }}"
    "{% endif %}"
    "<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}{{ '\n' }}"
    "{% if loop.first and start %}{{ messages[0].content ~ '\n\n' }}{% endif %}"
    "{{ m.content | trim }}<end_of_turn>{{ '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model{{ '\n' }}{% endif %}"
)
_GEMMA_TOKENS = tuple(Token(text) for text in ("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"))
_PHI3 = (
    "{% for m in messages %}{{ '<|' ~ m.role ~ '|>\n' ~ m.content ~ '<|end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
)
_PHI4 = (
    "{% for m in messages %}{{ '<|im_start|>' ~ m.role ~ '<|im_sep|>' ~ m.content ~ '<|im_end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant<|im_sep|>{% endif %}"
)
_PHI4_TOKENS = (
    *(Token(text, strips="lr") for text in ("<|endoftext|>", "<|dummy_85|>", "<|im_start|>", "<|im_end|>")),
    Token("<|im_sep|>", strips="lr"),
)
_PHI = "You are Phi. Answer in two sections: <think> {Thought section} </think> {Solution section}."
_MISTRAL = (
    "{% set start = 1 if messages[0].role == 'system' else 0 %}{{ bos_token }}"
    "{% for m in messages[start:] %}"
    "{% if m.role == 'user' %}"
    "[INST] {% if loop.last and start %}{{ messages[0].content ~ '\n\n' }}{% endif %}{{ m.content }}[/INST]"
    "{% else %}{{ ' ' ~ m.content ~ eos_token }}{% endif %}"
    "{% endfor %}"
)
_LLAMA3 = (
    "{{ bos_token }}"
    "{% if date_string is not defined %}{% set date_string = '26 Jul 2024' %}{% endif %}"
    "{% set start = 1 if messages[0].role == 'system' else 0 %}"
    "<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\nToday Date: {{ date_string }}"
    "\n\n{% if start %}{{ messages[0].content | trim }}{% endif %}<|eot_id|>"
    "{% for m in messages[start:] %}"
    "{{ '<|start_header_id|>' ~ m.role ~ '<|end_header_id|>\n\n' ~ m.content | trim ~ '<|eot_id|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
_LLAMA3_TOKENS = tuple(
    Token(f"<|{name}|>")
    for name in (
        *("begin_of_text", "end_of_text", "finetune_right_pad_id", "start_header_id", "end_header_id", "eom_id"),
        "eot_id",
    )
)
_R1 = (
    "{{ bos_token }}{% for m in messages if m.role == 'system' %}{{ m.content }}{% endfor %}"
    "{% for m in messages %}"
    "{% if m.role == 'user' %}<｜User｜>{{ m.content }}{% endif %}"
    "{% if m.role == 'assistant' %}<｜Assistant｜>{{ m.content.split('</think>')[-1] }}<｜end▁of▁sentence｜>{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<｜Assistant｜><think>\n' }}{% endif %}"
)
_R1_TOKENS = (
    Token("<｜begin▁of▁sentence｜>"),
    Token("<｜end▁of▁sentence｜>"),
    *(Token(text, special=False) for text in ("<｜User｜>", "<｜Assistant｜>")),
    *_TAGS,
)
_LLAMA3_HEAD = (
    "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n"
    "Today Date: 26 Jul 2024\n\n"
)


def _turn(role: str, text: str) -> str:
    return f"<|im_start|>{role}\n{text}<|im_end|>\n"


def _llama(role: str, text: str) -> str:
    return f"<|start_header_id|>{role}<|end_header_id|>\n\n{text}<|eot_id|>"


def _gemma(refuses: bool, briefed: str | None) -> Form:
    user, model = "<start_of_turn>user\n", "<start_of_turn>model\n"
    return Form(
        "replace", "GemmaTokenizer", "gemma2" if refuses else "gemma3_text", _GEMMA_TOKENS,
        "<bos>", "<eos>", "<pad>", ("<eos>", "<end_of_turn>"), _GEMMA.replace("REFUSES", str(refuses)),
        f"<bos>{user}{QUESTION}<end_of_turn>\n{model}",
        briefed and f"<bos>{user}{briefed}\n\n{QUESTION}<end_of_turn>\n{model}",
        f"<bos>{user}{TURNS[0][1]}<end_of_turn>\n{model}{TURNS[1][1]}<end_of_turn>\n"
        f"{user}{QUESTION}<end_of_turn>\n{model}",
        adds_bos=True, unk="<unk>",
    )  # fmt: skip


_OPEN = "<|im_start|>assistant\n"
_ASSISTANT = "<|start_header_id|>assistant<|end_header_id|>\n\n"
FORMS: dict[str, Form] = {
    "Qwen3": Form(
        "qwen", "Qwen2Tokenizer", "qwen3", (*_QWEN, *_TAGS),
        None, "<|im_end|>", "<|endoftext|>", ("<|im_end|>", "<|endoftext|>"), _QWEN3,
        _turn("user", QUESTION) + _OPEN,
        _turn("system", BRIEF) + _turn("user", QUESTION) + _OPEN,
        "".join(_turn(*turn) for turn in TURNS) + _OPEN,
    ),
    "Qwen3-Thinking": Form(
        "qwen", "Qwen2Tokenizer", "qwen3", (*_QWEN, *_TAGS),
        None, "<|im_end|>", "<|endoftext|>", ("<|im_end|>", "<|endoftext|>"),
        _CHATML.replace("assistant\n'", "assistant\n<think>\n'"),
        _turn("user", QUESTION) + _OPEN + "<think>\n",
        _turn("system", BRIEF) + _turn("user", QUESTION) + _OPEN + "<think>\n",
        "".join(_turn(*turn) for turn in TURNS) + _OPEN + "<think>\n",
    ),
    "Qwen2.5-base": Form(  # asked through a template whose end of turn is not its eos_token
        "qwen", "Qwen2Tokenizer", "qwen2", _QWEN,
        None, "<|endoftext|>", "<|endoftext|>", ("<|endoftext|>",),
        "{% if messages[0].role != 'system' %}{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}"
        "{% endif %}" + _CHATML,
        _turn("system", "You are a helpful assistant.") + _turn("user", QUESTION) + _OPEN,
        _turn("system", BRIEF) + _turn("user", QUESTION) + _OPEN,
        _turn("system", "You are a helpful assistant.") + "".join(_turn(*turn) for turn in TURNS) + _OPEN,
    ),
    "DeepSeek-R1-Distill-Llama": Form(
        "byte_level", "LlamaTokenizerFast", "llama", _R1_TOKENS,
        "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜end▁of▁sentence｜>", ("<｜end▁of▁sentence｜>",), _R1,
        f"<｜begin▁of▁sentence｜><｜User｜>{QUESTION}<｜Assistant｜><think>\n",
        f"<｜begin▁of▁sentence｜>{BRIEF}<｜User｜>{QUESTION}<｜Assistant｜><think>\n",
        f"<｜begin▁of▁sentence｜><｜User｜>{TURNS[0][1]}<｜Assistant｜>{TURNS[1][1]}<｜end▁of▁sentence｜>"
        f"<｜User｜>{QUESTION}<｜Assistant｜><think>\n",
        adds_bos=True,
    ),
    "gemma-3": _gemma(False, BRIEF),
    "gemma-2": _gemma(True, None),
    "Phi-3.5": Form(
        "prepend", "LlamaTokenizerFast", "phi3",
        (
            *(Token(text) for text in ("<unk>", "<s>", "</s>", "<|endoftext|>")),
            *(Token(text, strips="r") for text in ("<|assistant|>", "<|system|>", "<|end|>", "<|user|>")),
        ),
        "<s>", "<|endoftext|>", "<|endoftext|>", ("<|end|>", "<|assistant|>", "<|endoftext|>"), _PHI3,
        f"<|user|>\n{QUESTION}<|end|>\n<|assistant|>\n",
        f"<|system|>\n{BRIEF}<|end|>\n<|user|>\n{QUESTION}<|end|>\n<|assistant|>\n",
        f"<|user|>\n{TURNS[0][1]}<|end|>\n<|assistant|>\n{TURNS[1][1]}<|end|>\n<|user|>\n{QUESTION}<|end|>\n"
        "<|assistant|>\n",
        unk="<unk>",
    ),
    "Phi-4": Form(
        "byte_level", "GPT2Tokenizer", "phi3", _PHI4_TOKENS,
        "<|endoftext|>", "<|im_end|>", "<|dummy_85|>", ("<|endoftext|>", "<|im_end|>"), _PHI4,
        f"<|im_start|>user<|im_sep|>{QUESTION}<|im_end|><|im_start|>assistant<|im_sep|>",
        f"<|im_start|>system<|im_sep|>{BRIEF}<|im_end|><|im_start|>user<|im_sep|>{QUESTION}<|im_end|>"
        "<|im_start|>assistant<|im_sep|>",
        "".join(f"<|im_start|>{role}<|im_sep|>{text}<|im_end|>" for role, text in TURNS)
        + "<|im_start|>assistant<|im_sep|>",
    ),
    "Phi-4-mini": Form(
        "byte_level", "GPT2TokenizerFast", "phi3",
        tuple(Token(f"<|{name}|>") for name in ("endoftext", "assistant", "end", "user", "system")),
        "<|endoftext|>", "<|endoftext|>", "<|endoftext|>", ("<|end|>", "<|endoftext|>"), _PHI3.replace("\n", ""),
        f"<|user|>{QUESTION}<|end|><|assistant|>",
        f"<|system|>{BRIEF}<|end|><|user|>{QUESTION}<|end|><|assistant|>",
        "".join(f"<|{role}|>{text}<|end|>" for role, text in TURNS) + "<|assistant|>",
    ),
    "Phi-4-reasoning": Form(  # a system message of its own; one of the user's is not shown
        "byte_level", "GPT2Tokenizer", "phi3", (*_PHI4_TOKENS, *_TAGS),
        "<|endoftext|>", "<|im_end|>", "<|dummy_85|>", ("<|im_end|>",),
        f"{{{{ '<|im_start|>system<|im_sep|>{_PHI}<|im_end|>' }}}}"
        + _PHI4.replace("messages %}", "messages if m.role != 'system' %}"),
        f"<|im_start|>system<|im_sep|>{_PHI}<|im_end|><|im_start|>user<|im_sep|>{QUESTION}<|im_end|>"
        "<|im_start|>assistant<|im_sep|>",
        None,
        f"<|im_start|>system<|im_sep|>{_PHI}<|im_end|>"
        + "".join(f"<|im_start|>{role}<|im_sep|>{text}<|im_end|>" for role, text in TURNS)
        + "<|im_start|>assistant<|im_sep|>",
    ),
    "Llama-3.1": Form(
        "byte_level", "PreTrainedTokenizerFast", "llama", _LLAMA3_TOKENS,
        "<|begin_of_text|>", "<|eot_id|>", "<|finetune_right_pad_id|>", ("<|end_of_text|>", "<|eom_id|>", "<|eot_id|>"),
        _LLAMA3,
        f"{_LLAMA3_HEAD}<|eot_id|>" + _llama("user", QUESTION) + _ASSISTANT,
        f"{_LLAMA3_HEAD}{BRIEF}<|eot_id|>" + _llama("user", QUESTION) + _ASSISTANT,
        f"{_LLAMA3_HEAD}<|eot_id|>" + "".join(_llama(*turn) for turn in TURNS) + _ASSISTANT,
        adds_bos=True,
    ),
    "Mistral-7B-v0.3": Form(
        "first", "LlamaTokenizerFast", "mistral",
        tuple(Token(text) for text in ("<unk>", "<s>", "</s>", "[INST]", "[/INST]")),
        "<s>", "</s>", "</s>", ("</s>",), _MISTRAL,
        f"<s>[INST] {QUESTION}[/INST]",
        f"<s>[INST] {BRIEF}\n\n{QUESTION}[/INST]",
        f"<s>[INST] {TURNS[0][1]}[/INST] {TURNS[1][1]}</s>[INST] {QUESTION}[/INST]",
        adds_bos=True, unk="<unk>",
    ),
}  # fmt: skip
#: Qwen3 told not to think, in what follows the assistant's header.
UNTHINKING = "<think>\n\n</think>\n\n"


def backend(form: Form) -> Tokenizer:
    """Return a tokenizer of some 400 tokens as tokenizer.json has it."""
    made = _byte_level(form.kind) if form.kind in ("byte_level", "qwen") else _sentence_piece(form.kind)
    for token in form.tokens:
        (made.add_special_tokens if token.special else made.add_tokens)([token.added()])
    if form.adds_bos:
        made.post_processor = processors.TemplateProcessing(
            single=f"{form.bos} $A", special_tokens=[(form.bos, made.token_to_id(form.bos))]
        )
    return made


def _byte_level(kind: str) -> Tokenizer:
    made = Tokenizer(BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    if kind == "qwen":
        words = pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), "isolated")
        joined = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
        made.normalizer, made.pre_tokenizer = normalizers.NFC(), pre_tokenizers.Sequence([words, joined])
        made.decoder = decoders.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        WORDS * 4, trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, show_progress=False)
    )
    return made


def _sentence_piece(kind: str) -> Tokenizer:
    """Return a BPE with bytes to fall back on, and spaces that are part of the words."""
    spaces = normalizers.Replace(" ", "▁")
    trained = Tokenizer(BPE())
    trained.normalizer = spaces
    trained.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    letters = [chr(code) for code in range(33, 127)]
    trained.train_from_iterator(
        [line.replace("\n", "") for line in WORDS * 4],
        trainers.BpeTrainer(vocab_size=200, initial_alphabet=[*letters, "▁"], show_progress=False),
    )
    model = json.loads(trained.to_str())["model"]
    pieces = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), *sorted(model["vocab"], key=model["vocab"].get)]
    merges = [tuple(pair) for pair in model["merges"]]
    made = Tokenizer(
        BPE({piece: i for i, piece in enumerate(pieces)}, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    strips = [] if kind == "replace" else [decoders.Strip(" ", 1, 0)]
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *strips])
    if kind == "first":
        made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    elif kind == "prepend":
        made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), spaces])
    else:
        made.normalizer, made.pre_tokenizer = spaces, pre_tokenizers.Split(" ", "merged_with_previous")
    return made


def write(form: Form, folder: Path) -> Path:
    """Write a model's folder without weights: tokenizer.json and the configurations, as a hub has them."""
    made = backend(form)
    folder.mkdir(parents=True, exist_ok=True)
    made.save(str(folder / "tokenizer.json"))
    settings: dict[str, Any] = {
        "added_tokens_decoder": {
            str(made.token_to_id(token.text)): {
                "content": token.text,
                "lstrip": "l" in token.strips,
                "normalized": False,
                "rstrip": "r" in token.strips,
                "single_word": False,
                "special": token.special,
            }
            for token in form.tokens
        },
        "bos_token": form.bos,
        "chat_template": form.template,
        "clean_up_tokenization_spaces": form.tokenizer_class == "PreTrainedTokenizerFast",  # Llama 3 has true
        "eos_token": form.eos,
        "model_max_length": 4096,
        "pad_token": form.pad,
        "tokenizer_class": form.tokenizer_class,
        "unk_token": form.unk,
    }
    ends = [made.token_to_id(text) for text in form.ends]
    files = {
        "tokenizer_config.json": settings,
        "generation_config.json": {"eos_token_id": ends if len(ends) > 1 else ends[0], "do_sample": True},
        "config.json": {
            "model_type": form.model_type,
            "vocab_size": made.get_vocab_size(),
            "eos_token_id": made.token_to_id(form.eos),
            "pad_token_id": made.token_to_id(form.pad),
        },
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    return folder
