"""A secret whose name begins like an allowed one does not reach an engine."""

from __future__ import annotations

import pytest

from infra.resident import child_environment


@pytest.mark.parametrize(
    "name", ["NVIDIA_API_KEY", "VLLM_API_KEY", "HF_HUB_TOKEN", "NCCL_PASSWORD", "AWS_SECRET_ACCESS_KEY"]
)
def test_a_secret_stays_behind(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "canary")
    monkeypatch.setenv("NCCL_DEBUG", "INFO")
    environment = child_environment()
    assert "canary" not in environment.values()
    assert environment["NCCL_DEBUG"] == "INFO"
