"""The command line of the sandbox, on the jail."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.__main__ import main
from tests.backends import require

ROOT = Path(__file__).parents[2]
SUM = {"test_type": "stdin", "tests": [{"input": "1 2\n", "output": "3\n"}, {"input": "5 6\n", "output": "11\n"}]}
RIGHT, GUESS = "print(sum(map(int, input().split())))", "print(3)"


def sandbox(*arguments: str | Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    require("jail")
    command = [sys.executable, "-m", "sandbox", *map(str, arguments), "--backend", "jail"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, input=stdin, timeout=500)


def last(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.fixture
def in_process() -> Iterator[None]:
    """Restore the handler that `main` sets."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "problem.json").write_text(json.dumps(SUM))
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "guess.py").write_text(GUESS)
    (tmp_path / "input.txt").write_text("1 2\n")
    return tmp_path


def test_check() -> None:
    done = sandbox("check", "--slots", "1")
    assert done.returncode == 0 and last(done) == {
        "backend": "jail",
        "slots": 1,
        "image": last(done)["image"],
        "probes_contained": 14,
    }
    assert done.stderr.startswith("sandbox: jail")


def test_run(files: Path) -> None:
    done = sandbox("run", "--slots", "1", files / "right.py", "--stdin", files / "input.txt")
    assert done.returncode == 0
    assert (last(done)["status"], last(done)["stdout"]) == ("ok", "3\n")
    (files / "fails.py").write_text("1 / 0")
    done = sandbox("run", "--slots", "1", files / "fails.py")
    assert done.returncode == 1 and last(done)["status"] == "exit" and "ZeroDivisionError" in last(done)["stderr"]


def test_grade(files: Path) -> None:
    done = sandbox("grade", "--slots", "1", files / "problem.json", files / "guess.py")
    assert done.returncode == 0, done.stderr
    assert (last(done)["kind"], last(done)["score"], last(done)["trust"]) == ("wrong", 0.0, "strong")
    assert last(done)["test"] == 1 and last(done)["cpu_s"] > 0 and last(done)["wall_s"] > 0


def test_many_pairs(files: Path) -> None:
    lines = [{"problem": SUM, "program": RIGHT}, {"problem": SUM, "program": GUESS}, {"problem": SUM, "program": RIGHT}]
    (files / "pairs.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    done = sandbox("grade", "--slots", "1", "--jsonl", files / "pairs.jsonl")
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["kind"] for line in done.stdout.splitlines()] == ["accepted", "wrong", "accepted"]
    assert "1 of 3 verdicts came from the cache" in done.stderr


def test_many_programs_on_stdin(files: Path) -> None:
    programs = "\n".join(json.dumps({"program": each}) for each in (GUESS, RIGHT))
    done = sandbox("grade", "--slots", "1", files / "problem.json", "--jsonl", "-", stdin=programs)
    assert [json.loads(line)["kind"] for line in done.stdout.splitlines()] == ["wrong", "accepted"]


PAIR = json.dumps({"problem": SUM, "program": RIGHT}).encode()
BAD_LINES: dict[str, tuple[bytes, str]] = {
    "bad UTF-8": (b'{"program": "\xff"}', "not UTF-8 at byte 13 of the line"),
    "UTF-16": (PAIR.decode().encode("utf-16"), "not UTF-8 at byte 0 of the line"),
    "Latin-1": ('{"program": "é"}'.encode("latin-1"), "not UTF-8 at byte 13 of the line"),
    "no JSON": (b"x", "not JSON: "),
    "half a line": (PAIR[:-5], "not JSON: "),
    "a list": (b"[]", 'want an object with a text "program"'),
    "no program": (json.dumps({"problem": SUM}).encode(), 'want an object with a text "program"'),
    "a program that is no text": (json.dumps({"problem": SUM, "program": 3}).encode(), 'a text "program"'),
    "no problem": (json.dumps({"program": RIGHT}).encode(), "no problem: want an object in the code schema"),
    "no tests": (json.dumps({"problem": {**SUM, "tests": []}, "program": RIGHT}).encode(), "problem: tests"),
    "an unreadable test": (
        json.dumps({"problem": {**SUM, "tests": [{"input": 1, "output": "1"}]}, "program": RIGHT}).encode(),
        "problem: tests[0]",
    ),
    "an unknown checker": (
        json.dumps({"problem": {**SUM, "checker": "x"}, "program": RIGHT}).encode(),
        "problem: checker: 'x' is unknown",
    ),
    "nested too deep": (b"[" * 100_000, "not JSON: "),
}


@pytest.mark.usefixtures("in_process")
def test_a_line_that_cannot_be_used_costs_no_other_verdict(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    require("jail")
    lines = [line for bad, _ in BAD_LINES.values() for line in (bad.replace(b"\n", b""), PAIR)]
    (files / "pairs.jsonl").write_bytes(b"\xef\xbb\xbf" + PAIR + b"\r\n" + b"\n".join(lines))
    assert main(["grade", "--backend", "jail", "--slots", "1", "--jsonl", str(files / "pairs.jsonl")]) == 2
    out, err = capsys.readouterr()
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer.get("kind") for answer in answers] == ["accepted", *[None, "accepted"] * len(BAD_LINES)]
    errors = [answer["error"] for answer in answers if "error" in answer]
    for number, (error, (_, said)) in enumerate(zip(errors, BAD_LINES.values(), strict=True)):
        assert f"pairs.jsonl:{2 * number + 2}: " in error and said in error
        assert f"error: {error}\n" in err


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n \n"])
def test_a_file_without_programs_is_an_error(files: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    require("jail")
    (files / "pairs.jsonl").write_bytes(content)
    assert main(["grade", "--backend", "jail", "--slots", "1", "--jsonl", str(files / "pairs.jsonl")]) == 2
    assert "pairs.jsonl: it holds no program" in capsys.readouterr().err


@pytest.mark.usefixtures("in_process")
def test_a_byte_order_mark_is_no_part_of_a_file(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    require("jail")
    (files / "problem.json").write_text(json.dumps(SUM), encoding="utf-8-sig")
    (files / "right.py").write_text(RIGHT, encoding="utf-8-sig")
    (files / "latin.json").write_bytes(json.dumps({**SUM, "id": "é"}, ensure_ascii=False).encode("latin-1"))
    options = ["--backend", "jail", "--slots", "1"]
    assert main(["grade", *options, str(files / "problem.json"), str(files / "right.py")]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "accepted"
    assert main(["grade", *options, str(files / "latin.json"), str(files / "right.py")]) == 2
    assert "latin.json: not UTF-8 at byte" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("grade", "problem.json"), "wants a problem and a program"),
        (("grade", "missing.json", "right.py"), "missing.json: No such file"),
        (("grade", "right.py", "right.py"), "right.py: not JSON"),
        (("grade", "bad.json", "right.py"), "bad.json: problem: tests: a list with at least one test is needed"),
        (("grade", "list.json", "right.py"), "list.json: no problem"),
        (("grade", "--jsonl", "bad.json"), 'bad.json:1: want an object with a text "program"'),
        (("grade", "problem.json", "right.py", "--memory-mb", "0"), "memory_mb"),
        (("run", "missing.py"), "missing.py: No such file"),
        (("check", "--slots", "0"), "--slots 0: at least 1"),
    ],
)
@pytest.mark.usefixtures("in_process")
def test_what_cannot_be_used_is_one_line(
    files: Path, arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    require("jail")
    (files / "bad.json").write_text('{"test_type": "stdin"}')
    (files / "list.json").write_text("[]")
    given = [str(files / part) if "." in part else part for part in arguments]
    assert main([*given, "--backend", "jail", *(() if "--slots" in given else ("--slots", "1"))]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("sandbox: ")]
    assert line.startswith("error: ") and says in line
