"""Rows of a JSON Lines file, local or behind any fsspec URI (file://, s3://), plain or compressed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tasks.data.file_source import FileSource, opened
from tasks.data.sources.base import Row
from tasks.errors import DataError


class JsonlSource(FileSource):
    """A JSON Lines file."""

    def rows(self, revision: str | None = None) -> Iterator[Row]:
        """Return the rows with their `file:line`, read as they are asked for."""
        return read_jsonl(self.uri(), self.data.source)


def read_jsonl(uri: str, name: str) -> Iterator[Row]:
    """Yield the rows of `uri` with their `name:line` (from 1; blank lines are skipped).

    Raises DataError for what cannot be read.
    """
    for where, line in read_lines(uri, name):
        yield where, parsed_line(line, where)


def read_lines(uri: str, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield the lines of `uri` that are not blank, with their `name:line`. DataError for a file that cannot be read."""
    with opened(uri, name) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield f"{name}:{number}", line


def parsed_line(line: bytes, where: str) -> Mapping[str, Any]:
    """Return the JSON object of one line. DataError, which opens with `where`, for anything else."""
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: not UTF-8 at byte {error.start} of the line") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not JSON ({error}): each line must be one JSON object") from None
    if not isinstance(row, dict):
        raise DataError(f"{where}: a JSON {type(row).__name__}, not an object: each line must be one JSON object")
    return row


SOURCE = JsonlSource
