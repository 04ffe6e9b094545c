"""The record of a run: its resolved spec, its lineages, metrics.jsonl, and one line of progress an iteration.

Everything here is a view of the store's steps: it can be deleted and comes back when the run is started again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from infra.errors import StoreError
from infra.lease import RunLostError
from infra.paths import local_views
from infra.store import Manifest
from infra.termination import termination
from specs.load import Loaded
from tasks.graph.experiment import Experiment
from tasks.report.progress import iteration_line
from tasks.run.session import Session
from tasks.run.trackers import Tracker

log = logging.getLogger("armature")


def metrics_row(iteration: int, shards: Sequence[Manifest], verdicts: Manifest, step: Manifest) -> dict[str, Any]:
    """Return the numbers of one iteration, no clock among them, and the artifacts that they came from."""
    return {
        "iteration": iteration,
        **verdicts.result,
        **step.result["metrics"],
        "artifact": step.key,
        "artifacts": {"rollouts": [m.key for m in shards], "verdicts": verdicts.key},
    }


class RunRecord:
    """Writes `runs/<name>/<identity>/`.

    Below the store's local folder as the run goes, and into the store when it begins and ends.
    """

    def __init__(
        self,
        session: Session,
        experiment: Experiment,
        loaded: Loaded,
        *,
        quiet: bool = False,
        trackers: Sequence[Tracker] = (),
    ) -> None:
        """With `quiet`, events that go as planned are not logged, as where runs go side by side."""
        self._session, self._experiment, self.loaded, self._trackers = session, experiment, loaded, list(trackers)
        self._spec = experiment.spec
        self._level = logging.DEBUG if quiet else logging.INFO
        self.name = experiment.run
        self.folder = local_views(session.store.uri) / "runs" / self.name
        self.rows: list[dict[str, Any]] = []
        self.evaluations: list[dict[str, Any]] = []
        self._seconds: list[float] = []
        self._begun = False
        self.reason = ""  # why it stopped early

    def begin(self) -> None:
        """Publish the spec and the steps that the run needs, so that gc keeps them from here on."""
        log.log(self._level, "run %s  store %s", self.name, self._session.store.uri)
        self._begun = True
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "metrics.jsonl").write_text("")
        self.publish("spec.yaml", self.loaded.text.encode())
        self.publish("run.json", self.run_json("running"))

    def data(self, manifest: Manifest) -> None:
        """Log what the data stage kept and dropped."""
        for split, counts in manifest.result.items():
            if split != "tokenizer":
                dropped = [
                    f"{counts[key]:,} {what} dropped"
                    for key, what in (
                        ("duplicates_dropped", "duplicate prompts"),
                        ("long_prompts_dropped", "long prompts"),
                    )
                    if counts[key]
                ]
                if counts["duplicates_conflicting"]:
                    dropped.append(f"{counts['duplicates_conflicting']:,} of them with another answer")
                parts = [f"{counts['problems']:,} problems ({split})", *dropped]
                log.log(self._level, "data: %s", ", ".join(parts))

    def iteration(self, row: dict[str, Any], seconds: float | None) -> None:
        """Record an iteration. `seconds` is what it took, None where the store had it."""
        self.rows.append(row)
        with (self.folder / "metrics.jsonl").open("a") as file:
            file.write(json.dumps(row, sort_keys=True) + "\n")
        self._track(row)
        total = self._spec.train.iterations
        if seconds is None:
            if row["iteration"] + 1 == total:
                log.log(self._level, "%s: iterations up to %d were found in the store", self.name, total)
            return
        self._seconds.append(seconds)
        recent = self._seconds[-20:]
        left = (total - row["iteration"] - 1) * sum(recent) / len(recent)
        line = iteration_line(
            row["iteration"] + 1,
            total,
            reward=row["reward_mean"],
            entropy=row["entropy"],
            tokens_per_s=row["response_tokens"] / seconds,
            seconds_left=left,
            label=self._spec.name,
        )
        log.log(self._level, "%s", line)

    def _track(self, row: dict[str, Any]) -> None:
        """Give a row to each tracker. One that fails is named once and called no more: a run goes on without it."""
        for tracker in list(self._trackers):
            try:
                tracker.on_iteration(row)
            except Exception as error:  # a tracker may raise anything
                self._trackers.remove(tracker)
                log.warning(
                    "tracker %s failed at iteration %d and is not called again in this start (%s: %s)",
                    type(tracker).__name__,
                    row["iteration"],
                    type(error).__name__,
                    error,
                )

    def suite(self, name: str, manifest: Manifest | None, contamination: Manifest) -> None:
        """Log where a suite comes from, and which of its problems are among the training problems."""
        if manifest is not None:
            about = manifest.result
            differs = f"; {about['differs']}" if about["differs"] else ""
            log.log(self._level, "suite %s: %d problems (%s)%s", name, manifest.rows, about["origin"], differs)
        found = contamination.result["findings"]
        exact = {each["evaluation_id"] for each in found if each["kind"] == "exact"}
        similar = {each["evaluation_id"] for each in found} - exact
        if exact or similar:
            log.warning(
                "suite %s: %d of its problems are among the training problems word for word, "
                "%d more share half of their 13-grams with them (%s)",
                name,
                len(exact),
                len(similar),
                ", ".join(sorted({*exact, *similar})[:6]),
            )

    def evaluation(self, iteration: int, suite: str, manifest: Manifest) -> None:
        """Record an evaluation of the policy after `iteration` iterations."""
        summary = manifest.result
        self.evaluations.append({"iteration": iteration, "suite": suite, "artifact": manifest.key, **summary})
        passed, ks = summary["pass_at"], map(str, self._spec.evaluate.ks)
        shown = [f"Pass@{k} {passed[k]:.3f}" for k in ks if k in passed]
        log.log(self._level, "%s", "  ".join([f"evaluation after {iteration} on {suite}:", *shown]))

    def finish(self) -> None:
        """Publish the metrics, the evaluations and the end."""
        self.publish("metrics.jsonl", (self.folder / "metrics.jsonl").read_bytes())
        self.publish("evaluations.json", json.dumps(self.evaluations, indent=1, sort_keys=True).encode())
        self.publish("run.json", self.run_json("finished"))
        self._begun = False  # an error that ends the flow later, in a run that comes after this one, is not this one's

    def pause(self, reason: str) -> None:
        """Record that the run was to go no further yet, and why."""
        self.reason = reason
        self.publish("run.json", self.run_json("stopped"))
        self._begun = False

    def stopped(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Record why the run ended early: the end of a `with`. `status` shows it."""
        if error is None or not self._begun or isinstance(error, RunLostError):  # another process keeps the record now
            return
        lines = str(error).strip().splitlines()
        name = type(error).__name__
        self.reason = termination.reason if termination.requested else f"{name}: {lines[0]}" if lines else name
        (self.folder / "run.json").write_bytes(self.run_json("stopped"))
        try:
            self._session.still_ours()
            self._session.store.files.write(f"runs/{self.name}/run.json", self.run_json("stopped"))
        except StoreError as lost:
            log.warning("%s: the record of why it stopped is in %s alone (%s)", self.name, self.folder, lost)

    def run_json(self, state: str) -> bytes:
        """Return the run's record: its state, lineages and checkpoints, and in `roots` what gc keeps for it."""
        experiment, iterations = self._experiment, self._spec.train.iterations
        record = {
            "run": self.name,
            "state": state,
            **({"reason": self.reason} if self.reason else {}),
            "spec": str(self.loaded.path.name),
            "iterations": iterations,
            **({"fork": experiment.source.record()} if experiment.source else {}),
            "lineages": [experiment.lineage(k) for k in range(iterations + 1)],
            "checkpoints": self._spec.checkpointed_iterations(),
            "roots": experiment.roots(),
        }
        return json.dumps(record, indent=1, sort_keys=True).encode()

    def publish(self, file: str, data: bytes) -> str:
        """Write a file into the local folder and the store; return its URI in the store."""
        self._session.still_ours()
        (self.folder / file).write_bytes(data)
        name = f"runs/{self.name}/{file}"
        self._session.store.files.write(name, data)
        return f"{self._session.store.uri}/{name}"
