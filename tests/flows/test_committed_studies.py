"""The summaries and pictures beside a shipped study's cells are computed from these cells."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from specs.paths import REPOSITORY_ROOT as ROOT
from specs.study import load_study
from tasks.report.study.page import render
from tasks.run.study_results import report_of, results, results_folder
from tasks.study.cells import cell_file
from tests.tasks.report.svg import labels_of, lines_of

RESULTS = ROOT / "tests" / "benchmarks" / "results"
WITH_RESULTS = [path for path in sorted((ROOT / "specs" / "studies").glob("*.yaml")) if (RESULTS / path.stem).exists()]
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?")


def test_the_main_study_has_results() -> None:
    assert RESULTS / "arm-vs-grpo" in [RESULTS / path.stem for path in WITH_RESULTS]


@pytest.mark.parametrize("path", WITH_RESULTS, ids=lambda path: path.stem)
def test_committed_numbers_are_those_of_the_cells(path: Path) -> None:
    loaded = load_study(path, environ={})
    folder, (there, lacking) = results_folder(loaded), results(loaded)
    files = {cell_file(folder, *cell.name) for cell in there}
    assert files == set(folder.glob("*/*.json")), (
        f"a cell is of no use to the study as it is now: {[(planned.label, why) for planned, why in lacking]}"
    )
    given = render(report_of(loaded, there))
    assert differences(json.loads(given["summary.json"]), json.loads((folder / "summary.json").read_text())) == []
    ours, committed = given["summary.md"].decode(), (folder / "summary.md").read_text()
    assert _NUMBER.split(ours) == _NUMBER.split(committed)
    last_digit = 0.0011
    assert numbers_of(ours) == pytest.approx(numbers_of(committed), abs=last_digit)
    ours, committed = given["frontier.svg"].decode(), (folder / "frontier.svg").read_text()
    assert labels_of(ours) == labels_of(committed)
    lines, wanted = lines_of(ours), lines_of(committed)
    assert lines.keys() == wanted.keys()
    for name, (points, colour) in lines.items():
        assert colour == wanted[name][1]
        assert sum(points, ()) == pytest.approx(sum(wanted[name][0], ()), abs=0.1), f"{name}, in points of the picture"


def numbers_of(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text)]


def differences(a: Any, b: Any, where: str = "") -> list[str]:
    """Return the differences of two JSON values; numbers may differ by 1e-9, as with another build of the libraries."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return [line for key in a for line in differences(a[key], b[key], f"{where}.{key}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [line for i, pair in enumerate(zip(a, b, strict=True)) for line in differences(*pair, f"{where}[{i}]")]
    same = a == pytest.approx(b, rel=1e-9, abs=1e-12) if isinstance(a, float) and isinstance(b, float) else a == b
    return [] if same else [f"{where}: {a!r}, committed {b!r}"]
