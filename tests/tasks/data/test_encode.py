"""Prompts as token ids, and where the user's own words are among them, with word-level and byte-level tokenizers."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, pre_tokenizers, processors, trainers
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast

from specs.prompts import PROMPTS
from tasks.data.encode import decode, encode, encode_all, encode_responses
from tasks.data.prompts import PromptFormat
from tasks.data.puzzles.registry import demonstrations, puzzle_problems
from tasks.data.tokenizer import load_tokenizer, puzzle_tokenizer, tokenizer_digest
from tasks.errors import DataError
from tasks.records import Message, Problem

PLAIN = PromptFormat()

# The template of SmolLM2-135M-Instruct: ChatML with a system turn of its own.
CHATML = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}"
    "{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def byte_level(chat_template: str | None, trim_offsets: bool = False, bos: bool = False) -> PreTrainedTokenizerFast:
    backend = Tokenizer(BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    text = [
        "user assistant system\nHow many  clips are 12 and 30? Natalia sold\n\n the the the user's café   clips clips"
    ] * 4
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(text, trainer)
    backend.post_processor = processors.ByteLevel(trim_offsets=trim_offsets)
    if bos:
        backend.post_processor = processors.TemplateProcessing(
            single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", 0)]
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        unk_token="<|endoftext|>",
        chat_template=chat_template,
    )


WORDS, CHAT, TRIMMING = puzzle_tokenizer(), byte_level(CHATML), byte_level(CHATML, trim_offsets=True)
RAW = byte_level(None, bos=True)


def problem(*messages: tuple[str, str]) -> Problem:
    return Problem(
        "p", tuple(Message(role=role, content=content) for role, content in messages), "math", {"answer": "1"}
    )


def contents(encoded, tokenizer) -> str:
    return tokenizer.backend_tokenizer.decode(
        [encoded.prompt_ids[i] for i in encoded.content], skip_special_tokens=False
    )


def test_puzzle_prompts_are_bos_words_separator():
    options: dict[str, dict[str, str]] = {"countdown": {}, "free_order": {}, "graph_colouring": {"count": "50"}}
    for source in (puzzle_problems(name, 17, "train", 0, each) for name, each in options.items()):
        for item in source[:50]:
            encoded = encode(item, WORDS, PLAIN)
            words = item.prompt[0]["content"].split()
            assert WORDS.convert_ids_to_tokens(list(encoded.prompt_ids)) == ["<bos>", *words, "<answer>"]
            assert encoded.content == tuple(range(1, len(words) + 1))


@pytest.mark.parametrize("tokenizer", [CHAT, TRIMMING], ids=["offsets", "trimmed offsets"])
@given(text=st.text(min_size=1).filter(str.strip) | st.text(alphabet="user \nclips12?é", min_size=1).filter(str.strip))
@example(text="user")
@example(text="assistant\n")
@example(text="system\nYou are a helpful AI assistant")
@example(text="  two  spaces  ")
@example(text="\n\nHow many?")
@example(text="日本 🙂 e\u0301")
@settings(max_examples=150, deadline=None)
def test_content_is_the_users_text_and_nothing_less_does(tokenizer, text):
    encoded = encode(problem(("user", text)), tokenizer, PLAIN)
    rendered = tokenizer.apply_chat_template([{"role": "user", "content": text}], add_generation_prompt=True)[
        "input_ids"
    ]
    assert list(encoded.prompt_ids) == rendered
    assert encoded.content == tuple(range(encoded.content[0], encoded.content[-1] + 1))
    shown = contents(encoded, tokenizer)
    assert text in shown
    if not text[0].isspace():  # else the template's own line break may share a token with the text
        assert shown == text
    first = len(
        tokenizer(
            "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
        )["input_ids"]
    )
    assert encoded.content[0] in range(first + 2, first + 5)  # after <|im_start|> u s e r \n, however merged
    assert tokenizer.convert_ids_to_tokens(encoded.prompt_ids[encoded.content[-1] + 1]) == "<|im_end|>"


def test_only_user_turns_count_and_all_of_them():
    turns = (("system", "the clips"), ("user", "12 clips"), ("assistant", "the clips"), ("user", "12 clips"))
    encoded = encode(problem(*turns), CHAT, PLAIN)
    assert contents(encoded, CHAT) == "12 clips12 clips"
    half = len(encoded.content) // 2
    between = [encoded.prompt_ids[i] for i in range(encoded.content[half - 1] + 1, encoded.content[half])]
    assert "assistant\nthe clips" in CHAT.decode(between)


def test_prompt_templates_belong_to_the_users_turn():
    encoded = encode(problem(("system", "the clips"), ("user", "12 clips")), CHAT, PromptFormat("boxed"))
    assert contents(encoded, CHAT) == PROMPTS["boxed"].replace("{prompt}", "12 clips")
    assert contents(encode(problem(("user", "{prompt} {x}")), CHAT, PLAIN), CHAT) == "{prompt} {x}"
    with pytest.raises(DataError, match="no prompt 'boxes'; nearest is boxed"):
        encode(problem(("user", "12 clips")), CHAT, PromptFormat("boxes"))


def test_raw_text_without_a_chat_template_keeps_the_tokenizers_own_start():
    encoded = encode(problem(("user", "12 clips are 30")), RAW, PLAIN)
    assert encoded.prompt_ids[0] == 0
    assert encoded.content == tuple(range(1, len(encoded.prompt_ids)))
    assert contents(encoded, RAW) == "12 clips are 30"
    with pytest.raises(DataError, match="2 messages, but the tokenizer has no chat template"):
        encode(problem(("system", "x"), ("user", "y")), RAW, PLAIN)


def test_a_template_that_trims_is_followed():
    trims = byte_level(
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] | trim }}<|im_end|>{% endfor %}"
    )
    assert contents(encode(problem(("user", "  12 clips\n")), trims, PLAIN), trims) == "12 clips"


@pytest.mark.parametrize(
    "template",
    [
        "{% for m in messages %}{{ m['content'] | upper }}{% endfor %}",
        "{% for m in messages %}{{ m['content'] }}{{ m['content'] }}{% endfor %}",
        "{% for m in messages %}{{ m['content'] }} ({{ m['content'] | length }} letters){% endfor %}",
        "<|im_start|>nothing",
    ],
)
def test_content_that_cannot_be_located_is_an_error(template):
    with pytest.raises(DataError, match="problem p: the chat template changes the user's text"):
        encode(problem(("user", "12 clips")), byte_level(template), PLAIN)


def test_a_template_that_refuses_and_a_word_that_is_not_known_are_errors():
    with pytest.raises(DataError, match=r"problem p: the chat template refuses its messages \(system, user\)"):
        encode(problem(("system", "1"), ("user", "2")), WORDS, PLAIN)
    with pytest.raises(DataError, match=r"holds a word that the tokenizer does not know .* or train a model: policy"):
        encode(problem(("user", "12 clips")), WORDS, PLAIN)
    with pytest.raises(DataError, match="holds a word"):
        encode_responses(["1 + one"], WORDS)


def test_long_prompts_are_an_error_or_dropped_and_counted():
    problems = [problem(("user", "12 " * n)) for n in (1, 5, 2, 9)]
    with pytest.raises(
        DataError, match=r"problem p: its prompt has 7 tokens, rollout.max_prompt_tokens is 6: raise it"
    ):
        encode_all(problems, WORDS, PLAIN, 6)
    data = encode_all(problems, WORDS, PLAIN, 6, drop_long_prompts=True)
    assert ([len(row.prompt_ids) for row in data.problems], data.dropped) == ([3, 4], 2)
    assert encode_all(problems, WORDS, PLAIN, 11).dropped == 0


def test_responses_end_and_decode_to_their_text():
    texts = [text for item in puzzle_problems("countdown", 17, "train", 200, {})[:50] for text in demonstrations(item)]
    for text, ids in zip(texts, encode_responses(texts, WORDS), strict=True):
        assert len(ids) == 11 and ids[-1] == WORDS.eos_token_id
        assert decode(ids, WORDS) == text
    assert decode(encode_responses(["12  clips , the ."], CHAT)[0], CHAT) == "12  clips , the ."


def test_a_saved_tokenizer_is_the_same_one(tmp_path):
    for tokenizer in (WORDS, CHAT):
        folder = tmp_path / str(len(tokenizer))
        tokenizer.save_pretrained(folder)
        loaded = load_tokenizer(folder)
        assert tokenizer_digest(loaded) == tokenizer_digest(tokenizer)
        text = "12 + 3" if tokenizer is WORDS else "12 clips"
        assert encode(problem(("user", text)), loaded, PLAIN) == encode(problem(("user", text)), tokenizer, PLAIN)
        assert (loaded.eos_token, loaded.pad_token) == (tokenizer.eos_token, tokenizer.pad_token)
        assert decode(loaded("3 , 4")["input_ids"], loaded) == "3 , 4"
    before = tokenizer_digest(WORDS)
    WORDS(["1", "1 2"], padding=True)
    assert tokenizer_digest(WORDS) == before
    assert len({tokenizer_digest(t) for t in (WORDS, CHAT, TRIMMING, RAW)}) == 4
    with pytest.raises(DataError, match="no folder"):
        load_tokenizer(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty cannot be loaded: it has no tokenizer\.json; add it$"):
        load_tokenizer(tmp_path / "empty")
    for text, reason in (("{", "JSONDecodeError: Expecting"), ('{"version": "1.0"}', "KeyError: 'added_tokens'")):
        (tmp_path / "empty" / "tokenizer.json").write_text(text)
        with pytest.raises(DataError, match=rf"cannot be loaded: {reason}.*; write .*tokenizer\.json again$"):
            load_tokenizer(tmp_path / "empty")


def test_half_a_character_is_an_error_that_names_the_problem():
    for tokenizer in (CHAT, RAW):
        with pytest.raises(DataError, match="problem p: its prompt: it holds half of a surrogate pair"):
            encode(problem(("user", "12 \ud835 clips")), tokenizer, PLAIN)


def test_an_empty_system_message_takes_the_place_of_the_templates_own():
    encoded = encode(problem(("system", ""), ("user", "12 clips")), CHAT, PLAIN)
    assert CHAT.decode(list(encoded.prompt_ids)).startswith("<|im_start|>system\n<|im_end|>\n<|im_start|>user")
    assert contents(encoded, CHAT) == "12 clips"


def dated(form: str) -> PreTrainedTokenizerFast:
    return byte_level(CHATML.replace("assistant\n'", f"assistant\n' + strftime_now({form!r})"))


class Tomorrow(datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2031, 12, 24, 23, 59, 58)


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("%d %b %Y", "26 Jul 2024"),
        ("%Y-%m-%d", "2024-07-26"),
        ("%A, %B %d, %Y", "Friday, July 26, 2024"),
        ("%-d/%-m/%y", "26/7/24"),
        ("%F", "2024-07-26"),
        ("%j %U %a", "208 29 Fri"),
        ("100%% %Y", "100% 2024"),
        ("today", "today"),
    ],
)
def test_the_date_in_a_chat_template_is_the_same_on_every_day(monkeypatch, form, shown):
    tokenizer = dated(form)
    today = encode(problem(("user", "12 clips")), tokenizer, PLAIN)
    monkeypatch.setattr("transformers.utils.chat_template_utils.datetime", Tomorrow)
    assert encode(problem(("user", "12 clips")), tokenizer, PLAIN) == today
    assert tokenizer.decode(list(today.prompt_ids)).endswith(f"assistant\n{shown}")


@pytest.mark.parametrize(
    "form", ["%H:%M:%S.%f", "%S", "%d %b %Y %H:%M", "%c", "%X", "%I %p", "%s", "%T", "%R", "%Z", "%"]
)
def test_a_chat_template_that_wants_the_time_of_day_is_refused(form):
    with pytest.raises(DataError, match=r"problem p: the chat template asks the clock for the time, strftime_now\('%"):
        encode(problem(("user", "12 clips")), dated(form), PLAIN)


def test_the_fixed_date_is_in_the_digest_of_templates_that_ask_for_it(monkeypatch):
    before = {each: tokenizer_digest(each) for each in (CHAT, WORDS, RAW)}
    clocked = tokenizer_digest(dated("%Y"))
    monkeypatch.setattr("tasks.data.tokenizer.DATE", Tomorrow.now())
    assert {each: tokenizer_digest(each) for each in before} == before
    assert tokenizer_digest(dated("%Y")) != clocked


@pytest.mark.parametrize("lots", ["['a', 'b'] | random", "['a', 'b']|random", "lipsum(1)"])
def test_a_chat_template_that_draws_lots_is_refused(tmp_path, lots):
    byte_level(CHATML + "{{ " + lots + " }}").save_pretrained(tmp_path)
    with pytest.raises(DataError, match="draws lots"):
        load_tokenizer(tmp_path)


THINKS = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% if not enable_thinking %}12 clips{% endif %}{% endif %}"
)


def test_a_system_message_comes_first_and_is_no_content() -> None:
    form = PromptFormat("clips {prompt} clips", system="the user's")
    encoded = encode(problem(("user", "12 clips")), CHAT, form)
    assert encoded.problem.prompt == ({"role": "user", "content": "12 clips"},), "the problem stays as it was"
    assert CHAT.decode(encoded.prompt_ids).startswith("<|im_start|>system\nthe user's<|im_end|>\n<|im_start|>user\n")
    assert contents(encoded, CHAT) == "clips 12 clips clips"
    with pytest.raises(DataError, match=r"problem p: it has a system message of its own: leave data\.system out"):
        encode(problem(("system", "the clips"), ("user", "12 clips")), CHAT, form)


def test_variables_reach_the_chat_template_and_those_that_it_does_not_read_are_refused() -> None:
    tokenizer = byte_level(THINKS)
    on, off = (PromptFormat(chat={"enable_thinking": value}) for value in (True, False))
    shown = [tokenizer.decode(encode(problem(("user", "30")), tokenizer, form).prompt_ids) for form in (on, off)]
    assert shown[1] == shown[0] + "12 clips"
    encode_all([problem(("user", "30"))], tokenizer, on, 99)
    for chat_template in (CHATML, None):
        with pytest.raises(DataError, match=r"data\.chat_template_kwargs: enable_thinking: .* reads no such variable"):
            encode_all([], byte_level(chat_template), on, 99)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{% for m in messages if m['role'] != 'system' %}{{ m['content'] }}{% endfor %}", "does not show data.system"),
        (None, "the tokenizer has no chat template for data.system"),
    ],
)
def test_a_system_message_that_the_policy_would_not_see_is_refused(template: str | None, message: str) -> None:
    with pytest.raises(DataError, match=f"problem p: .*{message}"):
        encode(problem(("user", "12 clips")), byte_level(template), PromptFormat(system="the user's"))
