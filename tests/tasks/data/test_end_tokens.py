"""End tokens: the tokenizer's own, those of the generation configuration, and the chat template's end of turn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasks.data.end_tokens import end_tokens
from tasks.data.tokenizer import puzzle_tokenizer
from tasks.errors import DataError
from tests.tasks.data.test_encode import CHATML, byte_level


def ids(*tokens: str) -> tuple[int, ...]:
    return tuple(byte_level(CHATML).convert_tokens_to_ids(list(tokens)))  # type: ignore[arg-type]


def test_the_template_s_end_of_turn_is_one_of_a_base_model_s() -> None:
    """As Qwen's base models: eos_token is <|endoftext|>, and ChatML ends turns with <|im_end|>."""
    tokenizer = byte_level(CHATML)
    tokenizer.eos_token = "<|endoftext|>"
    assert end_tokens(tokenizer, None) == ids("<|endoftext|>", "<|im_end|>")
    tokenizer.eos_token = "<|im_end|>"
    assert end_tokens(tokenizer, None) == ids("<|im_end|>")


@pytest.mark.parametrize(
    "template",
    [
        None,
        "{% for m in messages %}{{ m['content'] }}{% endfor %}",
        "{% for m in messages %}{{ m['content'] }} the end\n{% endfor %}",
        "{{ raise_exception('no') }}",
        "{% for m in messages %}<|im_start|>{{ m['content'] | upper }}<|im_end|>{% endfor %}",
        "{% for m in messages %}<|im_start|>{{ m['role'] }}<|im_end|>{% endfor %}",
    ],
)
def test_a_template_without_one_adds_none(template: str | None) -> None:
    tokenizer = byte_level(template)
    tokenizer.eos_token = "<|endoftext|>"
    assert end_tokens(tokenizer, None) == ids("<|endoftext|>")


@pytest.mark.parametrize(
    ("stated", "tokens"),
    [(None, ()), (2, (2,)), ([1, 2], (1, 2)), ([], ()), ([0], ())],
)
def test_those_of_the_generation_configuration_count(stated: object, tokens: tuple[int, ...], tmp_path: Path) -> None:
    tokenizer = byte_level(None)
    tokenizer.eos_token = "<|endoftext|>"
    (own,) = ids("<|endoftext|>")
    (tmp_path / "generation_config.json").write_text(json.dumps({"eos_token_id": stated}))
    assert end_tokens(tokenizer, tmp_path) == (own, *(each for each in tokens if each != own))


@pytest.mark.parametrize("stated", ['["x"]', "{}", '"2"', "[true]", "[-1]", "2.5", None])
def test_a_generation_configuration_that_cannot_be_read_is_named(stated: str | None, tmp_path: Path) -> None:
    (tmp_path / "generation_config.json").write_text("[]" if stated is None else f'{{"eos_token_id": {stated}}}')
    with pytest.raises(DataError, match=r"generation_config\.json: eos_token_id cannot be read .*write the file anew"):
        end_tokens(byte_level(None), tmp_path)


def test_the_puzzles_have_one() -> None:
    tokenizer = puzzle_tokenizer()
    assert end_tokens(tokenizer, None) == (tokenizer.eos_token_id,)


def test_the_template_gets_its_variables() -> None:
    template = "{% for m in messages %}{{ m['content'] }}{% if closed %}<|im_end|>{% endif %}{% endfor %}"
    tokenizer = byte_level(template)
    tokenizer.eos_token = "<|endoftext|>"
    assert end_tokens(tokenizer, None, {"closed": True}) == ids("<|endoftext|>", "<|im_end|>")
    assert end_tokens(tokenizer, None, {"closed": False}) == ids("<|endoftext|>")
