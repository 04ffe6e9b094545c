"""A run is named by what it is made of: weights and rows, not their paths. A name of before is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.store import Store
from specs.identity import identity
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks.data.tokenizer import puzzle_tokenizer
from tasks.graph.experiment import Experiment
from tests.tasks.test_stand_in_run import QUICK

pytestmark = pytest.mark.quick
ROWS = [{"prompt": f"{n} + 1 =", "answer": str(n + 1)} for n in range(8)]
VERIFIER = "def same(reference, response_text):\n    return response_text.strip() == reference['answer']\n"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder as a given model's. Its weights are never loaded here."""
    folder = tmp_path / "model"
    puzzle_tokenizer().save_pretrained(folder)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"the first weights")
    return folder


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(VERIFIER)
    return path


Made = Callable[..., Experiment]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    monkeypatch.setattr("tasks.checkpoint.weights.HOME", tmp_path / "home")

    def call(*overrides: str) -> Experiment:
        settings = [*QUICK, *overrides, f"store={tmp_path / 'store'}"]
        return Experiment(load_spec(ROOT / "specs" / "quickstart.yaml", settings, environ={}).spec)

    return call


def given(model: Path, **more: object) -> list[str]:
    pairs = {"policy.model": model, "policy.init": "pretrained", "policy.architecture": "null", **more}
    return [f"{key}={value}" for key, value in pairs.items()]


def of_file(model: Path, rows: Path, verifier: object = "math") -> list[str]:
    return [*given(model), f"data.train={rows}", "data.heldout=0", f"data.verifier={verifier}", "evaluate.suites=[]"]


def begin(experiment: Experiment, name: str, iterations: int = 2) -> None:
    """Write the record of a run, as one under that name would have it."""
    lineages = [experiment.lineage(k) for k in range(iterations + 1)]
    Store(experiment.spec.store).files.write(f"runs/{name}/run.json", json.dumps({"lineages": lineages}).encode())


def test_puzzles_and_policies_made_on_the_spot_keep_their_names(made: Made) -> None:
    for overrides in ((), ("seed=3",), ("advantage.estimator=grpo",), ("warm_start={steps: 3}",)):
        experiment = made(*overrides)
        assert experiment.run == f"stand-in/{identity(experiment.spec)}"
    assert made().run == "stand-in/147fafba", "as in all stores that there are"


def test_other_weights_under_the_same_path_are_another_run(made: Made, model: Path) -> None:
    first = made(*given(model))
    assert first.run == made(*given(model)).run
    (model / "model.safetensors").write_bytes(b"other weights")
    second = made(*given(model))
    assert first.run != second.run and first.lineage(1) != second.lineage(1)
    assert identity(first.spec) == identity(second.spec)


def test_the_same_content_under_another_path_is_the_same_run(made: Made, model: Path, rows: Path, own: Path) -> None:
    for folder in (model,):
        shutil.copytree(folder, folder.with_name("moved"))
    shutil.copy(rows, moved := rows.with_name("moved.jsonl"))
    one, other = made(*of_file(model, rows)), made(*of_file(model.with_name("moved"), moved))
    assert one.run == other.run and one.lineage(2) == other.lineage(2)
    assert identity(one.spec) != identity(other.spec)


def test_other_rows_or_another_verifier_under_the_same_path_are_another_run(
    made: Made, model: Path, rows: Path, own: Path
) -> None:
    names = {made(*of_file(model, rows)).run, made(*of_file(model, rows, f"{own}:same")).run}
    own.write_text(VERIFIER + "\n# mended\n")
    names.add(made(*of_file(model, rows, f"{own}:same")).run)
    rows.write_text(json.dumps(ROWS[0]) + "\n")
    names.add(made(*of_file(model, rows)).run)
    assert len(names) == 4


def test_settings_that_change_the_mathematics_change_the_name_still(made: Made, model: Path) -> None:
    names = {made(*given(model), *more).run for more in ((), ("seed=3",), ("train.learning_rate=3e-6",))}
    assert len(names) == 3
    assert made(*given(model), "train.iterations=5").run == made(*given(model)).run


def test_a_run_under_an_old_name_is_found_and_goes_on_under_it(made: Made, model: Path) -> None:
    experiment = made(*given(model))
    old = f"stand-in/{identity(experiment.spec)}"
    begin(experiment, old)
    for iterations in (1, 2, 3):
        assert made(*given(model), f"train.iterations={iterations}").run == old
    shutil.copytree(model, model.with_name("moved"))
    assert made(*given(model.with_name("moved"))).run == old, "the lock of the one that runs excludes this one"
    assert made(*given(model), "seed=3").run != old
    (model / "model.safetensors").write_bytes(b"other weights")
    assert made(*given(model)).run != old, "that record is another run's"


def test_records_that_say_nothing_stop_nothing(made: Made, model: Path) -> None:
    experiment = made(*given(model))
    files = Store(experiment.spec.store).files
    for number, text in enumerate((b"", b"{", b"[]", b'{"lineages": 3}', b'{"lineages": ["00"]}', b"[" * 100_000)):
        files.write(f"runs/stand-in/0000000{number}/run.json", text)
    files.write("runs/stand-in/00000009/spec.yaml", b"")
    name = experiment.run
    begin(experiment, name)
    begin(experiment, f"stand-in/{identity(experiment.spec)}")
    assert made(*given(model)).run == name, "one that has begun under its name keeps it"
