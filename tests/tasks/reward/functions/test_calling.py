"""A call of a user's function in TRL's and in verl's form: its arguments, its results, its faults. No processes."""

from __future__ import annotations

import urllib.error
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import requests

from specs.errors import SpecError
from tasks.errors import Unjudged
from tasks.plugins import error_line
from tasks.reward.functions.calling import Answer, Callee, Fault, Request, packed_ids
from tasks.reward.functions.services import is_of_a_service
from tasks.reward.functions.signature import signature_of
from tests.tasks.reward.functions.tools import written

CHAT = ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "1 + 1?"})


def called(function: Callable[..., Any], *texts: str, prompt: Any = "q", args: Any = None, **columns: Any) -> Any:
    args = args or {}
    signature = signature_of(function, args)
    assert not signature.missing(columns, args)
    ids = tuple(packed_ids((7, len(text))) for text in texts)
    request = Request(prompt, signature.columns(columns), texts, ids, 5)
    return Callee(function, signature, args, repr, str).call(request, lambda: "")


def test_trls_arguments_of_a_text_prompt() -> None:
    seen: dict[str, Any] = {}

    def f(prompts: Any, completions: Any, completion_ids: Any, trainer_state: Any, **columns: Any) -> list[float]:
        seen.update(locals())
        return [1.0] * len(prompts)

    assert called(f, "a", "bb", answer="2", level=[1], args={"target": 3}).values == [1.0, 1.0]
    assert seen["prompts"] == ["q", "q"] and seen["completions"] == ["a", "bb"]
    assert seen["completion_ids"] == [[7, 1], [7, 2]] and seen["trainer_state"].global_step == 5
    rest = seen["columns"]
    assert (rest["answer"], rest["level"], rest["target"]) == (["2", "2"], [[1], [1]], 3)
    assert set(rest) == {"answer", "level", "target", "log_extra", "log_metric"}


def test_trls_arguments_of_a_chat_prompt() -> None:
    def f(prompts: Any, completions: Any, **kwargs: Any) -> list[float]:
        assert prompts == [list(CHAT)] * 2
        return [float(completion[0]["content"]) for completion in completions]

    assert called(f, "1", "2", prompt=CHAT).values == [1.0, 2.0]


def test_a_function_is_given_what_its_signature_names() -> None:
    assert called(lambda completions, answer: [float(c == a) for c, a in zip(completions, answer, strict=True)],
                  "1", "2", answer="2", other=3).values == [0.0, 1.0]  # fmt: skip


def rest_for_form(completions: Any, **kwargs: Any) -> list[float]:
    return [0.0 for _ in completions]


def rest_in_a_closure(completions: Any, **kwargs: Any) -> list[float]:
    return [float(kwargs["x"][0]) for _ in completions]


def rest_by_locals(completions: Any, **kwargs: Any) -> list[float]:
    return [float(locals()["kwargs"]["x"][0])]


def rest_read(completions: Any, *positional: Any, **kwargs: Any) -> list[float]:
    return [float(kwargs["x"][0])]


class Instance:
    def __call__(self, completions: Any, **kwargs: Any) -> list[float]:
        return [0.0 for _ in completions]


@pytest.mark.parametrize(
    ("function", "reads"),
    [
        (rest_for_form, False),
        (Instance(), False),
        (rest_in_a_closure, True),
        (rest_by_locals, True),
        (rest_read, True),
    ],
)
def test_columns_are_sent_where_the_function_can_read_them(function: Any, reads: bool) -> None:
    signature = signature_of(function, {})
    assert signature.reads("x") is reads and signature.reads("completions")
    assert called(function, "a", x=4).values == [4.0 if reads else 0.0]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"ground_truth": "2", "answer": "9"}, "2"),
        ({"reward_model": {"ground_truth": "2", "style": "rule"}, "answer": "9"}, "2"),
        ({"answer": "2"}, "2"),
    ],
)
def test_verls_form(columns: dict[str, Any], expected: str) -> None:
    def compute_score(data_source: str, solution_str: str, ground_truth: str, extra_info: Any = None, *, scale: int):
        assert (data_source, ground_truth, extra_info) == ("gsm8k", expected, {"index": 1})
        return {"score": scale * (solution_str == ground_truth), "seen": solution_str}

    answer = called(compute_score, "2", "3", data_source="gsm8k", extra_info={"index": 1}, args={"scale": 2}, **columns)
    assert answer.values == [2.0, 0.0] and answer.extra == [{"seen": "2"}, {"seen": "3"}]


async def awaits(completions: Any, **kwargs: Any) -> list[float]:
    return [1.0] * len(completions)


async def compute_score(solution_str: str, ground_truth: str) -> float:
    return float(solution_str == ground_truth)


def test_async_functions_are_awaited() -> None:
    assert called(awaits, "a", "b").values == [1.0, 1.0]
    assert called(compute_score, "a", "b", answer="b").values == [0.0, 1.0]


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ([1, None], [1.0, None]),
        ((True, 0.5), [1.0, 0.5]),
        ([np.float32(0.5), np.array(2)], [0.5, 2.0]),
        (np.array([1, 2]), [1.0, 2.0]),
    ],
)
def test_scores(result: Any, expected: list[float | None]) -> None:
    assert called(lambda completions: result, "a", "b").values == expected


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ([1.0], "returned 1 scores for 2 responses"),
        ([1.0, 2.0, 3.0], "returned 3 scores for 2"),
        (1.0, "returned 1.0, want a list with one finite number, or None, for each response"),
        ("12", "returned '12', want a list"),
        (None, "returned None, want a list"),
        (["1", 2], "returned '1' for response 0"),
        ([0, float("nan")], "returned nan for response 1"),
        ([float("inf"), 0], "returned inf for response 0"),
        ([0, -1e200], "returned -1e+200 for response 1"),
        ([[1.0], 2.0], "for response 0"),
        ({"a": 1, "b": 2}, "want a list"),
    ],
)
def test_what_is_no_list_of_scores_says_what_is_wanted(result: Any, says: str) -> None:
    fault = called(lambda completions: result, "a", "b")
    assert isinstance(fault, Fault) and says in fault.text and not fault.service


def test_what_is_logged() -> None:
    def f(completions: Any, log_extra: Any, log_metric: Any) -> list[float]:
        log_extra("length", [len(each) for each in completions])
        log_metric("seen", np.float64(2))
        return [0.0] * len(completions)

    answer = called(f, "a", "bb")
    assert answer == Answer([0.0, 0.0], [{"length": "1"}, {"length": "2"}], [("seen", 2.0)], "")

    def wrong(completions: Any, log_extra: Any) -> list[float]:
        log_extra("length", [1])
        return [0.0] * len(completions)

    assert "log_extra('length'): 1 values for 2 responses" in called(wrong, "a", "b").text


def test_half_of_a_surrogate_pair_is_replaced() -> None:
    """A row with "\\ud83d" alone is JSON, and neither Parquet nor a page can hold it."""

    def logs(completions: Any, log_extra: Any) -> list[float]:
        log_extra("answer", ["\ud83d"] * len(completions))
        return [0.0] * len(completions)

    assert called(logs, "a").extra == [{"answer": "?"}]


def test_signatures_that_cannot_be_called() -> None:
    for function, args, says in (
        (lambda completions, /: [], {}, "completions by position"),
        (lambda completions: [], {"target": 1}, "target: the function has no such parameter; it has completions"),
        (rest_for_form, {"target": 1}, "target: the function has no such parameter; it has completions"),
        (lambda **kwargs: [], {"prompts": 1}, "args: prompts: the trainer gives it"),
        (Instance, {}, "is a class"),
    ):
        with pytest.raises(SpecError, match=says):
            signature_of(function, args)


def test_columns_that_are_missing() -> None:
    def f(completions: Any, solution: Any, level: int = 0, target: int = 0, **kwargs: Any) -> None: ...

    assert signature_of(f, {}).missing({"answer": "2"}, {}) == ["solution"]
    assert signature_of(f, {}).missing({"solution": "2"}, {}) == []
    assert signature_of(compute_score, {}).missing({"question": "2"}, {}) == ["ground_truth"]


def test_a_fault_names_the_users_line(tmp_path: Path) -> None:
    path = written(tmp_path, "def f(completions):\n    x = {}\n    return x['a']\n")
    space: dict[str, Any] = {}
    exec(compile(path.read_text(), path, "exec"), space)
    callee = Callee(space["f"], signature_of(space["f"], {}), {}, partial(error_line, path=path), str)
    fault = callee.call(Request("q", {}, ("a",), (), 0), lambda: "")
    assert fault == Fault(f"it raised KeyError: 'a' ({path}:3)", False)


REQUEST = httpx.Request("POST", "http://judge/v1")


class APIConnectionError(Exception):
    """As openai's and anthropic's classes are named."""


class APITimeoutError(APIConnectionError): ...


@pytest.mark.parametrize(
    ("error", "service"),
    [
        (Unjudged("the judge is away"), True),
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (httpx.ConnectError("x"), True),
        (httpx.ReadTimeout("x"), True),
        (httpx.HTTPStatusError("x", request=REQUEST, response=httpx.Response(503)), True),
        (httpx.HTTPStatusError("x", request=REQUEST, response=httpx.Response(401)), False),
        (requests.ConnectionError(), True),
        (requests.Timeout(), True),
        (APITimeoutError(), True),
        (urllib.error.URLError("x"), True),
        (urllib.error.HTTPError("http://judge", 502, "x", {}, None), True),  # type: ignore[arg-type]
        (urllib.error.HTTPError("http://judge", 404, "x", {}, None), False),  # type: ignore[arg-type]
        (KeyError("x"), False),
        (OSError("no such file"), False),
        (SystemExit(500), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_of_services(error: BaseException, service: bool) -> None:
    assert is_of_a_service(error) is service

    def f(completions: Any) -> list[float]:
        raise error

    fault = called(f, "a")
    assert fault.service is service and type(error).__name__ in fault.text
