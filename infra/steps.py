"""Prefect tasks over the store: our manifests say what exists, Prefect shows and retries (facts: its result cache is no place for truth).

On a hit a task returns a state named Cached, so that the UI shows it; a direct call then gives that state, and `value` its data.
"""

from __future__ import annotations

import logging
from typing import Any

from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from infra.errors import EngineError, StoreError
from infra.lease import RunLostError
from infra.store import DamagedError
from infra.termination import termination

log = logging.getLogger("armature")

#: Delays (s) before each new attempt, as data. Only what another attempt may mend is tried again.
RETRY_DELAYS_S: tuple[float, ...] = (2.0, 15.0)
RETRIED = (EngineError, StoreError, DamagedError)


def _worth_a_retry(task: Any, run: Any, state: State) -> bool:
    retry = isinstance(state.data, RETRIED) and not isinstance(state.data, RunLostError) and not termination.requested
    if retry:
        log.warning("%s: attempt %d failed (%s)", run.name, run.run_count, state.data)
    return retry


#: Options of every stage's task.
TASK_OPTIONS: dict[str, Any] = {
    "cache_policy": NO_CACHE,
    "persist_result": False,
    "retries": len(RETRY_DELAYS_S),
    "retry_delay_seconds": list(RETRY_DELAYS_S),
    "retry_condition_fn": _worth_a_retry,
}


def cached(data: Any) -> State:
    """What a task returns when the store already has what it would make."""
    return Completed(name="Cached", message="found in the store", data=data)


def value(result: Any) -> Any:
    """A task's return value, whether it ran or was found in the store."""
    return result.result() if isinstance(result, State) else result
