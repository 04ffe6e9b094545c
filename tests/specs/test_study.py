"""Study files: every cell resolved, every mistake a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from specs.errors import SpecError
from specs.paths import REPOSITORY_ROOT
from specs.study import json_schema, load_study
from tests.one_line import one_line
from tests.specs.conftest import PUZZLE

STUDY: dict[str, Any] = {
    "name": "small",
    "base": "base.yaml",
    "set": {"evaluate.suites": ["heldout"], "evaluate.every": 30},
    "settings": {"fresh": {"label": "fresh"}, "few": {"label": "few", "set": {"rollout.problems": 8}}},
    "variants": {
        "grpo": {"label": "GRPO", "set": {"advantage.estimator": "grpo"}, "seeds": [1, 2, 3]},
        "arm": {"label": "ARM", "set": {"advantage.alpha": 1.0}},
    },
    "seeds": [1, 2],
    "control": "grpo",
    "comparisons": [["arm", "grpo"]],
    "temperatures": [1.0, 0.6],
}
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def study(tmp_path: Path) -> Callable[[Change], Path]:
    """The study file, changed."""
    (tmp_path / "base.yaml").write_text(PUZZLE)

    def write(change: Change) -> Path:
        value = json.loads(json.dumps(STUDY))
        change(value)
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump(value, sort_keys=False))
        return path

    return write


def test_a_cell_is_the_base_changed_by_study_setting_variant_and_command_line(study: Callable[[Change], Path]) -> None:
    loaded = load_study(study(lambda _: None), ["train.iterations=7"], environ={"ARMATURE_TRAIN__LEARNING_RATE": "0.5"})
    found = [(cell.setting, cell.variant, cell.seed) for cell in loaded.cells]
    assert found == [
        (s, v, seed) for seed in (1, 2, 3) for s in ("fresh", "few") for v in ("grpo", "arm") if v == "grpo" or seed < 3
    ]
    specs = {(cell.setting, cell.variant, cell.seed): cell.loaded.spec for cell in loaded.cells}
    spec = specs["few", "arm", 2]
    assert (spec.name, spec.seed, spec.advantage.alpha, spec.rollout.problems) == ("small-few-arm", 2, 1.0, 8)
    assert (spec.evaluate.every, spec.evaluate.temperature, spec.control) == (30, 1.0, None)
    assert {spec.train.iterations for spec in specs.values()} == {7} and {
        spec.train.learning_rate for spec in specs.values()
    } == {0.5}
    assert (
        specs["fresh", "grpo", 1].advantage.estimator == "grpo" and specs["fresh", "grpo", 1].rollout.problems is None
    )


def test_seeds_of_the_command_line_take_the_place_of_the_files(study: Callable[[Change], Path]) -> None:
    assert {(cell.variant, cell.seed) for cell in load_study(study(lambda _: None), seeds=[8]).cells} == {
        ("grpo", 8),
        ("arm", 8),
    }


def test_what_is_altered_for_once_is_told_apart(study: Callable[[Change], Path]) -> None:
    path = study(lambda _: None)
    plain = load_study(path, environ={"ARMATURE_STORE": "/tmp/elsewhere"})
    others = [
        load_study(path, ["train.iterations=7"], environ={}),
        load_study(path, ["train.iterations=8"], environ={}),
        load_study(path, seeds=[1], environ={}),
        load_study(path, environ={"ARMATURE_TRAIN__LEARNING_RATE": "0.5"}),
    ]
    assert (
        plain.altered == ""
        and len({each.altered for each in others}) == 4
        and all(len(each.altered) == 8 for each in others)
    )


def test_a_variant_has_the_last_word_and_a_setting_the_one_before(study: Callable[[Change], Path]) -> None:
    def change(value: dict[str, Any]) -> None:
        value["set"]["advantage.alpha"] = 0.9
        value["settings"]["few"]["set"]["advantage"] = {"alpha": 0.5}
        value["variants"]["arm"]["set"] = {"advantage.alpha": 0.1}
        value["variants"]["other"] = {"label": "other", "set": {"objective.clip_high": 0.25}}

    specs = {(cell.setting, cell.variant): cell.loaded.spec for cell in load_study(study(change), environ={}).cells}
    assert {name: spec.advantage.alpha for name, spec in specs.items() if name[1] != "grpo"} == {
        ("fresh", "arm"): 0.1,
        ("few", "arm"): 0.1,
        ("fresh", "other"): 0.9,
        ("few", "other"): 0.5,
    }


@pytest.mark.parametrize(
    ("overrides", "seeds", "environ", "line"),
    [
        (["seed=7"], None, {}, "seed: not for a study: `seeds` says it (--set seed=7)"),
        (
            ["evaluate.temperature=0.3"],
            None,
            {},
            "evaluate.temperature: not for a study: `temperatures` says it (--set evaluate.temperature=0.3)",
        ),
        (
            [],
            None,
            {"ARMATURE_NAME": "other"},
            "name: not for a study: the study's own name and the setting's and variant's make it (ARMATURE_NAME)",
        ),
        ([], [], {}, "seeds: got [], want one or more, each once"),
        ([], [3, 3], {}, "seeds: got [3, 3], want one or more, each once"),
    ],
)
def test_what_the_study_would_undo_is_refused(
    study: Callable[[Change], Path], overrides: list[str], seeds: list[int] | None, environ: dict[str, str], line: str
) -> None:
    with pytest.raises(SpecError) as caught:
        load_study(study(lambda _: None), overrides, seeds, environ)
    assert str(caught.value) == line


MISTAKES: list[tuple[str, Change, str]] = [
    ("a misspelt key", lambda s: s.update(contrl=1), "contrl: no such key; nearest is control"),
    (
        "a misspelt key of a variant",
        lambda s: s["variants"]["arm"].update(sedes=[1]),
        "variants.arm.sedes: no such key; nearest is seeds",
    ),
    ("no control", lambda s: s.update(control="dapo"), "control: got 'dapo', want one of grpo, arm"),
    ("a missing key", lambda s: s.pop("seeds"), "seeds: missing"),
    ("an unknown pair", lambda s: s["comparisons"].append(["arm", "x"]), "comparisons: ['arm', 'x'] names 'x'"),
    ("a pair of one", lambda s: s["comparisons"].append(["arm", "arm"]), "compares a variant with itself"),
    (
        "a misspelt change",
        lambda s: s["variants"]["arm"]["set"].update({"advantage.alfa": 1}),
        "few / arm: advantage.alfa: no such key; nearest is",
    ),
    (
        "what the study decides",
        lambda s: s["variants"]["arm"]["set"].update(seed=3),
        "variants.arm.set.seed: not here: `seeds` says it",
    ),
    (
        "a temperature",
        lambda s: s["set"].update({"evaluate.temperature": 0.6}),
        "set.evaluate.temperature: not here: `temperatures` says it",
    ),
    (
        "a bad value of a setting",
        lambda s: s["settings"]["few"]["set"].update({"train.iterations": -1}),
        "few / grpo, few / arm: train.iterations: got -1",
    ),
    (
        "a twin",
        lambda s: s["variants"].update(twin={"label": "t", "set": {"advantage.estimator": "grpo"}}),
        "seed 1: the same experiment as fresh / grpo",
    ),
    (
        "other points",
        lambda s: s["variants"]["arm"]["set"].update({"train.iterations": 3}),
        "arm / seed 1: train.iterations or evaluate differs from grpo",
    ),
    (
        "no suite",
        lambda s: s["set"].pop("evaluate.suites"),
        "evaluate.suites is []; a study's policies are compared on one suite",
    ),
    ("a seed twice", lambda s: s["variants"]["grpo"].update(seeds=[1, 1]), "variants.grpo.seeds: one is there twice"),
    (
        "a pair twice, turned round",
        lambda s: s["comparisons"].append(["grpo", "arm"]),
        "comparisons: one is there twice",
    ),
    ("a label twice", lambda s: s["variants"]["arm"].update(label="GRPO"), "variants: two have the same label"),
    (
        "two settings that are one",
        lambda s: s["settings"]["few"].pop("set"),
        "few / grpo / seed 1: the same experiment as fresh / grpo",
    ),
    ("no base", lambda s: s.update(base="bse.yaml"), "no such spec file; nearest is"),
]


@pytest.mark.parametrize(("change", "line"), [pytest.param(*row[1:], id=row[0]) for row in MISTAKES])
def test_a_mistake_is_a_line_that_names_its_place(study: Callable[[Change], Path], change: Change, line: str) -> None:
    path = study(change)
    with pytest.raises(SpecError) as caught:
        load_study(path, environ={})
    lines = str(caught.value).splitlines()
    assert any(line in each for each in lines) and all(each.startswith(str(path)) for each in lines), lines


@pytest.mark.parametrize("override", ["advantage.alhpa=3", "train.learning_rate=-1"])
def test_a_mistake_that_all_cells_share_is_said_once(study: Callable[[Change], Path], override: str) -> None:
    path = study(lambda _: None)
    with one_line(SpecError, f"^{path}: {override.partition('=')[0]}: .*--set"):
        load_study(path, [override], environ={})


def test_shipped_studies_resolve_and_their_schema_is_current() -> None:
    folder = REPOSITORY_ROOT / "specs" / "studies"
    assert [load_study(path, environ={}).cells for path in sorted(folder.glob("*.yaml"))]
    assert (folder / "schema.json").read_text() == json_schema() + "\n"
