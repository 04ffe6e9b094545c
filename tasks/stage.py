"""How a stage becomes a Prefect task: find its step in the store, or else make and commit it, with retries.

Our manifests say what exists; Prefect shows and retries. On a hit a task returns a state named Cached, so that the UI
shows it; `value` gives the manifest in both cases.

Why a task was tried again stands in its task run's log, which Prefect's UI shows beside its states: Prefect 3.7 makes
the states AwaitingRetry and Retrying itself and gives them no message. The error after the last attempt says how
often it was tried and what was waited for.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial, wraps
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.logging import get_run_logger
from prefect.logging.handlers import APILogHandler
from prefect.states import Completed, get_state_exception

from infra.caching import Step
from infra.errors import EngineError, StoreError
from infra.lease import RunLostError
from infra.store import DamagedError, Manifest
from infra.termination import termination
from tasks.engines.open_run import OpenRun
from tasks.graph.experiment import Experiment
from tasks.run.session import Output

log = logging.getLogger("armature")

#: Delays (s) before each new attempt, as data.
RETRY_DELAYS_S: tuple[float, ...] = (2.0, 15.0)
#: Errors that another attempt may mend, and what it waits for. Anything else ends a task at once. The first that fits
#: counts.
RETRIED: dict[type[Exception], str] = {
    DamagedError: "whole files in the store",
    StoreError: "the store",
    EngineError: "an engine that works",
}


def _worth_a_retry(task: Any, run: TaskRun, state: State) -> bool:
    """Return True if a failed attempt, which was not the last, is tried again."""
    error = state.data
    if not isinstance(error, tuple(RETRIED)) or isinstance(error, RunLostError) or termination.requested:
        return False
    delays = task.retry_delay_seconds
    delay = delays[min(run.run_count, len(delays)) - 1]
    text = f"{run.name}: attempt {run.run_count} of {task.retries + 1} failed, the next one comes in {delay:g} s: "
    _warn(f"{text}{type(error).__name__}: {error}")
    return True


def _warn(text: str) -> None:
    """Log a line, in the task run's log too unless our lines go there anyway."""
    log.warning(text)
    if not any(isinstance(handler, APILogHandler) for handler in log.handlers):
        get_run_logger().warning(text)


def _say_what_was_waited_for(task: Any, run: TaskRun, state: State) -> None:
    """Add to the error of the last attempt how often it came. The error keeps its type."""
    error: Any = get_state_exception(state)
    awaited = next((what for kind, what in RETRIED.items() if isinstance(error, kind)), None)
    if awaited is None or run.run_count <= 1 or run.start_time is None:
        return
    seconds = (datetime.now(UTC) - run.start_time).total_seconds()
    error.args = (
        f"{error}; {run.name} was tried {run.run_count} times in {seconds:.0f} s, waiting for {awaited}: "
        "started again, it goes on from here",
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
    """Return the state of a task whose step the store already had."""
    return Completed(name="Cached", message="found in the store", data=data)


def value(result: Any) -> Any:
    """Return a task's value, whether it ran or was found in the store."""
    return result.result() if isinstance(result, State) else result


class Work:
    """A call that Prefect does not look into: it would walk through every data class in a search for futures."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call

    def __call__(self) -> Any:
        """Return what the call returns."""
        return self._call()


def prefect_task_of(name: str) -> Any:
    """Return a Prefect task `name` that does a piece of work, its runs called by their label."""

    @task(name=name, task_run_name="{label}", **TASK_OPTIONS)
    def run_work(label: str, work: Work) -> Any:
        return work()

    return run_work


def stage(name: str, label: str, steps_of: Callable[..., Step | list[Step]]) -> Callable[[Callable[..., Output]], Any]:
    """Make a Prefect task of a function that makes the payload of a step.

    The task takes (run, *place, **values). `steps_of(experiment, *place)` gives its step or, of a stage in shards,
    its steps; `label` is formatted with the place. What the store lacks is made by the function, which gets (run,
    step, *place, **values), and is committed, timed. `experiment=` is for one that evaluates the run's policies in
    another way. `plain` of the task is the same without Prefect.
    """

    def decorate(make: Callable[..., Output]) -> Any:
        prefect_task = prefect_task_of(name)

        def plain(run: OpenRun, *place: Any, experiment: Experiment | None = None, **values: Any) -> Any:
            steps = steps_of(experiment or run.experiment, *place)
            several = steps if isinstance(steps, list) else [steps]
            hits = [run.session.find(step) for step in several]
            found = [
                hit or _made(run, step, partial(make, run, step, *place, **values))
                for step, hit in zip(several, hits, strict=True)
            ]
            result = found if isinstance(steps, list) else found[0]
            return result if None in hits else cached(result)

        @wraps(make)
        def call(run: OpenRun, *place: Any, **values: Any) -> Any:
            return prefect_task(label.format(*place), Work(partial(plain, run, *place, **values)))

        call.plain = plain  # type: ignore[attr-defined]
        return call

    return decorate


def _made(run: OpenRun, step: Step, make: Callable[[], Output]) -> Manifest:
    termination.check()
    started = time.monotonic()
    output = make()
    return run.session.commit(step, output, time.monotonic() - started)
