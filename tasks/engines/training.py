"""One training step on the ranks, from stored rollouts and verdicts: the same code for a new step and for a replay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from specs.sections import Audit
from tasks.engines.trainer import TrainerClient
from tasks.run.artifacts import Datasets, rollouts_of, verdicts_of
from tasks.run.session import Session
from tasks.train.dynamic_sampling import selected
from tasks.train.inputs import group_batch, step_settings
from tasks.train.memory import TokenBudget


def train_step(
    session: Session,
    trainer: TrainerClient,
    datasets: Datasets,
    becomes: str,
    inputs: Mapping[str, Any],
    *,
    audit: Audit,
    token_budget: int,
    fitting: TokenBudget,
    ensure: Callable[[], None],
) -> dict[str, Any]:
    """Take the policy that `ensure` brings onto the trainer, with its reference, to the policy `becomes`.

    `inputs` are a training step's (tasks/graph/experiment.py). Returns {"metrics", "responses", "seconds", "recorded"};
    `recorded` is for the step's manifest. Where memory runs out the step is tried again with half the token budget.
    """
    # The step's own `train_key_part`, not the spec's: a replay may be of other settings.
    part = inputs["part"]
    settings = step_settings(
        part,
        token_budget=token_budget,
        audit_max_mean=audit.max_mean.of(part["dtype"]),
        audit_min_effective_share=audit.min_effective_sample_share,
    )
    problems = datasets(inputs["data"]).by_id
    rollouts, verdicts = rollouts_of(session, inputs["rollouts"]), verdicts_of(session, inputs["verdicts"])
    batch = group_batch(problems, rollouts, verdicts, settings.reward)
    chosen = selected(batch, part["dynamic_sampling"], part["correct_at"]) if "dynamic_sampling" in part else None
    trained = batch if chosen is None else chosen.batch

    def attempt(budget: int) -> dict[str, Any]:
        ensure()
        step = replace(settings, token_budget=budget)
        return trainer.train(becomes, trained, step, inputs["iteration"], inputs.get("reference"))

    done, recorded = fitting.run(
        attempt, lambda: trained.passes(settings.minibatch_prompts), trainer.ranks, token_budget
    )
    metrics = {**done["metrics"], **(chosen.drawn if chosen is not None else {})}
    return {**done, "metrics": metrics, "recorded": recorded}
