"""The command line of the sandbox. Messages go to stderr; the last line of stdout is the answer, as JSON.

    python -m sandbox check                                # test the backend of this machine
    python -m sandbox image                                # build the image of the containers
    python -m sandbox run program.py --stdin input.txt     # run one program; exits with 0 if the program did
    python -m sandbox grade problem.json program.py        # grade one program; exits with 0 if there is a verdict
    python -m sandbox grade --jsonl pairs.jsonl            # grade lines {"problem": {...}, "program": "..."}, in order
    python -m sandbox grade problem.json --jsonl programs.jsonl   # grade lines {"program": "..."} of one problem

A line that cannot be used gets {"error": ...} in the place of a verdict, and the others are graded; the exit status is
then 2. A problem has the code schema: `tests`, `test_type` (stdin, functional, python), `entry_point`, `starter_code`,
`setup_code`, `timeout_s`, `checker`, `tolerance`. Files are UTF-8, with or without a byte order mark.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from sandbox.api import Sandbox
from sandbox.errors import SandboxError
from sandbox.job import Job, Limits, Result, Status
from sandbox.problem import Problem

_BATCH = 256  # programs in memory at a time, with --jsonl
_Pair = tuple[Problem, bytes]  # a problem, and a program


class UsageError(Exception):
    """An argument or an input file that cannot be used. The message is one line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand and return its exit status.

    The status is 0 for success, 1 where the sandbox failed or the program did not end well, 2 for a usage error.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `with` closes the sandbox
    try:
        return int(options.run(options))
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except SandboxError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(required=True, metavar="check | image | run | grade")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--backend",
        choices=("auto", "docker", "jail"),
        default="auto",
        help="auto takes docker where an engine answers, else the jail",
    )
    common.add_argument("--slots", type=int, default=None, help="programs run at a time (default: two per core)")
    common.add_argument(
        "--image",
        default=None,
        help="image of the containers (default: SANDBOX_IMAGE, else one that is found or built here)",
    )
    common.add_argument(
        "--cpu-s", type=float, default=None, help="CPU seconds per test (default: the problem's timeout_s, else 4)"
    )
    common.add_argument("--wall-s", type=float, default=0.0, help="wall seconds per test (default: 3 x CPU + 2)")
    common.add_argument(
        "--memory-mb",
        type=int,
        default=2048,
        help="MiB per test (default: 2048; one canonical solution of MBPP+ takes 1,200)",
    )

    check = verbs.add_parser("check", parents=[common], help="test the backend of this machine")
    check.set_defaults(run=_check)
    build = verbs.add_parser("image", parents=[common], help="build the image of the containers")
    build.set_defaults(run=_image)
    run = verbs.add_parser("run", parents=[common], help="run one program")
    run.add_argument("program", type=Path)
    run.add_argument("--stdin", type=Path, default=None, help="file for its standard input (default: none)")
    run.set_defaults(run=_run)
    grade = verbs.add_parser("grade", parents=[common], help="grade programs")
    grade.add_argument("problem", type=Path, nargs="?", help="a problem (JSON)")
    grade.add_argument("program", type=Path, nargs="?", help="a program (Python)")
    grade.add_argument(
        "--jsonl", type=str, default=None, metavar="FILE", help="many programs, one per line; - reads stdin"
    )
    grade.set_defaults(run=_grade)
    return parser


def _sandbox(options: argparse.Namespace) -> Sandbox:
    if options.slots is not None and options.slots < 1:
        raise UsageError(f"--slots {options.slots}: at least 1")
    return Sandbox(options.backend, options.slots, _limits(options, 4.0), image_name=options.image)


def _limits(options: argparse.Namespace, cpu_s: float) -> Limits:
    try:
        return Limits(
            cpu_s=cpu_s if options.cpu_s is None else options.cpu_s, wall_s=options.wall_s, memory_mb=options.memory_mb
        )
    except ValueError as error:
        raise UsageError(str(error)) from None


def _check(options: argparse.Namespace) -> int:
    with _sandbox(options) as sandbox:
        answer = {
            "backend": sandbox.backend,
            "slots": sandbox.slots,
            "image": sandbox.image,
            "probes_contained": sandbox.probes,
        }
    print(json.dumps(answer))
    return 0


def _image(options: argparse.Namespace) -> int:
    from sandbox import container_engine, image  # here, since the jail needs no package docker

    client = container_engine.connect()
    try:
        print(json.dumps({"image": image.resolve(client, options.image) if options.image else image.build(client)}))
    finally:
        client.close()
    return 0


def _run(options: argparse.Namespace) -> int:
    program, stdin = _bytes(options.program), _bytes(options.stdin) if options.stdin else b""
    with _sandbox(options) as sandbox:
        result = sandbox.run(Job("stdin", program, stdin=stdin, limits=sandbox.limits))
    print(json.dumps(_result_json(result)))
    return 0 if result.status is Status.OK else 1


def _result_json(result: Result) -> dict[str, Any]:
    return {
        "status": result.status,
        "code": result.code,
        "stdout": result.stdout.decode(errors="backslashreplace"),
        "stderr": result.stderr.decode(errors="backslashreplace"),
        "cpu_s": round(result.cpu_s, 4),
        "wall_s": round(result.wall_s, 4),
        "memory_bytes": result.memory_bytes,
    }


def _grade(options: argparse.Namespace) -> int:
    if options.jsonl is None and (options.problem is None or options.program is None):
        raise UsageError("grade wants a problem and a program, or --jsonl FILE")
    if options.jsonl is not None and options.program is not None:
        raise UsageError("grade wants a program or --jsonl, not both")
    name = str(options.problem)
    common = _problem(_json(_bytes(options.problem), name, name), name) if options.problem else None
    pairs: Iterator[_Pair | UsageError]
    if options.jsonl is None:
        assert common is not None
        pairs = iter([(common, _bytes(options.program))])
    else:
        pairs = _pairs(options.jsonl, common)
    status = 0
    with _sandbox(options) as sandbox:
        while batch := list(islice(pairs, _BATCH)):
            for answer in _answers(batch, sandbox, options):
                if "error" in answer:
                    print(f"error: {answer['error']}", file=sys.stderr)
                    status = 2
                elif answer["score"] is None:
                    status = max(status, 1)
                print(json.dumps(answer), flush=True)
        hits, misses = sandbox.cache.hits, sandbox.cache.misses
    if hits:
        print(f"{hits} of {hits + misses} verdicts came from the cache", file=sys.stderr)
    return status


def _answers(
    batch: Sequence[_Pair | UsageError], sandbox: Sandbox, options: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """Yield a verdict for each pair, and an error for each line that is none, in order."""
    good = [pair for pair in batch if not isinstance(pair, UsageError)]
    limits = [_limits(options, problem.timeout_s or sandbox.limits.cpu_s) for problem, _ in good]
    verdicts = iter(sandbox.grade_many([(*pair, limit) for pair, limit in zip(good, limits, strict=True)]))
    for each in batch:
        yield {"error": str(each)} if isinstance(each, UsageError) else next(verdicts).to_json()


def _pairs(name: str, common: Problem | None) -> Iterator[_Pair | UsageError]:
    """Yield what the lines hold, or why one cannot be used. Raises UsageError for a file that holds none."""
    empty = True
    try:
        with nullcontext(sys.stdin.buffer) if name == "-" else open(name, "rb") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.removeprefix(BOM_UTF8).strip():
                    continue
                empty = False
                try:
                    yield _pair(line, f"{name}:{number}", common)
                except UsageError as error:
                    yield error
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}") from error
    if empty:
        raise UsageError(f"{name}: it holds no program: want lines with an object each")


def _pair(line: bytes, where: str, common: Problem | None) -> _Pair:
    row = _json(line, where, "the line")
    if not isinstance(row, dict) or not isinstance(row.get("program"), str):
        raise UsageError(f'{where}: want an object with a text "program"')
    return common or _problem(row.get("problem"), where), row["program"].encode("utf-8", "surrogatepass")


def _problem(row: object, where: str) -> Problem:
    if not isinstance(row, dict):
        raise UsageError(f"{where}: no problem: want an object in the code schema (tests, test_type, ...)")
    try:
        return Problem.read(row)
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from error


def _json(data: bytes, where: str, whole: str) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UsageError(f"{where}: not UTF-8 at byte {error.start} of {whole}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: not JSON: {error}") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error


if __name__ == "__main__":
    sys.exit(main())
