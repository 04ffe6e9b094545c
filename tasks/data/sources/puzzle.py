"""Puzzles, made on the spot: `puzzle:countdown`, `puzzle:graph_colouring?vertices=6&count=2000&split=heldout`.

Their problems bring their own verifier, and demonstrations. No seed: all seeds of a study share the problems of seed 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from specs.identity import ASKED_TOO
from tasks.data.puzzles.registry import demonstrations, puzzle_of, puzzle_problems
from tasks.data.sources.base import LoadedData, Source, digest
from tasks.records import Problem

SEED = 0
_KEY_PART = ("train", "heldout", "prompt", "drop_long_prompts", "max_prompt_tokens")


class PuzzleSource(Source):
    """The problems of a puzzle; the first `data.heldout` of them are the split `heldout`."""

    @property
    def own_verifier(self) -> str:
        """Return the puzzle's name, which is that of its verifier. DataError where there is no such puzzle."""
        name = self.body.removeprefix("puzzle:")
        puzzle_of(name)
        return name

    def fingerprint(self) -> str:
        """Return `data.train` itself, which says all."""
        return self.data.source

    def problems(self, split: str = "train", fingerprint: str | None = None) -> LoadedData:
        """Return the different problems in the generator's order; the option `split` goes before the argument."""
        options = {key: value for key, value in self.options.items() if key != "split"}
        problems = puzzle_problems(
            self.own_verifier, SEED, self.options.get("split", split), self.data.heldout, options
        )
        return LoadedData(problems, 0, 0, digest(problems))

    def demonstrations(self, problem: Problem) -> Sequence[str]:
        """Return all right answers of `problem`, each as its token string."""
        return demonstrations(problem)

    def key_part(self, part: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings that a generator's problems depend on: no columns, no verifier."""
        return {key: part[key] for key in (*_KEY_PART, *ASKED_TOO) if key in part}

    def origin(self, revision: str | None) -> str:
        """Return the puzzle's name as a suite's origin."""
        return f"{self.data.source}, held out"


SOURCE = PuzzleSource
