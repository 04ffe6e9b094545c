"""A training run that is killed at moments of our choice:

`python -m tests.flows.killed "MOMENT=VICTIM;..." specs/x.yaml --set ...`.

MOMENT is `<event> <stage> <n>`: the n-th time (from 0) that the event happens. Events:
    within    a step's payload is in the store, its manifest is not
    after     the step's manifest is there
    during    the stage's engine (rollout, train) or judge (verdict) has begun its call, or the sandbox its work on a
              program (grade)
    publish   a file of the run's record is about to be written; its name stands in the stage's place
VICTIM is `tree` (this process and all its descendants, as a machine that goes down), `sigterm` (this process gets
that signal) or a word in the command lines of those descendants that die. Else the kill is a SIGKILL, and all else is
the real run. One that comes to its end prints how often each event was seen.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import psutil

from flows.cli.app import main
from infra.files import Files
from infra.store import Store
from sandbox.api import Sandbox
from tasks.engines.rollout import RolloutClient
from tasks.engines.trainer import TrainerClient
from tasks.reward.verification import Verifiers
from tasks.run.record import RunRecord

_DURING_S = 0.005  # after the beginning of a call: it is under way


def kill(victim: str) -> None:
    family = psutil.Process().children(recursive=True)
    if victim == "tree":
        # From a child of its own, which kills us first: nothing of ours reacts to the death of its children.
        if os.fork() == 0:
            for pid in (os.getppid(), *(each.pid for each in family)):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            os._exit(0)
        signal.pause()
    if victim == "sigterm":
        os.kill(os.getpid(), signal.SIGTERM)
        return
    lines = {each: line(each) for each in family}
    hit = [each for each in family if victim in lines[each]]
    assert hit, f"no process of {victim}: {list(lines.values())}"
    for each in hit:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
    print(f"killed {len(hit)} of {victim}", flush=True)


def line(process: psutil.Process) -> str:
    """Its command line, empty where it has ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""


class Moments:
    def __init__(self, victims: dict[str, str]) -> None:
        self.victims = victims
        self.seen: Counter[str] = Counter()

    def reached(self, event: str, *, delay_s: float = 0.0) -> None:
        victim = self.victims.get(f"{event} {self.seen[event]}")
        self.seen[event] += 1
        if victim is None:
            return
        if delay_s:
            threading.Timer(delay_s, kill, [victim]).start()
        else:
            kill(victim)


def watched(moments: Moments) -> None:
    """The events, told to `moments`."""

    def before(owner: type, name: str, event: Callable[..., str | None], delay_s: float) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            if (happens := event(*args, **kwargs)) is not None:
                moments.reached(happens, delay_s=delay_s)
            return original(self, *args, **kwargs)

        setattr(owner, name, call)

    def manifest(name: str, *_: Any) -> str | None:
        parts = name.split("/")
        return f"within {parts[1]}" if parts[0] == "steps" and parts[-1] == "MANIFEST.json" else None

    before(Files, "create", manifest, 0.0)
    before(RunRecord, "publish", lambda file, _: f"publish {file}", 0.0)
    before(RolloutClient, "generate", lambda *_: "during rollout", _DURING_S)
    before(TrainerClient, "train", lambda *_: "during train", _DURING_S)
    before(Verifiers, "verify", lambda *_, **__: "during verdict", _DURING_S)
    before(Sandbox, "grade", lambda *_, **__: "during grade", _DURING_S)
    commit = Store.commit

    @functools.wraps(commit)
    def committed(self: Store, step: Any, *args: Any, **kwargs: Any) -> Any:
        done = commit(self, step, *args, **kwargs)
        moments.reached(f"after {step.stage}")
        return done

    Store.commit = committed  # type: ignore[method-assign]


if __name__ == "__main__":
    kills, *rest = sys.argv[1:]
    moments = Moments(dict(each.split("=") for each in kills.split(";") if each))
    watched(moments)
    try:
        main(["train", *rest])
    finally:
        print("events:", json.dumps(moments.seen, sort_keys=True))
