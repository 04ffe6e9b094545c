"""What sets up a GPU reaches an engine; a secret whose name begins like an allowed one does not."""

from __future__ import annotations

import pytest

from infra.resident import child_environment


@pytest.mark.parametrize(
    "name", ["NVIDIA_API_KEY", "VLLM_API_KEY", "HF_HUB_TOKEN", "NCCL_PASSWORD", "TRITON_TOKEN", "AWS_SECRET_ACCESS_KEY"]
)
def test_a_secret_stays_behind(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "canary")
    monkeypatch.setenv("NCCL_DEBUG", "INFO")
    environment = child_environment()
    assert "canary" not in environment.values()
    assert environment["NCCL_DEBUG"] == "INFO"


@pytest.mark.parametrize(
    "name",
    [
        "PYTORCH_ALLOC_CONF",
        "PYTORCH_CUDA_ALLOC_CONF",
        "DEEPSPEED_TIMEOUT",
        "TRITON_CACHE_DIR",
        "CUBLAS_WORKSPACE_CONFIG",
        "FLASHINFER_WORKSPACE_BASE",
    ],
)
def test_what_sets_up_a_gpu_reaches_the_child(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "here")
    assert child_environment()[name] == "here"
