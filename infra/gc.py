"""`armature gc`: remove what no record names and what killed writers left, if it is older than a time of grace.

What is named is found first (infra/marks.py); a record that cannot be read stops it before anything is removed. Ages
are those of the newest object concerned, by the store's own times. A run that begins while gc works may find a step
gone that it was about to use: it says so, and its next attempt makes the step again.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from infra import old_records
from infra.caching import Reference, parse_reference
from infra.errors import StoreError
from infra.files import Files, MissingError
from infra.marks import Marks, records_of, runs_of

if TYPE_CHECKING:
    from infra.bucket import Dangling

NO_RUN = "steps that no run names"
NO_EVALUATION = "samples that no evaluation names"
LEFT = "pins and locks of runs that are gone"
CRASHED = "left by writers that did not finish"
TEMPORARY = "temporaries"
UPLOADS = "multipart uploads that were not completed"
_TEMPORARY = re.compile(r".*\.[0-9a-f]{8}\.tmp")

Object = tuple[str, int, float]  # name, bytes, when it was written (seconds since the epoch)


@dataclass
class Found:
    """Something to remove: `remove` in this order and nothing else, for a writer may be at work in the same folder."""

    reason: str
    name: str
    remove: Sequence[str]
    objects: Sequence[Object]
    upload: Dangling | None = None

    @property
    def bytes(self) -> int:
        """Return the size of its objects together."""
        return sum(size for _, size, _ in self.objects)

    @property
    def written(self) -> float:
        """Return when the newest of it was written, seconds since the epoch."""
        return self.upload.began if self.upload else max(written for _, _, written in self.objects)


@dataclass
class StepFolder:
    """A folder steps/<stage>/<key> as it was listed. `parts` groups its objects by the first part of their names."""

    stage: str
    key: str
    parts: dict[str, list[Object]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the folder's name in the store."""
        return f"steps/{self.stage}/{self.key}"

    @property
    def committed(self) -> bool:
        """Return True if the step is complete: the manifest is written last."""
        return "MANIFEST.json" in self.parts

    def unnamed(self, marks: Marks) -> list[Found]:
        """Return what of it no record leads to."""
        if self.committed and (self.stage, self.key) not in marks.kept:
            objects = [each for part in self.parts.values() for each in part]
            order = sorted(self.parts, key=lambda part: part != "MANIFEST.json")
            return [Found(NO_RUN, self.name, [f"{self.name}/{part}" for part in order], objects)]
        manifest = marks.manifest(self.stage, self.key)
        lost = {
            part for part in self.parts if part.startswith("data-") and (manifest is None or part != manifest.folder)
        }
        lost |= set() if self.committed else self.parts.keys() & {"LEDGER.json"}
        return [
            Found(CRASHED, f"{self.name}/{part}", [f"{self.name}/{part}"], self.parts[part]) for part in sorted(lost)
        ]


def _steps(files: Files) -> dict[tuple[str, str], StepFolder]:
    steps: dict[tuple[str, str], StepFolder] = {}
    for each in files.walk("steps"):
        parts = each[0].split("/")
        if len(parts) > 3 and not _TEMPORARY.fullmatch(each[0]):
            step = steps.setdefault((parts[1], parts[2]), StepFolder(parts[1], parts[2]))
            step.parts.setdefault(parts[3], []).append(each)
    return steps


def _samples(files: Files, marks: Marks) -> list[Found]:
    """Return the sets of samples that no kept evaluation names, and that were made of no step that is kept."""
    sets: dict[str, list[Object]] = {}
    for each in files.walk("samples"):
        parts = each[0].split("/")
        if len(parts) == 3 and not _TEMPORARY.fullmatch(each[0]):
            sets.setdefault(parts[1], []).append(each)
    return [
        Found(NO_EVALUATION, f"samples/{key}", [name for name, _, _ in objects], objects)
        for key, objects in sorted(sets.items())
        if ("samples", key) not in marks.kept and marks.kept.isdisjoint(_made_of(files, key))
    ]


def _made_of(files: Files, key: str) -> Collection[Reference]:
    """Return the steps that a set was sampled from; none where its writer was stopped before it wrote that."""
    try:
        about = json.loads(files.read(f"samples/{key}/SET.json"))
        if "references" not in about:
            return old_records.made_of(about)
        return [parse_reference(each) for each in about["references"]]
    except MissingError:
        return ()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{files.uri}/samples/{key}/SET.json: not a set of samples ({error}); nothing is removed: "
            "delete it, then run gc again"
        ) from error


def _left_by_dropped(files: Files, runs: Collection[str]) -> list[Found]:
    """Return pins and locks whose run has no record any more. A pin's run is the one that forked."""
    found: list[Found] = []
    for each in files.walk("pins"):
        name = each[0]
        if not _TEMPORARY.fullmatch(name) and _fork_of(files, name) not in runs:
            found.append(Found(LEFT, name, [name], [each]))
    locks: dict[str, list[Object]] = {}
    for each in files.walk("locks"):
        run = (
            each[0].removeprefix("locks/").rpartition("/")[0].removesuffix(".night")
        )  # flows/nightly_eval.py holds one of its own
        if not _TEMPORARY.fullmatch(each[0]) and run not in runs:
            locks.setdefault(run, []).append(each)
    return [
        *found,
        *(
            Found(LEFT, f"locks/{run}", [each[0] for each in objects], objects)
            for run, objects in sorted(locks.items())
        ),
    ]


def _fork_of(files: Files, pin: str) -> str:
    try:
        return str(json.loads(files.read(pin))["fork"])
    except (ValueError, KeyError, TypeError) as error:
        advice = "delete it if no fork needs it, else start that fork again, which writes it anew; then run gc again"
        raise StoreError(
            f"{files.uri}/{pin}: not a pin ({type(error).__name__}: {error}); nothing is removed: {advice}"
        ) from error


def survey(files: Files, older_than: float) -> list[Found]:
    """Return what may go: last written before `older_than` (seconds since the epoch). Removes nothing.

    Raises StoreError where a record cannot be read.
    """
    steps = _steps(files)
    # Runs after steps: what a run that begins in between names is not swept.
    views = [name for folder in ("runs", "comparisons", "studies") for name, _, _ in files.walk(folder)]
    runs = list(runs_of(views))
    marks = Marks(files, {at: step.committed for at, step in steps.items()}, records_of(views))
    found = [each for _, step in sorted(steps.items()) for each in step.unnamed(marks)]
    found += _samples(files, marks)
    found += _left_by_dropped(files, runs)
    cut = len(files.path("")) + 1
    for folder in (
        "steps",
        "runs",
        "locks",
        "pins",
        "samples",
        "comparisons",
        "studies",
    ):  # a report may be large enough to go up in parts
        found += [
            Found(TEMPORARY, each[0], [each[0]], [each]) for each in files.walk(folder) if _TEMPORARY.fullmatch(each[0])
        ]
        found += [Found(UPLOADS, each.path[cut:], [], [], each) for each in files.dangling(folder)]
    return [each for each in found if each.written < older_than]


def sweep(files: Files, each: Found) -> None:
    """Remove it, a manifest before its payload."""
    if each.upload is not None:
        files.abort(each.upload)
    for name in each.remove:
        files.remove(name)
    if each.remove and files.local:
        _prune(Path(files.path(each.name)))


def _prune(folder: Path) -> None:
    """Remove folders of a local disk that are empty now, up to the stage's."""
    while (
        folder.name not in ("runs", "locks", "pins", "samples", "comparisons", "studies")
        and folder.parent.name != "steps"
    ):
        try:
            folder.rmdir()
        except FileNotFoundError:
            pass
        except OSError:  # not empty, or not a folder
            return
        folder = folder.parent


def report(found: Sequence[Found], verb: str) -> str:
    """Return a line for each thing, then totals by reason."""
    lines = [f"{verb} {each.name}  ({_size(each.bytes)}; {each.reason})" for each in found]
    for reason in dict.fromkeys(each.reason for each in found):
        of = [each for each in found if each.reason == reason]
        lines.append(f"{reason}: {len(of):,}, {_size(sum(each.bytes for each in of))}")
    lines.append(f"{verb} in all: {len(found):,}, {_size(sum(each.bytes for each in found))}")
    return "\n".join(lines)


def _size(count: int) -> str:
    amount, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"


def collect(uri: str, *, dry_run: bool, grace_h: float) -> str:
    """Remove what may go from the store at `uri` and return a report; with `dry_run` remove nothing."""
    files = Files(uri)
    found = survey(files, time.time() - grace_h * 3600)
    if not dry_run:
        for each in found:
            sweep(files, each)
    return report(found, "would remove" if dry_run else "removed")
