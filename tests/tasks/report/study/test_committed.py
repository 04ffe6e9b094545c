"""The numbers of shipped studies that lie beside their cells are those that the cells give: what README and PAPER.md quote."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from flows.study_results import report_of, results_folder
from infra.paths import ROOT
from specs.study import load_study
from tasks.report.study.page import render
from tasks.study.cells import read_cells

RESULTS = ROOT / "tests" / "benchmarks" / "results"
STUDIES = sorted((ROOT / "specs" / "studies").glob("*.yaml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_committed_summary_is_what_the_cells_give(path: Path) -> None:
    loaded = load_study(path, environ={})
    folder = results_folder(loaded)
    if not folder.exists():
        pytest.skip(f"{path.name} has no results yet")
    given = json.loads(render(report_of(loaded, read_cells(folder)))["summary.json"])
    assert unlike(given, json.loads((folder / "summary.json").read_text())) == []


def test_what_the_readme_quotes_is_what_a_study_says() -> None:
    quoted = re.findall(r"(?m)^> (.+)$", (ROOT / "README.md").read_text())
    said = [line for path in RESULTS.glob("*/summary.json") for line in json.loads(path.read_text())["headline"]]
    assert quoted and [line for line in quoted if line not in said] == []


def unlike(a: Any, b: Any, where: str = "") -> list[str]:
    """Where two JSON values differ; numbers by more than 1e-9, which is what another build of the libraries may do."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return [line for key in a for line in unlike(a[key], b[key], f"{where}.{key}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [line for i, pair in enumerate(zip(a, b, strict=True)) for line in unlike(*pair, f"{where}[{i}]")]
    same = a == pytest.approx(b, rel=1e-9, abs=1e-12) if isinstance(a, float) and isinstance(b, float) else a == b
    return [] if same else [f"{where}: {a!r}, committed {b!r}"]
