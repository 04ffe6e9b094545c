"""Resident processes: calls, errors that travel, deadlines, deaths of child and parent. The children are real ones."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import psutil
import pytest

from infra import resident
from infra.errors import EngineError
from infra.resident import Resident
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks.errors import TrainingError
from tests.infra.waiting import DEADLINE_S, ended, wait_for

CHILD = """
import argparse, collections, gc, itertools, os, signal, struct, subprocess, sys, time
from multiprocessing.connection import Connection
from pathlib import Path
from infra.resident import serve
from tasks.errors import TrainingError

def arrived(name):
    Path(sys.argv[0]).with_name(name).touch()

class Handler:
    def __init__(self, rank):
        self.rank, self.total = rank, 0

    def add(self, amount):
        self.total += amount
        return (self.rank, self.total)

    def environment(self):
        return dict(os.environ)

    def refuse(self, text):
        raise TrainingError(text)

    def break_off(self):
        return {}["nothing"]

    def hang_in_a_function_with_this_name(self, ranks=(0, 1)):
        if self.rank in ranks:
            arrived(f"hang_in_a_function_with_this_name-{self.rank}")
            time.sleep(600)
        raise TrainingError("the rank that did not hang")

    def compute_in_c_for_ever(self):
        arrived(f"compute_in_c_for_ever-{self.rank}")
        collections.deque(itertools.repeat(None), maxlen=0)

    def stop_in_mid_answer(self):
        calls = min(c.fileno() for c in gc.get_objects() if isinstance(c, Connection))
        os.write(calls, struct.pack("!i", 1000) + b"the beginning of an answer of 1000 bytes")
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(600)  # where another thread took the signal, this one comes a little further before it stops

    def start_a_helper(self):
        ignore = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
        code = f"{ignore}; print('ready', flush=True); time.sleep(600)"
        helper = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
        helper.stdout.readline()
        return helper.pid

    def length(self, text):
        return len(text)

    def fail_after_the_other_has_died(self, why):
        if self.rank == 1:
            os._exit(9)
        if why:
            raise TrainingError(why)
        return {}["nothing"]

parser = argparse.ArgumentParser()
parser.add_argument("--rank", type=int, default=0)
parser.add_argument("--address")
parser.add_argument("--broken", action="store_true")
arguments = parser.parse_args()
print("the child says hello", file=sys.stderr, flush=True)
serve(lambda: 1 / 0 if arguments.broken else Handler(arguments.rank), arguments.address, arguments.rank)
"""
LAUNCHER = """
import subprocess, sys
children = [subprocess.Popen([sys.executable, sys.argv[1], "--rank", str(rank), *sys.argv[2:]]) for rank in range(2)]
sys.exit(max(abs(child.wait()) for child in children))
"""
PARENT = """
import sys, time
from pathlib import Path
from infra.resident import Resident
engine = Resident("engine", [sys.executable, *sys.argv[2:]], ranks=2, log=Path(sys.argv[1]), env={"PYTHONPATH": "."})
print(*engine.pids, engine._process.pid, engine._folder, flush=True)
time.sleep(600)
"""

Start = Callable[..., Resident]


@pytest.fixture()
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts engines of one or two ranks and ends them afterwards."""
    monkeypatch.setattr("infra.stacks.ANSWER_S", DEADLINE_S)
    (tmp_path / "child.py").write_text(CHILD)
    (tmp_path / "launcher.py").write_text(LAUNCHER)
    engines: list[Resident] = []

    def make(*options: str, ranks: int = 1, **settings: Any) -> Resident:
        script = (
            [str(tmp_path / "child.py")] if ranks == 1 else [str(tmp_path / "launcher.py"), str(tmp_path / "child.py")]
        )
        env = {"PYTHONPATH": str(ROOT)}
        engines.append(
            Resident(
                "the engine",
                [sys.executable, *script, *options],
                log=tmp_path / "logs" / "engine.log",
                ranks=ranks,
                env=env,
                **settings,
            )
        )
        return engines[-1]

    yield make
    for engine in engines:
        engine.stop()


def gone(*pids: int) -> bool:
    """Wait until the processes have ended."""
    wait_for(lambda: all(map(ended, pids)), f"of {pids} one does not end")
    return True


def test_calls_keep_the_childs_state_and_reach_every_rank_in_order(start: Start) -> None:
    one = start()
    assert [one.call("add", deadline_s=DEADLINE_S, amount=amount) for amount in (2, 3)] == [[(0, 2)], [(0, 5)]]
    two = start(ranks=2)
    assert two.call("add", deadline_s=DEADLINE_S, amount=7) == [(0, 7), (1, 7)]
    assert len(set(two.pids)) == 2 and os.getpid() not in two.pids


def test_our_errors_travel_with_their_type_and_the_engine_lives_on(start: Start) -> None:
    engine = start(ranks=2)
    with pytest.raises(TrainingError, match=r"^iteration 3: not finite$"):
        engine.call("refuse", deadline_s=DEADLINE_S, text="iteration 3: not finite")
    assert engine.alive
    assert engine.call("add", deadline_s=DEADLINE_S, amount=1) == [(0, 1), (1, 1)]


def test_other_errors_become_engine_errors_that_name_the_log(start: Start) -> None:
    engine = start()
    with pytest.raises(EngineError) as caught:
        engine.call("break_off", deadline_s=DEADLINE_S)
    message = str(caught.value)
    assert (
        "break_off failed on rank 0: KeyError: 'nothing'" in message
        and str(engine.log) in message
        and "\n" not in message
    )
    text = engine.log.read_text()
    assert "the child says hello" in text and "Traceback" in text
    with pytest.raises(EngineError, match="AttributeError"):
        engine.call("no_such_method", deadline_s=DEADLINE_S)
    assert engine.call("add", deadline_s=DEADLINE_S, amount=1) == [(0, 1)]


def fails_by_its_deadline(engine: Resident, method: str, **arguments: Any) -> str:
    """A call that hangs; the text of the file that its error names. Nothing of the engine is left."""
    pids = [*engine.pids, engine._process.pid]
    message = rf"^the engine: {method} took longer than 1 s; its stacks are in .*; log {engine.log}"
    with pytest.raises(EngineError, match=message) as caught:
        engine.call(method, deadline_s=1.0, **arguments)
    assert not engine.alive and gone(*pids)
    with pytest.raises(EngineError, match="is not running"):
        engine.call("add", deadline_s=1, amount=1)
    (path,) = engine.log.parent.glob("engine.log.stacks-*")
    assert str(path) in str(caught.value)
    return path.read_text()


@pytest.fixture()
def hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """As above, where the deadline passes once `ranks` of the engine are in the method, however late that is."""

    def hang(engine: Resident, method: str, ranks: int, **arguments: Any) -> str:
        def arrived(connections: Any, timeout: float) -> list[Any]:
            wait_for(lambda: len(list(tmp_path.glob(f"{method}-*"))) == ranks, f"the ranks do not come to {method}")
            return []

        monkeypatch.setattr("infra.resident.wait", arrived)
        return fails_by_its_deadline(engine, method, **arguments)

    return hang


def stop(pid: int) -> None:
    """Stop a process, and wait until it is stopped."""
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED)


def test_a_call_past_its_deadline_leaves_no_process(start: Start) -> None:
    fails_by_its_deadline(start(), "hang_in_a_function_with_this_name")


def test_a_call_past_its_deadline_leaves_the_stacks_of_all_in_a_file(start: Start, hang: Callable[..., str]) -> None:
    engine = start(ranks=2)
    pids = engine.pids
    text = hang(engine, "hang_in_a_function_with_this_name", 2)
    assert text.count("in hang_in_a_function_with_this_name") == 2
    assert [text.count(f"Python stacks of process {pid}\n") for pid in pids] == [1, 1]
    assert text.count("(parent ") == 3 and "launcher.py" in text, "the launcher is in it too"
    threads = [line for line in text.splitlines() if line.startswith("  thread ")]
    assert len(threads) >= 5, "each rank has a thread that watches its lifeline"


def test_a_loop_in_c_is_found_at_its_deadline(start: Start, hang: Callable[..., str]) -> None:
    text = hang(start(), "compute_in_c_for_ever", 1)
    assert "in compute_in_c_for_ever" in text and "state running" in text


def test_a_stopped_rank_is_found_at_its_deadline_and_says_where_it_was(start: Start) -> None:
    engine = start(ranks=2)
    stop(engine.pids[1])
    text = fails_by_its_deadline(engine, "add", amount=1)
    assert text.count("state stopped") == 1
    assert text.count("in serve") == 2, "it is let go on, and writes its stacks, before it is ended"


def test_a_stopped_rank_hangs_no_large_message_to_it(start: Start) -> None:
    engine = start()
    stop(engine.pids[0])
    assert "state stopped" in fails_by_its_deadline(engine, "length", text="x" * 10_000_000)


def test_a_program_that_is_not_there_is_the_reason_that_is_told(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"the engine: cannot be started .*nowhere"):
        Resident("the engine", [str(tmp_path / "nowhere")], log=tmp_path / "engine.log")


def test_a_rank_stopped_in_mid_answer_hangs_nobody(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.resident.wait", lambda connections, timeout: wait(connections, DEADLINE_S))
    assert "in stop_in_mid_answer" in fails_by_its_deadline(start(), "stop_in_mid_answer")


def test_what_a_rank_has_started_is_seen_and_ended_with_it(start: Start, hang: Callable[..., str]) -> None:
    engine = start(ranks=2)
    helpers = engine.call("start_a_helper", deadline_s=DEADLINE_S)
    text = hang(engine, "hang_in_a_function_with_this_name", 2)
    assert all(f"process {pid} (parent " in text and f"Python stacks of process {pid}" not in text for pid in helpers)
    assert gone(*helpers), "SIGTERM is not enough, and its session is its own"


@pytest.mark.parametrize("why", ["memory ran out", ""])
def test_the_reason_that_a_rank_gives_comes_before_the_death_of_another(
    why: str, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    for answer in ("died", "error"):
        monkeypatch.setitem(resident._GRACE_S, answer, DEADLINE_S)
    error, message = (
        (TrainingError, "^memory ran out$") if why else (EngineError, "rank 1 died in fail_after_the_other_has_died")
    )
    with pytest.raises(error, match=message):
        start(ranks=2).call("fail_after_the_other_has_died", deadline_s=DEADLINE_S, why=why)


def test_a_killed_child_is_an_engine_error_at_once(start: Start) -> None:
    engine = start(ranks=2)
    pids = engine.pids
    os.kill(pids[1], signal.SIGKILL)
    with pytest.raises(EngineError, match=r"rank 1 died in add|gone before add|is not running") as caught:
        for _ in range(100):
            engine.call("add", deadline_s=DEADLINE_S, amount=1)
    assert str(engine.log) in str(caught.value)
    assert not engine.alive and gone(*pids)


def test_a_rank_that_fails_while_the_other_hangs_ends_both(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = start(ranks=2)
    pids = engine.pids
    limits: list[float] = []

    def recorded(connections: Any, timeout: float) -> list[Any]:
        limits.append(timeout)
        return wait(connections, timeout)

    monkeypatch.setattr("infra.resident.wait", recorded)
    monkeypatch.setitem(resident._GRACE_S, "error", 0.2)
    with pytest.raises(TrainingError, match="the rank that did not hang"):
        engine.call("hang_in_a_function_with_this_name", deadline_s=5000.0, ranks=(1,))
    assert limits[0] > 1000 and limits[-1] <= 0.2, "a rank that waits in a collective gets a grace, not the deadline"
    assert not engine.alive and gone(*pids)


def test_a_child_that_cannot_start_says_why(start: Start, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"ended with status 2 while starting.*unrecognized arguments"):
        start("--no-such-option")
    broken = start("--broken")
    with pytest.raises(EngineError, match="ZeroDivisionError"):
        broken.call("add", deadline_s=DEADLINE_S, amount=1)
    (tmp_path / "child.py").write_text("import time\ntime.sleep(600)\n")
    with pytest.raises(EngineError, match="did not start in time"):
        start(start_deadline_s=0.5)


def test_a_folder_that_somebody_removed_keeps_no_process_alive(start: Start) -> None:
    engine = start()
    pids = engine.pids
    shutil.rmtree(engine._folder)
    engine.stop()
    assert gone(*pids)


def test_stop_twice_leaves_nothing(start: Start) -> None:
    engine = start()
    pids, folder = engine.pids, engine._folder
    engine.stop()
    engine.stop()
    assert not engine.alive and not folder.exists() and gone(*pids)
    with start() as within:
        pids = within.pids
    assert gone(*pids)


@pytest.fixture()
def own_tmp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files that no other process of this machine sweeps, its path short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="own-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def test_children_leave_when_the_parent_is_killed(own_tmp: Path, start: Start, tmp_path: Path) -> None:
    scripts = [str(tmp_path / name) for name in ("engine.log", "launcher.py", "child.py")]
    parent = subprocess.Popen([sys.executable, "-c", PARENT, *scripts], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    *pids, folder = parent.stdout.readline().split()
    assert len(pids) == 3, (tmp_path / "engine.log").read_text()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    try:
        assert gone(*map(int, pids))
        assert Path(folder).exists() and Path(folder).parent == own_tmp
        start()
        assert not Path(folder).exists(), "the next engine sweeps what a killed parent left"
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


def test_credentials_do_not_reach_children(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    names = (
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "PREFECT_API_KEY",
        "MY_TOKEN",
        "HF_TOKEN",
        "HUGGING_FACE_HUB_TOKEN",
        "WANDB_API_KEY",
    )
    for name in names:
        monkeypatch.setenv(name, "canary-in-a-coal-mine")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    (environment,) = start().call("environment", deadline_s=DEADLINE_S)
    assert not [name for name, text in environment.items() if "canary" in text or name in names]
    assert environment["OMP_NUM_THREADS"] == "1" and environment["PATH"] == os.environ["PATH"]
