"""The base of sources that are one file, local or behind any fsspec URI (file://, s3://), plain or compressed."""

from __future__ import annotations

import hashlib
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import fsspec
from botocore.exceptions import BotoCoreError

from infra.files import storage_options
from specs.paths import file_path, start_of
from specs.sources import spellings
from tasks.data.sources.base import RowSource
from tasks.errors import DataError


class FileSource(RowSource):
    """A file by its path, relative to `folder`, or its URI."""

    def fingerprint(self) -> str:
        """Return the file's sha256."""
        return "sha256:" + file_digest(self.uri(), self.data.source)

    def uri(self) -> str:
        """Return the file's URI or absolute path. DataError where a local file is not there."""
        train = self.data.source
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


@contextmanager
def opened(uri: str, name: str, compression: str | None = "infer") -> Iterator[Any]:
    """Open `uri` to read its bytes, unpacked. What fails meanwhile is a DataError, which names `name`."""
    try:
        with fsspec.open(uri, "rb", compression=compression, **storage_options(uri)) as file:
            yield file
    except FileNotFoundError as error:
        raise DataError(f"{name}: no such file: check its path or URI") from error
    except (OSError, EOFError, ImportError, ValueError, zlib.error, lzma.LZMAError, BotoCoreError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{name}: cannot be read ({type(error).__name__}: {error}): check the path and its store's credentials"
        ) from error


def file_digest(uri: str, name: str) -> str:
    """Return the sha256 (hex) of the file's bytes as they lie there. Raises DataError, which names `name`."""
    with opened(uri, name, compression=None) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
