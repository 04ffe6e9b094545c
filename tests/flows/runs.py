"""What the tests of the flows share: a tiny experiment, and processes that are ended as a whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from infra.store import Store
from specs.paths import REPOSITORY_ROOT as ROOT

Run = Callable[..., subprocess.CompletedProcess[str]]
#: A puzzle that a policy of 60 supervised steps half solves, so that training has something to do: 8 prompts x 4
#: samples, 2 shards.
TINY = (
    "data.train=puzzle:graph_colouring?vertices=4&count=40",
    "data.heldout=8",
    "warm_start.steps=60",
    "warm_start.batch=64",
    "rollout.prompts=8",
    "rollout.shard_prompts=4",
    "rollout.samples=4",
    "rollout.max_prompt_tokens=64",
    "rollout.max_response_tokens=24",
    "train.iterations=3",
    "train.minibatch_prompts=4",
    "checkpoint.every=2",
    "evaluate.samples=4",
    "evaluate.ks=[1,4]",
    "placement.threads=1",
)
NAME = f"flowtest-{os.getpid()}"


@dataclass(frozen=True)
class Server:
    """A Prefect server of our own; `environment` is what its clients are started with."""

    api: str
    environment: dict[str, str]


def clean_environment(**more: str) -> dict[str, str]:
    """This process's, without what would steer Armature or Prefect."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PREFECT_", "ARMATURE_", "AWS_"))}
    return {**kept, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "DO_NOT_TRACK": "1", **more}


def run_module(
    module: str,
    *arguments: str,
    cwd: Path = ROOT,
    env: dict[str, str] | None = None,
    timeout: float = 1200,  # twenty times what the longest takes: a busy machine is no failure
) -> subprocess.CompletedProcess[str]:
    """Run a Python module to its end, as a user starts it; one that takes too long is ended with its descendants."""
    argv = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(argv, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, error = process.communicate(timeout=timeout)
    except BaseException:
        kill_tree(process)
        raise
    return subprocess.CompletedProcess(argv, process.returncode, out, error)


def command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "flows.arm_train", *arguments]


def status_of(*arguments: str) -> object:
    """Run the command line in this process, training where no command is named; return its exit status."""
    from flows.cli.app import main  # configures Prefect's home

    named = arguments[:1] and arguments[0] in ("ls", "status", "export", "gc", "compare", "eval", "study", "plan")
    with pytest.raises(SystemExit) as ended:
        main([*arguments] if named else ["train", *arguments])
    return ended.value.code


def settings(*overrides: str) -> list[str]:
    return [part for override in overrides for part in ("--set", override)]


def tree(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """A process and all its descendants."""
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(process.pid)
        return [root, *root.children(recursive=True)]
    return []


def kill_tree(process: subprocess.Popen[str]) -> None:
    for each in tree(process):
        with contextlib.suppress(psutil.NoSuchProcess):
            each.send_signal(signal.SIGKILL)
    process.wait()


@dataclass(frozen=True)
class Finished:
    """An uninterrupted run of three iterations (ARM with alpha 0) and its control, embedded,
    in a store and a TMPDIR of their own.
    """

    store: Store
    output: str
    folder: Path
    temporary: Path  # its TMPDIR

    def copy(self, to: Path) -> Store:
        shutil.copytree(self.folder, to)
        return Store(to.as_uri())
