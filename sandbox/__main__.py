"""The sandbox on the command line. Messages go to stderr; the last line of stdout is the answer, as JSON.

    python -m sandbox check                                   # which backend runs here, and whether it holds
    python -m sandbox image                                   # build the image of the containers
    python -m sandbox run program.py --stdin input.txt        # run one program; exit status 0 where it ended with 0
    python -m sandbox grade problem.json program.py           # one verdict; exit status 0 where there is one, whatever it says
    python -m sandbox grade --jsonl pairs.jsonl               # lines {"problem": {...}, "program": "..."}; a verdict for each, in their order
    python -m sandbox grade problem.json --jsonl programs.jsonl   # lines {"program": "..."}, of one problem

A problem has the code schema: `tests`, `test_type` (stdin, functional, python), `entry_point`, `starter_code`, `setup_code`, `timeout_s`, `checker`.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sandbox import engine, image
from sandbox.api import Sandbox
from sandbox.errors import SandboxError
from sandbox.job import Job, Limits, Result, Status
from sandbox.problem import Problem

_BATCH = 256  # programs in memory at a time, with --jsonl


class UsageError(Exception):
    """What was given cannot be used. One line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0, 1 where the sandbox could not do it, 2 where what was given is wrong."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `with` ends what was started
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
        help="auto: docker where an engine answers, else the jail",
    )
    common.add_argument("--slots", type=int, default=None, help="programs at a time (default: two for each core)")
    common.add_argument(
        "--image",
        default=None,
        help="name of the containers' image (default: SANDBOX_IMAGE, or one that is built or made here)",
    )
    common.add_argument(
        "--cpu-s", type=float, default=None, help="CPU seconds of a test (default: the problem's timeout_s, else 4)"
    )
    common.add_argument("--wall-s", type=float, default=0.0, help="wall seconds of a test (default: 3 x CPU + 2)")
    common.add_argument(
        "--memory-mb",
        type=int,
        default=2048,
        help="MiB of a test (default: 2048; a canonical solution of MBPP+ takes 1,200)",
    )

    check = verbs.add_parser("check", parents=[common], help="which backend runs here, and whether it holds")
    check.set_defaults(run=_check)
    build = verbs.add_parser("image", parents=[common], help="build the image of the containers")
    build.set_defaults(run=_image)
    run = verbs.add_parser("run", parents=[common], help="run one program")
    run.add_argument("program", type=Path)
    run.add_argument("--stdin", type=Path, default=None, help="file for its standard input (default: none)")
    run.set_defaults(run=_run)
    grade = verbs.add_parser("grade", parents=[common], help="verdicts on programs")
    grade.add_argument("problem", type=Path, nargs="?", help="a problem (JSON)")
    grade.add_argument("program", type=Path, nargs="?", help="a program (Python)")
    grade.add_argument(
        "--jsonl", type=str, default=None, metavar="FILE", help="many programs, a line each; - reads stdin"
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
        print(
            json.dumps(
                {
                    "backend": sandbox.backend,
                    "slots": sandbox.slots,
                    "image": sandbox.image,
                    "probes_contained": sandbox.probes,
                }
            )
        )
    return 0


def _image(options: argparse.Namespace) -> int:
    client = engine.connect()
    try:
        print(json.dumps({"image": image.resolve(client, options.image) if options.image else image.make(client)}))
    finally:
        client.close()
    return 0


def _run(options: argparse.Namespace) -> int:
    program, stdin = _bytes(options.program), _bytes(options.stdin) if options.stdin else b""
    with _sandbox(options) as sandbox:
        result = sandbox.run(Job("stdin", program, stdin=stdin, limits=sandbox.limits))
    print(json.dumps(_shown(result)))
    return 0 if result.status is Status.OK else 1


def _shown(result: Result) -> dict[str, Any]:
    return {
        "status": result.status, "code": result.code, "stdout": result.stdout.decode(errors="backslashreplace"),
        "stderr": result.stderr.decode(errors="backslashreplace"), "cpu_s": round(result.cpu_s, 4), "wall_s": round(result.wall_s, 4),
        "memory_bytes": result.memory_bytes,
    }  # fmt: skip


def _grade(options: argparse.Namespace) -> int:
    if options.jsonl is None and (options.problem is None or options.program is None):
        raise UsageError("grade wants a problem and a program, or --jsonl FILE")
    if options.jsonl is not None and options.program is not None:
        raise UsageError("grade wants a program or --jsonl, not both")
    common = (
        _problem(_json(_bytes(options.problem).decode("utf-8", "replace"), str(options.problem)), str(options.problem))
        if options.problem
        else None
    )
    if options.jsonl is None:
        assert common is not None
        pairs = iter([(common, _bytes(options.program))])
    else:
        pairs = _pairs(options.jsonl, common)
    judged = True
    with _sandbox(options) as sandbox:
        while batch := list(islice(pairs, _BATCH)):
            limits = [_limits(options, problem.timeout_s or sandbox.limits.cpu_s) for problem, _ in batch]
            for verdict in sandbox.grade_many([(*pair, limit) for pair, limit in zip(batch, limits, strict=True)]):
                judged = judged and verdict.score is not None
                print(json.dumps(verdict.to_json()), flush=True)
        hits, misses = sandbox.cache.hits, sandbox.cache.misses
    if hits:
        print(f"{hits} of {hits + misses} verdicts came from the cache", file=sys.stderr)
    return 0 if judged else 1


def _pairs(name: str, common: Problem | None) -> Iterator[tuple[Problem, bytes]]:
    try:
        stream = sys.stdin.buffer if name == "-" else open(name, "rb")  # noqa: SIM115  (read to its end)
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            where = f"{name}:{number}"
            row = _json(line.decode("utf-8", "replace"), where)
            if not isinstance(row, dict) or not isinstance(row.get("program"), str):
                raise UsageError(f'{where}: want an object with a text "program"')
            yield common or _problem(row.get("problem"), where), row["program"].encode("utf-8", "surrogatepass")
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}") from error


def _problem(row: object, where: str) -> Problem:
    if not isinstance(row, dict):
        raise UsageError(f"{where}: no problem: want an object in the code schema (tests, test_type, ...)")
    try:
        return Problem.read(row)
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from error


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: not JSON: {error}") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error


if __name__ == "__main__":
    sys.exit(main())
