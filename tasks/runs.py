"""The record of a run: its resolved spec, its lineages, metrics.jsonl, and one line of progress an iteration.

Everything here is a view of the store's steps: it can be deleted and comes back when the run is started again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from infra.errors import StoreError
from infra.lease import RunLostError
from infra.paths import HOME
from infra.store import Manifest
from infra.termination import termination
from specs.load import Loaded
from tasks.report.progress import iteration_line

if TYPE_CHECKING:
    from tasks.context import Context

log = logging.getLogger("armature")


def metrics_row(iteration: int, shards: Sequence[Manifest], verdicts: Manifest, step: Manifest) -> dict[str, Any]:
    """The numbers of one iteration, no clock among them, and the artifacts that they came from."""
    return {
        "iteration": iteration,
        **verdicts.result,
        **step.result["metrics"],
        "artifact": step.key,
        "artifacts": {"rollouts": [m.key for m in shards], "verdicts": verdicts.key},
    }


class RunRecord:
    """Writes `runs/<name>/<identity>/` below `.armature` as the run goes, and into the store when it begins and ends."""

    def __init__(self, context: Context, loaded: Loaded, *, quiet: bool = False) -> None:
        """`quiet`: what happens as planned is not logged, as where runs go side by side."""
        self._context, self.loaded = context, loaded
        self._level = logging.DEBUG if quiet else logging.INFO
        self.name = context.experiment.run
        self.folder = HOME / "runs" / self.name
        self.rows: list[dict[str, Any]] = []
        self.evaluations: list[dict[str, Any]] = []
        self._seconds: list[float] = []
        self._begun = False
        self.reason = ""  # why it stopped early

    def begin(self) -> None:
        log.log(self._level, "run %s  store %s", self.name, self._context.store.uri)
        self._begun = True
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "metrics.jsonl").write_text("")
        self.publish("spec.yaml", self.loaded.text.encode())
        self.publish("run.json", self._run_json("running"))

    def data(self, manifest: Manifest) -> None:
        """Says what the data stage kept and dropped."""
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
                log.log(self._level, "data: %s", ", ".join([f"{counts['problems']:,} problems ({split})", *dropped]))

    def iteration(self, row: dict[str, Any], seconds: float | None) -> None:
        """`seconds`: what the iteration took, None where the store had it."""
        self.rows.append(row)
        with (self.folder / "metrics.jsonl").open("a") as file:
            file.write(json.dumps(row, sort_keys=True) + "\n")
        total = self._context.spec.train.iterations
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
            label=self._context.spec.name,
        )
        log.log(self._level, "%s", line)

    def suite(self, name: str, manifest: Manifest | None, contamination: Manifest) -> None:
        """Says where a suite comes from, and which of its problems were trained on."""
        if manifest is not None:
            about = manifest.result
            differs = f"; {about['differs']}" if about["differs"] else ""
            log.log(self._level, "suite %s: %d problems (%s)%s", name, manifest.rows, about["origin"], differs)
        found = contamination.result["findings"]
        exact = {each["evaluation_id"] for each in found if each["kind"] == "exact"}
        similar = {each["evaluation_id"] for each in found} - exact
        if exact or similar:
            log.warning(
                "suite %s: %d of its problems are among the training problems word for word, %d more share half of their 13-grams with them (%s)",
                name, len(exact), len(similar), ", ".join(sorted({*exact, *similar})[:6]),
            )  # fmt: skip

    def evaluation(self, iteration: int, suite: str, manifest: Manifest) -> None:
        summary = manifest.result
        self.evaluations.append({"iteration": iteration, "suite": suite, "artifact": manifest.key, **summary})
        ks = [str(k) for k in self._context.spec.evaluate.ks if str(k) in summary["pass_at"]]
        log.log(
            self._level,
            "%s",
            "  ".join(
                [f"evaluation after {iteration} on {suite}:", *(f"Pass@{k} {summary['pass_at'][k]:.3f}" for k in ks)]
            ),
        )

    def finish(self) -> None:
        self.publish("metrics.jsonl", (self.folder / "metrics.jsonl").read_bytes())
        self.publish("evaluations.json", json.dumps(self.evaluations, indent=1, sort_keys=True).encode())
        self.publish("run.json", self._run_json("finished"))
        self._begun = False  # what ends the flow later, in a run that comes after this one, is not this one's reason

    def stopped(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The end of a `with`: where the run ended early, its record says why. `status` shows it."""
        if error is None or not self._begun or isinstance(error, RunLostError):  # another process keeps the record now
            return
        lines = str(error).strip().splitlines()
        self.reason = (
            termination.reason
            if termination.requested
            else f"{type(error).__name__}: {lines[0]}"
            if lines
            else type(error).__name__
        )
        (self.folder / "run.json").write_bytes(self._run_json("stopped"))
        try:
            self._context.still_ours()
            self._context.store.files.write(f"runs/{self.name}/run.json", self._run_json("stopped"))
        except StoreError as lost:
            log.warning("%s: the record of why it stopped is in %s alone (%s)", self.name, self.folder, lost)

    def _run_json(self, state: str) -> bytes:
        experiment = self._context.experiment
        iterations = self._context.spec.train.iterations
        record = {
            "run": self.name,
            "state": state,
            **({"reason": self.reason} if self.reason else {}),
            "spec": str(self.loaded.path.name),
            "iterations": iterations,
            **({"fork": experiment.source.record()} if experiment.source else {}),
            "lineages": [experiment.lineage(k) for k in range(iterations + 1)],
            "checkpoints": experiment.checkpointed_iterations(),
        }
        return json.dumps(record, indent=1, sort_keys=True).encode()

    def publish(self, file: str, data: bytes) -> str:
        """Into the local folder and the store; returns the URI in the store."""
        self._context.still_ours()
        (self.folder / file).write_bytes(data)
        name = f"runs/{self.name}/{file}"
        self._context.store.files.write(name, data)
        return f"{self._context.store.uri}/{name}"
