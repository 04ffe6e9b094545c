"""Rows of a JSON Lines file, local or behind any fsspec URI (file://, s3://), plain or compressed."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import fsspec
from botocore.exceptions import BotoCoreError

from infra.files import storage_options
from specs.paths import file_path, start_of
from specs.sources import spellings
from tasks.data.sources.base import Row, RowSource
from tasks.errors import DataError


class JsonlSource(RowSource):
    """A JSON Lines file by its path, relative to `folder`, or its URI."""

    def fingerprint(self) -> str:
        """Return the file's sha256."""
        return "sha256:" + file_digest(self._uri(), self.data.train)

    def rows(self, revision: str | None = None) -> Iterator[Row]:
        """Return the rows with their `file:line`, read as they are asked for."""
        return read_jsonl(self._uri(), self.data.train)

    def _uri(self) -> str:
        """Return the file's URI or absolute path. DataError where a local file is not there."""
        train = self.data.train
        if train.startswith("file://"):
            return str(file_path(train))
        if "://" in train:
            return train
        path = self.folder / train
        if not path.is_file():
            raise DataError(
                f"{train}: no such file {path} (a relative path starts at {start_of(self.folder)}); {self.key} names "
                f"{spellings()}"
            )
        return str(path)


def read_jsonl(uri: str, name: str) -> Iterator[Row]:
    """Yield the rows of `uri` with their `name:line` (from 1; blank lines are skipped).

    Raises DataError for what cannot be read.
    """
    for where, line in read_lines(uri, name):
        yield where, parsed_line(line, where)


def read_lines(uri: str, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield the lines of `uri` that are not blank, with their `name:line`. DataError for a file that cannot be read."""
    try:
        with fsspec.open(uri, "rb", compression="infer", **storage_options(uri)) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield f"{name}:{number}", line
    except (OSError, EOFError, ImportError, ValueError, zlib.error, BotoCoreError) as error:
        if isinstance(error, DataError):
            raise
        raise _unreadable(name, error) from error


def file_digest(uri: str, name: str) -> str:
    """Return the sha256 (hex) of the file's bytes as they lie there. Raises DataError, which names `name`."""
    try:
        with fsspec.open(uri, "rb", **storage_options(uri)) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ImportError, ValueError, BotoCoreError) as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: Exception) -> DataError:
    if isinstance(error, FileNotFoundError):
        return DataError(f"{name}: no such file: check its path or URI")
    return DataError(
        f"{name}: cannot be read ({type(error).__name__}: {error}): check the path and its store's credentials"
    )


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
