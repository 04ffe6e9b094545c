"""`python -m tasks.reward.math check FILE.jsonl [--workers N] [--deadline S]`: run a file of equivalence rows.

A row is `{"id", "gold", "answer", "expected": bool, ...}`. The command prints each row that differs, and last the line
`N rows, N agree, N false positives, N false negatives, N errors, slowest N s`. The file is read as training data is.
Its exit status is 1 if any row differs, 2 if a line is no row.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from tasks.data.sources.jsonl import parsed_line, read_lines
from tasks.errors import DataError, VerifierError
from tasks.records import Problem, Verdict
from tasks.reward.math import MathVerifier

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def row_of(line: bytes, where: str) -> Mapping[str, Any]:
    """Return the equivalence row of one line; DataError, which opens with `where`, for a line that is none."""
    row = parsed_line(line, where)
    if not isinstance(row.get("gold"), str) or not isinstance(row.get("answer"), str):
        raise DataError(f"{where}: no equivalence row: gold and answer must be texts")
    if not isinstance(row.get("expected"), bool):
        raise DataError(f"{where}: no equivalence row: expected must be true or false")
    return row


def has_gold(problem: Problem) -> bool:
    """Return True if the problem's gold answer can be read."""
    try:
        MathVerifier.check_reference(problem)
    except VerifierError:
        return False
    return True


@dataclass(slots=True)
class Tally:
    """Rows by what came of them; `slowest` in seconds."""

    rows: int = 0
    unreadable: int = 0
    not_judged: int = 0
    wrong_yes: int = 0
    wrong_no: int = 0
    slowest: float = 0.0

    @property
    def agree(self) -> int:
        """Return how many rows have the verdict that they expect."""
        return self.rows - self.unreadable - self.not_judged - self.wrong_yes - self.wrong_no

    def summary(self) -> str:
        """Return the last line of the output."""
        return (
            f"{self.rows} rows, {self.agree} agree, {self.wrong_yes} false positives, {self.wrong_no} false negatives, "
            f"{self.unreadable + self.not_judged} errors, slowest {self.slowest:.2f} s"
        )


def check(path: Path, verifier: MathVerifier) -> Tally:
    """Verify every row by itself, print what differs and the summary; return the counts.

    A line that is no row is named on standard error and counted; the others are verified all the same. DataError for a
    file that cannot be read, or has no line.
    """
    tally = Tally()
    for where, line in read_lines(str(path), str(path)):
        tally.rows += 1
        try:
            row = row_of(line, where)
        except DataError as error:
            tally.unreadable += 1
            print(error, file=sys.stderr)
            continue
        name = str(row.get("id", tally.rows - 1))
        problem = Problem(id=name, prompt=(), verifier="math", reference={"answer": row["gold"]})
        start = time.monotonic()
        verdict: Verdict = verifier.verify([(problem, row["answer"])])[0]
        tally.slowest = max(tally.slowest, time.monotonic() - start)
        if not verdict.judged and has_gold(problem):  # an unreadable gold is never accepted
            tally.not_judged += 1
            print(f"{problem.id}: not judged: {verdict.detail}")
            continue
        accepted = verdict.score == 1.0
        if accepted != row["expected"]:
            tally.wrong_yes += accepted
            tally.wrong_no += not accepted
            shown = row["answer"] if len(row["answer"]) < 200 else row["answer"][:100] + " ... " + row["answer"][-80:]
            flag = f" [{row['policy']}]" if row.get("policy") else ""
            kind = "false positive" if accepted else "false negative"
            print(
                f"{problem.id}: {kind}{flag}: gold {row['gold'][:100]!r}, answer {shown!r}, "
                f"read as {verdict.answer!r} {verdict.detail}"
            )
    if not tally.rows:
        raise DataError(f"{path}: no row: each line is one JSON object with gold, answer and expected")
    print(tally.summary())
    return tally


@app.callback()
def mathematics() -> None:
    """Check the mathematics verifier."""  # with a callback, `check` stays a word of the command


@app.command("check")
def check_file(
    file: Path,
    workers: int = 1,
    deadline: Annotated[float, typer.Option(help="Seconds for each row.")] = 5.0,
) -> None:
    """Run a file of equivalence rows; the exit status is 1 if one differs, 2 if the file or a row cannot be read."""
    try:
        with MathVerifier(deadline, workers) as verifier:
            tally = check(file, verifier)
    except (DataError, ValueError) as error:
        typer.echo(error, err=True)
        raise typer.Exit(2) from error
    raise typer.Exit(2 if tally.unreadable else 0 if tally.agree == tally.rows else 1)


if __name__ == "__main__":
    app(prog_name="python -m tasks.reward.math")
