"""ARM keeps exploration alive, at reduced size: the study's main comparison after 90 iterations, two seeds, held to
bounds that the prototype passed.

The prototype passed them after 60 iterations. There the study's five seeds have 1.31, +0.107 and 1.24 together, but
two of them can be as low as 1.26, +0.073 and 1.15, and another processor is another draw. After 90 iterations the
lowest two have 1.32, +0.087 and, of 32 samples, 1.24; of 64 samples a question more of the different answers are
seen.
"""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from infra.paths import HOME, local_views
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks.evaluate.metrics.pass_at_k import pass_at_k
from tasks.study.cells import Point
from tests.flows.runs import clean_environment, kill_tree
from tests.tasks.study.tools import read_cells

ITERATIONS, SEEDS, SAMPLES = 90, [1, 2], 64
ENTROPY, PASS_32, DISTINCT = 1.25, 0.06, 1.25


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_arm_keeps_more_entropy_coverage_and_distinct_answers_than_grpo(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    name = "study-proof"
    study = {
        "name": name,
        "base": str(ROOT / "specs" / "quickstart.yaml"),
        "results": str(tmp_path / "results"),
        "set": {
            "train.iterations": ITERATIONS,
            "checkpoint.every": ITERATIONS,
            "placement.threads": 1,
            "evaluate.samples": SAMPLES,
        },
        "settings": {"fresh": {"label": "fresh prompts"}},
        "variants": {"grpo": {"label": "GRPO", "set": {"advantage.estimator": "grpo"}}, "arm": {"label": "ARM 1.0"}},
        "seeds": SEEDS,
        "control": "grpo",
        "comparisons": [["arm", "grpo"]],
        "side_by_side": 2,
    }
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
    command = [sys.executable, "-m", "flows.arm_study", str(tmp_path / "study.yaml")]
    environment = clean_environment(ARMATURE_STORE=(tmp_path / "store").as_uri())
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        out, _ = process.communicate(timeout=1700)
    finally:
        kill_tree(process)
        shutil.rmtree(HOME / "studies" / name, ignore_errors=True)
        shutil.rmtree(local_views((tmp_path / "store").as_uri()), ignore_errors=True)
    assert process.returncode == 0, out
    cells = {cell.name: cell.at(ITERATIONS, 1.0) for cell in read_cells(tmp_path / "results")}

    def mean(variant: str, measure: Callable[[Point], float]) -> float:
        return math.fsum(measure(cells["fresh", variant, seed]) for seed in SEEDS) / len(SEEDS)

    def covered(point: Point) -> float:
        return math.fsum(pass_at_k(n, c, 32) for n, c in zip(point.judged, point.correct, strict=True)) / len(
            point.correct
        )

    found = {
        "entropy": mean("arm", lambda p: p.entropy or 0.0) / mean("grpo", lambda p: p.entropy or 0.0),
        "pass_at_32": mean("arm", covered) - mean("grpo", covered),
        "distinct_correct": mean("arm", lambda p: sum(p.distinct_correct))
        / mean("grpo", lambda p: sum(p.distinct_correct)),
    }
    for name, value in found.items():
        record_property(name, value)
    assert found["entropy"] > ENTROPY and found["pass_at_32"] > PASS_32 and found["distinct_correct"] > DISTINCT, found
