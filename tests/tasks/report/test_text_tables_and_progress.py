"""The tables and lines that a run writes to the terminal, and tables in Markdown."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.report.progress import duration, iteration_line
from tasks.report.text_tables import comparison_table, render_markdown, render_text
from tests.tasks.report.sample_report import column


def test_the_table_holds_values_and_errors_by_label() -> None:
    rows = comparison_table((column("start", 0.134, 0.9, 0.43), column("ARM", 0.19, 0.78, 0.32)), (1, 32))
    assert rows == [
        ["", "start", "ARM"],
        ["Pass@1", "0.134 ± 0.013", "0.190 ± 0.013"],
        ["Pass@32", "0.900 ± 0.031", "0.780 ± 0.031"],
        ["entropy, nats per token", "0.430 ± 0.006", "0.320 ± 0.006"],
        ["distinct correct answers", "2.70 ± 0.11", "2.34 ± 0.11"],
        ["share of all solutions", "0.300", "0.260"],
    ]


def test_a_missing_number_is_a_dash_and_never_zero() -> None:
    short, long = column("short", 0.1, 0.5, 0.4, samples=8), column("long", 0.1, 0.5, 0.4)
    short.summary["entropy"] = short.summary["entropy_se"] = short.summary["coverage"] = None
    short.summary["pass_at_se"]["1"] = None
    cells = {name: first for name, first, _ in comparison_table((short, long), (1, 32))}
    assert cells["Pass@32"] == "-"
    assert cells["entropy, nats per token"] == "-"
    assert cells["share of all solutions"] == "-"
    assert cells["Pass@1"] == "0.100"


def test_no_coverage_anywhere_is_no_row() -> None:
    one = column("start", 0.1, 0.5, 0.4)
    one.summary["coverage"] = None
    assert "share of all solutions" not in [row[0] for row in comparison_table((one,), (1,))]


def test_text_is_aligned() -> None:
    lines = render_text([["", "start", "a long label"], ["Pass@1", "0.134 ± 0.013", "-"]]).splitlines()
    assert lines == [
        "                start  a long label",
        "------  -------------  ------------",
        "Pass@1  0.134 ± 0.013             -",
    ]
    assert render_text([]) == ""


def test_markdown_tables_keep_their_columns() -> None:
    assert render_markdown([["a", "b"], ["x|y", "1"]]) == "| a | b |\n| --- | ---: |\n| x\\|y | 1 |"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599.7, "1 h 00 min"),
        (7620, "2 h 07 min"),
        (356400, "4 d 03 h"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf, -1.0])
def test_an_unknown_duration(unknown: float | None) -> None:
    assert duration(unknown) == "-"


NUMBERS = st.none() | st.floats(0, 9.999)


@given(st.integers(1, 120), NUMBERS, NUMBERS, st.none() | st.floats(0, 999_999), st.none() | st.floats(0, 1e6))
def test_lines_are_aligned_whatever_is_known(
    at: int, reward: float | None, entropy: float | None, speed: float | None, left: float | None
) -> None:
    line = iteration_line(at, 120, reward=reward, entropy=entropy, tokens_per_s=speed, seconds_left=left, label="ARM")
    other = iteration_line(7, 120, reward=0.5, entropy=0.5, tokens_per_s=5.0, seconds_left=5.0, label="ARM")
    assert len(line) == len(other)
    assert [line.index(word) for word in ("reward", "entropy", "tokens/s", "left")] == [
        other.index(w) for w in ("reward", "entropy", "tokens/s", "left")
    ]


def test_an_unknown_number_is_a_dash() -> None:
    line = iteration_line(3, 120, reward=None, entropy=math.nan, tokens_per_s=None, seconds_left=None, label="GRPO")
    assert line.split() == ["GRPO", "iteration", "3/120", "reward", "-", "entropy", "-", "-", "tokens/s", "-", "left"]
