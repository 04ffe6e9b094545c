"""Checkers by name: the built-in ones, a user's own, and unknown names."""

from __future__ import annotations

import pytest

from sandbox import checkers


@pytest.mark.parametrize(
    ("name", "output", "expected", "right"),
    [
        ("tokens", b"1\n2  3", "1 2\n3", True),
        ("tokens", b"1 2 3 4", "1 2 3", False),
        ("tokens", b"1 2", "1 2 3", False),
        ("tokens_any_case", b"yes NO", "YES no", True),
        ("floats", b"0.3333333333", "0.33333333", True),
        ("floats", b"0.34", "0.33", False),
        ("unordered_lines", b"b\na\n", "a\nb", True),
        ("unordered_lines", b"a\na\n", "a\nb", False),
        ("unordered_lines", b"a\nb\nb", "a\nb", False),
    ],
)
def test_built_in(name: str, output: bytes, expected: str, right: bool) -> None:
    assert (checkers.check(checkers.find(name), "", output, expected) is None) == right


def test_an_own_checker_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkers, "_REGISTRY", dict(checkers._REGISTRY))

    @checkers.register("a_divisor")
    def divisor(given: str, output: bytes, expected: str) -> str | None:
        return None if int(given) % int(output) == 0 else "no divisor"

    assert checkers.check(checkers.find("a_divisor"), "12", b"4", "") is None
    assert checkers.check(checkers.find("a_divisor"), "12", b"5", "") == "no divisor"
    reason = checkers.check(checkers.find("a_divisor"), "12", b"\xff", "")
    assert reason is not None and "could not read" in reason
    with pytest.raises(ValueError, match="there already"):
        checkers.register("a_divisor")(divisor)


@pytest.mark.parametrize("name", ["token", "os.system", "sandbox.checkers.tokens", "", "__import__"])
def test_a_name_is_never_imported(name: str) -> None:
    with pytest.raises(ValueError, match=r"checker: .* is unknown"):
        checkers.find(name)
