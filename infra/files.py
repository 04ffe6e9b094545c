"""Files of the store: whole objects only, on a local disk (infra/disk.py) and in a bucket (infra/bucket.py) alike.

Writes are atomic, and create-only where a commit needs it. Transient faults are retried (infra/retry.py).
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from infra.digests import FileEntry, read_hashed, sha256_file, write_hashed
from infra.disk import Disk
from infra.errors import StoreError
from infra.retry import AT_ONCE_S, Retry, RetryPolicy, error_code, is_transient, reason
from specs.paths import file_path, file_uri

if TYPE_CHECKING:
    from infra.bucket import Bucket, Dangling

log = logging.getLogger("armature.store")
T = TypeVar("T")

FIRST_CONTACT_S = 10.0  # for a server that was never reached: a wrong endpoint is likelier than one that is away
_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = {
    "AccessDenied", "ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "RequestTimeTooSkewed", "401", "403",
    "SignatureDoesNotMatch", "AuthorizationHeaderMalformed", "InvalidClientTokenId", "TokenRefreshRequired",
}  # fmt: skip


def storage_options(uri: str) -> dict[str, Any]:
    """Return fsspec's options for a `uri` that is read outside of a store. It retries by itself."""
    config = {"connect_timeout": 5, "read_timeout": 60, "retries": {"mode": "standard", "max_attempts": 2}}
    return (
        {"use_listings_cache": False, "default_block_size": 16 << 20, "max_concurrency": 4, "config_kwargs": config}
        if uri.startswith("s3://")
        else {}
    )


class MissingError(StoreError):
    """An object is not there."""


class Files:
    """Objects below one URI (file:// or s3://). Names are relative, with forward slashes.

    Every failure is a StoreError that names the object. `stop`: an event that ends transfers and retries.
    """

    def __init__(self, uri: str) -> None:
        scheme = urlsplit(uri).scheme
        if scheme not in ("file", "s3"):
            raise StoreError(f"store {uri}: only file:// and s3:// are supported")
        self.local = scheme == "file"
        self.uri = file_uri(file_path(uri)) if self.local else uri.rstrip("/")
        self.retry = RetryPolicy()
        self._disk, self._bucket = Disk(), None if self.local else _bucket(self.uri)
        self._root = self._bucket.root if self._bucket else str(file_path(self.uri))
        with self._errors("", "reach"):
            if self._bucket is None:
                if not os.path.isdir(self._root):
                    _warn_of_misread(uri, self._root)
                self._disk.make(self._root)
                return
            try:
                self.retry.call(self._bucket.reach, f"store {self.uri}", limit_s=FIRST_CONTACT_S)
            except FileNotFoundError as error:  # Armature makes no bucket
                name = self._bucket.name
                raise StoreError(
                    f"store {self.uri}: the bucket {name} does not exist; make it, or set store: to one that does"
                ) from error

    def path(self, name: str) -> str:
        """Return the path of an object as the disk or the bucket has it."""
        name = name.strip("/")
        return f"{self._root}/{name}" if name else str(self._root)

    # -- small objects -------------------------------------------------------------------------------------------------

    def read(self, name: str) -> bytes:
        """Return a whole object; raise MissingError where it is not there."""
        return self._do(name, "read", lambda: self._place.read(self.path(name)))

    def size(self, name: str) -> int | None:
        """Return the bytes of an object; None where there is no such object."""
        try:
            return self._do(name, "look up", lambda: self._place.size(self.path(name)))
        except MissingError:
            return None

    def list(self, name: str) -> list[str]:
        """Return the names directly below `name`, sorted; none where there is nothing."""
        with contextlib.suppress(FileNotFoundError):
            return self._do(name, "list", lambda: self._place.list(self.path(name)), FileNotFoundError)
        return []

    def walk(self, name: str) -> Sequence[tuple[str, int, float]]:
        """Return every object below `name`: its name, bytes, time of writing.

        Times are seconds since the epoch, by the store's clock.
        """
        cut = len(self._root) + 1
        with contextlib.suppress(FileNotFoundError):
            found = self._do(name, "list", lambda: list(self._place.walk(self.path(name))), FileNotFoundError)
            return [(path[cut:], size, written) for path, size, written in found]
        return []

    def write(self, name: str, data: bytes, stop: threading.Event | None = None) -> None:
        """Write or replace a whole object."""
        with self._errors(name, "write"):
            if self._bucket is None:
                self._disk.write(self.path(name), data)
            else:
                self._bucket.write(self.path(name), data, self._retry(name), stop)

    def create(self, name: str, data: bytes) -> None:
        """Write an object that is not there yet, in one piece; raise FileExistsError where it is."""
        self._once(name, data, lambda: self._place.create(self.path(name), data))

    def replace(self, name: str, data: bytes, old: bytes) -> None:
        """Write an object in place of one with the content `old`, or of none; raise FileExistsError otherwise."""
        self._once(name, data, lambda: self._place.replace(self.path(name), data, old))

    def remove(self, name: str) -> None:
        """Remove an object and everything below its name, if there is any."""
        with contextlib.suppress(FileNotFoundError):
            self._do(name, "remove", lambda: self._place.remove(self.path(name)), FileNotFoundError)

    def discard(self, name: str) -> None:
        """Remove the remains of a failure, if that can be done at once; else `gc` finds them."""
        with contextlib.suppress(StoreError, FileNotFoundError), self._errors(name, "remove"):
            if self._bucket is None:
                self._disk.remove(self.path(name))
            else:
                self._retry(name)(partial(self._bucket.remove, self.path(name)), limit_s=AT_ONCE_S)

    # -- files of any size ---------------------------------------------------------------------------------------------

    def upload(self, source: Path, name: str, stop: threading.Event | None = None) -> FileEntry:
        """Write or replace an object by a local file; return its size and digest, computed on the way."""
        with self._errors(name, "write"):
            if self._bucket is None:
                return self._disk.upload(source, self.path(name), stop)
            return self._bucket.upload(source, self.path(name), self._retry(name), stop)

    def download(self, name: str, target: Path, stop: threading.Event | None = None) -> FileEntry:
        """Copy an object into a local file; return size and digest, computed on the way. A failure leaves no file."""
        with self._errors(name, "read"):
            try:
                with target.open("wb") as file, self._chunks(name, stop) as chunks:
                    return write_hashed(chunks, file)
            except BaseException as error:
                if isinstance(error, OSError) and error.errno in _FULL:
                    error.filename = error.filename or str(target)
                with contextlib.suppress(FileNotFoundError):
                    target.unlink()
                raise

    def digest(self, name: str, stop: threading.Event | None = None) -> FileEntry:
        """Return size and sha256 of an object, read through once and kept nowhere."""
        with self._errors(name, "read"), self._chunks(name, stop) as chunks:
            return read_hashed(chunks)

    # -- remains of killed writers -------------------------------------------------------------------------------------

    def dangling(self, name: str) -> Sequence[Dangling]:
        """Return the multipart uploads below `name` that are not completed."""
        bucket = self._bucket
        if bucket is None:
            return []
        return self._do(name, "list uploads below", lambda: list(bucket.dangling(self.path(name))))

    def abort(self, dangling: Dangling) -> None:
        """Abort a multipart upload."""
        bucket = self._bucket
        assert bucket is not None, "a local disk has none"
        self._do(dangling.path, "abort the upload of", lambda: bucket.abort(dangling))

    # -- failures ------------------------------------------------------------------------------------------------------

    @property
    def _place(self) -> Disk | Bucket:
        return self._bucket or self._disk

    @contextlib.contextmanager
    def _chunks(self, name: str, stop: threading.Event | None) -> Iterator[Generator[bytes, None, None]]:
        path = self.path(name)
        chunks = self._disk.chunks(path) if self._bucket is None else self._bucket.chunks(path, self._retry(name), stop)
        with contextlib.closing(chunks):
            yield chunks

    def _do(self, name: str, verb: str, action: Callable[[], T], *let: type[Exception]) -> T:
        """Return `action()`, its transient faults retried; errors of the types `let` stay as they are."""
        with self._errors(name, verb, *let):
            return action() if self.local else self._retry(name)(action)

    def _retry(self, name: str) -> Retry:
        return partial(self.retry.call, what=f"{self.uri}/{name}")

    def _once(self, name: str, data: bytes, action: Callable[[], None]) -> None:
        """Make a conditional write. One whose reply was lost has succeeded: its repetition finds its bytes in place."""
        attempts = 0

        def attempt() -> None:
            nonlocal attempts
            attempts += 1
            try:
                action()
            except FileExistsError:
                if attempts == 1 or self._place.read(self.path(name)) != data:
                    raise

        self._do(name, "create", attempt, FileExistsError)

    @contextlib.contextmanager
    def _errors(self, name: str, verb: str, *let: type[Exception]) -> Iterator[None]:
        where = f"{self.uri}/{name}" if name else f"store {self.uri}"
        told: tuple[type[Exception], ...] = (StoreError, *let)  # a StoreError says all already
        try:
            yield
        except told:
            raise
        except FileNotFoundError as error:
            # A local file of ours, not the object.
            if error.filename is not None and not str(error.filename).startswith(self._root):
                raise StoreError(f"{where}: cannot {verb}: {error.filename} is not there") from error
            raise MissingError(f"{where}: cannot {verb}: it is not there") from error
        except Exception as error:
            advice = self._advice(error)
            if advice is None:
                raise
            raise StoreError(f"{where}: cannot {verb}: {reason(error)}; {advice}") from error

    def _advice(self, error: Exception) -> str | None:
        """Return advice for the reader of the error; None where it is no failure of a store."""
        if isinstance(error, OSError) and error.errno in _FULL:
            return f"free space{f' where {error.filename} lies' if error.filename else ''}, then run again"
        if not self.local:
            if is_transient(error):
                return (
                    "the server did not get over it in time; check the endpoint, then run again: "
                    "what was committed stands"
                )
            if isinstance(error, PermissionError) or error_code(error) in _REFUSED:
                return "check credentials (environment or profile) and what they may do with the bucket"
            if error_code(error):
                return "that is the server's answer; check endpoint and bucket, then run again"
            # Errors of botocore itself (no credentials, no region) are no OSErrors.
            if type(error).__module__.split(".")[0] in ("botocore", "aiobotocore"):
                return "check credentials (environment or profile) and endpoint"
        if isinstance(error, OSError):
            return "check the path, free space, credentials and endpoint, then run again"
        return None


def _bucket(uri: str) -> Bucket:
    from infra.bucket import Bucket  # s3fs and botocore take half a second to import

    return Bucket(uri)


def _warn_of_misread(uri: str, folder: str) -> None:
    """Log where versions that took `%20` for letters of a name put this store."""
    literal = os.path.abspath(uri.removeprefix("file://"))
    if literal != folder and os.path.isdir(literal):
        log.warning(
            "store %s: an earlier version put it into %s; to go on with that one, move it to %s", uri, literal, folder
        )


__all__ = ["FileEntry", "Files", "sha256_file", "storage_options"]
