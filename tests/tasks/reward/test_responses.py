"""What verifiers get of a response: its text with the tags of thinking, those of the prompt and those that are special
tokens included, so that an unfinished thought is no answer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tokenizers import AddedToken
from transformers import PreTrainedTokenizerFast

from specs.rewards import Reward
from tasks import table
from tasks.data.encode import decode, encode
from tasks.data.prompts import PromptFormat
from tasks.data.tokenizer import puzzle_tokenizer
from tasks.evaluate.judged import judge_samples
from tasks.evaluate.problems import SuiteData
from tasks.evaluate.samples import Sample
from tasks.evaluate.suites.load import SuiteProblem
from tasks.records import EncodedProblem, FinishReason, Message, Problem, Rollout
from tasks.reward.judge import Judge
from tasks.reward.program import extract
from tasks.reward.responses import ResponseTexts, thinking_key_part
from tasks.stages import reward
from tests.tasks.data.test_encode import CHATML, byte_level

THINKING = CHATML.replace("assistant\n'", "assistant\n<think>\n'")
CHECKED = Path(__file__).parents[4] / "shared" / "data" / "faults" / "thinking.jsonl"


def tokenizer_with(
    template: str | None, special: Sequence[str] = (), plain: Sequence[str] = ()
) -> PreTrainedTokenizerFast:
    """Return a byte-level tokenizer that has some tags as special tokens, and others as tokens that are text."""
    tokenizer = byte_level(template)
    tokenizer.add_tokens([AddedToken(tag, special=True) for tag in special], special_tokens=True)
    tokenizer.add_tokens([AddedToken(tag, special=False) for tag in plain])
    return tokenizer


def asked(tokenizer: PreTrainedTokenizerFast, answer: str = "7", question: str = "How many clips?") -> EncodedProblem:
    prompt = (Message(role="user", content=question),)
    return encode(Problem("p", prompt, "math", {"answer": answer}), tokenizer, PromptFormat())


def text_of(tokenizer: PreTrainedTokenizerFast, response: str, question: str = "How many clips?") -> str:
    ids = tokenizer(response, add_special_tokens=False)["input_ids"]
    (text,) = ResponseTexts(tokenizer).of([(asked(tokenizer, question=question), ids)])
    return text


TOKENIZERS = {
    "text": tokenizer_with(CHATML),
    "opened": tokenizer_with(THINKING),
    "opened, a token": tokenizer_with(THINKING, plain=["<think>", "</think>"]),
    "opened, special": tokenizer_with(THINKING, special=["<think>", "</think>"]),
    "special": tokenizer_with(CHATML, special=["<think>", "</think>", "<seed:think>", "</seed:think>", "<reasoning>"]),
}
ROWS: list[tuple[str, str, str, bool]] = [
    # tokenizer, response, gold, rewarded
    ("opened", r"Maybe \boxed{8}.</think>" "\n" r"\boxed{7}", "7", True),
    ("opened", r"Maybe \boxed{5}. Or \boxed{7}. Hmm", "7", False),
    ("opened", r"\boxed{7}", "7", False),  # it ended, and its thought did not
    ("opened", r"<think>Or \boxed{7}", "7", False),
    ("opened", r"<think>Or \boxed{8}</think>\boxed{7}", "7", True),
    ("opened", r"<reasoning>a</reasoning>\boxed{7}", "7", False),
    ("opened", r"a</think>\boxed{7}</think>", "7", False),
    ("opened", r"a</think>\boxed{7} <think>or \boxed{8}", "7", False),
    ("opened, a token", r"Maybe \boxed{7}", "7", False),
    ("opened, a token", r"Maybe \boxed{8}</think>\boxed{7}", "7", True),
    ("opened, special", r"Maybe \boxed{7}", "7", False),
    ("opened, special", r"Maybe \boxed{8}</think>The answer is 7.", "7", True),
    ("opened, special", r"Maybe \boxed{7}</think>I do not know.", "7", False),
    ("special", r"<think>Maybe \boxed{8}.</think>The answer is 7.", "7", True),
    ("special", r"<think>Maybe \boxed{7}.</think>The answer is 8.", "7", False),
    ("special", r"<seed:think>Maybe \boxed{7}? Let me", "7", False),
    ("special", r"<seed:think>Maybe \boxed{8}</seed:think>\boxed{7}", "7", True),
    ("special", r"<reasoning>Maybe \boxed{7}? Let me", "7", False),
    ("special", r"\boxed{7}", "7", True),
    ("text", r"<reasoning>Maybe \boxed{7}? Let me", "7", False),
    ("text", r"[THINK]Maybe \boxed{7}? Let me", "7", False),
    ("text", r"◁think▷Maybe \boxed{7}? Let me", "7", False),
    ("text", r"[THINK]Maybe \boxed{8}[/THINK]\boxed{7}", "7", True),
    ("text", r"\boxed{7}", "7", True),
    ("text", "I think that the answer is 7.", "7", True),
]


@pytest.mark.parametrize(("name", "response", "gold", "rewarded"), ROWS)
def test_an_unfinished_thought_is_no_answer(name: str, response: str, gold: str, rewarded: bool) -> None:
    assert judged(TOKENIZERS[name], response, gold) is rewarded


@pytest.mark.parametrize("name", TOKENIZERS)
def test_the_fault_rows_are_judged_as_wanted(name: str) -> None:
    if not CHECKED.is_file():
        pytest.skip(f"no {CHECKED}")
    for row in map(json.loads, CHECKED.read_text(encoding="utf-8").splitlines()):
        given = row["input"]
        if given["prompt_tail"].endswith("<think>\n") == name.startswith("opened"):
            assert judged(TOKENIZERS[name], given["response"], given["gold"]) is row["expected"], row["id"]


def judged(tokenizer: PreTrainedTokenizerFast, response: str, gold: str) -> bool:
    """Return whether an evaluation rewards a response."""
    problem = asked(tokenizer, gold)
    ids = tuple(tokenizer(response, add_special_tokens=False)["input_ids"])
    suite = SuiteData((problem,), (SuiteProblem(problem.problem, "?"),))
    sample = Sample("p", 0, ids, (), FinishReason.LENGTH, None, 0)
    judge = Judge(Reward(), 64)
    try:
        (row,) = judge_samples(judge.verified, suite, {("p", 0): sample}, 1, tokenizer, 0.0, "suite")
    finally:
        judge.close()
    return row.score == 1.0


PROGRAM = "```python\nx = 1\n```"


@pytest.mark.parametrize(
    ("name", "response", "program"),
    [
        ("opened", f"Maybe\n{PROGRAM}\nNo, wait", None),
        ("opened", f"Maybe\n{PROGRAM}\n</think>\n```python\nx = 2\n```", "x = 2\n"),
        ("opened, special", f"Maybe\n{PROGRAM}", None),
        ("special", f"<seed:think>\n{PROGRAM}\n", None),
        ("special", f"<seed:think>no</seed:think>\n{PROGRAM}\n", "x = 1\n"),
        ("text", f"<reasoning>\n{PROGRAM}\n", None),
        ("text", PROGRAM, "x = 1\n"),
    ],
)
def test_a_program_in_an_unfinished_thought_is_none(name: str, response: str, program: str | None) -> None:
    assert extract(text_of(TOKENIZERS[name], response), {"prompt_style": "stdin"}).text == program


@pytest.mark.parametrize("question", ["Think in <think> tags", "<think>", "Begin with <think>\n", "a <|im_start|> b"])
@pytest.mark.parametrize("name", ["text", "special"])
def test_tags_in_a_question_open_no_thought(name: str, question: str) -> None:
    assert text_of(TOKENIZERS[name], "7", question) == "7"
    assert text_of(TOKENIZERS["opened"], "7", question) == "<think>7"


@pytest.mark.parametrize(
    ("turn", "opened"),
    [
        ("<think>\n", "<think>"),  # QwQ, Qwen3-Thinking
        ("<think>\n\n</think>\n\n", ""),  # Qwen3, told not to think
        ("</think>", ""),  # DeepSeek-V3.1, told not to think
        ("<think>\nOkay, so", "<think>"),
        ("[THINK]", "[THINK]"),
        ("<seed:think>", "<seed:think>"),
        ("<|channel|>analysis<|message|>", "<|channel|>analysis<|message|>"),
        ("Let me think. ", ""),
    ],
)
def test_what_templates_write_in_the_assistants_turn(turn: str, opened: str) -> None:
    user = "{% for m in messages %}{{ '<｜User｜>' + m['content'] }}{% endfor %}"
    for template in (CHATML.replace("assistant\n'", f"assistant\n{turn}'"), f"{user}<｜Assistant｜>{turn}"):
        tokenizer = tokenizer_with(template)
        assert text_of(tokenizer, "7") == f"{opened}7"
        assert thinking_key_part(tokenizer, PromptFormat()) == ({"thinking": {"opened": opened}} if opened else {})


def test_tags_in_a_templates_own_instruction_open_no_thought() -> None:
    asks = CHATML.replace("message['content']", "message['content'] + ' Begin with <think>.'")
    assert text_of(tokenizer_with(asks), "7") == "7"


def test_a_raw_prompt_that_ends_with_the_tag_opens_a_thought() -> None:
    raw = tokenizer_with(None)
    assert text_of(raw, "7", "User: How many?\nAssistant: <think>\n") == "<think>7"
    assert text_of(raw, "7", "Use <think>. How many?") == "7"


def test_without_thinking_the_text_is_what_decoding_gives() -> None:
    for tokenizer in (TOKENIZERS["text"], puzzle_tokenizer()):
        ids = tokenizer("12 + 30", add_special_tokens=False)["input_ids"] + [tokenizer.eos_token_id]
        problem = replace(asked(TOKENIZERS["text"]), prompt_ids=(0, 1, 2), content=(1,))
        assert ResponseTexts(tokenizer).of([(problem, ids)]) == [decode(ids, tokenizer)]


def test_only_the_tags_of_special_tokens_are_kept() -> None:
    tokenizer = tokenizer_with(CHATML, special=["[THINK]", "[/THINK]", "<tool>", "<|message|>"])
    end = tokenizer.eos_token
    assert text_of(tokenizer, f"[THINK]é a[/THINK]<tool>b<|message|>{end}") == "[THINK]é a[/THINK]b"


@pytest.mark.parametrize(
    ("tokenizer", "part"),
    [
        (puzzle_tokenizer(), {}),
        (TOKENIZERS["text"], {}),
        (tokenizer_with(None), {}),
        (tokenizer_with(CHATML, plain=["<think>", "</think>"]), {}),  # Qwen3: the tags are text
        (TOKENIZERS["opened"], {"thinking": {"opened": "<think>"}}),
        (
            tokenizer_with(THINKING, special=["<think>", "</think>"]),
            {"thinking": {"opened": "<think>", "special": ["</think>", "<think>"]}},
        ),
        (tokenizer_with("{{ raise_exception('a system turn first') }}"), {}),
    ],
)
def test_keys_move_where_thinking_is_read_otherwise_alone(
    tokenizer: PreTrainedTokenizerFast, part: dict[str, Any]
) -> None:
    assert thinking_key_part(tokenizer, PromptFormat()) == part


def test_training_judges_as_an_evaluation_does(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = TOKENIZERS["opened"]
    responses = [r"Maybe \boxed{7}", r"Maybe \boxed{8}</think>\boxed{7}"]
    rows = [
        Rollout("p", i, (), tuple(tokenizer(text)["input_ids"]), (), FinishReason.LENGTH, "", 0)
        for i, text in enumerate(responses)
    ]
    monkeypatch.setattr("tasks.stages.rollouts_of", lambda *_: rows)
    dataset = SimpleNamespace(by_id={"p": asked(tokenizer)}, tokenizer=tokenizer)
    run = SimpleNamespace(
        session=None, dataset=dataset, spec=SimpleNamespace(reward=Reward()), judge=Judge(Reward(), 64), rows={}
    )
    step = SimpleNamespace(inputs={"rollouts": []})
    output = reward.__wrapped__(run, step, 0)
    run.judge.close()
    assert [row["score"] for row in table.from_bytes(output.files["verdicts.parquet"])] == [0.0, 1.0]
