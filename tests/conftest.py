"""Options of the whole suite.

`--results FILE.json` writes which tests ran, how they ended, and the figures that they recorded by `record_property`;
`make proofs` and `make gpu` commit the file.

`--sample SHARE --sample-seed TEXT` runs a sample of each test that is parametrized into a matrix (MATRIX cases or more)
and of the tests with the marker `turn`. The seed decides which; CI passes the commit, so that each commit runs another
sample.
"""

from __future__ import annotations

import json
import logging
import math
import os
import platform
import random
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

if "PYTEST_XDIST_WORKER" in os.environ:  # a worker has a core; more threads than cores only wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A slow machine is no failure: no deadline for an example, none for drawing one.
settings.register_profile("armature", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("armature")

MATRIX = 8
"""The fewest cases of a matrix."""
_ROWS: list[dict[str, Any]] = []


@pytest.fixture(autouse=True)
def _logger_without_handlers() -> None:
    """Undo what a command did that ran in this process: its handler would write to a stream that is closed."""
    logger = logging.getLogger("armature")
    logger.handlers.clear()
    logger.setLevel(logging.NOTSET)
    logger.propagate = True


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--results", type=Path, default=None, metavar="FILE", help="write outcomes and recorded figures as JSON"
    )
    parser.addoption(
        "--sample",
        type=float,
        default=1.0,
        metavar="SHARE",
        help=f"share of the cases that run, of tests with {MATRIX} cases or more",
    )
    parser.addoption("--sample-seed", default="", metavar="TEXT", help="decides which cases those are")


def pytest_report_header(config: pytest.Config) -> str:
    share, seed = config.getoption("--sample"), config.getoption("--sample-seed")
    return f"a sample of {share:g} of each matrix, by the seed {seed!r}" if share < 1 else "every case"


#: Files, folders and tests whose unmarked tests `make quick` runs: pure modules, and the loop on stand-in engines.
QUICK = (
    "tests/specs/",
    "tests/tasks/graph/test_experiment.py",
    "tests/tasks/graph/test_listing.py",
    "tests/tasks/data/test_encode.py",
    "tests/tasks/data/test_order.py",
    "tests/tasks/data/test_plugin_source.py",
    "tests/tasks/evaluate/test_samples.py",
    "tests/tasks/evaluate/test_summary.py",
    "tests/tasks/rollout/test_sampling.py",
    "tests/tasks/rollout/test_table.py",
    "tests/tasks/test_stand_in_run.py",
    "tests/tasks/train/test_alpha_zero.py",
    "tests/tasks/train/test_oracle.py::test_advantages_of_groups",
    "tests/tasks/train/test_oracle.py::test_objectives_and_where_the_clip_takes_hold",
    "tests/tasks/train/test_schedule.py",
    "tests/infra/test_retry.py",
    "tests/sandbox/test_compare.py",
    "tests/sandbox/test_values.py",
    "tests/test_docstrings.py",
    "tests/test_documents.py",
    "tests/test_imports.py",
    "tests/test_tiers.py",
)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what `make quick` runs."""
    if item.nodeid.startswith(QUICK):
        item.add_marker("quick")


#: Files that share the fixture `small_store`.
SMALL_RUN = ("tests/tasks/engines/test_policies.py", "tests/tasks/test_tiny_loop.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of one file in one worker: they share what is costly to make.

    Those of flows share Prefect's home and the folder of runs' records. (xdist 3.8 ignores its own groups under
    pytest 9.2: it writes `_nodeid`, which pytest no longer reads.)
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "flows" if file.startswith("tests/flows/") else "small run" if file in SMALL_RUN else file

    return ByFile(config, log)


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


def card() -> dict[str, str]:
    """The GPU of this machine; nothing where there is none, or where no test asked for torch."""
    torch = sys.modules.get("torch")
    return {"card": torch.cuda.get_device_name()} if torch is not None and torch.cuda.is_available() else {}


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
    if path is not None and "PYTEST_XDIST_WORKER" not in os.environ:  # the workers' reports reach the main process
        machine = {
            "machine": platform.machine(),
            "python": platform.python_version(),
            "date": f"{date.today()}",
            **card(),
        }
        path.write_text(json.dumps({**machine, "tests": sorted(_ROWS, key=lambda row: row["test"])}, indent=1) + "\n")
