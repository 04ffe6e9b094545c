"""The result of one cell of a study: one variant under one setting with one seed, small enough to be committed.

A cell holds what statistics over seeds and questions need, so that a report can be made, and cells added, on a machine that has none of the
runs: counts by question of each evaluated policy, learning dynamics by iteration, what was computed and what the store had.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tasks.errors import DataError, StudyError

FORMAT = 1
DIGITS = 5  # significant ones of the dynamics: curves, on which no claim rests
DYNAMICS = (
    "reward_mean", "entropy", "distinct_correct", "response_length_mean", "all_correct_share", "all_wrong_share", "c_q_mean", "c_o_right_mean",
    "c_o_wrong_mean", "bonus_mean", "bonus_abs_mean", "flipped_share", "advantage_abs_mean", "clip_fraction", "approximate_kl", "grad_norm", "audit_mean",
)  # fmt: skip
"""Keys of metrics.jsonl that a cell keeps, one number an iteration."""
PER_QUESTION = ("correct", "judged", "distinct_correct")
"""Keys of a point that have a number a question."""


@dataclass(frozen=True, slots=True)
class Point:
    """One policy of a run on the study's suite at one sampling temperature.

    `correct`, `judged`, `distinct_correct` [questions]: samples that are correct and that were judged, and different correct answers among
    them, in the order of the questions' ids. `entropy`: nats per token at temperature 1, mean over questions. `artifact`: the evaluation's key.
    """

    iteration: int
    temperature: float
    samples: int
    correct: tuple[int, ...]
    judged: tuple[int, ...]
    distinct_correct: tuple[int, ...]
    entropy: float | None
    surprisal: float | None
    response_tokens: float | None
    coverage: float | None
    artifact: str


@dataclass(frozen=True, slots=True)
class Cell:
    """`key`: what the cell depends on (flows/arm_study.py: a study whose file says otherwise now makes it again). `start`: lineage of the first
    policy, which variants of a seed share. `questions`: the number and the sha256 of the suite's question ids. `steps_made`, `steps_found`: steps
    that ran, and that the store had; `seconds_made`, `seconds_found`: what they took when they ran. `tokens`: sampled in training."""

    study: str
    setting: str
    variant: str
    seed: int
    key: str
    run: str
    suite: str
    iterations: int
    start: str
    questions: tuple[int, str]
    points: tuple[Point, ...]
    dynamics: Mapping[str, tuple[float | None, ...]]
    tokens: int
    seconds: float
    steps_made: int
    steps_found: int
    seconds_made: float
    seconds_found: float
    host: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> tuple[str, str, int]:
        return self.setting, self.variant, self.seed

    def at(self, iteration: int, temperature: float) -> Point:
        """Raises KeyError where the policy was not evaluated so."""
        for point in self.points:
            if (point.iteration, point.temperature) == (iteration, temperature):
                return point
        raise KeyError((iteration, temperature))


def dynamics_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[float | None, ...]]:
    """{metric: one number an iteration} of a run's metrics."""
    return {name: tuple(_rounded(row.get(name)) for row in rows) for name in DYNAMICS}


def _rounded(value: Any) -> float | None:
    return None if value is None else float(f"{float(value):.{DIGITS}g}")


def cell_file(folder: Path, setting: str, variant: str, seed: int) -> Path:
    return folder / setting / f"{variant}.{seed}.json"


def write_cell(folder: Path, cell: Cell) -> Path:
    """Writes a cell's file, whole or not at all. A point a line, so that a changed cell is a readable difference. StudyError where it cannot be written."""
    path = cell_file(folder, *cell.name)
    value = {"format": FORMAT, **asdict(cell)}
    lines = [f" {json.dumps(key)}: {_compact(item)}" for key, item in value.items()]
    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        partial.replace(path)
    except OSError as error:
        raise StudyError(
            f"{path}: cannot be written ({error}); the cell's steps are in the store: make room, and the same command writes it"
        ) from error
    return path


def _compact(value: Any) -> str:
    if isinstance(value, list | tuple) and value and isinstance(value[0], dict):
        return "[\n  " + ",\n  ".join(json.dumps(each, separators=(",", ":")) for each in value) + "\n ]"
    return json.dumps(value, separators=(",", ":"))


def read_cell(path: Path) -> Cell:
    """Raises DataError where the file is no cell, or cannot be read."""
    try:
        value = json.loads(path.read_text())
        if value.pop("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        points = tuple(_point(each) for each in value.pop("points"))
        dynamics = {name: tuple(numbers) for name, numbers in value.pop("dynamics").items()}
        count, digest = value.pop("questions")
        return Cell(points=points, dynamics=dynamics, questions=(count, digest), **value)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path}: no result of a study ({type(error).__name__}: {error}); remove it, and the study makes it again"
        ) from error


def _point(value: Mapping[str, Any]) -> Point:
    fields: dict[str, Any] = {
        name: tuple(map(int, item)) if name in PER_QUESTION else item for name, item in value.items()
    }
    return Point(**fields)


def read_cells(folder: Path) -> list[Cell]:
    """All cells below a folder, in the order of their names."""
    return [read_cell(path) for path in sorted(folder.glob("*/*.json"))]
