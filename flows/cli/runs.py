"""`armature ls` and `armature status`: the runs of a store as text."""

from __future__ import annotations

from pathlib import Path

from infra.store import Store
from specs.paths import file_uri
from tasks.run.nights import nights
from tasks.run.runs import runs


def store_uri(text: str) -> str:
    """Return the URI of a store that a user names by a URI or a folder."""
    return text if "://" in text else file_uri(Path(text).expanduser())


def open_store(text: str) -> Store:
    """Return the store that a user names by a URI or a folder."""
    return Store(store_uri(text))


def list_runs(store: Store) -> str:
    """Return a line for each run."""
    views = runs(store)
    lines = [
        f"{view.name:<40} {view.record['state']:<9} {view.iterations_done:>5}/{view.record['iterations']} iterations"
        for view in views
    ]
    return "\n".join(lines) or f"no runs in {store.uri}"


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
            shown = ", ".join(f"Pass@{k} {v:.3f}" for k, v in row["pass_at"].items() if k in ("1", "8", "32"))
            lines.append(
                f"  evaluated after {row['iteration']} on {row['suite']}: {shown} (evaluate {row['artifact'][:12]})"
            )
        for night in nights(store, view.name):
            found = f"; {'; '.join(night.regressions)}" if night.regressions else ""
            lines.append(
                f"  night of {night.when}: after {night.iteration} iterations on {', '.join(night.evaluations)}{found}"
            )
    return "\n".join(lines)
