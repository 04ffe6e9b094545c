"""Each chat format as its users have it: the first prompt, the question in it, and what ends a response."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from flows.cli.app import main
from tasks.data.encode import content_key_part, encode, encode_all
from tasks.data.end_tokens import end_tokens
from tasks.data.preview import token_texts
from tasks.data.prompts import PromptFormat
from tasks.data.template_variables import variables_of
from tasks.data.tokenizer import load_tokenizer, tokenizer_digest
from tasks.errors import DataError
from tasks.records import Message, Problem
from tasks.reward.responses import ResponseTexts
from tasks.reward.thinking import answer_text
from tests.tasks.data.chat_forms import BRIEF, FORMS, QUESTION, TURNS, UNTHINKING, Form, backend, write

Folder = Callable[[str], Path]
ENDS = {
    "Qwen3": ["<|im_end|>", "<|endoftext|>"],
    "Qwen3-Thinking": ["<|im_end|>", "<|endoftext|>"],
    "Qwen2.5-base": ["<|endoftext|>", "<|im_end|>"],  # the second is the template's
    "DeepSeek-R1-Distill-Llama": ["<｜end▁of▁sentence｜>"],
    "gemma-3": ["<eos>", "<end_of_turn>"],
    "gemma-2": ["<eos>", "<end_of_turn>"],
    "Phi-3.5": ["<|endoftext|>", "<|assistant|>", "<|end|>"],
    "Phi-4": ["<|im_end|>", "<|endoftext|>"],
    "Phi-4-mini": ["<|endoftext|>", "<|end|>"],
    "Phi-4-reasoning": ["<|im_end|>"],
    "Llama-3.1": ["<|eot_id|>", "<|end_of_text|>", "<|eom_id|>"],
    "Mistral-7B-v0.3": ["</s>"],
}
every_form = pytest.mark.parametrize("name", FORMS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Folders of models without weights, made once."""
    made: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in made:
            made[name] = write(FORMS[name], tmp_path_factory.mktemp("model") / name)
        return made[name]

    return make


@pytest.fixture(scope="module")
def tokenizer(folder: Folder) -> Callable[[str], PreTrainedTokenizerFast]:
    made: dict[str, PreTrainedTokenizerFast] = {}

    def load(name: str) -> PreTrainedTokenizerFast:
        if name not in made:
            made[name] = load_tokenizer(folder(name))
        return made[name]

    return load


def problem(*messages: tuple[str, str]) -> Problem:
    turns = tuple(Message(role=role, content=content) for role, content in messages)
    return Problem("p", turns, "math", {"answer": "7"})


def asked(turns: Any = (("user", QUESTION),), system: str | None = None, **chat: Any) -> tuple[Problem, PromptFormat]:
    return problem(*turns), PromptFormat(system=system, chat=chat)


CASES = [
    *((name, form.asked, asked()) for name, form in FORMS.items()),
    *((name, form.briefed, asked(system=BRIEF)) for name, form in FORMS.items() if form.briefed),
    *(
        (name, form.briefed, asked((("system", BRIEF), ("user", QUESTION))))
        for name, form in FORMS.items()
        if form.briefed
    ),
    *((name, form.turns, asked(TURNS)) for name, form in FORMS.items()),
    ("Qwen3", FORMS["Qwen3"].asked, asked(enable_thinking=True)),
    ("Qwen3", FORMS["Qwen3"].asked + UNTHINKING, asked(enable_thinking=False)),
    (
        "Qwen3",
        FORMS["Qwen3"].turns,
        asked((TURNS[0], ("assistant", f"<think>\nx\n</think>\n\n{TURNS[1][1]}"), TURNS[2])),
    ),
    ("Llama-3.1", FORMS["Llama-3.1"].asked.replace("26 Jul 2024", "1 May"), asked(date_string="1 May")),
]


@pytest.mark.parametrize(("name", "published", "question"), CASES)
def test_the_prompt_is_the_published_form(
    name: str, published: str, question: tuple[Problem, PromptFormat], folder: Folder, tokenizer: Any
) -> None:
    loaded, form = tokenizer(name), FORMS[name]
    encoded = encode(*question[:1], loaded, question[1])
    raw = Tokenizer.from_file(str(folder(name) / "tokenizer.json"))
    assert list(encoded.prompt_ids) == raw.encode(published, add_special_tokens=False).ids
    if form.bos is not None and form.bos != "<|endoftext|>":
        assert encoded.prompt_ids.count(loaded.bos_token_id) == published.count(form.bos) <= 1
    shown = loaded.decode(list(encoded.prompt_ids))
    # Phi-3.5's role tokens take the line break behind them along, and SentencePiece puts a space there.
    assert shown.replace("|> ", "|>") == published.replace("|>\n", "|>") if name == "Phi-3.5" else shown == published
    assert "".join(token_texts(encoded.prompt_ids, loaded)) == shown
    users = [turn["content"] for turn in question[0].prompt if turn["role"] == "user"]
    content = [loaded.decode([encoded.prompt_ids[place]]) for place in encoded.content]
    assert "".join(content).replace(" ", "") == "".join(users).replace(" ", "")


@every_form
def test_the_users_white_space_makes_no_special_token_content(name: str, tokenizer: Any) -> None:
    loaded = tokenizer(name)
    encoded = encode(problem(("user", f" \n {QUESTION} \n ")), loaded, PromptFormat())
    content = [encoded.prompt_ids[place] for place in encoded.content]
    assert not set(content) & set(loaded.added_tokens_decoder)
    assert loaded.decode(content).strip() == QUESTION
    greedy = name in ("Phi-3.5", "Phi-4", "Phi-4-reasoning")
    assert bool(content_key_part(loaded)) is greedy


@every_form
def test_its_end_tokens_end_a_response_and_are_no_part_of_its_text(name: str, folder: Folder, tokenizer: Any) -> None:
    loaded = tokenizer(name)
    ends = end_tokens(loaded, folder(name))
    assert loaded.convert_ids_to_tokens(list(ends)) == ENDS[name] and ends[0] == loaded.eos_token_id
    encoded = encode(problem(("user", QUESTION)), loaded, PromptFormat())
    ids = loaded("The answer is 7.", add_special_tokens=False)["input_ids"]
    texts = ResponseTexts(loaded).of([(encoded, ids), *((encoded, [*ids, end]) for end in ends)])
    assert texts == [texts[0]] * len(texts) and texts[0].removeprefix("<think>") == "The answer is 7."


@pytest.mark.parametrize(
    ("name", "chat", "response", "answer"),
    [
        ("DeepSeek-R1-Distill-Llama", {}, "Let me see. 7", None),
        ("DeepSeek-R1-Distill-Llama", {}, "Let me see.\n</think>\n\n7", "\n\n7"),
        ("Qwen3-Thinking", {}, "Let me see. 7", None),
        ("Qwen3-Thinking", {}, "Let me see.\n</think>\n\n7", "\n\n7"),
        ("Qwen3", {}, "<think>\nLet me see. 7", None),
        ("Qwen3", {}, "<think>\nLet me see.\n</think>\n\n7", "\n\n7"),
        ("Qwen3", {"enable_thinking": True}, "<think>\nLet me see. 7", None),
        ("Qwen3", {"enable_thinking": False}, "7", "7"),
        ("Phi-4-reasoning", {}, "<think> Let me see. 7", None),
        ("Phi-4-reasoning", {}, "<think> Let me see. </think> 7", " 7"),
        ("Phi-4-reasoning", {}, "7", "7"),  # the tags of its system message open nothing
        ("gemma-3", {}, "7", "7"),
    ],
)
@pytest.mark.parametrize("turns", [TURNS[2:], TURNS], ids=["question", "turns"])
def test_a_thought_that_the_template_opened_is_no_answer(
    name: str, chat: dict[str, Any], response: str, answer: str | None, turns: Any, tokenizer: Any
) -> None:
    loaded = tokenizer(name)
    encoded = encode(problem(*turns), loaded, PromptFormat(chat=chat))
    ids = [*loaded(response, add_special_tokens=False)["input_ids"], loaded.eos_token_id]
    (text,) = ResponseTexts(loaded).of([(encoded, ids)])
    assert answer_text(text) == answer


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("gemma-2", "refuses its messages (system, user): System role not supported: it takes no system message: "),
        ("Phi-4-reasoning", "does not show {which}: "),
    ],
)
@pytest.mark.parametrize("own", [False, True], ids=["data.system", "the row's"])
def test_a_template_without_system_messages_says_what_to_do(name: str, why: str, own: bool, tokenizer: Any) -> None:
    turns = (("system", BRIEF), ("user", QUESTION)) if own else (("user", QUESTION),)
    with pytest.raises(DataError) as refused:
        encode(problem(*turns), tokenizer(name), PromptFormat(system=None if own else BRIEF))
    instead = "say it in the row's first user message" if own else "drop data.system, and say it in data.prompt"
    which = "its system message" if own else "data.system"
    assert str(refused.value) == f"problem p: the chat template {why.format(which=which)}{instead}"
    asking = PromptFormat(f"{BRIEF}\n\n{{prompt}}")
    assert BRIEF in tokenizer(name).decode(
        list(encode(problem(("user", QUESTION)), tokenizer(name), asking).prompt_ids)
    )


def test_turns_that_do_not_alternate_are_the_rows_fault(tokenizer: Any) -> None:
    with pytest.raises(
        DataError, match=r"\(system, user, user\): Conversation roles must alternate: mend the row's mes"
    ):
        encode(problem(("system", BRIEF), TURNS[0], TURNS[2]), tokenizer("gemma-3"), PromptFormat())


@pytest.mark.parametrize(
    ("name", "variable", "advice"),
    [
        ("Qwen3", "enable_thinkng", "nearest is enable_thinking; write it so, or drop it"),
        ("Qwen3", "content", "there are enable_thinking; write it so, or drop it"),  # a message's, no variable
        ("Qwen3-Thinking", "enable_thinking", "it has none; drop it"),
        ("gemma-3", "enable_thinking", "it has none; drop it"),
        ("Llama-3.1", "enable_thinking", "nearest is date_string; write it so, or drop it"),
        ("DeepSeek-R1-Distill-Llama", "m", "it has none; drop it"),
    ],
)
def test_a_variable_that_the_template_does_not_read_is_refused(
    name: str, variable: str, advice: str, tokenizer: Any
) -> None:
    with pytest.raises(DataError) as refused:
        encode_all([], tokenizer(name), PromptFormat(chat={variable: True}), 99)
    assert str(refused.value) == (
        f"data.chat_template_kwargs: {variable}: the tokenizer's chat template reads no such variable: {advice}"
    )


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("{% if not x is defined %}{% set x = 1 %}{% endif %}{{ x }}", {"x"}),
        ("{% if not x %}{% set x = 1 %}{% endif %}{{ x }}", {"x"}),
        ("{% set x = x | default(false) %}{{ x }}", {"x"}),
        ("{% set x = true %}{{ x }}", set()),
        ("{% if a.b %}{% set x = a.b %}{% if a.c %}{% set x = x.y %}{% endif %}{% endif %}{{ x }}", {"a"}),
        ("{% macro f(x, y=z) %}{{ x }}{{ y }}{% endmacro %}{{ f(1) }}{# w #}{{ 'v' }}", {"z"}),
    ],
)
def test_the_variables_are_the_names_that_come_from_outside(template: str, names: set[str]) -> None:
    assert variables_of(template) == names


def test_a_template_with_generation_blocks_has_its_variables_read(folder: Folder, tmp_path: Path) -> None:
    block = "{% for m in messages %}{% generation %}{{ m.content ~ mood }}{% endgeneration %}{% continue %}{% endfor %}"
    loaded = load_tokenizer(write(replace(FORMS["Qwen3"], template=block), tmp_path))
    PromptFormat(chat={"mood": "!"}).check(loaded.chat_template)
    with pytest.raises(DataError, match="no Jinja template"):
        PromptFormat(chat={"mood": "!"}).check("{% for %}")


@every_form
def test_the_tokenizer_is_the_one_of_its_file_also_once_saved(
    name: str, folder: Folder, tokenizer: Any, tmp_path: Path
) -> None:
    loaded, raw = tokenizer(name), Tokenizer.from_file(str(folder(name) / "tokenizer.json"))
    loaded.save_pretrained(tmp_path)
    for each in (loaded, load_tokenizer(tmp_path)):
        for text in ("Hello  there , 123\n\n é🙂", FORMS[name].asked):
            ids = raw.encode(text, add_special_tokens=False).ids
            assert each(text, add_special_tokens=False)["input_ids"] == ids
            assert each.decode(ids) == raw.decode(ids, skip_special_tokens=False)
        assert tokenizer_digest(each) == tokenizer_digest(loaded)


@pytest.mark.parametrize(("name", "kept"), [("Qwen3", True), ("gemma-3", True), ("DeepSeek-R1-Distill-Llama", False)])
def test_the_class_of_the_configuration_is_kept_where_it_is_the_files(name: str, kept: bool, folder: Folder) -> None:
    """The digest of such a tokenizer, and with it every key, stays what it was."""
    by_class = AutoTokenizer.from_pretrained(folder(name), local_files_only=True)
    assert (tokenizer_digest(by_class) == tokenizer_digest(load_tokenizer(folder(name)))) is kept


def test_a_special_token_that_the_configuration_leaves_to_the_class_stays(tmp_path: Path) -> None:
    """As Llama 2, whose tokenizer.json puts a space before each piece of text, and the class before the first."""
    write(replace(FORMS["Mistral-7B-v0.3"], kind="prepend", model_type="llama"), tmp_path)
    settings = json.loads((tmp_path / "tokenizer_config.json").read_text())
    del settings["eos_token"]
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    loaded, raw = load_tokenizer(tmp_path), Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert loaded.eos_token == "</s>" and len(loaded) == raw.get_vocab_size()
    text = "<s>[INST] How many?[/INST] It is"
    assert loaded(text, add_special_tokens=False)["input_ids"] == raw.encode(text, add_special_tokens=False).ids
    by_class = AutoTokenizer.from_pretrained(tmp_path, local_files_only=True)
    assert by_class(text, add_special_tokens=False)["input_ids"] != raw.encode(text, add_special_tokens=False).ids


def test_of_several_chat_templates_the_default_one_is_taken(tmp_path: Path) -> None:
    form = FORMS["Qwen3"]
    write(form, tmp_path)
    settings = json.loads((tmp_path / "tokenizer_config.json").read_text())
    named = [{"name": "default", "template": form.template}, {"name": "rag", "template": "{{ messages }}"}]
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({**settings, "chat_template": named}))
    assert load_tokenizer(tmp_path).chat_template == form.template
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({**settings, "chat_template": named[1:]}))
    with pytest.raises(DataError, match="has chat templates rag: call one of them default"):
        load_tokenizer(tmp_path)


SPEC = """\
name: chat
policy: {{model: {model}, dtype: float32}}
data: {{train: {rows}, verifier: math{more}}}
rollout: {{engine: transformers, prompts: 1, samples: 2, max_prompt_tokens: 128, max_response_tokens: 8}}
train: {{iterations: 1, minibatch_prompts: 1, zero_stage: 0}}
store: {store}
"""


@every_form
def test_the_preview_shows_end_tokens_and_the_question(
    name: str, folder: Folder, tokenizer: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form, spec, rows = FORMS[name], tmp_path / "spec.yaml", tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"prompt": [{"role": role, "content": text} for role, text in TURNS], "answer": "7"}))
    more = f", system: {BRIEF}" if form.briefed else ""
    spec.write_text(SPEC.format(model=folder(name), rows=rows, more=more, store=tmp_path / "store"))
    with pytest.raises(SystemExit) as left:
        main(["data", str(spec)])
    out = capsys.readouterr().out
    assert left.value.code in (0, None)
    (said,) = [line for line in out.splitlines() if line.startswith("a response ends with ")]
    loaded = tokenizer(name)
    assert said == "a response ends with " + ", ".join(
        f"{loaded.decode([end])} ({end})" for end in end_tokens(loaded, folder(name))
    )
    shown = out.replace("│", "").replace("⏎", "")
    assert [part.split("⟧")[0].strip() for part in shown.split("⟦")[2:]] == [TURNS[0][1], QUESTION]
    assert (BRIEF in shown) is (form.briefed is not None)


def test_a_form_has_its_tokens_once() -> None:
    for form in FORMS.values():
        made: Form = form
        ids = [backend(made).token_to_id(token.text) for token in made.tokens]
        assert None not in ids and len({*ids}) == len(ids)
