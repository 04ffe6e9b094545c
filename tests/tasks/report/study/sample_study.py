"""A study's report from simulated cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tasks.report.study.data import CellName, StudyReport
from tests.tasks.study.simulated import Effect, cells

GAIN: Mapping[str, Effect] = {"grpo": (0.0, 0.3), "arm": (0.7, 0.0)}
NONE: Mapping[str, Effect] = {"grpo": (0.0, 0.1), "arm": (0.0, 0.1)}


def report(
    effects: Mapping[str, Effect] = GAIN,
    *,
    more: int = 0,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    settings: Sequence[str] = ("countdown",),
    skip: Sequence[CellName] = (),
    text: str = "",
) -> StudyReport:
    """Return a study of `effects` and `more` variants beside them; `text` is put into every free text."""
    every = {**effects, **{f"arm-{n}": (0.05 * n, 0.3 - 0.01 * n) for n in range(more)}}
    return StudyReport(
        title=f"Study{text}",
        cells=cells(every, seeds=seeds, settings=settings, skip=skip),
        control="grpo",
        comparisons=[(name, "grpo") for name in every if name != "grpo"],
        settings={name: f"Setting {name}{text}" for name in settings},
        variants={name: f"{name.upper()}{text}" for name in every},
        expected=[(setting, variant, seed) for setting in settings for variant in every for seed in seeds],
        temperatures=(1.0, 0.6),
        ks=(1, 8, 32),
        study_yaml=f"name: simulated{text}\n",
        results_from=f"results/simulated{text}",
    )
