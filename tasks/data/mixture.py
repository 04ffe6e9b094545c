"""Several sources as one: `data.train: {a: {source: rows.parquet, weight: 3}, b: {source: "puzzle:countdown"}}`.

Problems are called `a/000012`: the part's name goes before the id that they have in their source. All parts together
hold out the `data.heldout` problems with the least digest of their prompt, whatever the weights, which decide draws
alone (tasks/data/mixture_order.py): so runs with other weights share problems and evaluations.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from specs.paths import REPOSITORY_ROOT
from specs.sections import Data
from tasks.data.sources.base import LoadedData, Source, digest, prompt_key, split_heldout
from tasks.errors import DataError
from tasks.records import Problem, SourceRow

SEPARATOR = "/"  # between the name of a part, which has none, and a problem's own id


def part_of(problem_id: str) -> str:
    """Return the name of the part that a mixture's problem belongs to."""
    return problem_id.partition(SEPARATOR)[0]


def by_part(problems: Iterable[Problem], names: Iterable[str]) -> dict[str, list[Problem]]:
    """Return the problems of each part of a mixture, in order; parts in alphabetical order of their names."""
    found: dict[str, list[Problem]] = {name: [] for name in sorted(names)}
    for problem in problems:
        found[part_of(problem.id)].append(problem)
    return found


class MixtureSource(Source):
    """The problems of several sources, by the names of the parts."""

    def __init__(
        self, data: Data, parts: Mapping[str, Source], folder: Path = REPOSITORY_ROOT, key: str = "data.train"
    ) -> None:
        super().__init__(data, folder, key)
        self.parts = dict(sorted(parts.items()))

    @property
    def verifiers(self) -> tuple[str, ...]:
        """Return the names of the verifiers of the problems, each once."""
        return tuple(dict.fromkeys(name for part in self.parts.values() for name in part.verifiers))

    def fingerprint(self) -> str:
        """Return the fingerprints of the parts as JSON."""
        return json.dumps({name: part.fingerprint() for name, part in self.parts.items()})

    def problems(self, split: str = "train", fingerprint: str | None = None) -> LoadedData:
        """Return the problems of all parts, one part after the other.

        A prompt that several parts have is kept in the first of them, unless `data.drop_duplicates` is off.
        """
        known = {} if fingerprint is None else json.loads(fingerprint)
        loaded = {name: part.problems("train", known.get(name)) for name, part in self.parts.items()}
        first: dict[str, Problem] = {}
        problems: list[Problem] = []
        dropped = sum(each.duplicates_dropped for each in loaded.values())
        conflicting = sum(each.duplicates_conflicting for each in loaded.values())
        for name, each in loaded.items():
            for problem in each.problems:
                earlier = first.setdefault(prompt_key(problem), problem)
                if self.data.drop_duplicates and earlier is not problem:
                    dropped += 1
                    conflicting += earlier.reference != problem.reference
                else:
                    problems.append(replace(problem, id=f"{name}{SEPARATOR}{problem.id}"))
        problems = split_heldout(problems, self.data.heldout, split, self.key)
        return LoadedData(problems, dropped, conflicting, digest(problems))

    def source_rows(self, fingerprint: str | None = None) -> dict[str, SourceRow]:
        """Return the row of each problem, by its id."""
        known = {} if fingerprint is None else json.loads(fingerprint)
        rows = {name: part.source_rows(known.get(name)) for name, part in self.parts.items()}
        return {f"{name}{SEPARATOR}{own}": row for name, part in rows.items() for own, row in part.items()}

    def demonstrations(self, problem: Problem) -> Sequence[str]:
        """Return right answers of `problem`, by the source of its part. DataError where that has none."""
        name, _, own = problem.id.partition(SEPARATOR)
        if name not in self.parts:
            raise DataError(f"problem {problem.id}: no part of data.train is called {name!r}")
        return self.parts[name].demonstrations(replace(problem, id=own))
