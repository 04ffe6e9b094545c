"""A declared suite's problems: read from its source or a stand-in, checked and counted against the declaration."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from specs.paths import shown
from specs.rewards import Reward
from specs.sections import Data
from specs.sources import declared_source
from tasks.data.answers import Reader
from tasks.data.columns import Columns
from tasks.data.file_source import file_digest
from tasks.data.rows import problem_from_row
from tasks.data.sources.base import Row, RowSource, Source
from tasks.data.sources.jsonl import read_jsonl
from tasks.data.sources.registry import make_source
from tasks.errors import DataError, VerifierError
from tasks.evaluate.suites.declare import UNPINNED, Form, SuiteColumns, SuiteDeclaration
from tasks.evaluate.suites.forms import shape
from tasks.records import Problem
from tasks.reward.verifiers.base import Verifier
from tasks.reward.verifiers.registry import make_verifier, reader_key_part, reader_of


@dataclass(frozen=True, slots=True)
class SuiteProblem:
    """A problem of a suite.

    `problem`: without the suite's instruction, which encoding adds; `question`: its bare text, without choices and
    tests; `level`, `subject` and `source` (where the set has it from) in the set's own words.
    """

    problem: Problem
    question: str
    level: str | None = None
    subject: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class LoadedSuite:
    """A suite and its problems.

    `digest`: sha256 (hex) over the problems' whole content, in order, wherever they lie. `origin`: where they were
    read; `revision`: the commit of a hub data set; `differs`: what a stand-in does not share with the real set, None
    for that itself; `label`: name in reports.
    """

    suite: SuiteDeclaration
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


def load_declared(suite: SuiteDeclaration, stand_ins: Path | None = None) -> LoadedSuite:
    """Return a declared suite with its problems.

    With `stand_ins`, a folder, a suite that declares a stand-in is read from its file there, and from nowhere else.
    DataError where nothing can be had, a row is wrong, or there are more or fewer than declared.
    """
    source = _source(suite)
    if stand_ins is not None and suite.stand_in is not None:
        found = _stand_in(suite, stand_ins)
    elif isinstance(source, RowSource):
        found = _real(suite, source)
    else:
        return _made(suite, source)
    seen = 0
    problems: list[SuiteProblem] = []
    places: dict[str, str] = {}
    optional = dict.fromkeys(_optional(found.columns).values(), False)
    verifier, read = make_verifier(suite.verifier_name, Reward()), reader_of(suite.verifier_name)
    for where, row in found.rows:
        optional = {name: present or name in row for name, present in optional.items()}
        made = _problem(suite, found, row, where, seen, read)
        seen += 1
        if made is None:
            continue
        _check(made.problem, verifier, where)
        if made.problem.id in places:
            raise DataError(f"{where}: id: {made.problem.id!r} is taken by {places[made.problem.id]}: ids must differ")
        places[made.problem.id] = where
        problems.append(made)
    for what, counted, declared in (("rows", seen, found.size), ("rows with an answer", len(problems), found.answers)):
        if counted != declared:
            raise DataError(
                f"suite {suite.name}: {counted} {what} in {found.origin}, {declared} declared: "
                f"take the revision that was meant, or correct {shown(suite.file)}"
            )
    if absent := [name for name, present in optional.items() if not present]:
        raise DataError(
            f"suite {suite.name}: no row of {found.origin} has a column {absent[0]!r}: correct {shown(suite.file)}"
        )
    return _loaded(suite, problems, found.origin, found.revision, found.differs)


def suite_fingerprint(suite: SuiteDeclaration, stand_ins: Path | None = None) -> dict[str, Any]:
    """Return what the suite's problems depend on, without loading them.

    `asked`, what a policy sees: the content of the source (a file's sha256, a data set's commit, a puzzle's name),
    and how questions are read from it. `judged`: how answers are read. DataError where nothing can be had.
    """
    stand_in = suite.stand_in if stand_ins is not None else None
    if stand_ins is not None and stand_in is not None:
        at: Any = f"sha256:{file_digest(str(_stand_in_file(suite, stand_ins)), stand_in.file)}"
    else:
        at = _source(suite).suite_key()
    place = stand_in or suite
    columns = place.columns.model_dump(mode="json")
    asked = {key: columns.pop(key) for key in ("id", "question", "prompt", "choices", "wrong")}
    return {
        "asked": {
            "at": at,
            "form": place.form,
            "columns": asked,
            "only": stand_in.only if stand_in else {},
            "shuffled": columns["answer"] if place.form == "shuffled" else None,
        },
        "judged": {
            "columns": columns,
            "verifier": suite.verifier_name,
            "timeout_s": suite.timeout_s,
            "size": [place.size, suite.answers],
            **reader_key_part(suite.verifier_name),
        },
    }


def digest(problems: Iterable[SuiteProblem]) -> str:
    """Return the sha256 (hex) over one line of canonical JSON a problem."""
    total = hashlib.sha256()
    for problem in problems:
        text = json.dumps(asdict(problem), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        total.update(text.encode("ascii") + b"\n")
    return total.hexdigest()


def _source(suite: SuiteDeclaration) -> Source:
    """Return the data source that the suite declares; its first `size` problems where it makes them on the spot."""
    source, declared = suite.source, declared_source(suite.source.at)
    data = Data(
        train=source.at,
        subset=source.subset,
        split=source.split,
        revision=None if source.revision == UNPINNED else source.revision,
        heldout=suite.size,
        verifier=None if declared.own_verifier else suite.verifier_name,
    )
    return make_source(data, suite.folder, "source.at")


def _loaded(
    suite: SuiteDeclaration, problems: list[SuiteProblem], origin: str, revision: str | None, differs: str | None
) -> LoadedSuite:
    other = "" if len(problems) == suite.answers else f" of {len(problems)} problems; the set has {suite.answers}"
    label = f"{suite.title} (stand-in{other})" if differs else suite.title
    return LoadedSuite(suite, tuple(problems), digest(problems), origin, revision, differs, label)


def _made(suite: SuiteDeclaration, source: Source) -> LoadedSuite:
    """Return the first problems of a generator: those that a run with data.heldout = size keeps out of its training."""
    problems = source.problems("heldout").problems
    if len(problems) != suite.answers:
        raise DataError(
            f"suite {suite.name}: {len(problems)} problems from {suite.source.at}, {suite.answers} declared: correct "
            f"{shown(suite.file)}"
        )
    facts = [SuiteProblem(problem, problem.prompt[-1]["content"]) for problem in problems]
    return _loaded(suite, facts, source.origin(None), None, None)


def _stand_in_file(suite: SuiteDeclaration, folder: Path) -> Path:
    assert suite.stand_in is not None
    path = folder / suite.stand_in.file
    if not path.is_file():
        raise DataError(
            f"suite {suite.name}: no stand-in {path}: name the folder that holds {suite.stand_in.file}, or none, "
            f"to load {suite.source.at}"
        )
    return path


def _stand_in(suite: SuiteDeclaration, folder: Path) -> _Found:
    declared, path = suite.stand_in, _stand_in_file(suite, folder)
    assert declared is not None
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


def _real(suite: SuiteDeclaration, source: RowSource) -> _Found:
    """Return the rows of the suite's own source. DataError, with what to do instead, where it cannot be opened."""
    try:
        revision = source.revision()
        rows = source.rows(revision)
    except DataError as error:
        if not declared_source(suite.source.at).hub:
            advice = f"correct {shown(suite.file)}"
        elif suite.stand_in:
            advice = f"or give a folder of stand-ins that holds {suite.stand_in.file}"
        else:
            advice = "there is no stand-in for it"
        raise DataError(f"suite {suite.name}: {error}; {advice}") from error
    return _Found(rows, suite.form, suite.columns, suite.size, suite.answers, source.origin(revision), revision)


def _problem(
    suite: SuiteDeclaration, found: _Found, row: Any, where: str, number: int, read: Reader
) -> SuiteProblem | None:
    """Return the problem of a row; None where the row has no answer."""
    columns = found.columns
    shaped = shape(found.form, row, columns, where, suite.timeout_s)
    if shaped is None:
        return None
    name = row.get(columns.id) if columns.id else None
    plain = {**shaped.row, "id": f"{suite.name}/{number:04d}" if name is None else name}
    problem = problem_from_row(
        plain, Columns(answer_after=columns.answer_after, verifier=suite.verifier_name), where, number, read
    )
    problem = replace(problem, reference={**problem.reference, **shaped.extra})
    said = {key: row.get(name) for key, name in _optional(columns).items() if key in ("level", "subject", "source")}
    return SuiteProblem(
        problem, shaped.question, **{key: None if value in (None, "") else str(value) for key, value in said.items()}
    )


def _check(problem: Problem, verifier: Verifier, where: str) -> None:
    try:
        verifier.check(problem)
    except VerifierError as error:
        raise DataError(f"{where}: {error}") from error


def _optional(columns: SuiteColumns) -> dict[str, str]:
    """Return the declared columns that a row may lack."""
    names = {key: getattr(columns, key) for key in ("id", "unit", "tolerance", "level", "subject", "source")}
    return {key: name for key, name in names.items() if name is not None}
