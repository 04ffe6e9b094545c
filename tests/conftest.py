"""`--results FILE.json`: what ran, how it ended, and the figures that tests record by `record_property`; committed by `make proofs`."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import pytest

_ROWS: list[dict[str, Any]] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--results", type=Path, default=None, metavar="FILE", help="write outcomes and recorded figures as JSON")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome == "skipped":
        figures = dict(report.user_properties)
        _ROWS.append({"test": report.nodeid, "outcome": report.outcome, "seconds": round(report.duration, 1), **({"figures": figures} if figures else {})})


def pytest_sessionfinish(session: pytest.Session) -> None:
    path: Path | None = session.config.getoption("--results")
    if path is not None:
        machine = {"machine": platform.machine(), "python": platform.python_version()}
        path.write_text(json.dumps({**machine, "tests": sorted(_ROWS, key=lambda row: row["test"])}, indent=1) + "\n")
