"""A training run in a store of its own that is killed and started again, and what it is compared with."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from infra.paths import SCRATCH
from infra.store import Store
from specs.paths import REPOSITORY_ROOT as ROOT
from tests.flows.runs import NAME, TINY, command, kill_tree, settings

ALONE = ["specs/quickstart.yaml", *settings(*TINY, f"name={NAME}", "advantage.alpha=0", "control=null")]
_OWNER = re.compile(r"/armature-(\d+)-")
RECORD = ("metrics.jsonl", "evaluations.json", "run.json")  # no clock in them


def run_folder(store: Store) -> str:
    """Of the one run of ours in a store."""
    (run,) = store.files.list(f"runs/{NAME}")
    return f"runs/{NAME}/{run}"


def reference(store: Store) -> dict[str, str]:
    """stage/key -> digest of all that our run consists of, in a store that may hold a control's as well."""
    record = json.loads(store.files.read(f"{run_folder(store)}/run.json"))
    wanted = [("policy", lineage) for lineage in record["lineages"]] + [
        ("train", lineage) for lineage in record["lineages"][1:]
    ]
    wanted += [
        ("evaluate", row["artifact"]) for row in json.loads(store.files.read(f"{run_folder(store)}/evaluations.json"))
    ]
    first = store.find("policy", record["lineages"][0])
    if first is not None and "base" in first.inputs:  # of an adapter
        wanted.append(("policy", first.inputs["base"]))
    for lineage in record["lineages"][1:]:
        step = store.find("train", lineage)
        assert step is not None
        wanted += [
            ("data", step.inputs["data"]),
            ("verdict", step.inputs["verdicts"]),
            *(("rollout", key) for key in step.inputs["rollouts"]),
        ]
    found = {f"{stage}/{key}": store.find(stage, key) for stage, key in wanted}
    for key in store.files.list("steps/contamination"):
        manifest = store.find("contamination", key)
        assert manifest is not None
        if f"data/{manifest.inputs['data']}" in found:
            found[f"contamination/{key}"] = manifest
    return {name: manifest.sha256 for name, manifest in found.items() if manifest is not None}


def committed(store: Store) -> dict[str, str]:
    """stage/key -> digest of what is there, each payload verified."""
    found = {}
    for stage in store.files.list("steps"):
        for key in store.files.list(f"steps/{stage}"):
            manifest = store.find(stage, key)
            if manifest is not None and store.intact(manifest):
                found[f"{stage}/{key}"] = manifest.sha256
    return found


def _orphans() -> list[psutil.Process]:
    """Engines whose owner is gone. Their command lines name neither store nor run, but the owner's socket."""
    words = [(each, word) for each in psutil.process_iter(["cmdline"]) for word in each.info["cmdline"] or []]
    return [each for each, word in words if (owner := _OWNER.search(word)) and not Path(f"/proc/{owner[1]}").exists()]


class Killed:
    """`environment`: of its processes; `more`: arguments on top of ALONE's; `uri`: of its store, else a folder."""

    def __init__(
        self, folder: Path, environment: dict[str, str], more: Sequence[str] = (), uri: str | None = None
    ) -> None:
        self.environment, self.uri = environment, uri or folder.as_uri()
        self.more = [*more, *settings(f"store={self.uri}")]

    @property
    def store(self) -> Store:
        return Store(self.uri)

    def arguments(self) -> list[str]:
        return [*ALONE, *self.more]

    def start(self, moments: str | None = None) -> subprocess.Popen[str]:
        """The run, killed at `moments` (see tests/flows/killed.py) where they are given."""
        line = (
            command(self.arguments())
            if moments is None
            else [sys.executable, "-m", "tests.flows.killed", moments, *self.arguments()]
        )
        return subprocess.Popen(
            line, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def killed_at(self, moment: str) -> str:
        """What it printed until it was killed as a tree."""
        process = self.start(f"{moment}=tree")
        out, _ = process.communicate(timeout=400)
        assert process.returncode == -signal.SIGKILL, f"{moment}: {process.returncode}\n{out}"
        return out

    def killed_after(self, seconds: float) -> None:
        """As a tree, wherever it is then; it may have ended."""
        process = self.start()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=seconds)
        kill_tree(process)
        assert process.stdout is not None
        process.stdout.close()

    def ends(self, *, watched: bool = False) -> tuple[str, float]:
        """One command ends the run: what it printed, and the seconds that it took."""
        began = time.monotonic()
        process = self.start("" if watched else None)
        try:
            out, _ = process.communicate(timeout=600)
        finally:
            kill_tree(process)
        assert process.returncode == 0, out
        return out, time.monotonic() - began

    def weights(self) -> list[int]:
        """After how many iterations the store has weights."""
        store = self.store
        lineages = json.loads(store.files.read(f"{run_folder(store)}/run.json"))["lineages"]
        return [k for k, lineage in enumerate(lineages) if store.find("policy", lineage) is not None]

    def report(self) -> str:
        """The report, made again once the store says of each step that it took a second."""
        store = self.store
        for stage in store.files.list("steps"):
            for key in store.files.list(f"steps/{stage}"):
                store.files.write(
                    f"steps/{stage}/{key}/LEDGER.json", json.dumps({"seconds": 1.0, "parts": {}}).encode()
                )
        self.ends()
        return store.files.read(f"{run_folder(store)}/report.html").decode().replace(self.uri, "store")

    def check(self, finished: Store) -> None:
        """The same bytes as in `finished`, the uninterrupted run's store, and nothing left behind."""
        store, wanted = self.store, reference(finished)
        found = committed(store)
        assert found == wanted, sorted({*wanted.items()} ^ {*found.items()})
        for file in RECORD:
            assert store.files.read(f"{run_folder(store)}/{file}") == finished.files.read(
                f"{run_folder(finished)}/{file}"
            ), file
        self.nothing_left()

    def nothing_left(self) -> None:
        left = [
            p.info
            for p in psutil.process_iter(["pid", "cmdline"])
            if any(self.uri in word or NAME in word for word in p.info["cmdline"] or [])
        ]
        assert left == []
        _, alive = psutil.wait_procs(_orphans(), timeout=10)  # anybody's here, and some may be about to leave
        assert [each.cmdline() for each in alive] == []
        for folder in (*SCRATCH.iterdir(), *Path(tempfile.gettempdir()).glob("armature-*-*")):
            pid = folder.name.removeprefix("armature-").partition("-")[0]
            assert not pid.isdigit() or Path(f"/proc/{pid}").exists(), f"{folder} outlived its process"
        gc = [sys.executable, "-m", "flows.cli", "gc", "--store", self.uri, "--grace", "0"]
        subprocess.run(gc, cwd=ROOT, env=self.environment, check=True, capture_output=True)
        store = self.store
        there = [
            name.split("/")[1:4] for name, _, _ in store.files.walk("steps")
        ]  # objects: SeaweedFS goes on listing folders that are empty
        for stage, key, part in there:
            manifest = store.find(stage, key)
            assert manifest is not None and part in ("MANIFEST.json", "LEDGER.json", manifest.folder), (
                f"{stage}/{key}/{part}"
            )
        assert store.files.dangling("") == []
