"""The sample of the matrices (`--sample`): the seed decides it, and smaller tests run whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from specs.paths import REPOSITORY_ROOT as ROOT

FILE = """
import pytest

@pytest.mark.parametrize("n", range(40))
def test_matrix(n): pass

@pytest.mark.parametrize("n", range(7))
def test_small(n): pass
""" + "".join(
    f"""
@pytest.mark.turn
def test_turn_{n}(): pass
"""
    for n in range(12)
)


def collected(folder: Path, *options: str) -> set[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "--collect-only",
        "-q",
        *options,
        "test_x.py",
    ]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    return {line for line in done.stdout.splitlines() if "::" in line}


def test_a_seed_decides_which_cases_of_a_matrix_run(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(FILE)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = turn\n")
    every = collected(tmp_path)
    samples = [collected(tmp_path, "--sample", "0.25", "--sample-seed", seed) for seed in ("a", "a", "b")]
    assert len(every) == 59 and samples[0] == samples[1] != samples[2]
    for sample in samples:
        assert (
            sample < every
            and sum("test_matrix" in name for name in sample) == 10
            and sum("test_small" in name for name in sample) == 7
        )
        assert sum("test_turn" in name for name in sample) == 3
