"""`ls` and `status`: what they say of the runs of a store, damaged records among them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.cli.runs import list_runs, run_status
from infra.errors import StoreError
from infra.store import Store
from tasks.run.export import export_policy
from tests.one_line import one_line

RECORD = {"run": "good/01234567", "state": "finished", "iterations": 1, "lineages": ["a" * 64, "b" * 64]}
ROW = {"iteration": 1, "suite": "heldout", "artifact": "c" * 64, "pass_at": {"1": 0.25, "2": 0.5, "4": 0.75, "8": 1.0}}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with one run."""
    store = Store(tmp_path.as_uri())
    for file, text in (
        ("run.json", json.dumps(RECORD)),
        ("spec.yaml", "name: good\nevaluate: {ks: [2, 4]}\n"),
        ("evaluations.json", json.dumps([ROW])),
    ):
        store.files.write(f"runs/good/01234567/{file}", text.encode())
    return store


DAMAGED = [b"", b"{}", b"[]", b"null", b"{", b"\xff", b'{"state": "running", "iterations": 1, "lineages": []}']


@pytest.mark.parametrize("content", DAMAGED, ids=repr)
def test_a_damaged_record_is_named_and_hides_no_other_run(store: Store, content: bytes, tmp_path: Path) -> None:
    store.files.write("runs/bad/76543210/run.json", content)
    bad, good = sorted(list_runs(store).splitlines())
    assert good.split() == ["good/01234567", "finished", "0/1", "iterations"]
    assert bad.startswith("bad/76543210 ") and "cannot be read: " in bad
    assert f"{store.uri}/runs/bad/76543210/run.json: is not" in bad and "remove it, and start its run again" in bad
    for command in (run_status, lambda store, name: export_policy(store, name, tmp_path / "out", None)):
        with one_line(StoreError, "runs/bad/76543210/run.json: is not .*; remove it"):
            command(store, "bad")
    assert run_status(store, "good").startswith("good/01234567: 0 of 1 iterations")


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'[{"suite": "heldout"}]'], ids=repr)
def test_damaged_evaluations_are_named(store: Store, content: bytes) -> None:
    store.files.write("runs/good/01234567/evaluations.json", content)
    with one_line(StoreError, "runs/good/01234567/evaluations.json: is not .*; remove it"):
        run_status(store, "good")


def test_status_shows_the_ks_of_the_run_s_spec(store: Store) -> None:
    assert "on heldout: Pass@2 0.500, Pass@4 0.750 (evaluate" in run_status(store, "good")
