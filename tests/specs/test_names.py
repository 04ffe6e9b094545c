"""Names of shipped puzzles, verifiers and suites: known where specs are read, and said with the place of the key."""

from __future__ import annotations

import pytest

from specs.load import load_recorded, load_spec
from specs.names import PUZZLES, suite_names
from specs.paths import REPOSITORY_ROOT
from tasks.data.puzzles import registry as puzzles
from tests.specs.conftest import MODEL, PUZZLE, Lines, Write


def test_the_names_are_those_of_the_tasks() -> None:
    assert tuple(puzzles.PUZZLES) == PUZZLES
    assert "gsm8k" in suite_names()


@pytest.mark.parametrize(
    ("text", "setting", "line"),
    [
        (PUZZLE, "data.train=puzzle:countdwn", "data.train: no puzzle 'countdwn'; nearest is countdown"),
        (PUZZLE, "data.train=puzzle:x?count=3", f"data.train: no puzzle 'x'; there are {', '.join(PUZZLES)}"),
        (
            MODEL,
            "data.verifier=maths",
            "data.verifier: no verifier 'maths'; nearest is math, or your own: my_verifier.py:name",
        ),
        (
            PUZZLE,
            "evaluate.suites=[gsmk]",
            "evaluate.suites: no suite 'gsmk'; nearest is gsm8k, and a suite of your own by its path: my/suite.yaml",
        ),
        (
            PUZZLE,
            "evaluate.suites=[heldout, no/where.yaml]",
            f"evaluate.suites: no suite 'no/where.yaml': no such file: {REPOSITORY_ROOT}/no/where.yaml (a relative "
            "path starts at the repository root)",
        ),
    ],
)
def test_a_name_of_nothing_is_one_line_with_its_place(problems: Lines, text: str, setting: str, line: str) -> None:
    assert problems(text, [setting]) == [f"{line} (--set {setting})"]


def test_a_line_of_a_file_is_named(problems: Lines) -> None:
    (line,) = problems(MODEL.replace("verifier: math", "verifier: maths"))
    assert line.endswith("x.yaml:3)")


def test_what_there_is_is_taken(write: Write) -> None:
    for name in PUZZLES:
        load_spec(write(PUZZLE), [f"data.train=puzzle:{name}"], {})
    load_spec(write(PUZZLE), ["evaluate.suites=[heldout, gsm8k, tasks/evaluate/suites/svamp.yaml]"], {})
    load_recorded(PUZZLE + "evaluate: {suites: [gone.yaml]}\n", "runs/x/spec.yaml")


def test_a_study_is_no_experiment(problems: Lines) -> None:
    (line,) = problems("name: x\nbase: ../x.yaml\nvariants: {a: {label: A}}\nseeds: [1]\n")
    assert line.partition(": ")[2].startswith("this is a study, not an experiment: armature study ")


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("advantage.use=my.py", "advantage.use: got 'my.py', want text like my_file.py:name"),
        (
            "advantage.estimator=dapo",
            "advantage.estimator: got 'dapo', want one of grpo, arm, dr_grpo, rloo, reinforce_pp_baseline, pass_at_k, "
            "weighted_reinforce, or your own by advantage.use: my_file.py:name",
        ),
        (
            "advantage={use: 'tests/specs/own_code.py:estimator', args: {a: 1, scale: .nan}}",
            "advantage.args.scale: got nan, want finite numbers",
        ),
        (
            "objective={use: 'tests/specs/own_code.py:Objective', args: {a: 1, limits: {low: -.inf}}}",
            "objective.args.limits: got {'low': -inf}, want finite numbers",
        ),
    ],
)
def test_messages_say_what_to_write(problems: Lines, setting: str, line: str) -> None:
    assert problems(PUZZLE, [setting]) == [f"{line} (--set {setting})"]
