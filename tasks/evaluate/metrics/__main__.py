"""The command `python -m tasks.evaluate.metrics check FILE.json`."""

from __future__ import annotations

from pathlib import Path

import typer

from tasks.errors import DataError
from tasks.evaluate.metrics.check import check

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def metrics() -> None:
    """Check the metrics."""  # with a callback, `check` stays a word of the command


@app.command("check")
def check_file(file: Path) -> None:
    """Compare the metrics with a file of exact values; the exit status is 1 if one differs, 2 without such a file."""
    try:
        cases, differences = check(file)
    except (DataError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    for line in differences:
        print(line)
    print(f"{cases} cases, {len(differences)} differ")
    raise typer.Exit(1 if differences else 0)


if __name__ == "__main__":
    app(prog_name="python -m tasks.evaluate.metrics")
