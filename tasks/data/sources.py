"""Where problems come from: one string names a source, `load_problems` reads, checks and counts it.

- `puzzle:countdown`: made on the spot; options follow a question mark:
  `puzzle:graph_colouring?vertices=6&edge_probability=0.4&colours=3&count=2000&split=heldout`
- `data/train.jsonl`, `s3://bucket/rows.jsonl.gz`: JSON Lines, a local path or any fsspec URI
- `hf://owner/name/config@revision?split=test`: a Hugging Face data set; `hf:///folder` or `hf://./folder` is a local one
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from urllib.parse import parse_qsl

from infra.paths import resolve
from tasks.data.columns import Columns
from tasks.data.files import Row, read_jsonl
from tasks.data.hub import parse_hub, read_hub, resolve_revision
from tasks.data.puzzles.registry import puzzle_problems
from tasks.data.rows import problem_from_row
from tasks.errors import DataError
from tasks.records import Problem


@dataclass(frozen=True, slots=True)
class LoadedData:
    """Checked problems in their source's order.

    `duplicates_dropped`: rows left out because their prompt was there before; `duplicates_conflicting` of them gave another
    answer than the first. `digest` is sha256 over the problems' content, wherever they lie. `revision` is the commit of a hub data set.
    """

    problems: list[Problem]
    duplicates_dropped: int
    duplicates_conflicting: int
    digest: str
    revision: str | None = None


def load_problems(
    source: str,
    *,
    split: str = "train",
    subset: str | None = None,
    revision: str | None = None,
    columns: Columns | None = None,
    drop_duplicates: bool = True,
    seed: int = 0,
    heldout: int = 0,
) -> LoadedData:
    """Load `source` (see the module's text). What the string itself says of split, subset and revision goes before the
    arguments. `columns`: of files and data sets; `seed` and `heldout`: of puzzles. DataError for anything that is not right.
    """
    columns = columns or Columns()
    if source.startswith("puzzle:"):
        name, options = _query(source.removeprefix("puzzle:"))
        problems = puzzle_problems(name, seed, options.pop("split", split), heldout, options)
        return LoadedData(problems, 0, 0, digest(problems))
    commit = None
    if source.startswith("hf://"):
        body, options = _query(source.removeprefix("hf://"))
        split = options.pop("split", split)
        if options:
            raise DataError(f"{source}: no option {next(iter(options))!r}; there is split")
        hub = parse_hub(body, subset, revision)
        commit = resolve_revision(hub)
        rows = read_hub(hub, commit, resolve(hub.name), split)
    else:
        rows = read_jsonl(resolve(source), source)
    problems, dropped, conflicting = _collect(source, rows, columns, drop_duplicates)
    return LoadedData(problems, dropped, conflicting, digest(problems), commit)


def digest(problems: Iterable[Problem]) -> str:
    """sha256 (hex) over the problems' whole content, in order."""
    total = hashlib.sha256()
    for problem in problems:
        total.update(json.dumps(asdict(problem), sort_keys=True, ensure_ascii=True).encode("ascii") + b"\n")
    return total.hexdigest()


def prompt_key(problem: Problem) -> str:
    """Equal for prompts that say the same in the same words: Unicode composed, white space collapsed."""
    return json.dumps(
        [[m["role"], " ".join(unicodedata.normalize("NFC", m["content"]).split())] for m in problem.prompt]
    )


def _collect(
    source: str, rows: Iterable[Row], columns: Columns, drop_duplicates: bool
) -> tuple[list[Problem], int, int]:
    problems: list[Problem] = []
    first: dict[str, Problem] = {}
    places: dict[str, str] = {}
    dropped = conflicting = 0
    for number, (where, row) in enumerate(rows):
        problem = problem_from_row(row, columns, where, number)
        earlier = first.setdefault(prompt_key(problem), problem)
        if drop_duplicates and earlier is not problem:
            dropped += 1
            conflicting += earlier.reference != problem.reference
            continue
        if problem.id in places:
            raise DataError(f"{where}: id: {problem.id!r} is taken by {places[problem.id]}: ids must differ")
        places[problem.id] = where
        problems.append(problem)
    if not problems:
        raise DataError(f"{source}: it holds no problem")
    return problems, dropped, conflicting


def _query(text: str) -> tuple[str, dict[str, str]]:
    body, _, query = text.partition("?")
    try:
        return body, dict(parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else [])
    except ValueError:
        raise DataError(f"{text}: write options as ?key=value&key=value") from None
