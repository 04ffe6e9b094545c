"""The base of all data sources: a source is built from the data section of a spec, and gives checked problems.

A source of your own is a function that yields rows, or a class that derives from `Source` or `RowSource`, in any Python
file: `data.train: my_source.py:squares?count=100` (tasks/data/sources/plugin.py).
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from specs.paths import REPOSITORY_ROOT
from specs.plugins import by_content
from specs.sections import Data
from tasks.data.columns import Columns
from tasks.data.rows import problem_from_row
from tasks.data.source_rows import row_of, row_of_problem
from tasks.errors import DataError
from tasks.plugins import plugin_digest
from tasks.records import Problem, SourceRow
from tasks.reward.verifiers.registry import reader_of

Row = tuple[str, Mapping[str, Any]]  # the place of a row (`file:line`), for messages, and the row


@dataclass(frozen=True, slots=True)
class LoadedData:
    """Checked problems in their source's order.

    `duplicates_dropped`: rows left out because their prompt was there before; `duplicates_conflicting` of them gave
    another answer than the first. `digest`: sha256 (hex) over the problems' content, wherever they lie. `revision`:
    the commit of a hub data set.
    """

    problems: list[Problem]
    duplicates_dropped: int
    duplicates_conflicting: int
    digest: str
    revision: str | None = None


class Source(ABC):
    """Problems that a spec names in `data.train`.

    `VERSION`: raise it when the same content would give other problems. `HELDOUT`, of a class of a user's
    own: `problems` knows the split `heldout`, of `data.heldout` problems; the traits of a shipped one are
    declared in specs/sources.py. `NAMES`: settings whose content is in a key by the fingerprint or
    the tokenizer's digest, so that moving a file, or pinning the revision that was used anyway, makes nothing again.
    `data`: the settings; relative paths start at `folder`; `key`: the key that names the source, for messages. A
    class of a user's own that has a static method `verify(reference, response_text)` is the verifier of its problems
    too.
    """

    VERSION: ClassVar[int] = 1
    HELDOUT: ClassVar[bool] = False
    NAMES: ClassVar[frozenset[str]] = frozenset({"train", "split", "subset", "revision", "tokenizer"})

    def __init__(self, data: Data, folder: Path = REPOSITORY_ROOT, key: str = "data.train") -> None:
        self.data, self.folder, self.key = data, folder, key

    @property
    def body(self) -> str:
        """Return `data.train` without its options."""
        return self.data.source.partition("?")[0]

    @property
    def options(self) -> dict[str, str]:
        """Return the options of `data.train`: `?key=value&key=value`."""
        return split_options(self.data.source)[1]

    @property
    def own_verifier(self) -> str | None:
        """Return the name of the verifier that the problems bring; None where `data.verifier` names it."""
        return by_content(self.body, self.folder) if hasattr(self, "verify") else None

    @property
    def verifier(self) -> str:
        """Return the name of the verifier of the problems; a user's own is named by its content."""
        return by_content(self.data.verifier or self.own_verifier or "math")

    @property
    def verifiers(self) -> tuple[str, ...]:
        """Return the names of all verifiers of the problems: of a mixture several."""
        return (self.verifier,)

    def fingerprint(self) -> str:
        """Return a text that stands for the content (a digest, a commit), without loading it.

        It is part of the data step's key. Of a source from outside: the digest of its file, its name and its options.
        """
        options = "&".join(f"{key}={value}" for key, value in sorted(self.options.items()))
        return f"plugin:{plugin_digest(self.body, self.key, self.folder)}" + (f"?{options}" if options else "")

    @abstractmethod
    def problems(self, split: str = "train", fingerprint: str | None = None) -> LoadedData:
        """Return the problems of `split` (train or heldout), of the content that `fingerprint` names.

        With None, of the content as it is now. Raises DataError for anything that is not right.
        """

    def source_rows(self, fingerprint: str | None = None) -> dict[str, SourceRow]:
        """Return what users' own reward functions read of each problem, by its id: here its prompt and reference."""
        splits = ("train", "heldout") if self.data.heldout else ("train",)
        problems = [each for split in splits for each in self.problems(split, fingerprint).problems]
        return {each.id: row_of_problem(each) for each in problems}

    def demonstrations(self, problem: Problem) -> Sequence[str]:
        """Return right answers of `problem`, for a warm start. DataError where the source has none."""
        raise DataError(
            f"warm_start: needs demonstrations, and {self.key} {self.data.train!r} has none; set warm_start to null"
        )

    def key_part(self, part: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of `part` (specs.identity.data_part) that the problems depend on besides the content."""
        return {**{key: value for key, value in part.items() if key not in self.NAMES}, "verifier": self.verifier}

    def suite_key(self) -> Any:
        """Return what stands for the content in a suite's key (JSON)."""
        return self.fingerprint()

    def revision(self, fingerprint: str | None = None) -> str | None:
        """Return the commit of the content, for a source that has commits."""
        return None

    def origin(self, revision: str | None) -> str:
        """Return where the problems come from, for reports."""
        return self.data.source


class RowSource(Source):
    """A source of rows, each a mapping of columns, which `data.prompt_column` and the like name.

    The split `heldout` are the problems with the least digest of their prompt, so that it stays nearly the same when
    rows are added or moved. There are `data.heldout` of them; more where the last one's prompt is there several times.
    The rows of one fingerprint are read once and cut: a source whose rows differ each time leaks nothing.
    """

    HELDOUT: ClassVar[bool] = True

    def __init__(self, data: Data, folder: Path = REPOSITORY_ROOT, key: str = "data.train") -> None:
        super().__init__(data, folder, key)
        self._read: dict[str, tuple[list[Problem], int, int]] = {}

    @abstractmethod
    def rows(self, revision: str | None = None) -> Iterable[Row]:
        """Return the rows with their places. Raises DataError where the content cannot be opened."""

    def problems(self, split: str = "train", fingerprint: str | None = None) -> LoadedData:
        """Return the problems of the rows; see the base class."""
        revision = self.revision(fingerprint)
        if fingerprint is None or fingerprint not in self._read:
            self._read[fingerprint or ""] = self._collect(self.rows(revision))
        problems, dropped, conflicting = self._read[fingerprint or ""]
        problems = split_heldout(problems, self.data.heldout, split, self.data.source)
        return LoadedData(problems, dropped, conflicting, digest(problems), revision)

    def source_rows(self, fingerprint: str | None = None) -> dict[str, SourceRow]:
        """Return the row of each problem, by its id."""
        kept: list[Mapping[str, Any]] = []
        problems, _, _ = self._collect(self.rows(self.revision(fingerprint)), kept)
        rows = zip(problems, kept, strict=True)
        return {problem.id: row_of(row, self.data.prompt_column) for problem, row in rows}

    def _collect(
        self, rows: Iterable[Row], kept: list[Mapping[str, Any]] | None = None
    ) -> tuple[list[Problem], int, int]:
        """Return the problems of rows, and the counts of duplicates; `kept` gets the row of each problem."""
        columns, read = Columns.of(self.data, self.verifier), reader_of(self.verifier)
        problems: list[Problem] = []
        first: dict[str, Problem] = {}
        places: dict[str, str] = {}
        dropped = conflicting = 0
        for number, (where, row) in enumerate(rows):
            problem = problem_from_row(row, columns, where, number, read)
            earlier = first.setdefault(prompt_key(problem), problem)
            if self.data.drop_duplicates and earlier is not problem:
                dropped += 1
                conflicting += earlier.reference != problem.reference
                continue
            if problem.id in places:
                raise DataError(f"{where}: id: {problem.id!r} is taken by {places[problem.id]}: ids must differ")
            places[problem.id] = where
            problems.append(problem)
            if kept is not None:
                kept.append(row)
        if not problems:
            raise DataError(f"{self.data.train}: it holds no problem")
        return problems, dropped, conflicting


def digest(problems: Iterable[Problem]) -> str:
    """Return the sha256 (hex) over the problems' whole content, in order."""
    total = hashlib.sha256()
    for problem in problems:
        total.update(json.dumps(asdict(problem), sort_keys=True, ensure_ascii=True).encode("ascii") + b"\n")
    return total.hexdigest()


def prompt_key(problem: Problem) -> str:
    """Return a text that is equal for prompts of the same words: Unicode composed, white space collapsed."""
    return json.dumps(
        [[m["role"], " ".join(unicodedata.normalize("NFC", m["content"]).split())] for m in problem.prompt]
    )


def split_heldout(problems: list[Problem], heldout: int, split: str, name: str) -> list[Problem]:
    """Return the problems of a split, in order: `heldout` are the `heldout` ones with the least digest of their prompt.

    All that have the prompt of the last one are held out with it. DataError, which names the source by `name`, where
    none would be left to train on.
    """
    if not heldout:
        return problems
    places = [hashlib.sha256(prompt_key(each).encode()).digest() for each in problems]
    if max(places) == sorted(places)[min(heldout, len(places)) - 1]:
        raise DataError(
            f"{name}: {len(problems)} problems, too few for {heldout} held out and at least 1 to train "
            "on: lower data.heldout"
        )
    last = sorted(places)[heldout - 1]
    return [each for each, place in zip(problems, places, strict=True) if (place <= last) == (split == "heldout")]


def check_apart(train: Iterable[Problem], heldout: Iterable[Problem], name: str) -> None:
    """Raise DataError, which names the source by `name`, where a problem is both held out and trained on."""
    held = {prompt_key(problem): problem.id for problem in heldout}
    both = [held[key] for key in map(prompt_key, train) if key in held]
    if both:
        raise DataError(
            f"data.train: {name}: {len(both)} problems are both held out and trained on (the first: {both[0]}); its "
            "`problems` must cut one order of them, the same in each call: shuffle with a fixed seed, or not at all"
        )


def split_options(text: str) -> tuple[str, dict[str, str]]:
    """Return `text` before its question mark, and the options after it: `?key=value&key=value`. DataError otherwise."""
    body, _, query = text.partition("?")
    try:
        return body, dict(parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else [])
    except ValueError:
        raise DataError(f"{text}: write options as ?key=value&key=value") from None
