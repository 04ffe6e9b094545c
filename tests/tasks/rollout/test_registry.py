"""Every engine is reached by its name; options come from a spec; one from a user's own file serves like the others."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from infra.errors import EngineError
from infra.resident import Resident
from specs.engines import ENGINES
from specs.errors import SpecError
from specs.identity import rollout_part
from specs.load import load_spec
from specs.memory.fit import estimate
from specs.paths import REPOSITORY_ROOT
from specs.plugins import note
from specs.schema import Spec
from specs.size import model_shapes
from tasks.engines.rollout import RolloutClient
from tasks.records import FinishReason
from tasks.rollout import registry
from tasks.rollout.protocol import Completion, Completions, PromptGroup, RolloutEngine, Sampling
from tasks.rollout.registry import engine_class, engine_names, engine_options, make_engine
from tasks.rollout.vllm_engine import VllmOptions
from tests.one_line import one_line
from tests.tasks.rollout.tools import by_group

OWN = """\
from dataclasses import dataclass
from tasks.records import FinishReason
from tasks.rollout.protocol import Completion, Completions, EngineOptions, RolloutEngine

@dataclass(frozen=True, kw_only=True)
class Options(EngineOptions):
    token: int = 7
    longest: int = 0

    @classmethod
    def from_spec(cls, spec, longest_response):
        return cls(dtype=spec.policy.dtype, token=5, longest=longest_response)

class Constant(RolloutEngine):
    Options = Options

    def load(self, weights):
        self.folder = weights

    def generate(self, groups, sampling):
        one = Completion((self.options.token,), (0.0,), FinishReason.LENGTH)
        return Completions.of([one for _ in group.seeds] for group in groups)
"""


def spec(*overrides: str, file: str = "quickstart") -> Spec:
    return load_spec(REPOSITORY_ROOT / f"specs/{file}.yaml", ["control=null", *overrides], {}).spec


@pytest.fixture
def own(tmp_path: Path) -> str:
    (tmp_path / "mine.py").write_text(OWN)
    return f"{tmp_path}/mine.py:Constant"


def test_each_file_of_an_engine_is_declared_and_reached_by_its_name() -> None:
    files = {path.name.removesuffix("_engine.py") for path in Path(registry.__file__).parent.glob("*_engine.py")}
    assert files == set(engine_names()) == set(ENGINES)
    for name in engine_names():
        assert issubclass(engine_class(name), RolloutEngine)


def test_a_wrong_name_is_answered_with_all_that_there_are() -> None:
    with pytest.raises(EngineError) as caught:
        engine_class("vlm")
    assert str(caught.value) == (
        f"rollout.engine: no engine 'vlm'; there are {', '.join(ENGINES)}, or your own: my_engine.py:Name"
    )
    with pytest.raises(
        SpecError, match=r"^rollout\.engine: got 'vlm', want one of vllm, transformers, or a class of your"
    ):
        spec("rollout.engine=vlm")


def test_options_come_from_the_spec() -> None:
    assert engine_options(spec(), 12) == {"dtype": "float32", "device": "cpu", "cache_gib": 2.0}
    assert engine_options(spec("placement.gpus=1"), 12)["device"] == "cuda"
    large = engine_options(spec(file="qwen7b"), 8192)
    assert (large["max_model_len"], large["tensor_parallel_size"], large["dtype"]) == (2048 + 8192, 2, "bfloat16")
    given = spec("placement.gpu_memory_utilization=0.4", "placement.max_num_seqs=64", file="qwen7b")
    said = {"gpu_memory_utilization": 0.4, "max_num_seqs": 64, "max_num_batched_tokens": None, "gpu_memory_gib": None}
    assert engine_options(given, 8192).items() >= said.items()


def test_what_vllm_is_not_given_follows_from_its_gpu_and_the_trainer_beside_it(tmp_path: Path) -> None:
    shutil.copy(REPOSITORY_ROOT / "specs/models/Qwen2.5-7B.json", tmp_path / "config.json")
    colocated = spec(file="qwen7b")
    apart = spec("placement.layout=separate", "placement.ranks=4", file="qwen7b")
    awake = spec("placement.sleep=none", file="qwen7b")
    beside, alone, half = (
        VllmOptions.from_spec(each, 8192).share(tmp_path, 80 * 2**30) for each in (colocated, apart, awake)
    )
    assert beside.gpu_memory_utilization < alone.gpu_memory_utilization == 0.92
    assert half.gpu_memory_utilization == 0.5
    planned = estimate(spec("placement.gpu_memory_gib=80", file="qwen7b"), model_shapes(colocated), 8192)
    assert beside == planned.share, "the plan says what the engine takes"
    given = replace(VllmOptions.from_spec(colocated, 8192), gpu_memory_gib=24.0, max_num_seqs=4)
    small = given.share(tmp_path, 80 * 2**30)
    assert small.max_num_seqs == 4 and small.gpu_memory_utilization < beside.gpu_memory_utilization


def test_an_engine_from_outside_is_named_in_a_spec(own: str) -> None:
    settings = spec(f"rollout.engine={own}", "placement={gpus: 2, tensor_parallel: 2}", "train.zero_stage=1")
    assert engine_options(settings, 12) == {"dtype": "float32", "token": 5, "longest": 12}


def test_it_serves_from_its_child(own: str, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "tasks.rollout.server", "--engine", own, "--options", json.dumps({"token": 9})]
    child = Resident("rollout", argv, log=tmp_path / "log", env={"OMP_NUM_THREADS": "1"}, cwd=REPOSITORY_ROOT)
    try:
        child.call("load", deadline_s=600, weights=tmp_path)
        groups, sampling = [PromptGroup((1, 2), (3, 4))], Sampling(1.0, 1, (0,))
        [reply] = child.call("generate", deadline_s=600, groups=groups, sampling=sampling)
        assert by_group(reply, groups) == [[Completion((9,), (0.0,), FinishReason.LENGTH)] * 2]
        child.call("sleep", deadline_s=600)
        child.call("wake", deadline_s=600)
    finally:
        child.stop()


def test_its_key_is_its_content_and_a_shipped_one_s_its_name(own: str, tmp_path: Path) -> None:
    def named(engine: str) -> str:
        return str(rollout_part(spec(f"rollout.engine={engine}"))["engine"])

    assert named("transformers") == "transformers"
    first = named(own)
    assert str(tmp_path) not in first
    (tmp_path / "mine.py").write_text(OWN.replace("token: int = 7", "token: int = 8"))
    with one_line(SpecError, r"^rollout\.engine: .*mine\.py has changed since the run began; put it back, or start"):
        engine_class(own)
    assert named(own) != first


def test_a_child_runs_the_code_that_is_in_the_keys_or_none(own: str, tmp_path: Path) -> None:
    digest = note(tmp_path / "mine.py")
    (tmp_path / "mine.py").write_text(OWN.replace("token: int = 7", "token: int = 8"))
    argv = [sys.executable, "-m", "tasks.rollout.server", "--engine", own, "--source", digest]
    child = Resident("rollout", argv, log=tmp_path / "log", cwd=REPOSITORY_ROOT)
    with pytest.raises(EngineError, match=r"mine\.py has changed since the run began"):
        child.call("load", deadline_s=600, weights=tmp_path)
    child.stop()
    client = RolloutClient(own, {}, threads=1, devices=None, log=tmp_path / "log", deadline_s=1.0)
    assert client._argv[-2:] == ["--source", digest]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("Constant = 3\n", SpecError, r"rollout\.engine: got .*, but .*mine\.py defines no class or function Constant"),
        ("class Constant:\n    pass\n", EngineError, r"mine\.py:Constant is no class that derives from RolloutEngine"),
        ("1 / 0\n", SpecError, r"cannot be loaded: ZeroDivisionError: division by zero \(.*mine\.py:1\)"),
        (OWN.replace("def generate", "def sample"), EngineError, r"abstract method '?generate"),
        (OWN, EngineError, r"rollout engine .*:Constant: options \{'size': 3\}: .*'size'"),
    ],
)
def test_a_fault_of_its_file_is_one_line(
    own: str, tmp_path: Path, text: str, error: type[Exception], message: str
) -> None:
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(error, match=message):
        make_engine(own, {} if "generate" not in text else {"size": 3})


@pytest.mark.slow
@pytest.mark.turn
def test_a_child_of_a_broken_file_ends_with_the_reason(own: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import nowhere\n")
    argv = [sys.executable, "-m", "tasks.rollout.server", "--engine", own]
    child = Resident("rollout", argv, log=tmp_path / "log", cwd=REPOSITORY_ROOT)
    with pytest.raises(EngineError, match="No module named 'nowhere'"):
        child.call("load", deadline_s=600, weights=tmp_path)
    child.stop()


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (
            Completion((1, 2), (-0.5,), FinishReason.STOP),
            "sample 1 of .* has 1 logprobs for 2",
        ),
        (Completion((1, 2), (), FinishReason.STOP), "has 0 logprobs for 2"),
        (
            Completion((1, 2), (-0.5, -1.0), FinishReason.STOP, (0.5, 0.5)),
            "sample 0 of .* has 0 entropies",
        ),
    ],
)
def test_a_reply_without_a_number_for_each_token_is_one_line(second: Completion, says: str) -> None:
    with one_line(EngineError, says):
        Completions.of([[Completion((3,), (-0.5,), FinishReason.LENGTH), second]])
