"""The result of one cell of a study: one variant under one setting with one seed, small enough to be committed.

A cell holds what statistics over seeds and questions need: counts by question of each evaluated policy, learning
dynamics by iteration, and what was computed and what the store had. A report can therefore be made, and cells added, on
a machine that has none of the runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tasks.errors import DataError, StudyError

FORMAT = 1
DIGITS = 5  # significant digits of the dynamics: they are plotted, and no claim rests on them
DYNAMICS = (
    "reward_mean",
    "entropy",
    "distinct_correct",
    "response_length_mean",
    "all_correct_share",
    "all_wrong_share",
    "c_q_mean",
    "c_o_right_mean",
    "c_o_wrong_mean",
    "bonus_mean",
    "bonus_abs_mean",
    "flipped_share",
    "advantage_abs_mean",
    "clip_fraction",
    "approximate_kl",
    "grad_norm",
    "audit_mean",
)
"""Keys of metrics.jsonl that a cell keeps, one number per iteration."""
PER_QUESTION = ("correct", "judged", "distinct_correct")
"""Fields of a point that have one number per question."""


@dataclass(frozen=True, slots=True)
class Point:
    """One policy of a run, evaluated on the study's suite at one sampling temperature.

    `correct`, `judged`, `distinct_correct` [questions]: the number of correct samples, of judged samples and of
    different correct answers, in the order of the questions' ids. `entropy`: nats per token at temperature 1, mean over
    questions. `artifact`: the evaluation's key.
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
    """One variant under one setting with one seed.

    `key`: a digest of all that the cell depends on; a study whose file changes it runs the cell again. `start`: the
    lineage of the first policy, which the variants of a seed share. `questions`: the number and the sha256 of the
    suite's question ids. `steps_made`, `steps_found`: steps that ran, and steps that the store had; `seconds_made`,
    `seconds_found`: how long they took when they ran. `tokens`: sampled in training.
    """

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
        """Return the setting, the variant and the seed."""
        return self.setting, self.variant, self.seed

    def at(self, iteration: int, temperature: float) -> Point:
        """Return the point of an iteration and a temperature. Raises KeyError if there is none."""
        for point in self.points:
            if (point.iteration, point.temperature) == (iteration, temperature):
                return point
        raise KeyError((iteration, temperature))


def dynamics_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[float | None, ...]]:
    """Return {metric: one number per iteration} from the rows of a run's metrics.jsonl."""
    return {name: tuple(_rounded(row.get(name)) for row in rows) for name in DYNAMICS}


def _rounded(value: Any) -> float | None:
    return None if value is None else float(f"{float(value):.{DIGITS}g}")


def cell_file(folder: Path, setting: str, variant: str, seed: int) -> Path:
    """Return the path of a cell's file below a study's folder of results."""
    return folder / setting / f"{variant}.{seed}.json"


def write_cell(folder: Path, cell: Cell) -> Path:
    """Write a cell's file, whole or not at all, and return its path.

    Each point has a line of its own, so that a changed cell is a readable difference. Raises StudyError if the file
    cannot be written.
    """
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
            f"{path}: cannot be written ({error}); the cell's steps are in the store: make room, "
            "and the same command writes it"
        ) from error
    return path


def _compact(value: Any) -> str:
    if isinstance(value, list | tuple) and value and isinstance(value[0], dict):
        return "[\n  " + ",\n  ".join(json.dumps(each, separators=(",", ":")) for each in value) + "\n ]"
    return json.dumps(value, separators=(",", ":"))


def read_cell(path: Path) -> Cell:
    """Load a cell from its file. Raises DataError if the file cannot be read or is not a cell."""
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
