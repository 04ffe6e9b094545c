"""The command `python -m tasks.evaluate.metrics check FILE.json`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tasks.errors import DataError
from tasks.evaluate.metrics.check import check


def main() -> int:
    """Run the command; return 0, 1 if a metric differs, or 2 if there is no file of cases."""
    parser = argparse.ArgumentParser(
        prog="python -m tasks.evaluate.metrics", description="Checks the metrics against exact values."
    )
    parser.add_argument("command", choices=("check",))
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    if not arguments.file.is_file():
        print(f"error: no file {arguments.file}", file=sys.stderr)
        return 2
    try:
        cases, differences = check(arguments.file)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for line in differences:
        print(line)
    print(f"{cases} cases, {len(differences)} differ")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
