"""Prefect tasks over the store: our manifests say what exists, Prefect shows and retries (facts: its result cache is no place for truth).

On a hit a task returns a state named Cached, so that the UI shows it; a direct call then gives that state, and `value` its data.

Why a task was tried again stands in its task run's log, which Prefect's UI shows beside its states: Prefect 3.7 makes the states AwaitingRetry and
Retrying itself and gives them no message. The error after the last attempt says how often it was tried and what was waited for.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.logging import get_run_logger
from prefect.logging.handlers import APILogHandler
from prefect.states import Completed, get_state_exception

from infra.errors import EngineError, StoreError
from infra.lease import RunLostError
from infra.store import DamagedError
from infra.termination import termination

log = logging.getLogger("armature")

#: Delays (s) before each new attempt, as data.
RETRY_DELAYS_S: tuple[float, ...] = (2.0, 15.0)
#: What another attempt may mend, and what it waits for. Anything else ends a task at once. The first that fits counts.
RETRIED: dict[type[Exception], str] = {
    DamagedError: "whole files in the store",
    StoreError: "the store",
    EngineError: "an engine that works",
}


def _worth_a_retry(task: Any, run: TaskRun, state: State) -> bool:
    """Asked after each attempt but the last."""
    error = state.data
    if not isinstance(error, tuple(RETRIED)) or isinstance(error, RunLostError) or termination.requested:
        return False
    delays = task.retry_delay_seconds
    delay = delays[min(run.run_count, len(delays)) - 1]
    _warn(
        f"{run.name}: attempt {run.run_count} of {task.retries + 1} failed, the next one comes in {delay:g} s: {type(error).__name__}: {error}"
    )
    return True


def _warn(text: str) -> None:
    """Once where Armature's lines go, and once in the task run's log: one and the same, except where the command line prints ours itself."""
    log.warning(text)
    if not any(isinstance(handler, APILogHandler) for handler in log.handlers):
        get_run_logger().warning(text)


def _say_what_was_waited_for(task: Any, run: TaskRun, state: State) -> None:
    """After the last attempt, before the error reaches the flow: it keeps its type and says how often it came."""
    error: Any = get_state_exception(state)
    awaited = next((what for kind, what in RETRIED.items() if isinstance(error, kind)), None)
    if awaited is None or run.run_count <= 1 or run.start_time is None:
        return
    seconds = (datetime.now(UTC) - run.start_time).total_seconds()
    error.args = (
        f"{error}; {run.name} was tried {run.run_count} times in {seconds:.0f} s, waiting for {awaited}: started again, it goes on from here",
    )


#: Options of every stage's task.
TASK_OPTIONS: dict[str, Any] = {
    "cache_policy": NO_CACHE,
    "persist_result": False,
    "retries": len(RETRY_DELAYS_S),
    "retry_delay_seconds": list(RETRY_DELAYS_S),
    "retry_condition_fn": _worth_a_retry,
    "on_failure": [_say_what_was_waited_for],
}


def cached(data: Any) -> State:
    """What a task returns when the store already has what it would make."""
    return Completed(name="Cached", message="found in the store", data=data)


def value(result: Any) -> Any:
    """A task's return value, whether it ran or was found in the store."""
    return result.result() if isinstance(result, State) else result
