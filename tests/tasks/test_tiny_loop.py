"""The loop that a reader begins with ends with the weights of a real run, bit for bit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from infra.files import sha256_file
from specs.paths import REPOSITORY_ROOT as ROOT
from tests.tasks.small_run import SETTINGS, iterate, opened

#: With sequence masking, entropy bonus and the group's own confidence, beside the defaults.
MORE = (
    "objective.entropy_coefficient=0.01",
    "objective.importance_correction.mode=sequence_mask",
    "advantage.prompt_confidence=group_mean",
)


@pytest.mark.parametrize("more", [(), pytest.param(MORE, marks=pytest.mark.slow)], ids=["defaults", "switches"])
def test_the_tiny_loop_ends_with_the_weights_of_a_run(more: tuple[str, ...], tmp_path: Path, small_store: Path) -> None:
    overrides = ("train.iterations=2", *more)
    with opened(tmp_path / "store" if more else small_store, *overrides) as run:
        if more:
            iterate(run, 2)
        found = {}
        for iteration in (0, 2):
            manifest = run.policies.stored(run.experiment.lineage(iteration))
            assert manifest is not None
            found[iteration] = manifest.files["model.safetensors"].sha256
    assert found[0] != found[2], "training did something"
    command = [sys.executable, "-m", "tasks.tiny_loop", str(ROOT / "specs" / "quickstart.yaml"), str(tmp_path / "tiny")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, *SETTINGS, *overrides], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    weights = Path(done.stdout.strip().splitlines()[-1]) / "model.safetensors"
    assert load_file(weights) and sha256_file(weights) == found[2]


def test_a_verifier_of_ones_own_is_tried_as_contributing_says(tmp_path: Path) -> None:
    """Without a model or a network: the example of the document, two iterations of it."""
    blocks = re.findall(r"(?ms)^```\w+\n# (my\.\w+)\n(.*?)^```$", (ROOT / "CONTRIBUTING.md").read_text())
    for name, text in blocks:
        (tmp_path / name).write_text(text.replace('"my.py:', f'"{tmp_path}/my.py:'))
    assert [name for name, _ in blocks] == ["my.py", "my.yaml"]
    command = [sys.executable, "-m", "tasks.tiny_loop", str(tmp_path / "my.yaml"), str(tmp_path / "policy")]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, "train.iterations=2"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rewards = re.findall(r"iteration \d+  reward (0\.\d+)", done.stdout)
    assert len(rewards) == 2 and min(map(float, rewards)) > 0, "a score that grades"
