"""Forks: runs that go on from another run's policy (`policy.init: {run, iteration}`).

The first policy of a fork is the source's own, named by the source's lineage: nothing is copied. Its weights, AdamW's
moments and step count lie in the store already; iterations, draws and seeds of the fork begin at 0, by its own seed.
What is read of the source:

    runs/<source>/run.json           lineages, from which the policy is chosen; the fork's own run.json names it later
    pins/<lineage>/<fork>.json       written here: nobody's retention drops weights that a fork names
    steps/policy/<root>/...          configuration and tokenizer, which every policy of a line shares with its first one
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.caching import Step
from infra.errors import StoreError
from infra.files import sha256_file
from infra.paths import HOME
from infra.store import Manifest, Store
from specs.errors import SpecError
from specs.files import config_problems
from specs.identity import identity
from specs.policy import Fork
from specs.schema import Spec
from specs.sources import parts_of
from tasks.checkpoint.weights import BASE, POLICY_STAGE, TENSORS, TRAIN_STAGE, base_of, policy_step
from tasks.run_files import run_record


@dataclass(frozen=True)
class ForkOrigin:
    """The policy that a fork begins with: that of `run` after `iteration` iterations.

    `root` is the first policy of its line; `folder` is local and holds configuration and tokenizer of the line, no
    weights.
    """

    run: str
    iteration: int
    lineage: str
    root: str
    folder: Path

    @property
    def step(self) -> Step:
        """Return the step under which its weights lie."""
        return policy_step(self.lineage, self.root)

    def __str__(self) -> str:
        return f"{self.run} after {self.iteration} iterations (policy {self.lineage[:12]})"

    def record(self) -> dict[str, Any]:
        """Return what the fork's run.json says of it."""
        return {"run": self.run, "iteration": self.iteration, "lineage": self.lineage}


def find_source(spec: Spec, store: Store) -> ForkOrigin:
    """Return the policy that `spec.policy.init` names.

    Raises SpecError where there is no such policy or this spec does not fit it; StoreError where the files that the
    source's line shares are gone.
    """
    fork = spec.policy.init
    assert isinstance(fork, Fork)
    lineage = _already_begun_from(spec, store) or _chosen(fork, store)
    step = store.find(TRAIN_STAGE, lineage)
    root = str(step.inputs["root"]) if step is not None else lineage
    first = store.find(POLICY_STAGE, root)
    if first is None or not first.inputs.keys() & {"part", BASE}:
        what = f"weights of policy {root[:12]}, where it began," if first is None else f"training step {lineage[:12]}"
        raise StoreError(
            f"{store.uri}: run {fork.run} cannot be gone on from: the {what} is not there any more; start that "
            "run again"
        )
    source = ForkOrigin(fork.run, fork.iteration, lineage, root, _shared_files(store, first))
    problems = _misfits(spec, source, first, base_of(store, first))
    if problems:
        raise SpecError("\n".join(problems))
    return source


def _already_begun_from(spec: Spec, store: Store) -> str | None:
    """Return the lineage that this fork began with at an earlier start, None at its first.

    It does not depend on the source's record any more; where the weights were lost since, the fork's first stage makes
    them again. A run on other problems than a puzzle's has their content in its name, which follows from the tokenizer
    and so from the source: it is known by its record.
    """
    fork, names = spec.policy.init, [identity(spec)]
    assert isinstance(fork, Fork)
    if any(part.declared.puzzle_words is not True for part in parts_of(spec.data)):
        names += store.files.list(f"runs/{spec.name}")
    for each in names:
        begun = (run_record(store, f"{spec.name}/{each}") or {}).get("fork")
        if begun is not None and (begun["run"], begun["iteration"]) == (fork.run, fork.iteration):
            return str(begun["lineage"])
    return None


def _chosen(fork: Fork, store: Store) -> str:
    name, _, number = fork.run.partition("/")
    record = run_record(store, fork.run) if number else None
    if record is None:
        same = [f"{name}/{each}" for each in store.files.list(f"runs/{name}")]
        if same:
            raise SpecError(
                f"policy.init.run: got {fork.run!r}, want a run by its whole name: {', '.join(same)} (in {store.uri})"
            )
        there = ", ".join(store.files.list("runs")) or "none"
        raise SpecError(
            f"policy.init.run: no run {fork.run} in {store.uri}, there are {there}; set store: to the one that "
            "the run is in"
        )
    lineages: list[str] = record["lineages"]
    if fork.iteration >= len(lineages):
        raise SpecError(
            f"policy.init.iteration: got {fork.iteration}, but run {fork.run} has the iterations 0 to "
            f"{len(lineages) - 1}"
        )
    lineage = lineages[fork.iteration]
    if store.find(POLICY_STAGE, lineage) is None:
        stored = set(store.files.list(f"steps/{POLICY_STAGE}"))
        kept = [
            str(k) for k, each in enumerate(lineages) if each in stored and store.find(POLICY_STAGE, each) is not None
        ]
        raise SpecError(
            f"policy.init.iteration: the weights of run {fork.run} after {fork.iteration} iterations are not in "
            f"{store.uri}, which has those "
            f"after {', '.join(kept) or 'none'}; take one of these, or start that run again with --replay or "
            "another checkpoint.every"
        )
    return lineage


def _misfits(spec: Spec, source: ForkOrigin, first: Manifest, base: Manifest) -> list[str]:
    """Return a line for each setting of the spec that does not fit the policy."""
    policy, lines = base.inputs["part"]["policy"], []
    adapter = spec.policy.adapter.model_dump(mode="json") if spec.policy.adapter else None
    if adapter != first.inputs.get("adapter"):
        lines.append(
            f"policy.adapter: got {adapter}, but run {source.run}, which policy.init names, has "
            f"{first.inputs.get('adapter')}; say the same, or export the policy (armature export) and name its folder "
            "as policy.model"
        )
    if policy["dtype"] != spec.policy.dtype:
        lines.append(
            f"policy.dtype: got {spec.policy.dtype}, but run {source.run}, which policy.init names, has "
            f"{policy['dtype']}; say the same"
        )
    strange = [part for part in parts_of(spec.data) if part.declared.puzzle_words is False]
    if policy["init"] == "scratch" and strange:
        lines.append(
            f"policy.init: the policy of run {source.run} was made on a puzzle's vocabulary, but {strange[0].key} is "
            f"{strange[0].data.source!r}; "
            "use a puzzle: source"
        )
    return [*lines, *config_problems(spec, source.folder / "config.json", f"policy.init: run {source.run}")]


def _shared_files(store: Store, first: Manifest) -> Path:
    """Return a folder below `.armature` with configuration and tokenizer of a line, each file verified."""
    folder = HOME / "lines" / first.key[:16]
    folder.mkdir(parents=True, exist_ok=True)
    for name, entry in first.files.items():
        path = folder / name
        if name.startswith(TENSORS) or (path.is_file() and sha256_file(path) == entry.sha256):
            continue
        temporary = folder / f".{name}.{uuid.uuid4().hex[:8]}"
        temporary.write_bytes(store.read(first, name))
        temporary.replace(path)
    return folder


def pin(store: Store, source: ForkOrigin, fork: str) -> None:
    """Record in the store that the run `fork` needs these weights of its source."""
    text = json.dumps({"fork": fork, **source.record()}, indent=1, sort_keys=True)
    store.files.write(f"pins/{source.lineage}/{fork.replace('/', '-')}.json", text.encode())


def pinned(store: Store) -> set[str]:
    """Return the lineages of the policies that forks began with.

    By lineage, not by run: runs of the same mathematics share their policies.
    """
    return set(store.files.list("pins"))
