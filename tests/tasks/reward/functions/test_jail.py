"""A user's function in the sandbox's jail: the same scores and faults, without files, network and environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from specs.errors import SpecError
from tasks.errors import VerifierError
from tasks.records import VerdictKind
from tasks.reward.functions import own_term
from tests.backends import require
from tests.one_line import one_line
from tests.tasks.reward.functions.tools import group, term, values, written

SOURCE = """
    import os, time
    from helper import LENGTH
    from tasks.errors import Unjudged
    def f(completions, completion_ids, answer, target, log_extra, log_metric, trainer_state, **kwargs):
        print("judging")
        if "hang" in completions:
            time.sleep(3600)
        if "die" in completions:
            os._exit(3)
        if "raise" in completions:
            raise KeyError("a")
        if "away" in completions:
            raise Unjudged("no judge")
        log_extra("secret", [os.environ.get("JUDGE_API_KEY")] * len(completions))
        log_metric("step", trainer_state.global_step)
        pairs = zip(completions, completion_ids)
        return [LENGTH + target + len(ids) if text == answer[0] else None for text, ids in pairs]
"""


def test_a_function_in_the_jail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require("jail")
    monkeypatch.setenv("JUDGE_API_KEY", "secret")
    monkeypatch.setattr(own_term, "RETRY_WAITS_S", (0.0, 0.0))
    written(tmp_path, "LENGTH = 0.25\n", "helper.py")
    with term(tmp_path, SOURCE, workers=2, args={"target": 1}, isolation="jail") as own:
        scores = own.scores([group("aaa", "x", answer="aaa"), group("b", answer="b"), group("away", answer="")])
        assert values(scores) == [[4.25, None], [2.25], [None]]
        assert scores[1][0].extra == {"secret": "None"} and own.metrics() == {"step": 3.0, "retries": 2.0}
        assert scores[2][0].failure is VerdictKind.INFRASTRUCTURE
        with one_line(VerifierError, r"on problem p: it raised KeyError: 'a' \(.*mine.py:12\)"):
            own.scores([group("raise", answer="")])
        with one_line(VerifierError, "on problem p, response 0: its process ended by exit, code 3, twice"):
            own.scores([group("die", answer="")])
        with one_line(VerifierError, "columns as JSON"):
            own.scores([group("a", answer={1, 2})])


@pytest.mark.slow
def test_a_response_that_hangs_in_the_jail(tmp_path: Path) -> None:
    require("jail")
    written(tmp_path, "LENGTH = 0.25\n", "helper.py")
    with term(tmp_path, SOURCE, workers=2, args={"target": 1}, isolation="jail", deadline_s=20.0) as own:
        (scores,) = own.scores([group("aaa", "hang", answer="aaa")])
    assert [(each.value, each.failure) for each in scores] == [(4.25, None), (None, VerdictKind.TIME_LIMIT)]


def test_a_function_that_the_jail_cannot_load_is_told_at_the_start(tmp_path: Path) -> None:
    require("jail")
    with (
        term(tmp_path, "x = 1\nimport pydantic\ndef f(completions): ...", isolation="jail") as own,
        one_line(SpecError, r"own.use: .*mine.py:f: it cannot be loaded in the jail: .*pydantic.* \(.*mine.py:2\)"),
    ):
        own.start()
