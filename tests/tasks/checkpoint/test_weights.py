"""The folder of a model that a spec names: a local one, or the hub's, and what is said where there is neither."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from specs.paths import REPOSITORY_ROOT
from tasks.checkpoint.weights import model_folder
from tasks.errors import DataError


def named(model: str) -> dict[str, Any]:
    return {"init": "pretrained", "model": model, "revision": None}


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    assert model_folder(named(str(tmp_path)), download=True) == tmp_path
    assert model_folder({"init": "scratch"}, download=True) is None


@pytest.mark.parametrize(
    ("model", "download", "said"),
    [
        ("/no/where", True, "no folder /no/where (a relative path starts at the repository root)"),
        ("my/own/model", True, "no folder ROOT/my/own/model (a relative path starts at the repository root)"),
        (
            "x/y/SmolLM2-135M",
            True,
            "no folder ROOT/x/y/SmolLM2-135M (a relative path starts at the repository root); make",
        ),
        ("models/smol", False, ", and no model models/smol of the hub in the local cache: a start fetches it"),
        (
            "models/smol",
            True,
            ", and no model models/smol from the hub; the hub does not answer: check the network, or",
        ),
    ],
)
def test_a_misspelt_folder_is_told_from_a_hub_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, model: str, download: bool, said: str
) -> None:
    """The client's hint on its argument `local_files_only`, which no spec has, is not quoted."""

    def nothing(*_: Any, **__: Any) -> str:
        raise LocalEntryNotFoundError("To enable downloads online, pass 'local_files_only=False' as input.")

    monkeypatch.setattr("huggingface_hub.snapshot_download", nothing)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with pytest.raises(DataError) as caught:
        model_folder(named(model), download=download)
    line = str(caught.value)
    assert line.startswith("policy.model: no folder /") and "local_files_only" not in line and "\n" not in line
    assert said.replace("ROOT", str(REPOSITORY_ROOT)) in line
