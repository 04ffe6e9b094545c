"""The reward stage's Prefect task."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from prefect import task

from infra.steps import TASK_OPTIONS, cached
from infra.store import Manifest
from tasks import table
from tasks.data.encode import decode
from tasks.reward.measures import iteration_measures, reused_share
from tasks.reward.verdicts import require_judged, row

if TYPE_CHECKING:
    from tasks.context import Context

log = logging.getLogger("armature")

VERSION = 1  # raise it when the same inputs would give another payload


@task(name="judge", task_run_name="judge {iteration}", **TASK_OPTIONS)
def judge(context: Context, iteration: int) -> Manifest | Any:
    """A verdict for each rollout of an iteration, in their order."""
    step = context.experiment.verdicts(iteration)
    if (hit := context.find(step)) is not None:
        return cached(hit)
    rollouts = context.rollouts(step.inputs["rollouts"])
    started = time.monotonic()
    problems = context.dataset.by_id
    items = [
        (problems[r.problem_id].problem, decode(r.response_ids, context.dataset.tokenizer), r.finish_reason)
        for r in rollouts
    ]
    verdicts = context.judge.verify(items, mask_truncated=context.spec.reward.truncated == "mask")
    require_judged(verdicts, context.spec.reward.max_not_judged_share, f"iteration {iteration}")
    rows = [{"problem_id": r.problem_id, "sample": r.sample, **row(v)} for r, v in zip(rollouts, verdicts, strict=True)]
    reused = reused_share(verdicts)
    if reused is not None:
        log.info("iteration %d: %.0f %% of the verdicts on programs were known from before", iteration, 100 * reused)
    measures = iteration_measures(rollouts, verdicts, step.inputs["correct_at"])
    payload = {"verdicts.parquet": table.to_bytes(rows, table.VERDICTS)}
    # Which programs were seen before depends on what this process has judged: no part of what the step makes.
    parts = {} if reused is None else {"verdict_cache_hit_rate": reused}
    return context.commit(
        step, payload, kind="rows", rows=len(rows), result=measures, seconds=time.monotonic() - started, parts=parts
    )
