"""The warm start: supervised steps on demonstrations, drawn as a pure function of (seed, step, index)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from transformers import PreTrainedTokenizerFast

from specs.policy import WarmStart
from tasks.data.encode import encode_responses
from tasks.data.seeds import derive_seed
from tasks.records import EncodedProblem, Problem
from tasks.train.memory import TokenBudget
from tasks.train.schedule import learning_rate
from tasks.train.settings import AdamWSettings
from tasks.train.supervised import Demonstrations

CHUNK = 25  # steps in one call to the ranks, and so between two lines of progress


class Demonstrator:
    """Draws demonstrations. A problem's list of them is made once."""

    def __init__(
        self,
        problems: Sequence[EncodedProblem],
        tokenizer: PreTrainedTokenizerFast,
        seed: int,
        demonstrations: Callable[[Problem], Sequence[str]],
    ) -> None:
        """`demonstrations` returns all right answers of a problem (the data source's)."""
        self._problems, self._tokenizer, self._seed = problems, tokenizer, seed
        self._of = demonstrations
        self._demonstrations: dict[int, Sequence[str]] = {}

    def draw(self, step: int, batch: int) -> Demonstrations:
        """Return problems and answers of one step, both uniform, with replacement."""
        chosen: list[EncodedProblem] = []
        texts: list[str] = []
        for index in range(batch):
            number = derive_seed(self._seed, "warm_start", step, index) % len(self._problems)
            if number not in self._demonstrations:
                self._demonstrations[number] = self._of(self._problems[number].problem)
            answers = self._demonstrations[number]
            chosen.append(self._problems[number])
            texts.append(answers[derive_seed(self._seed, "demonstration", step, index) % len(answers)])
        return Demonstrations(
            [p.prompt_ids for p in chosen], [p.content for p in chosen], encode_responses(texts, self._tokenizer)
        )


class Trainer(Protocol):
    """The training ranks as a warm start sees them (tasks/engines/trainer.py)."""

    budget: TokenBudget

    @property
    def ranks(self) -> int:
        """Return the number of ranks."""

    def load(self, state: str, weights: Path, optimizer: Path | None, adamw: AdamWSettings) -> None:
        """Make the ranks hold `state`."""

    def supervise(
        self, steps: list[Demonstrations], rates: list[float], prompt_weight: float, token_budget: int
    ) -> list[dict[str, float]]:
        """Take supervised steps; return the numbers of each."""


def warm_start(
    trainer: Trainer,
    weights: Path,
    demonstrator: Demonstrator,
    settings: WarmStart,
    token_budget: int,
    progress: Callable[[int, dict[str, float]], None],
) -> tuple[dict[str, float], dict[str, int]]:
    """Load `weights`, take `settings.steps` supervised steps, and leave the trainer holding the result.

    Returns the last step's numbers, and what the manifest is to record. Out of memory, it begins again.
    """
    adamw = AdamWSettings((0.9, 0.999), 1e-8, settings.weight_decay, settings.max_grad_norm)
    batches: list[Demonstrations] = []

    def rate(step: int) -> float:
        return learning_rate(
            step,
            peak=settings.learning_rate,
            warmup_steps=settings.warmup_steps,
            schedule="constant",
            decay_steps=None,
            min_ratio=0.0,
        )

    def attempt(budget: int) -> dict[str, float]:
        trainer.load("warm start", weights, None, adamw)
        numbers: dict[str, float] = {}
        for first in range(0, settings.steps, CHUNK):
            steps = range(first, min(first + CHUNK, settings.steps))
            batches[:] = [demonstrator.draw(step, settings.batch) for step in steps]
            numbers = trainer.supervise(batches, [rate(step) for step in steps], settings.prompt_loss_weight, budget)[
                -1
            ]
            progress(steps[-1] + 1, numbers)
        return numbers

    return trainer.budget.run(attempt, lambda: [batch.rows() for batch in batches], trainer.ranks, token_budget)
