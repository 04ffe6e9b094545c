"""The command line of the training run: run, --plan, ls, status, export. Errors of users are one line and a non-zero exit."""

from __future__ import annotations

import argparse
import logging
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from flows.inspect import export_policy, list_runs, run_status
from flows.plan import plan
from infra import prefect_runtime
from infra.errors import EngineError, StoreError
from infra.store import Store
from sandbox.errors import SandboxError
from specs.errors import SpecError
from specs.load import Loaded, load_control, load_spec
from specs.schema import default_store
from tasks.errors import DataError, RegressionError, StudyError, TrainingError, VerifierError
from tasks.experiment import Experiment

USER_ERRORS = (SpecError, DataError, StoreError, EngineError, TrainingError, VerifierError, SandboxError, StudyError)


def main(run_flow: Callable[..., dict[str, Any]], argv: Sequence[str] | None = None) -> int:
    """The training run's. `run_flow` is the flow `arm_train`."""
    return run_command(_COMMANDS, lambda arguments: _run(run_flow, arguments), argv)


def run_command(
    commands: Mapping[str, Callable[[Sequence[str]], None]],
    default: Callable[[Sequence[str]], None],
    argv: Sequence[str] | None,
) -> int:
    """Runs the command that the first argument names, or `default`. Exit status: 0, or 1 with the reason on stderr, or 130 after Ctrl-C."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("armature")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        print(f"error: Armature runs on Linux x86-64, not on {platform.system()} {platform.machine()}", file=sys.stderr)
        return 1
    try:
        if arguments and arguments[0] in commands:
            commands[arguments[0]](arguments[1:])
        else:
            default(arguments)
    except RegressionError as error:
        print(f"REGRESSION: {error}", file=sys.stderr)
        return 1
    except USER_ERRORS as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (httpx.HTTPError, RuntimeError) as error:
        if not isinstance(error, httpx.HTTPError) and not str(error).startswith("Failed to reach API"):
            raise
        url = os.environ.get("PREFECT_API_URL", "the embedded Prefect server")
        print(
            f"error: {url} does not answer ({str(error).splitlines()[0]}); start it, or unset PREFECT_API_URL to run embedded",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def _run(run_flow: Callable[..., dict[str, Any]], arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m flows.arm_train",
        description="Train the experiment of a spec file.",
        epilog="Also: ls (runs in the store), status NAME, export NAME FOLDER.",
    )
    parser.add_argument("spec", help="a file such as specs/quickstart.yaml")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="overrides",
        metavar="KEY=VALUE",
        help="train.learning_rate=1e-6; may be repeated",
    )
    parser.add_argument("--plan", action="store_true", help="say what would run and what the store has; run nothing")
    parser.add_argument(
        "--replay",
        action="store_true",
        help="make weights that were not kept again, where an evaluation of them is due",
    )
    parsed = parser.parse_args(arguments)
    loaded, control = load_both(Path(parsed.spec), parsed.overrides)
    store = Store(loaded.spec.store)  # an unreachable store is said before anything starts
    if parsed.plan:
        for each in filter(None, (control, loaded)):
            print(plan(each, store, replay=parsed.replay), end="\n\n")
        return
    for each in filter(None, (control, loaded)):
        Experiment(each.spec)  # a missing file or model is said now, before Prefect starts
    prefect_runtime.guard_server()
    result = run_flow(spec=str(Path(parsed.spec).resolve()), overrides=parsed.overrides, replay=parsed.replay)
    if result["comparison"]:
        print(f"\n{result['comparison']}\n")
    print(f"report: {result['report']}")


def load_both(path: Path, overrides: Sequence[str]) -> tuple[Loaded, Loaded | None]:
    loaded = load_spec(path, overrides)
    return loaded, load_control(loaded, overrides)


def store_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store",
        default=os.environ.get("ARMATURE_STORE", default_store()),
        help="default: ARMATURE_STORE, else .armature/store",
    )


def open_store(uri: str) -> Store:
    return Store(uri if "://" in uri else Path(uri).resolve().as_uri())


def _ls(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m flows.arm_train ls", description="Runs in the store.")
    store_option(parser)
    print(list_runs(open_store(parser.parse_args(arguments).store)))


def _status(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m flows.arm_train status", description="Where a run stands.")
    parser.add_argument("name", help="name, or name/identity")
    store_option(parser)
    parsed = parser.parse_args(arguments)
    print(run_status(open_store(parsed.store), parsed.name))


def _export(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m flows.arm_train export", description="Weights of a run in Hugging Face format."
    )
    parser.add_argument("name", help="name, or name/identity")
    parser.add_argument("folder", type=Path, help="a new or empty folder")
    parser.add_argument("--iteration", type=int, default=None, help="default: the newest that the store has")
    store_option(parser)
    parsed = parser.parse_args(arguments)
    print(export_policy(open_store(parsed.store), parsed.name, parsed.folder, parsed.iteration))


_COMMANDS: dict[str, Callable[[Sequence[str]], None]] = {"ls": _ls, "status": _status, "export": _export}
