"""`python -m tasks.reward.math check FILE.jsonl [--workers N] [--deadline S]`: run a file of equivalence rows.

A row is `{"id", "gold", "answer", "expected": bool, ...}`. The command prints each row that differs, and last the line
`N rows, N agree, N false positives, N false negatives, N errors, slowest N s`. Its exit status is 1 if any row differs.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from tasks.errors import VerifierError
from tasks.records import Problem, Verdict
from tasks.reward.math import MathVerifier

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a JSON Lines file; ValueError names a line that is no row."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                if (
                    not isinstance(row["gold"], str)
                    or not isinstance(row["answer"], str)
                    or not isinstance(row["expected"], bool)
                ):
                    raise ValueError("gold and answer must be texts, expected true or false")
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}:{number}: no equivalence row ({type(error).__name__}: {error})") from error
            yield row


def has_gold(problem: Problem) -> bool:
    """Return True if the problem's gold answer can be read."""
    try:
        MathVerifier.check_reference(problem)
    except VerifierError:
        return False
    return True


def check(path: Path, verifier: MathVerifier) -> int:
    """Verify every row by itself, print what differs and the summary; return the number of rows that differ."""
    count = wrong_yes = wrong_no = errors = 0
    slowest = 0.0
    for row in rows(path):
        problem = Problem(id=str(row.get("id", count)), prompt=(), verifier="math", reference={"answer": row["gold"]})
        count += 1
        start = time.monotonic()
        verdict: Verdict = verifier.verify([(problem, row["answer"])])[0]
        slowest = max(slowest, time.monotonic() - start)
        if not verdict.judged and has_gold(problem):  # an unreadable gold is never accepted
            errors += 1
            print(f"{problem.id}: not judged: {verdict.detail}")
            continue
        accepted = verdict.score == 1.0
        if accepted != row["expected"]:
            wrong_yes += accepted
            wrong_no += not accepted
            shown = row["answer"] if len(row["answer"]) < 200 else row["answer"][:100] + " ... " + row["answer"][-80:]
            flag = f" [{row['policy']}]" if row.get("policy") else ""
            kind = "false positive" if accepted else "false negative"
            print(
                f"{problem.id}: {kind}{flag}: gold {row['gold'][:100]!r}, answer {shown!r}, "
                f"read as {verdict.answer!r} {verdict.detail}"
            )
    agree = count - wrong_yes - wrong_no - errors
    print(
        f"{count} rows, {agree} agree, {wrong_yes} false positives, {wrong_no} false negatives, {errors} errors, "
        f"slowest {slowest:.2f} s"
    )
    return count - agree


@app.callback()
def mathematics() -> None:
    """Check the mathematics verifier."""  # with a callback, `check` stays a word of the command


@app.command("check")
def check_file(
    file: Path,
    workers: int = 1,
    deadline: Annotated[float, typer.Option(help="Seconds for each row.")] = 5.0,
) -> None:
    """Run a file of equivalence rows; the exit status is 1 if one differs, 2 if the file cannot be read."""
    try:
        with MathVerifier(deadline, workers) as verifier:
            differing = check(file, verifier)
    except (OSError, ValueError) as error:
        typer.echo(error, err=True)
        raise typer.Exit(2) from error
    raise typer.Exit(1 if differing else 0)


if __name__ == "__main__":
    app(prog_name="python -m tasks.reward.math")
