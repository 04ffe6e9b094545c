"""TRL's own reward functions through a worker give what they give when called directly. Fetches TRL's wheel."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from infra.paths import HOME
from tasks.reward.functions.results import scores_of
from tests.tasks.reward.functions.tools import group, term, values

pytestmark = pytest.mark.slow
TRL = "1.16.0"
PROMPT = ({"role": "user", "content": "1/6 + 1/6?"},)
RESPONSES = (
    "<think>\nTwo sixths.\n</think>\nIt is \\boxed{\\frac{1}{3}}",
    "Two sixths. It is \\boxed{\\frac{2}{6}}",
    "<think>Half.</think> \\boxed{\\frac{1}{2}}",
    "no idea " * 9,
)
USED = {
    "format": ("think_format_reward", "think_format_reward"),
    "accuracy": ("accuracy_reward", "accuracy_reward"),
    "reasoning_accuracy": ("reasoning_accuracy_reward", "reasoning_accuracy_reward"),
    "overlong": ("get_soft_overlong_punishment", "get_soft_overlong_punishment(70, 40)"),
    "repetition": ("get_repetition_penalty_reward", "get_repetition_penalty_reward(3, -1.0)"),
    "cosine": ("get_cosine_scaled_reward", "get_cosine_scaled_reward(max_len=100)"),
}


@pytest.fixture(scope="module")
def trl() -> Path:
    """The folder of TRL's modules, without what it depends on."""
    folder = HOME / f"trl-wheel-{TRL}"
    if not (folder / "trl" / "rewards").is_dir():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
        subprocess.run([*command, f"trl=={TRL}"], check=True)
        with zipfile.ZipFile(next(folder.glob("trl-*.whl"))) as wheel:
            wheel.extractall(folder)
    return folder


@pytest.mark.parametrize("name", USED)
def test_trls_own_functions(tmp_path: Path, trl: Path, name: str) -> None:
    imported, expression = USED[name]
    source = f"import sys\nsys.path.append({str(trl)!r})\nfrom trl.rewards import {imported}\nf = {expression}\n"
    space: dict[str, Any] = {}
    exec(source, space)
    given = group(*RESPONSES, prompt=PROMPT, solution="$\\frac{1}{3}$", level=3)
    expected = space["f"](
        prompts=[list(PROMPT)] * 4,
        completions=[[{"role": "assistant", "content": text}] for text in RESPONSES],
        completion_ids=[list(ids) for ids in given.token_ids],
        solution=[given.columns["solution"]] * 4,
        level=[3] * 4,
    )
    with term(tmp_path, source, workers=2) as own:
        assert values(own.scores([given, given])) == [expected] * 2
    assert len({*expected}) > 1


def test_numbers_of_torch() -> None:
    assert scores_of([torch.tensor(2), torch.tensor(0.5)], 2) == scores_of(torch.tensor([2.0, 0.5]), 2) == [2.0, 0.5]
