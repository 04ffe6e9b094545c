"""Files of the store over fsspec: whole objects only, atomic on a local disk as on S3, create-only where a commit needs it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fsspec
from fsspec.implementations.local import LocalFileSystem

from infra.errors import StoreError

BLOCK = 16 << 20
_S3: dict[str, Any] = {
    # Listings are cached by default, which makes exists() wrong for what others write.
    "use_listings_cache": False,
    "default_block_size": BLOCK,
    "max_concurrency": 4,
    # Retries multiply: with the defaults a server that hangs costs 25 minutes.
    "config_kwargs": {"connect_timeout": 5, "read_timeout": 60, "retries": {"mode": "standard", "max_attempts": 2}},
}


def storage_options(uri: str) -> dict[str, Any]:
    """What fsspec is told for `uri`."""
    return _S3 if uri.startswith("s3://") else {}


def sha256_file(path: Path) -> str:
    """Hex digest of a local file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Files:
    """Objects below one URI (file:// or s3://). Names are relative, with forward slashes. Every failure is a StoreError
    that names the object."""

    def __init__(self, uri: str) -> None:
        scheme = urlsplit(uri).scheme
        if scheme not in ("file", "s3"):
            raise StoreError(f"store {uri}: only file:// and s3:// are supported")
        self.uri = uri.rstrip("/")
        self._fs, self._root = fsspec.core.url_to_fs(self.uri, **storage_options(uri))
        self.local = isinstance(self._fs, LocalFileSystem)
        with self._errors("", "reach"):
            if self.local:
                os.makedirs(self._root, exist_ok=True)
            else:
                self._reach_bucket()

    @contextlib.contextmanager
    def _errors(self, name: str, verb: str) -> Iterator[None]:
        try:
            yield
        except FileExistsError:
            raise
        except FileNotFoundError as error:
            raise StoreError(f"{self.uri}/{name}: cannot {verb}: it is not there") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise StoreError(f"{self.uri}/{name}: cannot {verb}: {reason}; check the path, free space, credentials and endpoint, then run again") from error
        except Exception as error:
            # botocore's own errors (no credentials, no endpoint) are not OSErrors.
            if type(error).__module__.split(".")[0] in {"botocore", "aiobotocore"}:
                raise StoreError(f"{self.uri}/{name}: cannot {verb}: {error}; check credentials (environment or profile) and endpoint") from error
            raise

    def _reach_bucket(self) -> None:
        bucket, _, prefix = self._root.partition("/")
        try:
            # Not exists(), which says no as well where credentials or endpoint are wrong.
            self._fs.call_s3("list_objects_v2", Bucket=bucket, Prefix=prefix, MaxKeys=1)
        except FileNotFoundError as error:  # a bucket is never made by us
            raise StoreError(f"store {self.uri}: the bucket {bucket} does not exist; make it, or set store: to one that does") from error

    def path(self, name: str) -> str:
        return f"{self._root}/{name}" if name else str(self._root)

    def read(self, name: str) -> bytes:
        with self._errors(name, "read"):
            return bytes(self._fs.cat_file(self.path(name)))

    def size(self, name: str) -> int | None:
        """Bytes, or None where there is no such object."""
        try:
            with self._errors(name, "look up"):
                return int(self._fs.size(self.path(name)))
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    def list(self, name: str) -> list[str]:
        """Names directly below `name`, sorted; empty where there is nothing."""
        with self._errors(name, "list"):
            try:
                return sorted(path.rstrip("/").rpartition("/")[2] for path in self._fs.ls(self.path(name), detail=False))
            except FileNotFoundError:
                return []

    def write(self, name: str, data: bytes) -> None:
        """Write or replace a whole object."""
        with self._errors(name, "write"):
            if self.local:
                temporary = self._local_temporary(name, data)
                os.replace(temporary, self.path(name))
            else:
                self._fs.pipe_file(self.path(name), data)

    def create(self, name: str, data: bytes) -> None:
        """Write an object that is not there yet, in one piece; FileExistsError where it is."""
        with self._errors(name, "create"):
            if self.local:
                temporary = self._local_temporary(name, data)
                try:
                    os.link(temporary, self.path(name))
                finally:
                    os.unlink(temporary)
                return
            try:
                self._fs.pipe_file(self.path(name), data, mode="create")
            except OSError as error:
                if self.size(name) is not None:  # s3fs raises OSError(22) where an exclusive create lost
                    raise FileExistsError(name) from error
                raise

    def upload(self, source: Path, name: str) -> None:
        with self._errors(name, "write"):
            if self.local:
                os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
            self._fs.put_file(str(source), self.path(name))

    def download(self, name: str, target: Path) -> None:
        with self._errors(name, "read"):
            self._fs.get_file(self.path(name), str(target))

    def remove(self, name: str) -> None:
        """Remove an object or everything below a name; nothing there is fine."""
        with self._errors(name, "remove"), contextlib.suppress(FileNotFoundError):
            self._fs.rm(self.path(name), recursive=True)

    def _local_temporary(self, name: str, data: bytes) -> str:
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        temporary = f"{path}.{uuid.uuid4().hex[:8]}.tmp"
        try:
            with open(temporary, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        return temporary
