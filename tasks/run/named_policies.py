"""Policies by the names that users give them: runs and their checkpoints, hub models, folders, servers.

NAME, NAME/IDENTITY, NAME@ITERATION      a run in the store: its newest checkpoint, or the one after so many iterations
hf://OWNER/MODEL, hf://OWNER/MODEL@REVISION, a folder with config.json
http://HOST:PORT#MODEL                   a model that an OpenAI-compatible server serves
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from infra.errors import StoreError
from infra.store import Store
from specs.load import Loaded, load_recorded, load_spec
from specs.problems import problem_lines
from specs.schema import Spec
from tasks.checkpoint.weights import POLICY_STAGE
from tasks.errors import DataError
from tasks.rollout.endpoint import base_url
from tasks.run.runs import RunView, one_run

_RUN = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]*(?:/[0-9a-f]{8})?)(?:@(?P<iteration>\d+))?")


@dataclass(frozen=True)
class NamedPolicy:
    """A policy that a user named, evaluated under `spec`.

    A run's has `run` and `iteration`, a server's `url` and `model`.
    """

    label: str
    spec: Spec
    run: RunView | None = None
    iteration: int | None = None
    url: str | None = None
    model: str | None = None


def resolved(
    names: Sequence[str], store: Store, spec: str | None, overrides: Sequence[str]
) -> tuple[list[NamedPolicy], Loaded]:
    """Return the policies, and the spec that they are evaluated by.

    Raises DataError, SpecError, StoreError for names that lead nowhere.
    """
    views = {name: one_run(store, _run_of(name)[0]) for name in names if _kind(name) == "run"}
    if spec is not None:
        loaded = load_spec(Path(spec), [*overrides, f"store={store.uri}"])
    elif views:
        loaded = _recorded(next(iter(views.values())), store, overrides)
    else:
        raise DataError(
            "neither policy is a run in the store: say by --spec which file's suites, sampling and prompts to "
            "evaluate them by"
        )
    if not loaded.spec.evaluate.suites:
        raise DataError("evaluate.suites is empty: there is nothing to compare on; --set evaluate.suites=[gsm8k]")
    return [_policy(name, views.get(name), loaded.spec, store) for name in names], loaded


def _kind(name: str) -> str:
    if name.startswith(("http://", "https://")):
        return "server"
    if name.startswith("hf://") or (Path(name) / "config.json").is_file():
        return "model"
    if _RUN.fullmatch(name):
        return "run"
    raise DataError(
        f"{name}: no policy: want a run (NAME, NAME/IDENTITY or NAME@ITERATION), a model (hf://OWNER/MODEL or a "
        "folder with config.json), "
        "or a server (http://HOST:PORT#MODEL)"
    )


def _run_of(name: str) -> tuple[str, int | None]:
    match = _RUN.fullmatch(name)
    assert match is not None
    return match["name"], None if match["iteration"] is None else int(match["iteration"])


def _recorded(view: RunView, store: Store, overrides: Sequence[str] = ()) -> Loaded:
    """Return the resolved spec of a run, as its record has it."""
    file = f"runs/{view.name}/spec.yaml"
    return load_recorded(store.files.read(file).decode(errors="replace"), file, [*overrides, f"store={store.uri}"])


def _policy(name: str, view: RunView | None, by: Spec, store: Store) -> NamedPolicy:
    kind = _kind(name)
    if kind == "server":
        url, _, model = name.partition("#")
        base_url(url)  # a secret in it would be recorded with the flow's run
        if not model:
            raise DataError(f"{name}: name the model that the server is asked for: {url}#MODEL")
        return NamedPolicy(name, by, url=url, model=model)
    if kind == "model":
        model, _, revision = (
            name.removeprefix("hf://").partition("@")
            if name.startswith("hf://")
            else (str(Path(name).resolve()), "", "")
        )
        policy = {
            "model": model,
            "revision": revision or None,
            "init": "pretrained",
            "dtype": by.policy.dtype,
            "architecture": None,
        }
        return NamedPolicy(name, _spec(name, {**by.model_dump(), "policy": policy, "warm_start": None}))
    assert view is not None
    iteration = _run_of(name)[1]
    kept = [k for k, lineage in enumerate(view.record["lineages"]) if store.find(POLICY_STAGE, lineage) is not None]
    if not kept:
        raise StoreError(f"{store.uri}: run {view.name} has no weights in the store; start it again")
    if iteration is None:
        iteration = kept[-1]
    elif iteration not in kept:
        raise StoreError(
            f"{store.uri}: run {view.name} has weights after iterations {', '.join(map(str, kept))}, not after "
            f"{iteration}; name one of these"
        )
    own = _recorded(view, store).spec
    spec = _spec(name, {**own.model_dump(), "evaluate": by.evaluate.model_dump(), "reward": by.reward.model_dump()})
    return NamedPolicy(f"{view.name.partition('/')[0]}@{iteration}", spec, run=view, iteration=iteration)


def _spec(name: str, settings: dict[str, Any]) -> Spec:
    """Return the spec that `name` is evaluated by.

    Raises DataError where there can be none, such as a run without held-out problems on those.
    """
    try:
        return Spec.model_validate(settings)
    except ValidationError as error:
        raise DataError(
            f"{name}: cannot be evaluated like the other: {'; '.join(problem_lines(error, settings, {}))}; --set "
            "evaluate.suites=[...]"
        ) from None
