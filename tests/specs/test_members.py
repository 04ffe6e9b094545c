"""Sections with members: exactly the fields of the chosen one, whatever earlier layers said for another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from specs.advantages import AdvantageSettings, Arm
from specs.errors import SpecError
from specs.identity import advantage_settings_of, identity, objective_settings_of, train_part
from specs.keys import choices, key_name
from specs.load import DEFAULT, describe, load_control, load_recorded, load_spec
from specs.objectives import EntropyTarget
from specs.paths import REPOSITORY_ROOT
from specs.schema import Spec
from specs.sections import Audit, DtypeLimits
from specs.study import load_study
from tests.specs.conftest import PUZZLE, Lines, Write

QUICK = PUZZLE + "advantage: {estimator: arm, alpha: 1.0, scope: mixed_only, eps: 1e-4}\n"


def test_each_member_has_the_fields_that_it_reads_and_no_others() -> None:
    shared = {"low_probability_fraction", "prompt_confidence"}
    found = {name: set(model.model_fields) - shared for name, model in choices()[("advantage",)].members.items()}
    assert (
        found.items()
        >= {
            "grpo": {"estimator", "eps", "ddof"},
            "arm": {"estimator", "eps", "ddof", "alpha", "scope"},
            "dr_grpo": {"estimator"},
            "rloo": {"estimator"},
            "reinforce_pp_baseline": {"estimator"},
            "pass_at_k": {"estimator", "k"},
            "weighted_reinforce": {"estimator", "positive_weight"},
            "use": {"use", "args"},
        }.items()
    )
    shared = {
        "aggregation", "constant_length", "entropy_coefficient", "entropy_target", "high_entropy_share",
        "importance_correction", "kl", "reference",
    }  # fmt: skip
    found = {name: set(model.model_fields) - shared for name, model in choices()[("objective",)].members.items()}
    assert (
        found.items()
        >= {
            "ppo_clip": {"kind", "clip_low", "clip_high", "dual_clip"},
            "gspo": {"kind", "clip_low", "clip_high"},
            "cispo": {"kind", "clip_high"},
            "kl_cov": {"kind", "covariance_share", "kl_coefficient"},
            "clip_cov": {"kind", "clip_low", "clip_high", "covariance_share", "covariance_low", "covariance_high"},
            "use": {"use", "args"},
        }.items()
    )


def test_what_came_later_is_in_a_key_only_where_it_is_set(write: Write) -> None:
    path = write(PUZZLE)
    later = ("entropy_target", "high_entropy_share", "dual_clip")
    assert train_part(load_spec(path, (), {}).spec)["objective"].keys().isdisjoint(later)
    flags = ["objective.entropy_target.target=0.3", "objective.high_entropy_share=0.2", "objective.dual_clip=3"]
    part = train_part(load_spec(path, flags, {}).spec)["objective"]
    assert part["entropy_target"] == {"target": 0.3, "delta": 0.005, "min": 0.0, "max": 1.0}
    assert (part["high_entropy_share"], part["dual_clip"]) == (0.2, 3.0)
    assert objective_settings_of(part).entropy_target == EntropyTarget(target=0.3)


# -- layers


def test_what_a_file_said_for_another_estimator_is_dropped_and_the_rest_inherited(write: Write) -> None:
    write(QUICK, "base.yaml")
    loaded = load_spec(write("extends: base.yaml\nadvantage: {estimator: grpo}\n"), (), {})
    assert loaded.spec.advantage.model_dump() == {
        "estimator": "grpo",
        "low_probability_fraction": 0.2,
        "prompt_confidence": "mean",
        "eps": 1e-4,
        "ddof": 1,
    }
    assert loaded.origins["advantage.eps"].endswith("base.yaml:6")
    assert loaded.origins["advantage.estimator"].endswith("x.yaml:2")
    assert loaded.origins["advantage.ddof"] == DEFAULT
    assert "advantage.alpha" not in loaded.origins
    assert "alpha" not in describe(loaded) and 'advantage.estimator = "grpo"' in describe(loaded)


def test_the_choice_of_the_last_layer_decides_what_is_dropped(write: Write) -> None:
    """What was said for arm holds again where a later layer goes back to it."""
    write(QUICK, "base.yaml")
    path = write("extends: base.yaml\nadvantage: {estimator: grpo}\n")
    assert load_spec(path, ["advantage.estimator=arm"], {}).spec.advantage.alpha == 1.0  # type: ignore[union-attr]
    assert load_spec(path, ["advantage.estimator=rloo"], {}).spec.advantage.tag == "rloo"


def test_environment_and_set_choose_as_a_file_does(write: Write) -> None:
    path = write(QUICK + "objective: {clip_low: 0.1, clip_high: 0.3}\n")
    by_set = load_spec(path, ["advantage.estimator=grpo", "objective.kind=cispo"], {}).spec
    environ = {"ARMATURE_ADVANTAGE__ESTIMATOR": "grpo", "ARMATURE_OBJECTIVE__KIND": "cispo"}
    assert load_spec(path, (), environ).spec == by_set
    assert by_set.objective.clip_high == 0.3 and "clip_low" not in type(by_set.objective).model_fields
    over_environment = load_spec(path, ["advantage.estimator=grpo"], {"ARMATURE_ADVANTAGE__ALPHA": "0.7"}).spec
    assert over_environment.advantage == by_set.advantage


@pytest.mark.parametrize(
    ("text", "overrides", "line"),
    [
        (
            "advantage: {estimator: grpo, alpha: 1.0}",
            [],
            "advantage.alpha: no such key of advantage.estimator grpo; arm has it",
        ),
        (
            "advantage: {estimator: grpo}",
            ["advantage.alpha=1.0"],
            "advantage.alpha: no such key of advantage.estimator grpo (AT:6); arm has it (--set advantage.alpha=1.0)",
        ),
        (
            "",
            ["advantage.alpha=1.0", "advantage.estimator=rloo"],
            "advantage.alpha: no such key of advantage.estimator rloo (--set advantage.estimator=rloo); arm has it "
            "(--set advantage.alpha=1.0)",
        ),
        (
            "",
            ["advantage.k=2"],
            "advantage.k: no such key of advantage.estimator arm; pass_at_k has it (--set advantage.k=2)",
        ),
        (
            "advantage: {estimator: grpo, epz: 1.0}",
            [],
            "advantage.epz: no such key of advantage.estimator grpo; nearest is advantage.eps (AT:6)",
        ),
        (
            "advantage: {estimator: grpo, alfa: 1.0}",
            [],
            "advantage.alfa: no such key of advantage.estimator grpo; nearest is advantage.alpha, which arm has (AT:6)",
        ),
        (
            "objective: {kind: cispo, clip_low: 0.1}",
            [],
            "objective.clip_low: no such key of objective.kind cispo; ppo_clip and gspo and clip_cov have it (AT:6)",
        ),
        (
            "advantage: {estimator: pass_at_k}",
            [],
            "advantage.k: missing; advantage.estimator pass_at_k needs it (AT:6); want a whole number (int > 0)",
        ),
        (
            "advantage: {use: tests/specs/own_code.py:estimator, estimator: arm}",
            [],
            "advantage.estimator: not beside advantage.use, which says the same; drop one of them (AT:6)",
        ),
        ("placement: {yields: none}", [], "placement.yields: is placement.sleep now (AT:6)"),
    ],
)
def test_what_the_chosen_member_lacks_is_one_line(
    problems: Lines, tmp_path: Path, text: str, overrides: list[str], line: str
) -> None:
    (found,) = problems(PUZZLE + text + "\n", overrides)
    wanted = line.replace("AT", str(tmp_path / "x.yaml"))
    at_line_6 = f" ({tmp_path / 'x.yaml'}:6)"
    assert found in (wanted, wanted + at_line_6)


def test_a_control_takes_of_the_shared_overrides_what_it_has(write: Write) -> None:
    """`--set advantage.alpha=0.5` speaks to ARM, and not to its GRPO control."""
    write("extends: x.yaml\nname: tiny-grpo\ncontrol: null\nadvantage: {estimator: grpo}\n", "grpo.yaml")
    flags, environ = ["advantage.alpha=0.5"], {"ARMATURE_ADVANTAGE__SCOPE": "correct_only"}
    loaded = load_spec(write(PUZZLE + "control: grpo.yaml\n"), flags, environ)
    assert isinstance(loaded.spec.advantage, Arm) and loaded.spec.advantage.alpha == 0.5
    control = load_control(loaded, flags, environ)
    assert control is not None and control.spec.advantage.tag == "grpo"


def test_a_studys_sets_are_layers_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(PUZZLE)
    study = {
        "name": "s",
        "base": "base.yaml",
        "set": {"evaluate.suites": ["heldout"], "advantage.alpha": 0.9},
        "settings": {"one": {"label": "one", "set": {"advantage.scope": "mixed_only"}}},
        "variants": {
            "grpo": {"label": "GRPO", "set": {"advantage.estimator": "grpo"}},
            "arm": {"label": "ARM", "set": {"advantage.eps": 1e-3}},
            "pass": {"label": "Pass", "set": {"advantage.estimator": "pass_at_k", "advantage.k": 2}},
        },
        "seeds": [1],
        "control": "grpo",
        "comparisons": [["arm", "grpo"]],
    }
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(study))
    cells = load_study(path, ["advantage.ddof=0"], environ={}).cells
    found = {cell.variant: cell.loaded.spec.advantage.model_dump(exclude_defaults=True) for cell in cells}
    assert found == {
        "grpo": {"ddof": 0},
        "arm": {"alpha": 0.9, "scope": "mixed_only", "eps": 1e-3, "ddof": 0},
        "pass": {"k": 2},
    }
    study["variants"]["grpo"]["set"]["advantage.alpha"] = 0.1  # type: ignore[index]
    path.write_text(yaml.safe_dump(study))
    with pytest.raises(SpecError, match=r"one / grpo: advantage\.alpha: no such key of advantage\.estimator grpo"):
        load_study(path, environ={})


def test_describe_holds_a_member_against_its_own_defaults(write: Write) -> None:
    text = describe(load_spec(write(PUZZLE), ["objective={kind: gspo, clip_low: 3e-4, clip_high: 1e-3}"], {}))
    lines = [line.partition(" (")[0] for line in text.splitlines() if line.startswith("objective")]
    assert lines == ['objective.kind = "gspo"', "objective.clip_low = 0.0003", "objective.clip_high = 0.001"]
    text = describe(load_spec(write(PUZZLE + "objective: {kind: gspo, clip_low: 3e-4, clip_high: 1e-3}\n"), [], {}))
    lines = [line.partition(" (")[0] for line in text.splitlines() if line.startswith("objective")]
    assert lines == ['objective.kind = "gspo"', "objective.clip_high = 0.001"]


def test_a_recorded_spec_of_an_earlier_version_is_read_with_the_keys_of_today(write: Write) -> None:
    """Earlier versions recorded the fields of every estimator and objective, and `placement.yields`."""
    old = PUZZLE + (
        "advantage: {estimator: grpo, k: null, alpha: 0.7, low_probability_fraction: 0.3, scope: any_correct,"
        " prompt_confidence: low, eps: 1e-5, ddof: 0}\n"
        "objective: {kind: cispo, clip_low: 0.2, clip_high: 0.3}\nplacement: {layout: separate, yields: none}\n"
    )
    with pytest.raises(SpecError):
        load_spec(write(old), (), {})
    loaded = load_recorded(old, "runs/x/spec.yaml")
    assert loaded.spec.advantage.model_dump() == {
        "estimator": "grpo",
        "low_probability_fraction": 0.3,
        "prompt_confidence": "low",
        "eps": 1e-5,
        "ddof": 0,
    }
    assert loaded.spec.placement.sleep == "none"
    assert loaded.origins["placement.sleep"].startswith("runs/x/spec.yaml")
    assert load_recorded(loaded.text, "runs/x/spec.yaml").spec == loaded.spec


# -- keys


def test_names_of_keys_in_messages_come_from_the_models() -> None:
    assert key_name(Audit, "min_effective_sample_share") == "audit.min_effective_sample_share"
    assert key_name(DtypeLimits, "bfloat16") == "audit.max_mean.bfloat16"
    assert key_name(AdvantageSettings, "prompt_confidence") == "advantage.prompt_confidence"
    with pytest.raises(KeyError, match=r"Audit\.min_effective_share is no key"):
        key_name(Audit, "min_effective_share")


@pytest.mark.parametrize("tag", [name for name in choices()[("advantage",)].members if name != "use"])
@pytest.mark.parametrize("kind", [name for name in choices()[("objective",)].members if name != "use"])
def test_a_part_gives_the_settings_back_that_it_was_made_of(tag: str, kind: str, write: Write) -> None:
    flags = [f"advantage.estimator={tag}", f"objective.kind={kind}", "advantage.prompt_confidence=low"]
    spec = load_spec(write(PUZZLE), [*flags, *["advantage.k=2"] * (tag == "pass_at_k")], {}).spec
    part = train_part(spec)
    assert advantage_settings_of(part["advantage"]) == spec.advantage
    found = objective_settings_of(part["objective"])
    off = spec.objective.importance_correction.model_copy(update={"mode": "off"})
    assert found == spec.objective.model_copy(update={"importance_correction": off}), "auto is off for transformers"


@pytest.mark.parametrize("reference", ["null", "{reset_every: 3}"])
def test_a_part_names_the_reference_policy_also_where_it_is_the_default(reference: str, write: Write) -> None:
    spec = load_spec(write(PUZZLE), [f"objective={{kl: {{estimator: k2}}, reference: {reference}}}"], {}).spec
    found = objective_settings_of(train_part(spec)["objective"])
    assert found.reference == found.reads_reference == spec.objective.reads_reference and found.kl == spec.objective.kl


def test_the_policies_that_become_references_are_saved(write: Write) -> None:
    flags = ["train.iterations=12", "checkpoint.every=5", "objective={kl: {}, reference: {reset_every: 4}}"]
    spec = load_spec(write(PUZZLE), flags, {}).spec
    assert [spec.reference_at(k) for k in range(12)] == [0] * 4 + [4] * 4 + [8] * 4
    assert spec.reference_iterations() == [0, 4, 8] and spec.checkpointed_iterations() == [0, 4, 5, 8, 10, 12]
    base = load_spec(write(PUZZLE), [*flags[:2], "objective={kl: {}, reference: {policy: base}}", "policy.adapter={}"])
    assert base.spec.reference_at(5) is None and base.spec.checkpointed_iterations() == [0, 5, 10, 12]


# -- a user's own code

Plugin = Callable[..., Spec]


@pytest.fixture
def plugin(tmp_path: Path, write: Write) -> Plugin:
    """The puzzle's spec with an estimator of its own in `folder`, whose files are given by name."""

    def make(folder: str, files: dict[str, str], name: str = "own.py") -> Spec:
        (tmp_path / folder).mkdir(exist_ok=True)
        for file, text in files.items():
            (tmp_path / folder / file).parent.mkdir(exist_ok=True)
            (tmp_path / folder / file).write_text(text)
        return load_spec(
            write(PUZZLE), [f"advantage.use={tmp_path / folder / name}:mine", "advantage.args={a: 1}"], {}
        ).spec

    return make


CODE = "import math\nimport helpers\nfrom pack import inner\ndef mine(groups, a): ...\n"
FILES = {
    "own.py": CODE,
    "helpers.py": "x = 1\n",
    "pack/__init__.py": "",
    "pack/inner.py": "from . import other\n",
    "pack/other.py": "",
    "unused.py": "",
}


def test_the_key_has_the_source_and_not_its_path(plugin: Plugin) -> None:
    spec = plugin("one", FILES)
    part = train_part(spec)["advantage"]
    assert part == {
        "use": "mine",
        "source": spec.advantage.source,
        "args": {"a": 1},
        "low_probability_fraction": 0.2,
        "prompt_confidence": "mean",
    }  # type: ignore[union-attr]
    moved = plugin(
        "two", {**{name: text for name, text in FILES.items() if name != "own.py"}, "renamed.py": CODE}, "renamed.py"
    )
    assert train_part(moved) == train_part(spec) and identity(moved) == identity(spec)
    assert advantage_settings_of(part).args == {"a": 1}  # type: ignore[union-attr]


@pytest.mark.parametrize("file", FILES)
def test_an_edit_of_the_file_or_of_what_it_imports_beside_it_changes_the_key(plugin: Plugin, file: str) -> None:
    before = train_part(plugin("one", FILES))
    after = train_part(plugin("one", {**FILES, file: FILES[file] + "\n# edited\n"}))
    assert (before != after) == (file != "unused.py")


def test_a_spec_keeps_the_source_that_it_began_with(plugin: Plugin, tmp_path: Path) -> None:
    spec = plugin("one", FILES)
    before = identity(spec)
    (tmp_path / "one" / "own.py").write_text(CODE + "# edited while the run goes on\n")
    assert identity(spec) == before


@pytest.mark.parametrize(
    ("use", "line"),
    [
        (
            "nowhere.py:mine",
            f"no such file: {REPOSITORY_ROOT}/nowhere.py (a relative path starts at the repository root)",
        ),
        ("FOLDER/own.py:other", "no other in FOLDER/own.py, which has mine"),
        ("FOLDER/broken.py:mine", "FOLDER/broken.py:2: not Python: invalid syntax"),
        ("own.py", "got 'own.py', want text like my_file.py:name ("),
    ],
)
def test_code_that_cannot_be_used_is_one_line(problems: Lines, tmp_path: Path, use: str, line: str) -> None:
    (tmp_path / "own.py").write_text("def mine(groups): ...\n")
    (tmp_path / "broken.py").write_text("x = 1\ny = = 2\n")
    flag = f"advantage.use={use.replace('FOLDER', str(tmp_path))}"
    (found,) = problems(PUZZLE, [flag])
    assert found.startswith(f"advantage.use: {line.replace('FOLDER', str(tmp_path))}")
    assert found.endswith(f"(--set {flag})")


def test_args_of_other_code_are_not_inherited(write: Write) -> None:
    write(
        PUZZLE + "advantage: {use: tests/specs/own_code.py:estimator, args: {a: 1}, prompt_confidence: low}\n",
        "base.yaml",
    )
    same = load_spec(write("extends: base.yaml\nadvantage: {args: {b: 2}}\n"), (), {}).spec.advantage
    assert same.model_dump()["args"] == {"a": 1, "b": 2}
    other = load_spec(
        write("extends: base.yaml\nadvantage: {use: tests/specs/own_code.py:Objective}\n"), (), {}
    ).spec.advantage
    assert (other.model_dump()["args"], other.prompt_confidence) == ({}, "low")
    arm = load_spec(write("extends: base.yaml\nadvantage: {estimator: arm}\n"), (), {}).spec.advantage
    assert (arm.tag, arm.prompt_confidence) == ("arm", "low")
