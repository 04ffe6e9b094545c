"""Hostile programs and problems that are made here, since they are too long for a file or are no text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.verdict import Kind
from tests.sandbox.hostile.case import Case, limits_for


def problems() -> Iterator[dict[str, Any]]:
    """Yield a problem whose input is 100 MB: the sum of the integers in the first line."""
    pad = ("x" * 999 + "\n") * 100_000
    yield {
        "id": "big_stdin",
        "source": "hostile",
        "split": "test",
        "prompt": "Print the sum of the first line's two integers.",
        "prompt_style": "stdin",
        "starter_code": "",
        "entry_point": None,
        "test_type": "stdin",
        "timeout_s": 10,
        "tests": [{"input": f"3 4\n{pad}", "output": "7\n"}, {"input": f"-10 4\n{pad[:1000]}", "output": "-6\n"}],
        "reference_solution": "a, b = map(int, input().split())\nprint(a + b)\n",
    }


_SUM = b"a, b = map(int, input().split())\nprint(a + b)\n"


def _made(name: str, want: str, why: str, program: bytes | str) -> Case:
    kinds = frozenset(Kind(word) for word in want.split(", "))
    return Case(f"source/{name}", "sum", kinds, why, program, limits_for(kinds, {}))


CASES = (
    _made("empty", "wrong", "no program at all", b""),
    _made("nul", "compile_error", "a NUL in the source", _SUM + b"x = '\x00'\n"),
    _made("invalid_utf_8", "compile_error", "a source that is no UTF-8", b"x = '\xff\xfe'\n" + _SUM),
    _made(
        "lone_surrogate", "compile_error", "a source as text that cannot be encoded", "x = '\ud800'\n" + _SUM.decode()
    ),
    _made("noise", "compile_error", "bytes that are no text", bytes(range(256)) * 40),
    _made(
        "prose",
        "compile_error",
        "an answer in words",
        b"The answer is simple: add both numbers.\n```python\nprint(5)\n```\n",
    ),
    _made("byte_order_mark", "accepted", "a byte order mark at the beginning", b"\xef\xbb\xbf" + _SUM),
    _made("crlf", "accepted", "lines that end as on Windows", _SUM.replace(b"\n", b"\r\n")),
    _made(
        "carriage_returns", "accepted", "lines that end as on old Macs: Python takes them", _SUM.replace(b"\n", b"\r")
    ),
    _made("form_feeds", "accepted", "form feeds between lines", b"\x0c\n" + _SUM.replace(b"\n", b"\n\x0c")),
    _made("no_last_newline", "accepted", "no line end at the end", _SUM.rstrip()),
    _made(
        "latin_1",
        "accepted",
        "an encoding that is declared",
        b"# -*- coding: latin-1 -*-\nx = '\xe9'\nassert len(x) == 1\n" + _SUM,
    ),
    _made(
        "deep_parentheses",
        "compile_error, runtime_error",
        "parentheses 100,000 deep",
        b"x = " + b"(" * 100_000 + b")" * 100_000 + b"\n" + _SUM,
    ),
    _made(
        "deep_brackets",
        "compile_error, runtime_error",
        "lists 190 deep, and more",
        b"x = " + b"[" * 5000 + b"]" * 5000 + b"\n" + _SUM,
    ),
    _made(
        "long_minus",
        "compile_error, runtime_error, memory_limit",
        "a million signs",
        b"x = " + b"-" * 1_000_000 + b"1\n" + _SUM,
    ),
    _made(
        "long_sum",
        "compile_error, runtime_error, memory_limit",
        "a sum of half a million terms",
        b"x = " + b"1+" * 500_000 + b"1\n" + _SUM,
    ),
    _made(
        "long_attribute",
        "compile_error, runtime_error, memory_limit",
        "half a million attributes",
        b"x = a" + b".a" * 500_000 + b"\n" + _SUM,
    ),
    _made(
        "long_elif",
        "compile_error, runtime_error, memory_limit, time_limit",
        "100,000 times elif",
        b"if 0: pass\n" + b"elif 0: pass\n" * 100_000 + _SUM,
    ),
    _made(
        "deep_indentation",
        "compile_error",
        "100 blocks in each other",
        b"".join(b" " * k + b"if 1:\n" for k in range(101)) + b" " * 101 + b"x\n" + _SUM,
    ),
    _made(
        "long_source",
        "time_limit, memory_limit, compile_error",
        "twenty megabytes of assignments",
        b"x = [1, 2]\n" * 2_000_000 + _SUM,
    ),
    _made(
        "compile_bomb",
        "wrong, memory_limit, time_limit",
        "constants that fold to more",
        b"x = " + b"(" * 60 + b"'a' * 4000" + b" * 4000)" * 60 + b"\n",
    ),
    _made(
        "long_number",
        "compile_error, wrong, runtime_error",
        "a literal of a million digits",
        b"x = " + b"7" * 1_000_000 + b"\n",
    ),
    _made(
        "null_coding",
        "compile_error, wrong",
        "an encoding in which the program is another",
        b"# -*- coding: rot13 -*-\ncevag(7)\n",
    ),
)
