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
from tasks.errors import DataError

Row = tuple[str, Mapping[str, Any]]  # where it stands, what it says


def read_jsonl(uri: str, name: str) -> Iterator[Row]:
    """The rows of `uri` with their `name:line` (from 1; blank lines are skipped). DataError for what cannot be read."""
    try:
        with fsspec.open(uri, "rb", compression="infer", **storage_options(uri)) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield f"{name}:{number}", _parse(line, f"{name}:{number}")
    except FileNotFoundError:
        raise DataError(
            f"{name}: no such file: check data.train (a relative path starts at the repository root)"
        ) from None
    except (OSError, EOFError, ImportError, ValueError, zlib.error, BotoCoreError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{name}: cannot be read ({type(error).__name__}: {error}): check the path and its store's credentials"
        ) from error


def _parse(line: bytes, where: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: not UTF-8 at byte {error.start} of the line") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not JSON ({error}): each line must be one JSON object") from None
    if not isinstance(row, dict):
        raise DataError(f"{where}: a JSON {type(row).__name__}, not an object: each line must be one JSON object")
    return row


def digest(uri: str, name: str) -> str:
    """sha256 of the file's bytes as they lie there."""
    try:
        with fsspec.open(uri, "rb", **storage_options(uri)) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise DataError(
            f"{name}: no such file: check data.train (a relative path starts at the repository root)"
        ) from None
    except (OSError, ImportError, ValueError, BotoCoreError) as error:
        raise DataError(
            f"{name}: cannot be read ({type(error).__name__}: {error}): check the path and its store's credentials"
        ) from error
