"""The answer of a response is the text outside of its thinking, whatever tags hold that."""

from __future__ import annotations

import pytest

from tasks.reward.thinking import PAIRS, answer_text, open_thought, thought_opened_at_end


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("plain", "plain"),
        ("<think>a</think> b", " b"),
        ("a</think>b", "b"),  # opened before the response
        ("<think>a</think>b<think>c</think>d", "d"),
        ("<think>never ends", None),
        ("a</think>b<think>c", None),
        ("", ""),
        ("<think>\n<think>a</think>b", "b"),  # a policy that repeats the tag which the template wrote
        ("<think>a <reasoning>b</reasoning> c", None),  # the inner thought ends, the outer one does not
        ("<think>a <reasoning>b</think> c", " c"),
        ("<think>a [/THINK] b", None),
        ("<reasoning>a</reasoning> b <think>c", None),
        ("<reasoning>a</reasoning><think>b</think>c", "c"),
        ("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>commentary<|message|>b", None),
        *(
            (f"b {tag}a", None)
            for tag in ("<Think>", "<THINK>", "<tHiNk>", "<Thinking>", "<REASONING>", "<Scratchpad>")
        ),
        ("<THINK>a</think>b", "b"),
        ("<think>a</Think>b", "b"),
        ("a</THINK>b", "b"),
        ("<Think>a<think>b</THINK>c", "c"),
        ("<THINKING>a</THINK>b", None),
        ("<THINKER> and <|START_thinking|> and [Think]", "<THINKER> and <|START_thinking|> and [Think]"),
        ("if a < think > b:", "if a < think > b:"),
        ("List<thinker> and [think]", "List<thinker> and [think]"),
    ],
)
def test_thinking_is_left_out(response: str, answer: str | None) -> None:
    assert answer_text(response) == answer


@pytest.mark.parametrize(("opening", "closing"), PAIRS)
def test_every_pair_of_tags_holds_a_thought(opening: str, closing: str) -> None:
    assert answer_text(f"{opening}a{closing}b") == "b"
    assert answer_text(f"a{closing}b") == "b"
    assert answer_text(f"b {opening}a") is None


def test_every_tag_belongs_to_one_pair() -> None:
    tags = [tag for pair in PAIRS for tag in pair]
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize(
    ("turn", "opened"),
    [
        ("", ""),
        ("<|im_start|>assistant\n", ""),
        ("<|im_start|>assistant\n<think>\n", "<think>"),
        ("<|im_start|>assistant\n<think>\n\n</think>\n\n", ""),  # Qwen3 told not to think
        ("<｜Assistant｜><think>\n", "<think>"),
        ("<｜Assistant｜></think>", ""),  # DeepSeek-V3.1 told not to think
        ("<think>\nOkay, so", "<think>"),  # a beginning that the template writes
        ("<|start|>assistant<|channel|>analysis<|message|>", "<|channel|>analysis<|message|>"),
        ("<seed:think>", "<seed:think>"),
        ("<THINK>", "<THINK>"),
        ("<|turn>model\n<|channel>thought\n", "<|channel>thought"),
        ("<|turn>model\n<|channel>thought\n<channel|>", ""),
    ],
)
def test_what_a_turn_begins_with_may_leave_a_thought_open(turn: str, opened: str) -> None:
    assert open_thought(turn) == opened


@pytest.mark.parametrize(
    ("prompt", "opened"),
    [
        ("Question: 1+1?\nAssistant: <think>", "<think>"),
        ("Let me solve this step by step.\n<think>\n ", "<think>"),
        ("Question: 1+1?\nAssistant: <Think>\n", "<Think>"),
        ("Write your thoughts between <think> and </think>.", ""),
        ("Begin with <think>, then answer.", ""),
        ("", ""),
    ],
)
def test_a_raw_prompt_opens_a_thought_where_it_ends_with_the_tag(prompt: str, opened: str) -> None:
    assert thought_opened_at_end(prompt) == opened


def test_long_and_hostile_texts_take_one_pass() -> None:
    assert answer_text("<think>" * 100_000) is None
    assert answer_text("<" * 200_000) == "<" * 200_000
    assert answer_text("</think>" * 100_000 + "7") == "7"
