"""A declared suite's problems: read from the hub, a file, a stand-in or a puzzle, checked and counted against what the suite declares."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from infra.paths import resolve
from tasks.data.columns import Columns
from tasks.data.files import Row, read_jsonl
from tasks.data.files import digest as sha256
from tasks.data.hub import parse_hub, read_hub, resolve_revision
from tasks.data.rows import problem_from_row
from tasks.data.sources import load_problems
from tasks.errors import DataError, VerifierError
from tasks.evaluate.suites.declare import UNPINNED, Form, Suite, SuiteColumns, path_of, read_suite
from tasks.evaluate.suites.forms import shape
from tasks.records import Problem
from tasks.reward.math import MathVerifier


@dataclass(frozen=True, slots=True)
class SuiteProblem:
    """`problem` without the suite's instruction (encoding adds it); `question`: its bare text, without choices and tests; `level`, `subject`
    and `source` (where the set has it from) in the set's own words."""

    problem: Problem
    question: str
    level: str | None = None
    subject: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class LoadedSuite:
    """`digest`: sha256 (hex) over the problems' whole content, in order, wherever they lie. `origin`: where they were read; `revision`: the
    commit of a hub data set; `differs`: what a stand-in does not share with the real set, None for that itself; `label`: name in reports."""

    suite: Suite
    problems: tuple[SuiteProblem, ...]
    digest: str
    origin: str
    revision: str | None
    differs: str | None
    label: str


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows, how to read them, and how many there must be."""

    rows: Iterable[Row]
    form: Form
    columns: SuiteColumns
    size: int
    answers: int
    origin: str
    revision: str | None = None
    differs: str | None = None


def load_suite(name: str, stand_ins: Path | None = None) -> LoadedSuite:
    """The suite called `name`. With `stand_ins`, a folder, a suite that declares a stand-in is read from its file there, and from nowhere
    else. DataError where nothing can be had, a row is wrong, or there are more or fewer than declared."""
    return load_declared(read_suite(name), stand_ins)


def load_declared(suite: Suite, stand_ins: Path | None = None) -> LoadedSuite:
    """As `load_suite`."""
    if suite.source.at.startswith("puzzle:"):
        return _puzzle(suite)
    found = (
        _stand_in(suite, stand_ins) if stand_ins is not None and suite.stand_in is not None else _real(suite, stand_ins)
    )
    seen = 0
    problems: list[SuiteProblem] = []
    places: dict[str, str] = {}
    optional = dict.fromkeys(_optional(found.columns).values(), False)
    for where, row in found.rows:
        optional = {name: present or name in row for name, present in optional.items()}
        made = _problem(suite, found, row, where, seen)
        seen += 1
        if made is None:
            continue
        if made.problem.id in places:
            raise DataError(f"{where}: id: {made.problem.id!r} is taken by {places[made.problem.id]}: ids must differ")
        places[made.problem.id] = where
        problems.append(made)
    for what, counted, declared in (("rows", seen, found.size), ("rows with an answer", len(problems), found.answers)):
        if counted != declared:
            raise DataError(
                f"suite {suite.name}: {counted} {what} in {found.origin}, {declared} declared: take the revision that was meant, or correct"
                f" {path_of(suite.name)}"
            )
    if absent := [name for name, present in optional.items() if not present]:
        raise DataError(
            f"suite {suite.name}: no row of {found.origin} has a column {absent[0]!r}: correct {path_of(suite.name)}"
        )
    return _loaded(suite, problems, found.origin, found.revision, found.differs)


def suite_fingerprint(suite: Suite, stand_ins: Path | None = None) -> dict[str, Any]:
    """What the suite's problems depend on, without loading them. `asked`, what a policy sees: the source by a file's sha256, a data set's commit or a
    puzzle's name, and how questions are read from it; `judged`: how answers are. DataError where nothing can be had."""
    place: Any = suite
    if stand_ins is not None and suite.stand_in is not None:
        place, path = suite.stand_in, stand_ins / suite.stand_in.file
        if not path.is_file():
            _stand_in(suite, stand_ins)  # says so
        at: Any = f"sha256:{sha256(str(path), str(path))}"
    elif suite.source.at.startswith("hf://"):
        source = suite.source
        hub = parse_hub(
            source.at.removeprefix("hf://"), source.subset, None if source.revision == UNPINNED else source.revision
        )
        at = [f"{source.at}@{resolve_revision(hub)}", source.subset, source.split]
    else:
        at = suite.source.at
        at = at if at.startswith("puzzle:") else f"sha256:{sha256(resolve(at), at)}"
    columns = place.columns.model_dump(mode="json")
    asked = {key: columns.pop(key) for key in ("id", "question", "prompt", "choices", "wrong")}
    only = suite.stand_in.only if suite.stand_in is not None and place is suite.stand_in else {}
    return {
        "asked": {
            "at": at,
            "form": place.form,
            "columns": asked,
            "only": only,
            "shuffled": columns["answer"] if place.form == "shuffled" else None,
        },
        "judged": {
            "columns": columns,
            "verifier": suite.verifier,
            "timeout_s": suite.timeout_s,
            "size": [place.size, suite.answers],
        },
    }


def digest(problems: Iterable[SuiteProblem]) -> str:
    """sha256 (hex) over one line of canonical JSON a problem."""
    total = hashlib.sha256()
    for problem in problems:
        total.update(
            json.dumps(asdict(problem), sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode("ascii")
            + b"\n"
        )
    return total.hexdigest()


def _loaded(
    suite: Suite, problems: list[SuiteProblem], origin: str, revision: str | None, differs: str | None
) -> LoadedSuite:
    other = "" if len(problems) == suite.answers else f" of {len(problems)} problems; the set has {suite.answers}"
    label = f"{suite.title} (stand-in{other})" if differs else suite.title
    return LoadedSuite(suite, tuple(problems), digest(problems), origin, revision, differs, label)


def _puzzle(suite: Suite) -> LoadedSuite:
    """The first problems of seed 0: those that a run with data.heldout = size keeps out of its training."""
    problems = load_problems(suite.source.at, split="heldout", heldout=suite.size).problems
    if len(problems) != suite.answers or any(problem.solutions is None for problem in problems):
        raise DataError(
            f"suite {suite.name}: {len(problems)} problems from {suite.source.at}, {suite.answers} declared: correct {path_of(suite.name)}"
        )
    return _loaded(
        suite, [SuiteProblem(p, p.prompt[-1]["content"]) for p in problems], f"{suite.source.at}, held out", None, None
    )


def _stand_in(suite: Suite, folder: Path) -> _Found:
    declared = suite.stand_in
    assert declared is not None
    path = folder / declared.file
    if not path.is_file():
        raise DataError(
            f"suite {suite.name}: no stand-in {path}: name the folder that holds {declared.file}, or none, to load {suite.source.at}"
        )
    rows = (
        (where, row)
        for where, row in read_jsonl(str(path), declared.file)
        if all(row.get(column) == value for column, value in declared.only.items())
    )
    return _Found(
        rows,
        declared.form,
        declared.columns,
        declared.size,
        declared.size,
        f"stand-in {declared.file}",
        differs=declared.differs,
    )


def _real(suite: Suite, stand_ins: Path | None) -> _Found:
    source = suite.source
    if not source.at.startswith("hf://"):
        path = resolve(source.at)
        if "://" not in path and not Path(path).is_file():
            raise DataError(
                f"suite {suite.name}: no such file {source.at}: correct {path_of(suite.name)} (a relative path starts at the repository root)"
            )
        return _Found(read_jsonl(path, source.at), suite.form, suite.columns, suite.size, suite.answers, source.at)
    hub = parse_hub(
        source.at.removeprefix("hf://"), source.subset, None if source.revision == UNPINNED else source.revision
    )
    try:
        commit = resolve_revision(hub)
        rows = list(read_hub(hub, commit, resolve(hub.name), source.split))
    except DataError as error:
        other = (
            f"or give a folder of stand-ins that holds {suite.stand_in.file}"
            if suite.stand_in
            else "there is no stand-in for it"
        )
        raise DataError(f"suite {suite.name}: {error}; {other}") from error
    at = f"{source.at}{f'/{source.subset}' if source.subset else ''}{f'@{commit}' if commit else ''}?split={source.split}"
    return _Found(rows, suite.form, suite.columns, suite.size, suite.answers, at, commit)


def _problem(suite: Suite, found: _Found, row: Any, where: str, number: int) -> SuiteProblem | None:
    """None where the row has no answer."""
    columns = found.columns
    shaped = shape(found.form, row, columns, where, suite.timeout_s)
    if shaped is None:
        return None
    name = row.get(columns.id) if columns.id else None
    plain = {**shaped.row, "id": f"{suite.name}/{number:04d}" if name is None else name}
    problem = problem_from_row(
        plain, Columns(answer_after=columns.answer_after, verifier=suite.verifier), where, number
    )
    problem = replace(problem, reference={**problem.reference, **shaped.extra})
    if suite.verifier == "math":
        try:
            MathVerifier.check_reference(problem)
        except VerifierError as error:
            raise DataError(f"{where}: {error}") from error
    said = {key: row.get(name) for key, name in _optional(columns).items() if key in ("level", "subject", "source")}
    return SuiteProblem(
        problem, shaped.question, **{key: None if value in (None, "") else str(value) for key, value in said.items()}
    )


def _optional(columns: SuiteColumns) -> dict[str, str]:
    """The declared columns that a row may lack."""
    names = {key: getattr(columns, key) for key in ("id", "unit", "tolerance", "level", "subject", "source")}
    return {key: name for key, name in names.items() if name is not None}
