"""Checkers: trusted functions for problems with more than one right output, named by a problem's key `checker`.

A name is only looked up in this registry; data never causes an import. To add a checker, decorate it with
`@register("my_checker")` in a module that is imported before grading.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable

from sandbox import compare

#: (input, output, expected) -> None where the output is right, else the reason. The program may output any bytes.
Checker = Callable[[str, bytes, str], str | None]
_REGISTRY: dict[str, Checker] = {}
FLOAT_TOLERANCE = 1e-6


def register(name: str) -> Callable[[Checker], Checker]:
    """Return a decorator that registers a checker. Raises ValueError where the name is taken."""

    def put(checker: Checker) -> Checker:
        if name in _REGISTRY:
            raise ValueError(f"checker {name!r} is there already: choose another name")
        _REGISTRY[name] = checker
        return checker

    return put


def find(name: str) -> Checker:
    """Return a checker by its name. Raises ValueError for an unknown name."""
    try:
        return _REGISTRY[name]
    except KeyError:
        near = difflib.get_close_matches(name, _REGISTRY, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(
            f"checker: {name!r} is unknown; {hint}there are {', '.join(sorted(_REGISTRY))} "
            "(see sandbox/checkers.py: register)"
        ) from None


def check(checker: Checker, given: str, output: bytes, expected: str) -> str | None:
    """Run a checker and return its reason. An exception in it means that the output is wrong."""
    try:
        return checker(given, output, expected)
    except Exception as error:
        return f"the checker could not read the output: {type(error).__name__}: {error}"[:300]


@register("tokens")
def tokens(given: str, output: bytes, expected: str) -> str | None:
    """Accept the same tokens in the same order, with any white space."""
    return compare.tokens(output, expected)


@register("tokens_any_case")
def tokens_any_case(given: str, output: bytes, expected: str) -> str | None:
    """Accept the same tokens as `tokens`, in upper or lower case."""
    return compare.tokens(output.lower(), expected.lower())


@register("floats")
def floats(given: str, output: bytes, expected: str) -> str | None:
    """Accept the same tokens as `tokens`, with numbers that differ by up to 1e-6, absolutely or relatively."""
    return compare.tokens(output, expected, FLOAT_TOLERANCE)


@register("unordered_lines")
def unordered_lines(given: str, output: bytes, expected: str) -> str | None:
    """Accept the same lines in any order, each as many times as expected."""
    want = [line.rstrip() for line in expected.encode("utf-8", "surrogatepass").rstrip().split(b"\n")]
    output = output.rstrip()
    if output.count(b"\n") + 1 != len(want):
        return f"{output.count(10) + 1} lines instead of {len(want)}"
    missing = Counter(want) - Counter(line.rstrip() for line in output.split(b"\n"))
    return f"no line {compare.preview(next(iter(missing)))}" if missing else None
