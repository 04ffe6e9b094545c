"""`python -m tasks.evaluate.metrics check`: the given vectors, and files that must not pass."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
VECTORS = Path(__file__).with_name("metric_vectors.json")


def _check(path: Path) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "tasks.evaluate.metrics", "check", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()


def test_the_given_vectors_agree() -> None:
    cases = sum(len(body["cases"]) for body in json.loads(VECTORS.read_text()).values())
    assert _check(VECTORS) == (0, [f"{cases} cases, 0 differ"])


GOOD = {"n": 8, "c": 8, "k": 8, "value": 1.0}


@pytest.mark.parametrize(
    ("family", "body", "word"),
    [
        ("pass_pow_k", {"cases": [{**GOOD, "value": 1.0 - 1e-6}]}, "wanted"),
        ("pass_pow_k", {"cases": [{**GOOD, "value": "1"}]}, "TypeError"),
        ("pass_pow_k", {"cases": [{**GOOD, "fraction": "8/9"}]}, "8/9"),
        ("pass_pow_k", {"cases": [{**GOOD, "fraction": "one"}]}, "ValueError"),
        ("pass_pow_k", {"cases": [{**GOOD, "surprise": 1}]}, "surprise"),
        ("pass_pow_k", {"cases": [{"n": 8, "c": 8, "k": 8}]}, "wants no value"),
        ("pass_pow_k", {"cases": [{"n": 8, "c": 8, "value": 1.0}]}, "lacks k"),
        ("pass_at_k", {"cases": [{"n": 4, "c": 2, "k": 5, "value": 1.0}]}, "None"),
        ("vendi", {"cases": [{"kernel": [[2.0]], "vendi_q1": 1.0}]}, "kernel"),
        ("distinct_n", {"cases": [{"texts": ["a"], "distinct_x": 1.0}]}, "ValueError"),
        ("nonsense", {"cases": []}, "nonsense"),
        ("nonsense", {"cases": [GOOD]}, "no metric of this name"),
        ("pass_pow_k", {"cases": [[8, 8, 8]]}, "want an object"),
        ("pass_pow_k", [GOOD], "want {cases"),
    ],
)
def test_a_case_that_differs_is_counted_and_the_rest_still_runs(
    tmp_path: Path, family: str, body: Any, word: str
) -> None:
    path = tmp_path / "cases.json"
    path.write_text(
        json.dumps({family: body, "g_pass_at_k": {"cases": [{"n": 8, "c": 4, "k": 4, "m": 4, "value": 1 / 70}]}})
    )
    status, (line, last) = _check(path)
    assert status == 1
    assert line.startswith(family)
    assert word in line
    assert last == "2 cases, 1 differ"


def test_more_than_n_wants_null_or_nan(tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    path.write_text(
        '{"pass_at_k": {"cases": [{"n": 4, "c": 2, "k": 5, "value": null}, {"n": 4, "c": 2, "k": 5, "value": NaN}]}}'
    )
    assert _check(path) == (0, ["2 cases, 0 differ"])


@pytest.mark.parametrize(("content", "word"), [(b"{", ":1: not JSON"), (b"[]", "got a list"), (b'"\xff"', "not UTF-8")])
def test_another_file_than_one_of_cases_gives_one_line(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "cases.json"
    path.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-m", "tasks.evaluate.metrics", "check", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert line.startswith("error: ")
    assert word in line
