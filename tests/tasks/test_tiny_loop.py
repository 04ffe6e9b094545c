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
from tasks.tiny_loop import main
from tests.tasks.small_run import SETTINGS, iterate, opened

SPECS = ROOT / "specs"

#: With sequence masking, entropy bonus, a KL from a reference and the group's own confidence, beside the defaults.
MORE = (
    "objective.entropy_coefficient=0.01",
    "objective.kl.coefficient=0.1",
    "objective.reference.reset_every=1",
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


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "usage: python -m tasks.tiny_loop SPEC FOLDER [KEY=VALUE ...]"),
        ([f"{SPECS}/nofile.yaml", "{folder}"], "error: specs/nofile.yaml: no such spec file"),
        ([f"{SPECS}/quickstart.yaml", "{folder}"], "error: {folder}: is a file or a folder with something in it"),
        ([f"{SPECS}/quickstart.yaml", "{folder}/mine.txt"], "error: {folder}/mine.txt: is a file or a folder with"),
        ([f"{SPECS}/smollm2.yaml", "{folder}/new"], "error: the tiny loop trains policy.init: scratch"),
        ([f"{SPECS}/quickstart.yaml", "{folder}/new", "rollout.engine=vllm"], "error: the tiny loop trains"),
        (
            [f"{SPECS}/quickstart.yaml", "{folder}/new", "policy.adapter.rank=4"],
            "error: the tiny loop trains the whole model: set policy.adapter to null",
        ),
    ],
)
def test_what_the_tiny_loop_does_not_do_is_one_line_and_touches_nothing(
    arguments: list[str], says: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(SystemExit) as left:
        main([each.format(folder=tmp_path) for each in arguments])
    line = str(left.value.code)  # Python prints text on stderr, and its exit status is 1
    assert line.startswith(says.format(folder=tmp_path)) and "\n" not in line
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
