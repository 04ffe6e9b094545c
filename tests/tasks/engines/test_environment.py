"""The variables that trainer and rollout engine are started with, read where their processes would start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.engines.client import EngineClient
from tasks.engines.rollout import RolloutClient
from tasks.engines.trainer import TrainerClient
from tests.tasks.train.tools import OPTIONS

SETTINGS = ("PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF")


class Started(Exception):
    """In the place of processes."""


def allocator(client: EngineClient, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings of torch's allocator among the variables that the client adds."""
    added: dict[str, str] = {}

    def start(*_: Any, env: Mapping[str, str], **__: Any) -> None:
        added.update(env)
        raise Started

    monkeypatch.setattr("tasks.engines.client.Resident", start)
    with pytest.raises(Started):
        client._start()
    return {name: value for name, value in added.items() if name in SETTINGS}


def trainer(devices: str | None, log: Path) -> TrainerClient:
    return TrainerClient(replace(OPTIONS, devices=devices), log)


def test_segments_grow_in_the_trainer_on_a_gpu_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    log = tmp_path / "log"
    engine = RolloutClient("vllm", {}, threads=1, devices="0", log=log, deadline_s=1)

    assert allocator(trainer("0", log), monkeypatch) == {"PYTORCH_ALLOC_CONF": "expandable_segments:True"}
    assert allocator(trainer(None, log), monkeypatch) == allocator(engine, monkeypatch) == {}


@pytest.mark.parametrize("name", SETTINGS)
def test_the_users_allocator_stays(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "max_split_size_mb:512")
    assert allocator(trainer("0", tmp_path / "log"), monkeypatch) == {}
