"""A store in a bucket of S3, or of a server that speaks its protocol.

s3fs moves small objects; large ones go in parts. Conditional writes go through botocore's own client: aiohttp repeats a
PUT by itself where a connection breaks, and such a write must not be tried twice unseen.
"""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import botocore.session
import fsspec
from botocore.config import Config
from botocore.exceptions import ClientError
from s3fs.errors import translate_boto_error

from infra.digests import FileEntry, entry_of
from infra.multipart import MultipartTransfer
from infra.retry import SILENCE_S, Retry, error_code

LARGE = 16 << 20  # bytes; above it in parts
#: Settings of both clients. Retries are infra/retry.py's; what arrives is checked by the manifest's sha256.
CLIENT: dict[str, Any] = {
    "connect_timeout": 5,
    "read_timeout": SILENCE_S,
    "retries": {"mode": "standard", "total_max_attempts": 1},
    "response_checksum_validation": "when_required",
}
_DELETED_AT_ONCE = 1000  # S3's limit


@dataclass(frozen=True)
class Dangling:
    """A multipart upload that was begun and neither completed nor aborted."""

    path: str
    upload_id: str
    began: float  # seconds since the epoch


class Bucket:
    """Objects by their paths, `bucket/key`.

    Errors are OSErrors (s3fs's translation) and botocore's; FileNotFoundError where there is nothing.
    """

    def __init__(self, uri: str) -> None:
        # An instance of its own: that of others (tasks/data reads through fsspec) retries by itself.
        self._fs, self.root = fsspec.core.url_to_fs(
            uri, skip_instance_cache=True, use_listings_cache=False, config_kwargs=CLIENT
        )
        self._fs.retries = 1
        self.name = self.root.partition("/")[0]

    @cached_property
    def client(self) -> Any:
        """Return the client of botocore, which threads may share."""
        config = Config(
            **CLIENT,
            max_pool_connections=32,
            # The manifest holds the sha256 of the payload: computing it again for the signature of each part, as
            # botocore does over http, would double its cost. What arrives is checked by CRC-32.
            s3={"payload_signing_enabled": False},
        )
        return botocore.session.get_session().create_client("s3", config=config)

    @cached_property
    def _multipart(self) -> MultipartTransfer:
        return MultipartTransfer(self.client, self.name)

    def reach(self) -> None:
        """Look into the bucket; raise where it is not there, or credentials or endpoint are wrong."""
        # Not exists(), which says no in all these cases.
        self._fs.call_s3("list_objects_v2", Bucket=self.name, Prefix=self._key(self.root), MaxKeys=1)

    def read(self, path: str) -> bytes:
        """Return a whole object."""
        return bytes(self._fs.cat_file(path))

    def size(self, path: str) -> int:
        """Return the bytes of an object."""
        return int(self._fs.call_s3("head_object", Bucket=self.name, Key=self._key(path))["ContentLength"])

    def list(self, path: str) -> list[str]:
        """Return the names directly below, sorted, from the server each time."""
        prefix = self._below(path)
        names = set()
        for page in self._pages("list_objects_v2", Prefix=prefix, Delimiter="/"):
            names |= {each["Prefix"] for each in page.get("CommonPrefixes", ())} | {
                each["Key"] for each in page.get("Contents", ())
            }
        return sorted(name for each in names if (name := each.removeprefix(prefix).rstrip("/")))

    def walk(self, path: str) -> Iterator[tuple[str, int, float]]:
        """Yield every object below: path, bytes, time of writing (seconds since the epoch)."""
        for page in self._pages("list_objects_v2", Prefix=self._below(path)):
            for each in page.get("Contents", ()):
                yield f"{self.name}/{each['Key']}", int(each["Size"]), each["LastModified"].timestamp()

    def write(self, path: str, data: bytes, retry: Retry, stop: threading.Event | None = None) -> None:
        """Write or replace an object."""
        if len(data) > LARGE:
            self._multipart.upload(io.BytesIO(data), len(data), self._key(path), retry, stop)
        else:
            retry(lambda: self._fs.pipe_file(path, data), stop=stop)

    def create(self, path: str, data: bytes) -> None:
        """Write an object that is not there yet; raise FileExistsError where it is."""
        self._put_if(path, data, IfNoneMatch="*")

    def replace(self, path: str, data: bytes, old: bytes) -> None:
        """Write an object in place of one with the content `old`, or of none; raise FileExistsError otherwise."""
        try:
            standing = self.client.get_object(Bucket=self.name, Key=self._key(path))
        except ClientError as error:
            if error_code(error) != "NoSuchKey":
                raise
            return self.create(path, data)
        if standing["Body"].read() != old:
            raise FileExistsError(path)
        return self._put_if(path, data, IfMatch=standing["ETag"])

    def _put_if(self, path: str, data: bytes, **condition: str) -> None:
        try:
            self.client.put_object(Bucket=self.name, Key=self._key(path), Body=data, **condition)
        except ClientError as error:
            code = error_code(error)
            if code in ("PreconditionFailed", "412") or ("IfMatch" in condition and code in ("NoSuchKey", "404")):
                raise FileExistsError(path) from error
            raise

    def upload(self, source: Path, path: str, retry: Retry, stop: threading.Event | None = None) -> FileEntry:
        """Write or replace an object by a local file; return its size and digest."""
        size = source.stat().st_size
        if size <= LARGE:
            data = source.read_bytes()
            self.write(path, data, retry, stop)
            return entry_of(data)
        with source.open("rb") as file:
            return self._multipart.upload(file, size, self._key(path), retry, stop)

    def chunks(self, path: str, retry: Retry, stop: threading.Event | None = None) -> Generator[bytes, None, None]:
        """Yield the content in order."""
        size = retry(lambda: self.size(path), stop=stop)
        if size <= LARGE:
            yield retry(lambda: self.read(path), stop=stop)
        else:
            yield from self._multipart.chunks(self._key(path), size, retry, stop)

    def remove(self, path: str) -> None:
        """Remove the object of that name and all below it."""
        keys = [self._key(path), *(self._key(each) for each, _, _ in self.walk(path))]
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            objects = [{"Key": key} for key in keys[start : start + _DELETED_AT_ONCE]]
            reply = self._fs.call_s3("delete_objects", Bucket=self.name, Delete={"Objects": objects, "Quiet": True})
            failed = [each for each in reply.get("Errors", ()) if each.get("Code") != "NoSuchKey"]
            if failed:
                raise translate_boto_error(ClientError({"Error": failed[0]}, "DeleteObjects"))

    def dangling(self, path: str) -> Iterator[Dangling]:
        """Yield the multipart uploads below that are under way, or that a killed writer left."""
        marker: dict[str, Any] = {}
        while True:
            page = self._fs.call_s3("list_multipart_uploads", Bucket=self.name, Prefix=self._below(path), **marker)
            for each in page.get("Uploads", ()):
                yield Dangling(f"{self.name}/{each['Key']}", each["UploadId"], each["Initiated"].timestamp())
            if not page.get("IsTruncated"):
                return
            marker = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    def abort(self, dangling: Dangling) -> None:
        """Abort a multipart upload."""
        with contextlib.suppress(FileNotFoundError):  # it was completed or aborted in the meantime
            self._fs.call_s3(
                "abort_multipart_upload", Bucket=self.name, Key=self._key(dangling.path), UploadId=dangling.upload_id
            )

    def _pages(self, method: str, **about: Any) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = self._fs.call_s3(method, Bucket=self.name, **about, **token)
            yield page
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def _below(self, path: str) -> str:
        return f"{key}/" if (key := self._key(path)) else ""

    def _key(self, path: str) -> str:
        return path.partition("/")[2]
