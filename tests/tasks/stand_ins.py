"""Engines that answer at once with canned values: the loop, the store,
the records and the tasks around them are real.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tasks.records import FinishReason
from tasks.rollout.protocol import Completion, Completions
from tasks.train.memory import TokenBudget
from tasks.train.settings import AdamWSettings

METRICS = ("loss", "clip_fraction", "approximate_kl", "grad_norm", "learning_rate", "reward_mean", "entropy")


class StandInTrainer:
    """Holds the weights that it was given, and answers a training step with the same numbers each time."""

    ranks = 1

    def __init__(self) -> None:
        self.state: str | None = None
        self.environment: dict[str, Any] = {"ranks": 1, "threads": 1, "device": "none"}
        self.adamw: AdamWSettings | None = None
        self.options = SimpleNamespace(ranks=1)
        self.budget = TokenBudget()
        self.trained: list[int] = []
        self.reference: str | None = None
        self.read: list[str | None] = []  # the reference of each step
        self._weights: dict[str, bytes] = {}

    def load(
        self, state: str, weights: Path, optimizer: Path | None, adamw: AdamWSettings, adapter: Path | None = None
    ) -> None:
        self._weights = {path.name: path.read_bytes() for path in weights.glob("model*")}
        self.state, self.adamw = state, adamw

    def refer(self, reference: str, weights: Path, adapter: Path | None = None) -> None:
        assert list(weights.glob("model*"))
        self.reference = reference

    def train(
        self, becomes: str, batch: Any, settings: Any, iteration: int, reference: str | None = None
    ) -> dict[str, Any]:
        assert reference == self.reference
        self.state = becomes
        self.trained.append(iteration)
        self.read.append(reference)
        row = dict.fromkeys(("base", "bonus", "advantage", "c_q", "c_o", "log_prob_mean", "entropy"), 0.5)
        responses = [
            (p, g) for p, group in zip(batch.problem_ids, batch.response_ids, strict=True) for g in range(len(group))
        ]
        rows = [{"problem_id": p, "sample": g, "judged": True, **row} for p, g in responses]
        numbers = {**dict.fromkeys(METRICS, 0.5), "audit_mean": 0.0, "audit_max": 0.0}
        return {"metrics": numbers, "responses": rows, "seconds": {"old_pass": 0.0, "steps": 0.0}}

    def save(self, folder: Path, *, optimizer: bool) -> float:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self._weights.items():
            (folder / name).write_bytes(data)
        return 0.0

    def stop(self) -> None:
        self.state = self.reference = None

    close = stop


class StandInRollout:
    """Answers each seed with two tokens. `asked` counts the samples that were drawn."""

    def __init__(self) -> None:
        self.state: str | None = None
        self.asked = 0

    def load(self, state: str, weights: Path, adapter: Path | None = None) -> None:
        self.state = state

    def generate(self, groups: Sequence[Any], sampling: Any) -> Completions:
        self.asked += sum(len(group.seeds) for group in groups)
        end = sampling.stop_token_ids[0]
        one = Completion((5, end), (-0.5, -0.5), FinishReason.STOP)
        return Completions.of([one for _ in group.seeds] for group in groups)

    def stop(self) -> None:
        self.state = None

    close = stop


class StandInEngines:
    """Takes the place of tasks.engines.engines.Engines."""

    sleeps = trainer_sleeps = False

    def __init__(self, spec: Any = None, place: str = "") -> None:
        self.trainer, self.rollout = StandInTrainer(), StandInRollout()

    def fit(self, spec: Any) -> bool:
        return True

    def close(self) -> None:
        self.trainer.close()
        self.rollout.close()
