"""`--results FILE.json`: what ran, how it ended, and the figures that tests record by `record_property`; committed by `make proofs`.

`--sample SHARE --sample-seed TEXT`: of each test that is parametrized into a matrix (MATRIX cases or more), a sample that the seed decides; so too of all
tests that take turns (marker `turn`). CI takes the commit as the seed: another commit, another sample.
"""

from __future__ import annotations

import json
import math
import platform
import random
from pathlib import Path
from typing import Any

import pytest

MATRIX = 8
_ROWS: list[dict[str, Any]] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--results", type=Path, default=None, metavar="FILE", help="write outcomes and recorded figures as JSON"
    )
    parser.addoption(
        "--sample",
        type=float,
        default=1.0,
        metavar="SHARE",
        help=f"of the tests with {MATRIX} cases or more, this share of the cases",
    )
    parser.addoption("--sample-seed", default="", metavar="TEXT", help="decides which")


def pytest_report_header(config: pytest.Config) -> str:
    share, seed = config.getoption("--sample"), config.getoption("--sample-seed")
    return f"a sample of {share:g} of each matrix, by the seed {seed!r}" if share < 1 else "every case"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    share, seed = config.getoption("--sample"), config.getoption("--sample-seed")
    matrices: dict[str, list[pytest.Item]] = {}
    for item in items:
        name = "turn" if item.get_closest_marker("turn") else item.nodeid.partition("[")[0]
        matrices.setdefault(name, []).append(item)
    left_out: set[pytest.Item] = set()
    for name, cases in matrices.items():
        if share < 1 and len(cases) >= MATRIX:
            kept = random.Random(f"{seed}/{name}").sample(cases, math.ceil(share * len(cases)))
            left_out |= {*cases} - {*kept}
    if left_out:
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome == "skipped":
        figures = dict(report.user_properties)
        _ROWS.append(
            {
                "test": report.nodeid,
                "outcome": report.outcome,
                "seconds": round(report.duration, 1),
                **({"figures": figures} if figures else {}),
            }
        )


def pytest_sessionfinish(session: pytest.Session) -> None:
    path: Path | None = session.config.getoption("--results")
    if path is not None:
        machine = {"machine": platform.machine(), "python": platform.python_version()}
        path.write_text(json.dumps({**machine, "tests": sorted(_ROWS, key=lambda row: row["test"])}, indent=1) + "\n")
