"""A stage whose output changes must raise its VERSION, or the store would go on giving what the old code made.

`stage_outputs.json` holds, for each stage, its integer and what it makes of a tiny fixed input (CPU, float32, one
thread): a digest of all that is exact (token ids, text, counts), and for each column of floats its sums, which
another processor's rounding moves by less than the tolerance. After a change that is meant, raise the stage's VERSION
and run `REGENERATE=1 python -m pytest tests/tasks/test_stage_versions.py`.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from safetensors import safe_open

from infra.caching import canonical
from infra.store import Manifest
from tasks.engines.open_run import OpenRun
from tasks.graph.experiment import VERSIONS
from tests.tasks.small_run import evaluation, iterate, opened

GOLDEN = Path(__file__).with_name("stage_outputs.json")
#: Stage -> its name in the store, by which tasks/graph/experiment.py has its version.
STAGES = {
    "data": "data",
    "start": "policy",
    "rollout": "rollout",
    "reward": "verdict",
    "train": "train",
    "evaluate": "evaluate",
}
REGENERATE = os.environ.get("REGENERATE") == "1"


def described(content: Any) -> dict[str, Any]:
    """`exact`: sha256 of the content without its floats.

    `floats`: path (places in lists left out) -> count, sum, sum of |x|, and a sum weighted by position, which sees an
    exchange.
    """
    columns: dict[str, list[float]] = {}

    def walk(value: Any, path: str) -> Any:
        if isinstance(value, float):
            columns.setdefault(path, []).append(value)
            return "float"
        if isinstance(value, dict):
            return {str(key): walk(each, f"{path}/{key}") for key, each in value.items()}
        return [walk(each, path) for each in value] if isinstance(value, (list, tuple)) else value

    exact = hashlib.sha256(canonical(walk(content, "")).encode()).hexdigest()
    floats = {}
    for path, column in sorted(columns.items()):
        weighted = sum(x * (i + 1) / len(column) for i, x in enumerate(column))
        floats[path] = [len(column), *(float(f"{x:.7g}") for x in (sum(column), sum(map(abs, column)), weighted))]
    return {"exact": exact, "floats": floats}


def differences(golden: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What a reader is told; nothing where the two are the same output."""
    lines = [] if golden["exact"] == now["exact"] else ["what is exact (token ids, text, counts, names) differs"]
    for path in sorted({*golden["floats"], *now["floats"]}):
        a, b = golden["floats"].get(path), now["floats"].get(path)
        if a is None or b is None or a[0] != b[0]:
            lines.append(f"{path}: was {a}, is {b}")
        elif any(abs(x - y) > 1e-3 * a[2] + 1e-5 * a[0] for x, y in zip(a[1:], b[1:], strict=True)):
            lines.append(f"{path}: sums were {a[1:]}, are {b[1:]}")
    return lines


def payload(run: OpenRun, manifest: Manifest, folder: Path) -> dict[str, Any]:
    """What the step made, as plain values: rows of tables, sums over tensors, settings."""
    folder.mkdir()
    run.store.fetch(manifest, folder)
    content: dict[str, Any] = {"result": manifest.result}
    for name in sorted(manifest.files):
        path = folder / name
        if path.suffix == ".parquet":
            # Lineages and the like are names of inputs, which change with any VERSION upstream.
            content[name] = [
                {k: v for k, v in row.items() if k != "lineage"} for row in pq.read_table(path).to_pylist()
            ]
        elif path.suffix == ".safetensors":
            with safe_open(path, "pt") as tensors:
                content[name] = {key: _moments(tensors.get_tensor(key)) for key in sorted(tensors.keys())}
        elif path.name in ("config.json", "generation_config.json"):
            content[name] = {k: v for k, v in json.loads(path.read_text()).items() if k != "transformers_version"}
    return content


def _moments(tensor: Any) -> list[Any]:
    flat = tensor.double().flatten()
    return [str(tensor.dtype), list(tensor.shape), float(flat.abs().sum()), float(flat.square().sum())]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Stage -> its version and what it made."""
    folder = tmp_path_factory.mktemp("versions")
    found: dict[str, list[Manifest | None]] = {}
    with opened(folder / "store", "train.iterations=1") as run:
        iterate(run, 1)
        evaluated = evaluation(run, 1)
        experiment, find = run.experiment, run.store.find
        found["data"] = [find("data", experiment.data.key)]
        found["start"] = [find("policy", experiment.start.key)]
        found["rollout"] = [find("rollout", step.key) for step in experiment.rollouts(0)]
        found["reward"] = [find("verdict", experiment.reward(0).key)]
        found["train"] = [find("train", experiment.train(0).key), run.policies.stored(experiment.lineage(1))]
        found["evaluate"] = [evaluated]
        made = {}
        for stage, manifests in found.items():
            assert all(manifests)
            made[stage] = described(
                [payload(run, m, folder / f"{stage}-{n}") for n, m in enumerate(manifests) if m is not None]
            )
    made = {stage: {"version": VERSIONS[name], **made[stage]} for stage, name in STAGES.items()}
    if REGENERATE:
        GOLDEN.write_text(
            "{\n"
            + ",\n".join(f'"{stage}": {json.dumps(each, sort_keys=True)}' for stage, each in made.items())
            + "\n}\n"
        )
    return made


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_makes_something_else_has_another_version(stage: str, outputs: dict[str, dict[str, Any]]) -> None:
    golden, now = json.loads(GOLDEN.read_text())[stage], outputs[stage]
    how = "REGENERATE=1 python -m pytest tests/tasks/test_stage_versions.py"
    if now["version"] == golden["version"]:
        lines = differences(golden, now)
        assert not lines, "\n".join([
            f"the stage {stage} makes something else of the same input. Was it meant? Then raise its number in "
            f"VERSIONS of tasks/graph/experiment.py, and run {how}.",
            "If an earlier stage fails here too, begin with that one.",
            *lines,
        ])  # fmt: skip
    else:
        assert now["version"] > golden["version"], f"{stage}: a version never goes back"
        pytest.fail(f"the stage {stage} has a new version: record its output with {how}")


def test_differences_see_tokens_and_values_and_not_rounding() -> None:
    base = [{"ids": (3, 4), "logprobs": [-0.5, -1.25]}, {"ids": (5,), "logprobs": [-2.0]}]
    golden = described(base)
    assert (
        differences(
            golden, described([{"ids": (3, 4), "logprobs": [-0.500001, -1.25]}, {"ids": (5,), "logprobs": [-2.0]}])
        )
        == []
    )
    others = (
        [{"ids": (3, 5), "logprobs": [-0.5, -1.25]}, {"ids": (5,), "logprobs": [-2.0]}],
        [{"ids": (3, 4), "logprobs": [-0.5, -1.26]}, {"ids": (5,), "logprobs": [-2.0]}],
        [{"ids": (3, 4), "logprobs": [-1.25, -0.5]}, {"ids": (5,), "logprobs": [-2.0]}],
        [{"ids": (3, 4), "logprobs": [-0.5, -1.25]}],
    )
    assert all(differences(golden, described(other)) for other in others)
