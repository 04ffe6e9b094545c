"""vLLM stays in a resident child: it takes over torch's threads and its own logging, and must not do so here."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from infra.errors import EngineError
from infra.resident import Resident
from tasks.records import FinishReason
from tasks.rollout.protocol import Completion, PromptGroup, Sampling
from tasks.rollout.vllm_engine import VllmEngine, VllmOptions
from tests.tasks.rollout.conftest import adapted
from tests.tasks.rollout.tools import by_group

ROOT = Path(__file__).resolve().parents[3]
Make = Callable[..., Path]
Teacher = Callable[..., tuple[list[float], list[float]]]
GROUPS = [
    PromptGroup(tuple(range(10 + g, 10 + g + n)), tuple(100 * g + s for s in range(4)))
    for g, n in enumerate((3, 40, 40, 9))
]
SMALL: dict[str, Any] = {
    "max_model_len": 64,
    "dtype": "float32",
    "tensor_parallel_size": 1,
    "kv_cache_gib": 0.125,
}
PLAIN = Sampling(temperature=1.0, max_tokens=12, stop_token_ids=(5, 6, 7))

vllm = [
    pytest.mark.vllm,
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed (extra `cpu`)"),
]


class Child:
    """An engine in its child, with the engine's own methods."""

    def __init__(self, log: Path, kind: str, **options: Any) -> None:
        argv = [sys.executable, "-m", "tasks.rollout.server", "--engine", kind, "--options", json.dumps(options)]
        self.resident = Resident("rollout", argv, log=log, env={"OMP_NUM_THREADS": "1"}, cwd=ROOT)

    def load(self, weights: Path) -> None:
        self.resident.call("load", deadline_s=240, weights=weights)

    def load_adapter(self, base: Path, adapter: Path) -> None:
        self.resident.call("load_adapter", deadline_s=240, base=base, adapter=adapter)

    def generate(self, groups: list[PromptGroup], sampling: Sampling) -> list[list[Completion]]:
        [reply] = self.resident.call("generate", deadline_s=240, groups=groups, sampling=sampling)
        return by_group(reply, groups)

    def do(self, method: str) -> None:
        self.resident.call(method, deadline_s=60)


@pytest.fixture(scope="module")
def living(llama: Make, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    child = Child(tmp_path_factory.mktemp("log") / "vllm.log", "vllm", **SMALL)
    child.load(llama(0))
    yield child
    child.resident.stop()


def check(child: Child, folder: Path, sampling: Sampling, teacher: Teacher) -> None:
    for group, completions in zip(GROUPS, child.generate(GROUPS, sampling), strict=True):
        assert len(completions) == len(group.seeds)
        for completion in completions:
            expected, _ = teacher(folder, group.prompt_ids, completion.response_ids, sampling)
            assert completion.logprobs == pytest.approx(expected, abs=5e-4)
            ended = completion.response_ids[-1] in sampling.stop_token_ids
            assert completion.finish_reason is (FinishReason.STOP if ended else FinishReason.LENGTH)
            assert not set(completion.response_ids[:-1]) & set(sampling.stop_token_ids)


class TestVllm:
    pytestmark = vllm

    @pytest.mark.parametrize(
        "sampling",
        [PLAIN, Sampling(0.6, 12, (5,), top_p=0.8, top_k=20), Sampling(0.0, 12, (5,))],
        ids=["plain", "truncated", "greedy"],
    )
    def test_log_probabilities_are_those_of_the_distribution_sampled_from(
        self, living: Child, llama: Make, teacher: Teacher, sampling: Sampling
    ) -> None:
        living.load(llama(0))
        check(living, llama(0), sampling, teacher)

    def test_new_weights_reach_the_living_engine_also_through_a_tied_head(
        self, living: Child, llama: Make, teacher: Teacher
    ) -> None:
        """Without the repacking in vllm_worker.py the head keeps the old embeddings and this fails."""
        for seed in (1, 2, 0):
            living.load(llama(seed))
            check(living, llama(seed), PLAIN, teacher)

    def test_the_same_request_gives_the_same_bits_again(self, living: Child, llama: Make) -> None:
        living.load(llama(0))
        first = living.generate(GROUPS, PLAIN)
        living.generate([PromptGroup((50, 51), (1, 2))], PLAIN)
        assert living.generate(GROUPS, PLAIN) == first
        living.load(llama(1))
        assert living.generate(GROUPS, PLAIN) != first
        living.load(llama(0))
        assert living.generate(GROUPS, PLAIN) == first

    def test_a_sample_has_its_own_seed(self, living: Child) -> None:
        [completions] = living.generate([PromptGroup((9, 8), (1, 2, 3, 1))], PLAIN)
        assert completions[0].response_ids == completions[3].response_ids
        assert len({c.response_ids for c in completions}) == 3

    def test_prompts_of_more_tokens_than_one_step_takes(self, living: Child, llama: Make, teacher: Teacher) -> None:
        """A step takes 4096 tokens: cut into two, a prompt's seeded generator would have to be wound back, and on the
        CPU vLLM fails there.
        """
        living.load(llama(0))
        groups = [
            PromptGroup((first, *range(second, second + 46)), (first,))
            for first in range(20, 70)
            for second in (10, 60)
        ]
        assert sum(len(group.prompt_ids) for group in groups) > 4096
        for group, [completion] in list(zip(groups, living.generate(groups, PLAIN), strict=True))[
            80:92
        ]:  # at 4096 / 47 = 87.1 the step is full
            expected, _ = teacher(llama(0), group.prompt_ids, completion.response_ids, PLAIN)
            assert completion.logprobs == pytest.approx(expected, abs=5e-4)

    @pytest.mark.parametrize("rank", [4, 0], ids=["as it is", "merged"])
    def test_adapters_follow_each_other_beside_weights_that_stay(
        self, rank: int, llama: Make, teacher: Teacher, tmp_path: Path
    ) -> None:
        """vLLM's log-probabilities are those of merged weights; its folder may go once an adapter is loaded."""
        child = Child(tmp_path / "vllm.log", "vllm", **SMALL, adapter_rank=rank)
        try:
            for seed in (1, 2):
                adapter, merged = adapted(llama(0), tmp_path / str(seed), seed)
                child.load_adapter(llama(0), adapter)
                shutil.rmtree(adapter)
                check(child, merged, PLAIN, teacher)
            child.load(llama(1))  # whole weights again, into the engine that had the adapter
            check(child, llama(1), PLAIN, teacher)
        finally:
            child.resident.stop()

    def test_another_architecture_a_long_prompt_and_sleep(self, living: Child, llama: Make) -> None:
        with pytest.raises(EngineError, match="start a new engine"):
            living.load(llama(0, hidden=32))
        with pytest.raises(EngineError, match="was started for 64"):
            living.generate([PromptGroup(tuple(range(10, 70)), (1,))], PLAIN)
        before = living.generate(GROUPS, PLAIN)
        living.do("sleep")
        living.do("wake")
        assert living.generate(GROUPS, PLAIN) == before

    def test_a_new_engine_gives_the_same_bits(self, living: Child, llama: Make, tmp_path: Path) -> None:
        living.load(llama(1))
        living.load(llama(0))
        child = Child(tmp_path / "vllm.log", "vllm", **SMALL)
        try:
            child.load(llama(0))
            assert child.generate(GROUPS, PLAIN) == living.generate(GROUPS, PLAIN)
        finally:
            child.resident.stop()

    def test_an_untied_head(self, llama: Make, teacher: Teacher, tmp_path: Path) -> None:
        child = Child(tmp_path / "vllm.log", "vllm", **SMALL)
        try:
            for seed in (0, 1):
                child.load(llama(seed, tied=False))
                check(child, llama(seed, tied=False), PLAIN, teacher)
        finally:
            child.resident.stop()

    def test_parameters_that_a_reload_leaves_alone_are_named(self, llama: Make, tmp_path: Path) -> None:
        """vLLM only warns of them. The engine's own comparison of the folders comes first, so it is passed by."""
        weights = load_file(llama(1) / "model.safetensors")
        gone = weights.pop("model.norm.weight")
        less = shutil.copytree(llama(1), tmp_path / "less")
        save_file(weights, less / "model.safetensors", metadata={"format": "pt"})
        program = f"""
from pathlib import Path
from infra.errors import EngineError
from tasks.rollout.vllm_engine import VllmEngine, VllmOptions
engine = VllmEngine(VllmOptions(**{SMALL!r}))
engine.load(Path({str(llama(0))!r}))
engine._reload(Path({str(llama(1))!r}))
try:
    engine._reload(Path({str(less)!r}))
except EngineError as error:
    print("refused:", error)
"""
        done = program_run(program)
        assert gone.numel() and "1 parameters (first model.norm.weight)" in done


class RecordedLLM:
    """In the place of vllm.LLM on a GPU: it notes the calls whose order matters."""

    def __init__(self, missing: tuple[str, ...] = ()) -> None:
        self.calls: list[object] = []
        self.llm_engine = SimpleNamespace(add_lora=self._add, remove_lora=lambda number: None)
        self._missing = missing

    def _add(self, request: Any) -> bool:
        self.calls.append("add adapter")
        return True

    def sleep(self, level: int) -> None:
        self.calls.append(f"sleep {level}")

    def wake_up(self, tags: list[str]) -> None:
        self.calls.append(f"wake {' '.join(tags)}")

    def collective_rpc(self, method: str, args: tuple[str, ...]) -> list[list[str]]:
        self.calls.append(method)
        return [[], list(self._missing)]

    def reset_prefix_cache(self) -> bool:
        return True


def on_a_gpu(llm: RecordedLLM, monkeypatch: pytest.MonkeyPatch, **options: Any) -> VllmEngine:
    engine = VllmEngine(VllmOptions(**{**SMALL, **options}))
    monkeypatch.setattr(engine, "_start", lambda weights: llm)
    request = SimpleNamespace(LoRARequest=lambda name, number, path: SimpleNamespace(lora_int_id=number))
    engine._vllm = SimpleNamespace(lora=SimpleNamespace(request=request))
    return engine


def test_memory_of_the_cache_is_taken_after_the_weights_are_loaded(
    llama: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm = RecordedLLM()
    engine = on_a_gpu(llm, monkeypatch)
    engine.load(llama(0))
    engine.wake()
    assert llm.calls == [], "it did not sleep"
    engine.sleep()
    with pytest.raises(EngineError, match="after sleep"):
        engine.generate(GROUPS, PLAIN)
    engine.sleep()
    engine.wake()
    engine.load(llama(1))
    assert llm.calls == ["sleep 2", "wake weights", "load_folder", "wake kv_cache"]


def test_weights_beside_which_adapters_stand_survive_a_sleep(
    llama: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    llm = RecordedLLM()
    engine = on_a_gpu(llm, monkeypatch, adapter_rank=4)
    engine.load_adapter(llama(0), tmp_path / "first")
    engine.sleep()
    engine.wake()
    engine.load_adapter(llama(0), tmp_path / "second")
    assert llm.calls == ["add adapter", "sleep 1", "wake weights", "add adapter", "wake kv_cache"]


def test_a_reload_that_leaves_a_parameter_alone_is_an_error(llama: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = on_a_gpu(RecordedLLM(missing=("lm_head.weight",)), monkeypatch)
    engine.load(llama(0))
    with pytest.raises(EngineError, match=r"kept the older weights of 1 parameters \(first lm_head.weight\)"):
        engine.load(llama(1))


def test_the_transformers_engine_as_a_child_without_vllm(llama: Make, tmp_path: Path) -> None:
    child = Child(tmp_path / "rollout.log", "transformers")
    try:
        with pytest.raises(EngineError, match="before load"):
            child.generate(GROUPS, PLAIN)
        child.load(llama(0))
        replies = child.generate(GROUPS, PLAIN)
        assert replies == child.generate(GROUPS, PLAIN) and len(replies) == len(GROUPS)
        maps = Path(f"/proc/{child.resident.pids[0]}/maps").read_text()
        assert "torch" in maps and "vllm" not in maps
    finally:
        child.resident.stop()


@pytest.mark.slow
@pytest.mark.turn
def test_an_unknown_option_ends_the_child_with_its_name(tmp_path: Path) -> None:
    child = Child(tmp_path / "rollout.log", "transformers", dtipe="float32")
    with pytest.raises(EngineError, match="dtipe"):
        child.load(tmp_path)
    child.resident.stop()


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        (None, r"vLLM is not installed; run: pip install -e '\.\[cpu\]' \(on a GPU machine: '\.\[gpu\]'\)"),
        pytest.param(
            "raise RuntimeError('operator torchvision::nms does not exist')",
            "pip uninstall -y torchvision torchaudio torchcodec",
            marks=[pytest.mark.slow, pytest.mark.turn],
        ),
        pytest.param(
            "raise ImportError('libnuma.so.1')", r"libnuma\.so\.1", marks=[pytest.mark.slow, pytest.mark.turn]
        ),
    ],
)
def test_a_missing_or_broken_vllm_is_one_line_that_says_what_to_do(
    tmp_path: Path, llama: Make, package: str | None, expected: str
) -> None:
    if package is not None:
        (tmp_path / "vllm").mkdir()
        (tmp_path / "vllm" / "__init__.py").write_text(package)
    hidden = "sys.modules['vllm'] = None; importlib.util.find_spec = lambda name: None" if package is None else ""
    program = f"""
import importlib.machinery, importlib.util, pathlib, sys
{hidden}
from infra.errors import EngineError
from tasks.rollout.vllm_engine import VllmEngine, VllmOptions
try:
    options = VllmOptions(max_model_len=8, dtype="float32", tensor_parallel_size=1)
    VllmEngine(options).load(pathlib.Path({str(llama(0))!r}))
except EngineError as error:
    print(error)
"""
    [line] = program_run(program, f"{tmp_path}:{ROOT}").splitlines()

    assert re.search(expected, line), line


def program_run(program: str, path: str = str(ROOT)) -> str:
    """What a program of Python prints, run with this PYTHONPATH."""
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    ).stdout
