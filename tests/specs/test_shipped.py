"""The spec files that come with the project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from specs.load import Loaded, load_control, load_spec
from specs.names import SUITES, VERIFIERS
from specs.paths import REPOSITORY_ROOT
from specs.schema import Spec, json_schema
from specs.size import model_shapes

SPECS = REPOSITORY_ROOT / "specs"
RECIPES = sorted(SPECS.glob("recipes/*.yaml"))
FILES = sorted(SPECS.glob("*.yaml"))
NAMES = {
    "quickstart",
    "free-order",
    "smollm2",
    "smollm2-sums",
    "code-smollm2",
    "qwen7b",
    "qwen7b-dapo",
    "qwen32b",
    "r1-distill-1.5b",
    "deepcoder-7b",
}
CONTROLS = {"quickstart-grpo", "qwen7b-grpo", "r1-distill-1.5b-grpo"}


def loaded(name: str) -> Loaded:
    return load_spec(SPECS / f"{name}.yaml", (), {})


def test_the_files_that_the_design_names_are_there() -> None:
    assert {path.stem for path in FILES} == NAMES | CONTROLS


@pytest.mark.parametrize("path", [*FILES, *RECIPES], ids=lambda path: path.stem)
def test_it_resolves_sizes_itself_and_names_the_schema(path: Path) -> None:
    experiment = load_spec(path, (), {})
    assert experiment.spec.name == path.stem, "a run is found by its file's name"
    assert model_shapes(experiment.spec, vocabulary=118).parameters > 0
    schema = os.path.relpath(SPECS / "schema.json", path.parent)
    assert path.read_text().splitlines()[0] == f"# yaml-language-server: $schema={schema}"


@pytest.mark.parametrize("name", sorted(CONTROLS))
def test_a_control_differs_from_its_experiment_in_the_arm_term_alone(name: str) -> None:
    control, experiment = loaded(name).spec, loaded(name.removesuffix("-grpo")).spec
    assert (control.advantage.estimator, experiment.advantage.estimator) == ("grpo", "arm")
    common = set(type(control.advantage).model_fields) - {"estimator"}
    assert control.advantage.model_dump(include=common) == experiment.advantage.model_dump(include=common)
    same = {"name": "", "control": None, "advantage": experiment.advantage}
    assert control.model_copy(update=same) == experiment.model_copy(update={"name": "", "control": None})


def test_dapo_differs_from_its_control_in_the_parts_that_its_file_names() -> None:
    dapo, control = loaded("qwen7b-dapo").spec, loaded("qwen7b-grpo").spec
    assert dapo.rollout.drawn == 3 * control.rollout.prompts and dapo.reward.weights == {
        "correct": 1.0,
        "overlong": 1.0,
    }
    same = {"name": "", "rollout": control.rollout, "reward": control.reward}
    assert dapo.model_copy(update=same) == control.model_copy(update={"name": ""})


def test_the_quickstart_is_tried_against_its_control() -> None:
    control = load_control(loaded("quickstart"), (), {})
    assert control is not None
    assert control.spec.name == "quickstart-grpo"


def test_the_quickstart_is_the_prototype_s_recipe() -> None:
    spec = loaded("quickstart").spec
    assert (spec.rollout.prompts, spec.rollout.samples, spec.train.minibatch_prompts) == (32, 16, 16)
    assert (spec.train.learning_rate, spec.train.warmup_steps, spec.train.iterations) == (1e-4, 10, 120)
    assert spec.warm_start is not None
    assert (spec.warm_start.steps, spec.warm_start.batch, spec.warm_start.learning_rate) == (800, 256, 1e-3)
    assert (spec.advantage.alpha, spec.policy.model, spec.placement.gpus) == (1.0, None, 0)


@pytest.mark.parametrize("name", ["qwen7b", "qwen32b", "r1-distill-1.5b", "deepcoder-7b"])
def test_alpha_of_a_paper_recipe_flips_no_sign(name: str) -> None:
    spec = loaded(name).spec
    assert spec.advantage.alpha < spec.rollout.samples**-0.5  # PAPER.md: |bonus| <= alpha < smallest |A|


#: Loads all specs and studies of the tree that is the current directory, and prints what each one names.
RESOLVE = """
import json, pathlib, sys
from specs.load import load_control, load_spec
from specs.study import load_study
named = {}
for path in sorted([*pathlib.Path("specs").glob("*.yaml"), *pathlib.Path("specs/recipes").glob("*.yaml")]):
    loaded = load_spec(path, (), {})
    named[path.name] = [each.spec.model_dump(mode="json") for each in (loaded, load_control(loaded, (), {})) if each]
for path in sorted(pathlib.Path("specs/studies").glob("*.yaml")):
    study = load_study(path, environ={})
    named[path.name] = [cell.loaded.spec.model_dump(mode="json") for cell in study.cells]
json.dump(named, sys.stdout)
"""
#: The committed cells of this study name the folder that `make smollm2` makes: its name is part of their identity.
MADE_HERE = {("smollm2-sums.yaml", ".armature/models/SmolLM2-135M-Instruct")}


def _names(spec: dict[str, Any]) -> Iterator[str]:
    """Names of files and folders in a spec; those on the hub, of puzzles and of shipped suites left out."""
    train, model, stand_ins = spec["data"]["train"], spec["policy"]["model"], spec["evaluate"]["stand_ins"]
    yield from () if train.startswith(("puzzle:", "hf://")) else (train,)
    yield from (model,) if model is not None and (model.startswith((".", "/")) or model.count("/") != 1) else ()
    yield from () if stand_ins is None else (stand_ins,)
    yield from (name for name in spec["evaluate"]["suites"] if name.endswith(".yaml"))


def test_a_stranger_s_clone_has_all_that_the_specs_name(tmp_path: Path) -> None:
    """In a copy of the tree that nothing lies beside, every spec and study loads, and names no path outside of it."""
    tree = tmp_path / "clone"
    for folder in (SPECS, SUITES, VERIFIERS):
        shutil.copytree(
            folder, tree / folder.relative_to(REPOSITORY_ROOT), ignore=shutil.ignore_patterns("__pycache__")
        )
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, "-c", f"import specs; assert specs.__file__.startswith({str(tree)!r})\n{RESOLVE}"],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    named = json.loads(done.stdout)
    assert set(named) == {path.name for path in (*FILES, *RECIPES, *SPECS.glob("studies/*.yaml"))}
    outside = {
        (file, name)
        for file, specs in named.items()
        for spec in specs
        for name in _names(spec)
        if not (tree / name).exists() or not (tree / name).resolve().is_relative_to(tree)
    }
    assert outside == MADE_HERE


@pytest.mark.parametrize("path", sorted(SPECS.glob("**/*.yaml")), ids=lambda path: path.stem)
def test_no_spec_speaks_of_a_folder_beside_the_repository(path: Path) -> None:
    assert "../shared" not in path.read_text()


def test_the_json_schema_is_current() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "specs.schema"], cwd=REPOSITORY_ROOT, capture_output=True, text=True, check=True
    )
    assert printed.stdout == (SPECS / "schema.json").read_text(), "run: python -m specs.schema > specs/schema.json"


def test_the_json_schema_knows_every_key_of_every_file_and_no_machine() -> None:
    schema = json.loads(json_schema())
    assert str(REPOSITORY_ROOT) not in json.dumps(schema)
    assert set(schema["properties"]) == {"extends", *Spec.model_fields}
    assert schema["additionalProperties"] is False
    for path in (*FILES, *RECIPES):
        assert set(yaml.safe_load(path.read_text())) <= set(schema["properties"])
