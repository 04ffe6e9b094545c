"""Which cell is next, and that beginnings which cells share are made once."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.engines.workers import Workers
from tasks.errors import StudyError
from tasks.study.queue import Queue


def cells(*names: str) -> list[Any]:
    """`a/x`: a cell that begins with policy a, and with rollouts x from it."""
    return [SimpleNamespace(name=name, loaded=SimpleNamespace(spec=None)) for name in names]


def queue(them: list[Any]) -> Queue:
    return Queue(them, lambda cell: tuple(cell.name.split("/")[:2]))


def test_a_cell_whose_beginning_another_makes_comes_after_one_that_begins_alone() -> None:
    first, second, third, fourth = them = cells("a/x/1", "a/x/2", "a/y/1", "b/x/1")
    line = queue(them)
    assert line.take() is first and line.take() is fourth  # a's policy is being made
    line.begun(first)
    assert line.take() is second and line.take() is third  # a/x is there; a's policy too, so a/y is begun by its first
    assert line.take() is None


def test_cells_that_share_only_the_policy_begin_one_after_another() -> None:
    first, second, third = them = cells("a/x", "a/y", "a/z")
    line = queue(them)
    assert line.take() is first
    line.begun(first)
    assert line.take() is second
    line.left(second)  # it failed before its rollouts were there
    assert line.take() is third


def test_who_waits_for_a_beginning_is_woken_by_its_failure_and_by_the_end() -> None:
    first, second = them = cells("a/x/1", "a/x/2")
    line = queue(them)
    assert line.take() is first
    taken: list[Any] = []
    thread = threading.Thread(target=lambda: taken.extend([line.take(), line.take()]))
    thread.start()
    time.sleep(0.05)
    assert not taken
    line.left(first)
    thread.join(10)
    assert taken == [second, None]


class _Engines:
    made: list[_Engines] = []  # noqa: RUF012

    def __init__(self, spec: Any, place: str) -> None:
        self.closed = False
        _Engines.made.append(self)

    def fit(self, spec: Any) -> bool:
        return True

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def _no_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    _Engines.made = []
    monkeypatch.setattr("tasks.engines.workers.Engines", _Engines)


@pytest.mark.parametrize("seed", range(5))
def test_every_cell_runs_once_and_no_beginning_is_made_twice_or_at_the_same_time(seed: int) -> None:
    chance = random.Random(seed)
    them = cells(*(f"{chance.choice('abc')}/{chance.choice('xy')}/{i}" for i in range(40)))
    line, lock = queue(them), threading.Lock()
    ran: Counter[str] = Counter()
    making: list[str] = []
    made: list[tuple[str, str]] = []

    def run(cell: Any, engines: Any) -> None:
        policy, rollouts, _ = cell.name.split("/")
        with lock:
            ran[cell.name] += 1
            begins = (policy, rollouts) not in made
            if begins:
                assert policy not in making
                making.append(policy)
        time.sleep(chance.random() * 0.002)
        if begins:
            with lock:
                making.remove(policy)
                made.append((policy, rollouts))
            line.begun(cell)

    Workers(line, 3, run).work()
    assert set(ran.values()) == {1} and len(ran) == 40 and len(made) == len(set(made))
    assert len(_Engines.made) <= 3 and all(each.closed for each in _Engines.made)


def test_an_error_that_nobody_expects_ends_the_others_and_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    requested: list[str] = []
    monkeypatch.setattr("tasks.engines.workers.termination.request", requested.append)
    line = queue(them := cells("a/x/1", "b/x/1", "c/x/1"))
    begun = threading.Event()

    def run(cell: Any, engines: Any) -> None:
        if cell is them[1]:
            begun.wait(10)
            raise ValueError("a defect")
        begun.set()
        while not engines.closed:  # until whoever ends them comes
            time.sleep(0.001)
        raise StudyError("its engine ended")

    with pytest.raises(ValueError, match="a defect"):
        Workers(line, 2, run).work()
    assert requested == ["stopped with another run, which ended by ValueError"] and line.take() is None
