"""What a run's record says of its end, and who writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.lease import RunLostError
from infra.store import Store
from specs.load import Loaded
from tasks.run.record import RunRecord
from tasks.run.session import Session
from tasks.run.trackers import Tracker

NAME = "run/12345678"


@pytest.fixture()
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr("infra.paths.HOME", tmp_path / "home")
    return Store((tmp_path / "store").as_uri())


def record(store: Store, lost: list[str], *trackers: Tracker) -> RunRecord:
    """Of a run whose lock is `lost` as soon as that says so."""

    def still_ours() -> None:
        if lost:
            raise RunLostError(lost[0])

    spec: Any = SimpleNamespace(train=SimpleNamespace(iterations=1), checkpointed_iterations=lambda: [0, 1])
    experiment: Any = SimpleNamespace(run=NAME, spec=spec, source=None, lineage=str, roots=lambda: [])
    loaded = Loaded(spec, {}, Path("run.yaml"), "", None)
    return RunRecord(Session(store, still_ours), experiment, loaded, trackers=trackers)


def said(store: Store) -> tuple[str, str | None]:
    read = json.loads(store.files.read(f"runs/{NAME}/run.json"))
    return read["state"], read.get("reason")


def test_a_run_that_stops_says_why(store: Store) -> None:
    run = record(store, [])
    run.begin()
    run.stopped(OSError, OSError("the reason\nand more"), None)
    assert said(store) == ("stopped", "OSError: the reason")


def test_a_finished_run_is_not_stopped_by_what_ends_the_one_after_it(store: Store) -> None:
    """A control, in the flow of the run that it is the control of."""
    control = record(store, [])
    control.begin()
    control.finish()
    control.stopped(OSError, OSError("another run's"), None)
    assert said(store) == ("finished", None)


def test_a_run_that_was_taken_over_leaves_the_record_to_who_has_it_whatever_ends_it(store: Store) -> None:
    lost: list[str] = []
    run = record(store, lost)
    run.begin()
    lost.append("taken over")
    run.stopped(OSError, OSError("not that it was lost"), None)
    assert said(store) == ("running", None)


def test_a_tracker_that_fails_is_warned_of_once_and_the_run_goes_on(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[tuple[str, int]] = []

    class Broken:
        def on_iteration(self, row: Mapping[str, Any]) -> None:
            seen.append(("broken", row["iteration"]))
            raise ConnectionError("no network")

    class Kept:
        def on_iteration(self, row: Mapping[str, Any]) -> None:
            seen.append(("kept", row["iteration"]))

    run = record(store, [], Broken(), Kept())
    run.begin()
    with caplog.at_level("WARNING", "armature"):
        for iteration in range(2):
            run.iteration({"iteration": iteration}, None)
    assert seen == [("broken", 0), ("kept", 0), ("kept", 1)]
    (warning,) = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert warning.startswith("tracker Broken failed at iteration 0") and "ConnectionError: no network" in warning
    run.finish()
    assert said(store) == ("finished", None)
