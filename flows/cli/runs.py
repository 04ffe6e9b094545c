"""`armature ls` and `armature status`: the runs of a store as text."""

from __future__ import annotations

from infra.errors import StoreError
from infra.store import Store
from specs.files import absolute_store
from tasks.run.nights import nights
from tasks.run.runs import RunView, run_names, runs, view_of
from tasks.run_files import RunFileError, run_settings


def store_uri(text: str) -> str:
    """Return the URI of a store that a user names by a URI or a folder. Raises StoreError."""
    uri, wrong = absolute_store(text, from_file=False)
    if wrong:
        raise StoreError(f"--store: {wrong[0]}")
    return uri


def open_store(text: str) -> Store:
    """Return the store that a user names by a URI or a folder."""
    return Store(store_uri(text))


def list_runs(store: Store) -> str:
    """Return a line for each run; of one with a damaged record, what to do about it."""
    lines = [line for run in run_names(store) if (line := _line(store, run)) is not None]
    return "\n".join(lines) or f"no runs in {store.uri}"


def _line(store: Store, run: str) -> str | None:
    try:
        view = view_of(store, run)
    except RunFileError as error:
        return f"{run:<40} cannot be read: {error}"
    if view is None:
        return None
    state, iterations = view.record["state"], view.record["iterations"]
    return f"{run:<40} {state:<9} {view.iterations_done:>5}/{iterations} iterations"


def run_status(store: Store, name: str) -> str:
    """Return iterations, checkpoints, evaluations and nights of a run, and what comes next."""
    lines = []
    for view in runs(store, name):
        done, total = view.iterations_done, view.record["iterations"]
        reason = f" ({view.record['reason']})" if "reason" in view.record else ""
        lines.append(
            f"{view.name}: {done} of {total} iterations are in the store; the record says "
            f"{view.record['state']}{reason}"
        )
        if fork := view.record.get("fork"):
            lines.append(
                f"  went on from run {fork['run']} after {fork['iteration']} iterations (policy {fork['lineage'][:12]})"
            )
        lines.append(f"  weights after iterations {', '.join(map(str, view.weights())) or '(none)'}")
        if done < total:
            lines.append(
                f"  waits for the training step of iteration {done}: start the run again and it goes on from there"
            )
        for row in view.evaluations():
            shown = ", ".join(f"Pass@{k} {row['pass_at'][k]:.3f}" for k in _ks(view) if k in row["pass_at"])
            lines.append(
                f"  evaluated after {row['iteration']} on {row['suite']}: {shown} (evaluate {row['artifact'][:12]})"
            )
        for night in nights(store, view.name):
            found = f"; {'; '.join(night.regressions)}" if night.regressions else ""
            lines.append(
                f"  night of {night.when}: after {night.iteration} iterations on {', '.join(night.evaluations)}{found}"
            )
    return "\n".join(lines)


def _ks(view: RunView) -> list[str]:
    """Return evaluate.ks of the run's spec, as text."""
    match run_settings(view.store, view.name):
        case {"evaluate": {"ks": [*ks]}}:
            return [str(k) for k in ks]
    return []
