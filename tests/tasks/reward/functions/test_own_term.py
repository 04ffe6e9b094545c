"""A user's function in its processes: what hangs, dies, prints, forks and fails, in real files."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from specs.errors import SpecError
from specs.paths import REPOSITORY_ROOT as ROOT
from specs.rewards import OwnTerm
from tasks.errors import VerifierError
from tasks.records import SourceRow, VerdictKind
from tasks.reward.functions import own_term
from tasks.reward.functions.own_term import OwnFunction
from tests.one_line import one_line
from tests.tasks.reward.functions.tools import alive, end, eventually, group, pids_in, term, values, written

LENGTHS = "def f(completions, **kwargs):\n    return [float(len(each)) for each in completions]\n"
HANGS = """
    import time
    def f(completions, **kwargs):
        if "hang" in completions:
            time.sleep(3600)
        return [float(len(each)) for each in completions]
"""


def test_groups_are_judged_in_order_over_several_workers(tmp_path: Path) -> None:
    groups = [group(*("a" * (k % 5 + j) for j in range(k % 3 + 1)), problem=f"p{k}") for k in range(150)]
    with term(tmp_path, LENGTHS, workers=2) as own:
        assert values(own.scores(groups)) == [[float(len(text)) for text in each.texts] for each in groups]
        assert own.scores([]) == [] and own.metrics() == {}


def test_a_group_that_hangs_is_split_and_the_culprit_alone_has_no_score(tmp_path: Path) -> None:
    with term(tmp_path, HANGS, workers=2, deadline_s=3.0) as own:
        first, second = own.scores([group("a", "hang", "ccc"), group("dddd")])
    assert values([first, second]) == [[1.0, None, 3.0], [4.0]]
    assert [each.failure for each in first] == [None, VerdictKind.TIME_LIMIT, None]
    assert "within deadline_s (3 s)" in first[1].detail


DIES = """
    import os, sys
    def f(completions, solution, how=(), marker="", **kwargs):
        if "die" in completions and (not marker or not os.path.exists(marker)):
            if marker and len(completions) == 1:
                open(marker, "w").close()
            if how == "exit": os._exit(3)
            if how == "segfault": import ctypes; ctypes.string_at(0)
            if how == "closed": os.closerange(0, 1000)
            if how == "sys.exit": sys.exit("enough")
            os.kill(os.getpid(), 9)
        return [float(len(each)) for each in completions]
"""


@pytest.mark.parametrize(
    ("how", "says"), [("exit", "ended with status 3"), ("segfault", "SIGSEGV"), ("killed", "SIGKILL"), ("closed", "")]
)
def test_a_response_that_ends_its_worker_twice_stops_the_run(tmp_path: Path, how: str, says: str) -> None:
    with (
        term(tmp_path, DIES, workers=2, args={"how": how}) as own,
        one_line(VerifierError, r"reward.terms.own.use: .*mine.py:f on problem q7, response 1: its process", says),
    ):
        own.scores([group("a", "bb", solution=1), group("a", "die", problem="q7", solution=1)])


def test_a_worker_that_dies_once_costs_nothing(tmp_path: Path) -> None:
    with term(tmp_path, DIES, args={"marker": str(tmp_path / "died")}) as own:
        assert values(own.scores([group("a", "die", solution=1)])) == [[1.0, 3.0]]


def test_what_the_function_raises_stops_the_run_with_its_line(tmp_path: Path) -> None:
    source = (
        "def f(completions, **kwargs):\n    for each in completions:\n        assert each != 'x', 'an x'\n    return []"
    )
    with term(tmp_path, source) as own:
        with one_line(VerifierError, r"own.use: .* on problem p: it raised AssertionError: an x \(.*mine.py:3\)"):
            own.scores([group("x")])
        with one_line(VerifierError, "on problem p: it returned 0 scores for 2 responses, want a list"):
            own.scores([group("a", "b")])


def test_sys_exit_is_an_error_of_the_function(tmp_path: Path) -> None:
    with (
        term(tmp_path, DIES, args={"how": "sys.exit"}) as own,
        one_line(VerifierError, r"it raised SystemExit: enough \(.*mine.py:10\)"),
    ):
        own.scores([group("die", solution=1)])


def test_a_column_that_is_missing_is_named_before_anything_is_called(tmp_path: Path) -> None:
    with term(tmp_path, DIES) as own, one_line(VerifierError, "needs solution; the row has answer, level; rename"):
        own.check({"q": SourceRow("1 + 1?", {"solution": 1}), "p": SourceRow("1 + 1?", {"answer": 1, "level": 2})})


AWAY = """
    import os
    from tasks.errors import Unjudged
    def f(completions, marker, tries, **kwargs):
        if "ask" in completions:
            with open(marker, "a") as file:
                file.write("x")
            if os.path.getsize(marker) <= tries:
                raise Unjudged("the judge is away")
        return [1.0] * len(completions)
"""


def test_a_service_that_answers_late_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_term, "RETRY_WAITS_S", (0.0, 0.0))
    marker = tmp_path / "asked"
    with term(tmp_path, AWAY, args={"marker": str(marker), "tries": 2}) as own:
        assert values(own.scores([group("ask", "a"), group("a")])) == [[1.0, 1.0], [1.0]]
        assert own.metrics() == {"retries": 2.0}
        marker.unlink()
        own.scores([group("a")])
        assert own.metrics() == {}


def test_a_service_that_does_not_answer_leaves_the_group_unjudged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_term, "RETRY_WAITS_S", (0.0, 0.0))
    with term(tmp_path, AWAY, args={"marker": str(tmp_path / "asked"), "tries": 99}) as own:
        away, other = own.scores([group("ask", "a"), group("a")])
    assert [(each.value, each.failure) for each in away] == [(None, VerdictKind.INFRASTRUCTURE)] * 2
    assert "Unjudged: the judge is away" in away[0].detail and other[0].value == 1.0
    assert (tmp_path / "asked").read_text() == "xxx"


PRINTS = """
    import os, sys
    print("while it is loaded")
    def f(completions, log_extra, log_metric, **kwargs):
        print("first words")
        for stream in (sys.stdout, sys.stderr):
            for _ in range(100):
                stream.write("x" * 100_000)
        for descriptor in (1, 2):
            os.write(descriptor, b"y" * 1_000_000)
        log_extra("seen", completions)
        log_metric("length", len(completions))
        return [0.0] * len(completions)
"""


def test_prints_are_cut_and_the_first_are_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO, "armature.reward"), term(tmp_path, PRINTS) as own:
        (scores,) = own.scores([group("a", "b")])
        own.scores([group("a")] * 3)
        assert own.metrics() == {"length": 1.0}
    (message,) = caplog.messages
    assert "mine.py:f printed: first words" in message and len(message) < 1200
    assert [each.extra for each in scores] == [{"seen": "a"}, {"seen": "b"}]
    assert capfd.readouterr() == ("", "")


LEAVES = """
    import os, subprocess, sys, threading, time
    def f(completions, marker, **kwargs):
        def note(pid):
            with open(marker, "a") as file:
                file.write(f"{pid}\\n")
        threading.Thread(target=time.sleep, args=(3600,)).start()
        note(subprocess.Popen(["sleep", "3600"]).pid)
        reader, writer = os.pipe()
        if os.fork() == 0:  # a daemon: forked twice, in a session of its own
            os.setsid()
            if os.fork() == 0:
                note(os.getpid())
                os.write(writer, b"x")
                time.sleep(3600)
            os._exit(0)
        os.read(reader, 1)
        if os.fork() == 0:
            return [9.0]  # a copy of the worker that goes on with the worker's work
        if "hang" in completions:
            time.sleep(3600)
        if "die" in completions:
            os._exit(1)
        return [1.0] * len(completions)
"""


def test_what_a_function_leaves_behind_ends_with_the_term(tmp_path: Path) -> None:
    marker = tmp_path / "pids"
    with term(tmp_path, LEAVES, args={"marker": str(marker)}) as own:
        assert values(own.scores([group("a", "b"), group("c")])) == [[1.0, 1.0], [1.0]]
        assert len(pids_in(marker)) == 4
        ours = own._pool.pids
    assert eventually(lambda: not any(map(alive, [*ours, *pids_in(marker)])))


@pytest.mark.parametrize("text", ["hang", "die"])
def test_what_a_worker_leaves_behind_ends_with_it(tmp_path: Path, text: str) -> None:
    marker = tmp_path / "pids"
    with term(tmp_path, LEAVES, args={"marker": str(marker)}, deadline_s=3.0) as own:
        if text == "hang":
            assert own.scores([group(text)])[0][0].failure is VerdictKind.TIME_LIMIT
        else:
            with pytest.raises(VerifierError, match="status 1, twice"):
                own.scores([group(text)])
        assert len(pids_in(marker)) == 4 and eventually(lambda: not any(map(alive, pids_in(marker))))


def test_nothing_outlives_a_killed_parent(tmp_path: Path) -> None:
    marker, path = tmp_path / "pids", written(tmp_path, LEAVES)
    script = tmp_path / "script.py"
    script.write_text(
        "from specs.rewards import OwnTerm\nfrom tasks.reward.functions.own_term import OwnFunction\n"
        "from tests.tasks.reward.functions.tools import group\n"
        f"own = OwnFunction('own', OwnTerm(use='{path}:f', args={{'marker': '{marker}'}}, deadline_s=3600), 1)\n"
        "own.start()\nprint(own._pool.pids[0], flush=True)\nown.scores([group('hang')])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pids: list[int] = []
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as parent:
        try:
            assert parent.stdout is not None
            pids.append(int(parent.stdout.readline()))
            assert eventually(lambda: len(pids_in(marker)) == 2)
            pids += pids_in(marker)
            os.kill(parent.pid, signal.SIGKILL)
            assert eventually(lambda: not any(map(alive, pids)))
        finally:
            end([parent.pid, *filter(alive, pids)])


ENVIRONMENT = """
    import os
    def f(completions, log_extra, **kwargs):
        for name in ("JUDGE_API_KEY", "PYTHONHASHSEED", "OMP_NUM_THREADS"):
            log_extra(name, [os.environ.get(name)] * len(completions))
        return [float(hash("a") % 1000)] * len(completions)
"""


def test_a_function_has_this_environment_and_a_fixed_hash_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGE_API_KEY", "secret")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    with term(tmp_path, ENVIRONMENT) as own:
        ((score,),) = own.scores([group("a")])
    assert score.extra == {"JUDGE_API_KEY": "secret", "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "3"}
    line = [sys.executable, "-c", "print(hash('a') % 1000)"]
    assert score.value == float(subprocess.check_output(line, env={"PYTHONHASHSEED": "0"}))


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import nothing_like_it\ndef f(): ...", r"own.use: .*cannot be loaded: ModuleNotFoundError: .*mine.py:1\)"),
        ("x = 1\nimport sys\nsys.exit('no')\ndef f(): ...", r"own.use: the file ends the process .*no \(.*mine.py:3\)"),
        ("def g(): ...", "defines no class or function f; it defines g"),
        ("def f(prompts, /): ...", r"own.use: .*mine.py:f: it takes prompts by position"),
        ("import importlib, sys\nsys.path.insert(0, __file__[:-8])\nimportlib.import_module('hel' + 'per')\n"
         "def f(): ...", r"imports .*helper.py, which is not in its key; import it by name at the top of .*mine.py"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_load_is_told_at_the_start(tmp_path: Path, source: str, says: str) -> None:
    written(tmp_path, "", "helper.py")
    with term(tmp_path, source) as own, one_line(SpecError, says):
        own.start()


def test_a_file_that_kills_the_process_that_loads_it_is_told_at_the_start(tmp_path: Path) -> None:
    source = "import os, sys\nsys.stderr.write('last words')\nsys.stderr.flush()\nos._exit(1)\ndef f(): ..."
    with term(tmp_path, source) as own, one_line(VerifierError, "own.use: .*that loads it ended or hung; last words"):
        own.start()


def test_modules_beside_the_file_are_loaded_and_others_are_errors(tmp_path: Path) -> None:
    written(tmp_path, "LENGTH = 3\n", "helper.py")
    written(tmp_path, "LENGTH = 4\n", "hidden.py")
    source = """
        import importlib
        from helper import LENGTH
        def f(completions, **kwargs):
            import json.tool  # a library is no module of the user's
            if "hide" in completions:
                importlib.import_module("hid" + "den")
            return [float(LENGTH)] * len(completions)
    """
    with term(tmp_path, source) as own:
        assert values(own.scores([group("a")])) == [[3.0]]
        with one_line(VerifierError, "on problem p: it imports .*hidden.py, which is not in its key"):
            own.scores([group("hide")])


def test_a_file_that_was_edited_is_not_run(tmp_path: Path) -> None:
    with term(tmp_path, LENGTHS) as own:
        (tmp_path / "mine.py").write_text(LENGTHS + "\n")
        with one_line(SpecError, "mine.py has changed since the run began"):
            own.start()


def test_any_thread_may_call_it(tmp_path: Path) -> None:
    results: list[object] = []
    with term(tmp_path, LENGTHS, workers=2) as own:
        threads = [
            threading.Thread(target=lambda k=k: results.append(own.scores([group("a" * k)] * 9))) for k in (1, 1, 1)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [values(each) for each in results] == [[[1.0]] * 9] * 3  # type: ignore[arg-type]


def test_a_killed_server_is_an_error_and_the_next_batch_is_judged(tmp_path: Path) -> None:
    source = """
        import os, time
        def f(completions, **kwargs):
            if "kill" in completions:
                os.kill(os.getppid(), 9)
                time.sleep(3600)
            return [1.0]
    """
    with term(tmp_path, source) as own:
        with one_line(VerifierError, "own.use: .*its processes are gone"):
            own.scores([group("kill")])
        assert values(own.scores([group("a")])) == [[1.0]]


def test_a_worker_that_takes_no_more_messages_is_replaced(tmp_path: Path) -> None:
    with term(tmp_path, LENGTHS, deadline_s=3.0) as own:
        own.scores([group("a")])
        stopped = own._pool.pids[1]
        os.kill(stopped, signal.SIGSTOP)
        assert values(own.scores([group("a" * 2_000_000)])) == [[2_000_000.0]]
        assert not alive(stopped)


def test_a_term_that_was_closed_starts_anew(tmp_path: Path) -> None:
    path = written(tmp_path, LENGTHS)
    own = OwnFunction("own", OwnTerm(use=f"{path}:f"))
    for _ in range(2):
        assert values(own.scores([group("abc")])) == [[3.0]]
        own.close()
        assert own._pool.pids == []
    own.close()
