"""The data of the browser of problems: short texts whole, long texts with a note, and no way out of its script."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.report.evaluation.data import EvaluationReport, SuiteResult
from tasks.report.evaluation.figures import policy_colours
from tasks.report.evaluation.problem_browser import FILE_BYTES, INDEX_BYTES, TEXT_BYTES, browser_data, fair_limit
from tests.tasks.report.evaluation.sample_evaluation import LABELS, report, rows, solved, suite, with_text
from tests.tasks.report.sample_report import HOSTILE

SMALL = report([suite("gsm8k", problems=2, samples=2)])
ANY_TEXT = st.text(st.characters() | st.sampled_from("<>&/!-\"'\\"), max_size=60) | st.just(HOSTILE)


def made(of: EvaluationReport) -> tuple[dict[str, Any], list[Any], dict[str, bytes]]:
    """Return (the page's index, the data of each file, the files)."""
    index, files = browser_data(of, policy_colours([p.label for s in of.suites for p in s.policies]))
    assert list(files) == [f"report-data-{n}.js" for n in range(1, len(files) + 1)]
    data = []
    for digest, content in zip(json.loads(index)["digests"], files.values(), strict=True):
        (body,) = re.fullmatch(
            rf'\(globalThis\.reportData \?\?= \{{\}}\)\["{digest}"\] = (\[.*\]);\n', content.decode("ascii")
        ).groups()  # type: ignore[union-attr]
        assert hashlib.sha256(body.encode()).hexdigest().startswith(digest)
        data.append(json.loads(body))
    return json.loads(index), data, files


def with_rows(of: list[dict[str, Any]]) -> EvaluationReport:
    """Return a report of one policy with these samples, whose summary is that of a few samples."""
    small = suite("gsm8k", 2, 2)
    return report([replace(small, policies=[replace(small.policies[-1], rows=of)], comparisons=[])])


@settings(max_examples=60, deadline=None)
@given(ANY_TEXT)
def test_texts_travel_whole_and_without_markup(text: str) -> None:
    of = with_text(SMALL, text)
    index, files = browser_data(of, policy_colours([p.label for p in of.suites[0].policies]))
    for content in (index.encode("ascii"), *files.values()):
        assert not set(b"<>&") & set(content)
    read, (problems,), _ = made(of)
    assert read["suites"][0]["name"] == text
    first = problems[0]["samples"][0][0]
    assert (first["text"], first["detail"], first["answer"], first["end"], problems[0]["prompt"]) == (
        text,
        text,
        text,
        text,
        text,
    )


def test_each_sample_is_where_the_index_says() -> None:
    of = report([suite("gsm8k", problems=40), suite("math500", problems=30, labels=LABELS[1:])])
    index, data, _ = made(of)
    for shown, told in zip(index["suites"], of.suites, strict=True):
        for place, policy in enumerate(told.policies):
            rows = {(row["problem_id"], row["sample"]): row for row in policy.rows}
            for problem in shown["problems"]:
                samples = data[problem["file"]][problem["place"]]["samples"][place]
                assert len(samples) == len(problem["marks"][place]) == 16
                for sample, mark in zip(samples, problem["marks"][place], strict=True):
                    row = rows.pop((problem["id"], sample["sample"]))
                    assert sample["text"] == row["text"]
                    verdict, *found = problem["found"][ord(mark) - ord("0")]
                    assert index["verdicts"][verdict] == [
                        row["kind"],
                        {None: "unjudged", 1.0: "right", 0.0: "wrong"}[row["score"]],
                    ]
                    assert found == [row["answer"], row["detail"]]
            assert not rows


def test_a_score_below_the_limit_is_not_right() -> None:
    rows = [{**row, "score": 0.5, "kind": "wrong"} for row in SMALL.suites[0].policies[0].rows]
    policies = [replace(SMALL.suites[0].policies[0], rows=rows)]
    half = replace(SMALL, suites=[replace(SMALL.suites[0], policies=policies, comparisons=[])])
    assert made(half)[0]["verdicts"] == [["wrong", "wrong"]]
    assert made(replace(half, correct_at=0.5))[0]["verdicts"] == [["wrong", "right"]]


def test_a_policy_that_lacks_a_problem_has_no_samples_of_it() -> None:
    first, *others = SMALL.suites[0].policies
    missing = first.rows[0]["problem_id"]
    part = replace(first, rows=[row for row in first.rows if row["problem_id"] != missing])
    index, data, _ = made(replace(SMALL, suites=[replace(SMALL.suites[0], policies=[part, *others])]))
    problem = next(each for each in index["suites"][0]["problems"] if each["id"] == missing)
    assert problem["marks"][0] == ""
    assert data[problem["file"]][problem["place"]]["samples"][0] == []


def test_compared_pairs_come_first_then_each_policy_alone() -> None:
    def views(of: SuiteResult) -> list[list[int]]:
        shown: list[list[int]] = made(report([of]))[0]["suites"][0]["views"]
        return shown

    of = suite("gsm8k", problems=2, samples=2)
    assert views(of) == [[0, 2], [1, 2], [2], [1], [0]]
    assert views(replace(of, comparisons=of.comparisons[1:])) == [[1, 2], [2], [1], [0]]
    assert views(replace(of, comparisons=[])) == [[0, 2], [1, 2], [2], [1], [0]]
    assert views(suite("gsm8k", problems=2, samples=2, labels=("tonight",))) == [[0]]


def test_a_sample_of_a_megabyte_keeps_its_start_and_its_end() -> None:
    long = "begin" + "a<" * 500_000 + "\\boxed{7}"
    rows = [{**row, "text": long} for row in SMALL.suites[0].policies[0].rows]
    of = replace(
        SMALL,
        suites=[replace(SMALL.suites[0], policies=[replace(SMALL.suites[0].policies[0], rows=rows)], comparisons=[])],
    )
    _, data, files = made(of)
    assert sum(map(len, files.values())) < 5 * TEXT_BYTES
    text = data[0][0]["samples"][0][0]["text"]
    assert text.startswith("begin")
    assert text.endswith("\\boxed{7}")
    (left_out,) = re.findall(r"\[\.\.\. (\d+) characters are left out", text)
    assert int(left_out) == len(long) - len(re.sub(r"\n\[\.\.\..*\]\n", "", text))


def test_files_stay_small_and_short_texts_whole_beside_long_ones() -> None:
    texts_of = ("b" * 60_000, "short")
    mixed = [{**row, "text": texts_of[row["sample"] % 2]} for row in rows("gsm8k", "tonight", 5, 96, 40)]
    index, data, files = made(with_rows(mixed))
    assert len(files) == 5
    assert all(len(content) < 1.1 * FILE_BYTES for content in files.values())
    for problem in index["suites"][0]["problems"]:
        texts = [sample["text"] for sample in data[problem["file"]][problem["place"]]["samples"][0]]
        assert texts[1::2] == ["short"] * 48
        assert all(40_000 < len(text) < 42_000 for text in texts[::2])


def test_long_reasons_leave_the_page_small() -> None:
    """Every sample of a hundred problems has its own answer and traceback; the data files hold more of them."""
    long = [
        {**row, "answer": f"{place} {'9' * 400}", "detail": f"{place} {'<at line 7>' * 200}"}
        for place, row in enumerate(rows("gsm8k", "tonight", 100, 64, 40))
    ]
    index, data, _ = made(with_rows(long))
    assert len(json.dumps(index)) < 2 * INDEX_BYTES
    problem = index["suites"][0]["problems"][3]
    _, answer, detail = problem["found"][5]
    whole = data[problem["file"]][problem["place"]]["samples"][0][5]
    assert answer.endswith("\u2026")
    assert whole["answer"].startswith(answer[:-1])
    assert whole["detail"].startswith(detail[:-1])
    assert len(whole["detail"]) > 3 * len(detail)


@given(st.lists(st.integers(0, 1000)), st.integers(0, 5000))
@example([3, 3], 5)
def test_the_fair_limit_is_the_largest_that_fits(sizes: list[int], budget: int) -> None:
    limit = fair_limit(sizes, budget)
    assert sum(min(size, limit) for size in sizes) <= budget
    assert limit >= max(sizes, default=0) or sum(min(size, limit + 1) for size in sizes) > budget


def test_the_sample_report_has_flips_both_ways() -> None:
    """The tests in a browser rely on it."""
    base, last, tonight = (solved(policy) for policy in report().suites[0].policies)
    assert tonight - base
    assert base - tonight
    assert tonight - last != tonight - base
