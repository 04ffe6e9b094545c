from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from specs.errors import SpecError
from specs.layers import merge
from specs.load import DEFAULT, describe, load_control, load_spec
from specs.paths import REPOSITORY_ROOT, file_path, file_uri
from specs.schema import Spec
from tests.one_line import one_line
from tests.specs.conftest import PUZZLE, Lines, Write

RATE = "train.learning_rate"


def test_defaults_are_the_vetted_recipe(write: Write) -> None:
    spec = load_spec(write("name: x\npolicy: {model: m/m}\ndata: {train: a.jsonl, verifier: math}\n"), (), {}).spec
    recipe = spec.rollout.prompts, spec.rollout.samples, spec.train.minibatch_prompts, spec.train.learning_rate
    assert recipe == (512, 8, 32, 1e-6)
    assert (spec.objective.clip_low, spec.objective.clip_high, spec.objective.aggregation) == (0.2, 0.28, "token_mean")
    assert (spec.advantage.estimator, spec.advantage.ddof, spec.advantage.eps) == ("arm", 1, 1e-6)


@given(
    default=st.just(1e-6),
    file=st.none() | st.floats(1e-9, 1),
    variable=st.none() | st.floats(1e-9, 1),
    flags=st.lists(st.floats(1e-9, 1), max_size=3),
)
def test_file_then_environment_then_set_and_the_last_set_wins(
    tmp_path_factory: pytest.TempPathFactory,
    default: float,
    file: float | None,
    variable: float | None,
    flags: list[float],
) -> None:
    path = tmp_path_factory.mktemp("spec") / "x.yaml"
    path.write_text(PUZZLE.replace("{minibatch", f"{{learning_rate: {file}, minibatch") if file is not None else PUZZLE)
    environ = {} if variable is None else {"ARMATURE_TRAIN__LEARNING_RATE": str(variable), "OTHER": "1"}
    loaded = load_spec(path, [f"{RATE}={flag}" for flag in flags], environ)
    given_values = [value for value in (file, variable, *flags) if value is not None]
    assert loaded.spec.train.learning_rate == (given_values[-1] if given_values else default)
    expected = (
        f"--set {RATE}={flags[-1]}"
        if flags
        else "ARMATURE_TRAIN__LEARNING_RATE"
        if variable is not None
        else f"{path}:5"
        if file is not None
        else DEFAULT
    )
    assert loaded.origins[RATE] == expected
    assert loaded.spec.train.minibatch_prompts == 2, "the other keys of the section stay"


def test_every_key_has_an_origin(write: Write) -> None:
    loaded = load_spec(write(PUZZLE + "warm_start: {}\n"), ["evaluate.ks=[1, 2]"], {"ARMATURE_SEED": "3"})
    assert loaded.origins["seed"] == "ARMATURE_SEED"
    assert loaded.origins["evaluate.ks"] == "--set evaluate.ks=[1, 2]"
    assert loaded.origins["rollout.prompts"].endswith("x.yaml:4")
    assert loaded.origins["warm_start.steps"].endswith("x.yaml:6"), "written by turning the section on"
    assert loaded.origins["train.betas"] == DEFAULT
    assert loaded.spec.warm_start is not None
    assert loaded.spec.evaluate.ks == (1, 2)


def test_describe_lists_the_deviations_and_nothing_else(write: Write) -> None:
    text = describe(load_spec(write(PUZZLE + "audit: {min_effective_sample_share: 0.5}\n"), ["seed=4"], {}))
    lines = dict(line.split(" = ") for line in text.splitlines())
    assert lines["seed"] == "4 (--set seed=4)"
    assert lines["policy.init"].startswith('"scratch" (')
    assert "audit.min_effective_sample_share" not in lines, "the file says the default"
    assert "train.betas" not in lines


@pytest.mark.parametrize(
    ("overrides", "environ", "line"),
    [
        ([f"{RATE}=1e-6"], {}, f"{RATE} = 1e-06 (--set {RATE}=1e-6)"),
        (["seed=17"], {}, "seed = 17 (--set seed=17)"),
        (["evaluate.suites=[]"], {}, "evaluate.suites = [] (--set evaluate.suites=[])"),
        (["warm_start=null"], {}, "warm_start = null (--set warm_start=null)"),
        (["advantage.estimator=arm"], {}, 'advantage.estimator = "arm" (--set advantage.estimator=arm)'),
        (["reward.truncated=judge"], {}, 'reward.truncated = "judge" (--set reward.truncated=judge)'),
        ([], {"ARMATURE_TRAIN__LEARNING_RATE": "1e-6"}, f"{RATE} = 1e-06 (ARMATURE_TRAIN__LEARNING_RATE)"),
        ([], {"ARMATURE_SEED": "17"}, "seed = 17 (ARMATURE_SEED)"),
        (["seed=17"], {"ARMATURE_SEED": "3"}, "seed = 17 (--set seed=17)"),
        (["data.heldout=0"], {}, "data.heldout = 0 (--set data.heldout=0)"),
    ],
)
def test_an_override_is_listed_though_it_equals_the_default(
    write: Write, overrides: list[str], environ: dict[str, str], line: str
) -> None:
    assert line in describe(load_spec(write(PUZZLE), overrides, environ)).splitlines()


def test_the_text_is_the_whole_resolved_spec(write: Write) -> None:
    loaded = load_spec(write(PUZZLE), ["seed=5", f"{RATE}=3e-7"], {})
    again = load_spec(write(loaded.text, "again.yaml"), (), {})
    assert again.spec == loaded.spec
    assert type(loaded.spec) is Spec
    assert set(yaml.safe_load(loaded.text)) == set(Spec.model_fields)


# -- extends


def test_extends_merges_mappings_and_replaces_the_rest(write: Write) -> None:
    write(PUZZLE + "warm_start: {steps: 5}\nevaluate: {suites: [heldout], ks: [1, 2, 3]}\n", "base.yaml")
    write("extends: base.yaml\nrollout: {samples: 8}\nevaluate: {ks: [1]}\n", "middle.yaml")
    loaded = load_spec(write("extends: middle.yaml\nname: leaf\nwarm_start: null\n"), (), {})
    spec = loaded.spec
    assert (spec.name, spec.warm_start) == ("leaf", None)
    assert (spec.rollout.prompts, spec.rollout.samples) == (4, 8)
    assert (spec.evaluate.suites, spec.evaluate.ks) == (("heldout",), (1,))
    assert loaded.origins["rollout.samples"].endswith("middle.yaml:2")
    assert loaded.origins["rollout.prompts"].endswith("base.yaml:4")
    assert loaded.origins["warm_start"].endswith("x.yaml:3")


def test_extends_refuses_a_circle_a_missing_base_and_a_bad_value(write: Write, problems: Lines) -> None:
    write("extends: x.yaml\n", "base.yaml")
    (line,) = problems("extends: base.yaml\n")
    assert line.startswith("extends: ")
    assert line.endswith("is a circle")
    (line,) = problems("extends: bass.yaml\n")
    assert "bass.yaml: no such spec file, which " in line
    assert line.endswith("base.yaml")
    (line,) = problems("name: x\nextends: 3\n")
    assert line.startswith("extends: got 3, want a spec file")
    assert "x.yaml:2" in line


NESTED = st.recursive(
    st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=6
)
MAPPINGS = st.dictionaries(st.sampled_from("abc"), NESTED, max_size=3)


@given(MAPPINGS, MAPPINGS, MAPPINGS)
def test_merge_has_a_unit_is_idempotent_and_the_right_one_wins(
    one: dict[str, object], two: dict[str, object], three: dict[str, object]
) -> None:
    assert merge(one, {}) == one == merge({}, one) == merge(one, one)
    merged = merge(one, two)
    for key in one.keys() | two.keys():
        if not isinstance(two.get(key), dict):
            assert merged[key] == two.get(key, one.get(key))
    assert merge(merge(one, two), two) == merged


# -- environment and --set


def test_a_section_may_come_whole_and_its_keys_after_it(write: Write) -> None:
    environ = {"ARMATURE_WARM_START__STEPS": "7", "ARMATURE_WARM_START": "{batch: 3, steps: 1}"}
    loaded = load_spec(write(PUZZLE), (), environ)
    assert loaded.spec.warm_start is not None
    assert (loaded.spec.warm_start.steps, loaded.spec.warm_start.batch) == (7, 3)
    assert load_spec(write(PUZZLE + "warm_start: {}\n"), (), {"ARMATURE_WARM_START": "null"}).spec.warm_start is None
    assert load_spec(write(PUZZLE), ["warm_start.steps=9", "warm_start=null"], {}).spec.warm_start is None


@pytest.mark.parametrize("revision", ["1234567", "12e4567", "0x12", "true", "main", "####", "a: b", "[x"])
def test_text_that_looks_like_a_number_stays_text_where_text_is_wanted(write: Write, revision: str) -> None:
    text = "name: x\npolicy: {model: m/m}\ndata: {train: a.jsonl, verifier: math}\n"
    assert load_spec(write(text), [f"policy.revision={revision}"], {}).spec.policy.revision == revision
    assert load_spec(write(text), [f"policy.revision='{revision}'"], {}).spec.policy.revision == revision
    assert (
        load_spec(write(text), [f"policy.revision={revision}", "policy.revision=null"], {}).spec.policy.revision is None
    )


def test_a_variable_or_set_that_matches_no_key_is_refused_with_the_nearest(problems: Lines) -> None:
    lines = problems(
        PUZZLE,
        ["advantage.alfa=1", "seed"],
        {"ARMATURE_TRAIN__LERNING_RATE": "1", "ARMATURE_XYZZY": "1", "ARMATUR_X": "1"},
    )
    assert lines == [
        "xyzzy: no such key; want one of " + ", ".join(Spec.model_fields) + " (ARMATURE_XYZZY)",
        "train.lerning_rate: no such key; nearest is ARMATURE_TRAIN__LEARNING_RATE (ARMATURE_TRAIN__LERNING_RATE)",
        "advantage.alfa: no such key; nearest is advantage.alpha (--set advantage.alfa=1)",
        "--set seed: want key=value, such as train.learning_rate=1e-6",
    ]


@pytest.mark.parametrize("flag", ["extends=other.yaml", "=3", ".=3", "train.=3", "seed.x=3"])
def test_no_override_of_what_is_no_key(problems: Lines, flag: str) -> None:
    (line,) = problems(PUZZLE, [flag])
    assert "no such key" in line
    assert f"--set {flag}" in line


def test_the_environment_is_the_process_s_own_unless_given(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARMATURE_SEED", "99")
    path = write(PUZZLE)
    assert load_spec(path).spec.seed == 99
    assert load_spec(path, (), {}).spec.seed == 17


# -- files


def test_missing_empty_and_unreadable_files_give_one_line(write: Write, tmp_path: Path) -> None:
    write(PUZZLE, "quickstart.yaml")
    cases = {
        tmp_path / "quikstart.yaml": "no such spec file; nearest is ",
        tmp_path / "zzz" / "x.yaml": "holds no .yaml file",
        tmp_path: "cannot be read",
        write("", "empty.yaml"): "is empty",
    }
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\xfa")
    cases[binary] = "cannot be read"
    for path, message in cases.items():
        with one_line(SpecError, f"^{path}", message):
            load_spec(path, (), {})


# -- store


def test_the_store_is_an_absolute_uri(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def store(text: str = "", environ: dict[str, str] | None = None, flags: tuple[str, ...] = ()) -> str:
        return load_spec(write(PUZZLE + text), flags, environ or {}).spec.store

    assert store() == (REPOSITORY_ROOT / ".armature" / "store").as_uri()
    assert store("store: there\n") == (REPOSITORY_ROOT / "there").as_uri(), (
        "a file means the repository, wherever it is read"
    )
    assert store("store: there\n", {"ARMATURE_STORE": "here"}) == (tmp_path / "here").as_uri(), (
        "who types it means where they are"
    )
    assert store(flags=("store=here",)) == (tmp_path / "here").as_uri()
    assert store("store: s3://bucket/armature/\n") == "s3://bucket/armature"
    assert store("store: /abs/olute\n") == "file:///abs/olute"


@pytest.mark.parametrize("name", ["c 3 ü", "50%", "a%20b", "#?&;", "日本", "~x"])
def test_a_store_may_lie_in_a_folder_of_any_name(write: Write, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name / "store"
    for text in (str(folder), folder.as_uri(), f"file://{folder}".replace("%20", "%2520")):
        spec = load_spec(write(PUZZLE), [f"store={json.dumps(text)}"], {}).spec
        assert spec.store == folder.as_uri() and file_path(spec.store) == folder


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1))
def test_a_path_survives_its_uri(name: str) -> None:
    path = Path(os.path.abspath(f"/x/{name}"))
    uri = file_uri(path)
    assert file_path(uri) == path and uri.isascii() and " " not in uri


@pytest.mark.parametrize("store", ["file://relative/x", "gs://bucket/x", "s3://", "file:///"])
def test_a_store_that_is_no_place_is_refused(problems: Lines, store: str) -> None:
    (line,) = problems(PUZZLE, [f"store={store}"])
    assert line.startswith("store: got ")


def test_credentials_in_the_store_are_refused_and_not_repeated(problems: Lines) -> None:
    (line,) = problems(PUZZLE + "store: s3://key:canary@bucket/x\n")
    assert line.startswith("store: holds credentials")
    assert "canary" not in line


# -- control


def test_a_control_differs_in_its_mathematics_alone(write: Write) -> None:
    write("extends: x.yaml\nname: tiny-grpo\ncontrol: null\nadvantage: {estimator: grpo}\n", "grpo.yaml")
    loaded = load_spec(
        write(PUZZLE + "control: grpo.yaml\n"), ["train.iterations=3", "name=other"], {"ARMATURE_SEED": "4"}
    )
    control = load_control(
        loaded, ["train.iterations=3", "name=other"], {"ARMATURE_SEED": "4", "ARMATURE_NAME": "other"}
    )
    assert control is not None
    assert (control.spec.name, control.spec.train.iterations, control.spec.seed) == ("tiny-grpo", 3, 4)
    assert control.spec.advantage.estimator == "grpo"
    assert load_control(control, (), {}) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("advantage: {estimator: arm}", "is the same experiment"),
        ("warm_start: {steps: 3}", "differs in policy, warm_start or seed"),
        ("seed: 3", "differs in policy, warm_start or seed"),
        ("data: {heldout: 9}", "differs in data"),
        ("name: tiny", "has the same name"),
        ("control: x.yaml", "names a control of its own"),
    ],
)
def test_what_is_no_control_is_refused(write: Write, change: str, message: str) -> None:
    base = {"extends": "x.yaml", "name": "tiny-grpo", "control": None, "advantage": {"estimator": "grpo"}}
    write(yaml.safe_dump(base | yaml.safe_load(change)), "grpo.yaml")
    loaded = load_spec(write(PUZZLE + "control: grpo.yaml\n"), (), {})
    with pytest.raises(SpecError, match=message):
        load_control(loaded, (), {})


def test_a_control_is_looked_up_beside_the_file_that_names_it(write: Write, problems: Lines, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    write(PUZZLE + "control: grpo.yaml\n", "deep/base.yaml")
    write("extends: base.yaml\nname: tiny-grpo\ncontrol: null\n", "deep/grpo.yaml")
    assert load_spec(write("extends: deep/base.yaml\n"), (), {}).control == tmp_path / "deep" / "grpo.yaml"
    assert (
        f"control: no such spec file: {tmp_path}/nope.yaml (a relative" in problems(PUZZLE + "control: nope.yaml\n")[0]
    )
    assert "names itself" in problems(PUZZLE + "control: x.yaml\n")[0]
