"""Payloads of steps, read from the store as the records that stages work on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from infra.store import Manifest
from tasks import table
from tasks.data.dataset import Dataset, read_dataset
from tasks.records import Verdict
from tasks.reward.verdicts import verdict_of
from tasks.rollout.rollouts import Rollouts, joined
from tasks.rollout.table import read_rollouts
from tasks.run.session import Session


def rollouts_of(session: Session, keys: Sequence[str]) -> Rollouts:
    """Return the rollouts of an iteration, all shards in order, verified."""
    shards: list[Rollouts] = []
    with session.scratch("rollouts") as folder:
        for key in keys:
            path = folder / f"{key[:16]}.parquet"
            path.write_bytes(session.store.read(session.require("rollout", key), "rollouts.parquet"))
            shards.append(read_rollouts(path))
    return joined(shards)


def verdicts_of(session: Session, key: str) -> list[Verdict]:
    """Return the verdicts of a reward step, one for each rollout of its iteration, in their order."""
    manifest = session.require("verdict", key)
    return [verdict_of(row) for row in table.from_bytes(session.store.read(manifest, "verdicts.parquet"))]


class Datasets:
    """The data sets of a run: its own and, of a fork, its source's. Each is read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._read = lru_cache(maxsize=2)(self._load)

    def _load(self, key: str) -> Dataset:
        manifest: Manifest = self._session.require("data", key)
        return read_dataset(self._session.store, manifest)

    def __call__(self, key: str) -> Dataset:
        """Return the data set of the data step `key`. Raises StoreError where the step is gone or damaged."""
        return self._read(key)
