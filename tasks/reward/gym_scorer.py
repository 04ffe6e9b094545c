"""Score answers by reasoning-gym. The text of this file is the program of a job in the sandbox, never imported there.

Stdin is {"dataset": name, "config": {...}, "items": [{"entry": ..., "answer": text}, ...], "cpu_s": s}. Stdout gets the
line "ready", then one JSON line for each item, in order: {"score": x}, or {"ended": kind} with time_limit, memory_limit
or runtime_error. Each answer is scored in a process of its own, which has no way to stdout: it hands its score over a
pipe, and is killed at its limit. Nine scorers evaluate their answer as Python. Here they get literals
(`ast.literal_eval`) and arithmetic alone (`plain`): no attribute, no text, no name but those of functions and
variables. So no code of an answer runs, and none can hand over a score that the scorer did not compute.
"""

from __future__ import annotations

import ast
import json
import math
import os
import re
import resource
import select
import signal
import sys
from collections.abc import Mapping
from typing import Any

#: The data sets whose scorers call `eval`, and those that call sympy's `parse_expr`, with the answer.
LITERALS = frozenset({"string_insertion", "spiral_matrix", "binary_matrix", "n_queens"})
EXPRESSIONS = frozenset(
    {"countdown", "puzzle24", "simple_integration", "intermediate_integration", "polynomial_multiplication"}
)
_FUNCTIONS = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "asin",
        "acos",
        "atan",
        "acot",
        "sinh",
        "cosh",
        "tanh",
        "asinh",
        "acosh",
        "atanh",
        "exp",
        "log",
        "ln",
        "sqrt",
        "cbrt",
        "Abs",
        "abs",
        "sign",
        "pi",
        "erf",
        "erfc",
        "gamma",
        "Rational",
        "alpha",
        "beta",
        "theta",
    ]
)
_TOKEN = re.compile(r"\s+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+|[A-Za-z]+|\*\*|[-+*/^(),]")
_LONGEST = 10_000  # characters of an expression
_RESERVE = 512 << 20  # bytes of the job's memory that an answer leaves to the process that watches it


def plain(text: str) -> bool:
    """Return whether a text is arithmetic: numbers, operators, parentheses, letters and functions of mathematics."""
    at = 0
    while at < len(text) <= _LONGEST:
        found = _TOKEN.match(text, at)
        if found is None or (len(word := found.group()) > 1 and word.isalpha() and word not in _FUNCTIONS):
            return False
        at = found.end()
    return at == len(text)


def guard(name: str, module: Any) -> None:
    """Take from a data set's scorer the means to run code of an answer."""
    if name in LITERALS:
        module.eval = ast.literal_eval
    if name in EXPRESSIONS:
        import sympy

        parse = sympy.parse_expr

        def parse_plain(text: str, *args: Any, **kwargs: Any) -> Any:
            if not plain(text):
                raise ValueError("no plain expression")
            return parse(text, *args, **kwargs)

        sympy.parse_expr = parse_plain
        if hasattr(module, "parse_expr"):
            module.parse_expr = parse_plain


def main() -> None:
    """Score all items of the job."""
    job = json.load(sys.stdin)
    lines, nothing = os.dup(1), os.open("/dev/null", os.O_RDWR)
    os.dup2(nothing, 1)  # some data sets print
    import reasoning_gym

    dataset = reasoning_gym.create_dataset(job["dataset"], **job["config"])
    guard(job["dataset"], sys.modules[type(dataset).__module__])
    os.write(lines, b'"ready"\n')
    for item in job["items"]:
        line = _scored(dataset, item, job["cpu_s"], (lines, nothing))
        os.write(lines, json.dumps(line).encode() + b"\n")


def _scored(dataset: Any, item: Mapping[str, Any], cpu_s: int, closed: tuple[int, ...]) -> dict[str, Any]:
    """Return the line of one item, scored in a process without the descriptors `closed`."""
    source, sink = os.pipe()
    pid = os.fork()
    if pid == 0:
        _child(dataset, item, cpu_s, sink, (*closed, source))
    os.close(sink)
    ready = select.select([source], [], [], 3 * cpu_s + 2)[0]
    said = os.read(source, 64) if ready else b""
    os.close(source)
    os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    if said:
        score = float(said)
        return {"score": score} if math.isfinite(score) else {"ended": "runtime_error"}
    if not ready or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        return {"ended": "time_limit"}
    memory = os.WIFEXITED(status) and os.WEXITSTATUS(status) == 86
    return {"ended": "memory_limit" if memory else "runtime_error"}


def _child(dataset: Any, item: Mapping[str, Any], cpu_s: int, sink: int, closed: tuple[int, ...]) -> None:
    """Score an item, write the score to `sink` and end, with status 86 where the memory is exhausted."""
    for fd in closed:
        os.close(fd)
    nothing = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2, 3):  # 3: the job's results
        os.dup2(nothing, fd)
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    resource.setrlimit(resource.RLIMIT_AS, (most - _RESERVE, most - _RESERVE))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    try:
        score = float(dataset.score_answer(item["answer"], item["entry"]))
        os.write(sink, repr(score).encode())
        os._exit(0)
    except MemoryError:
        os._exit(86)
    except BaseException:  # a scorer may raise anything
        os._exit(1)


if __name__ == "__main__":
    main()
