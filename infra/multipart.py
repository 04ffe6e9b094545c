"""Large objects of S3, in parts: several at a time, hashed as they pass, each with retries of its own.

A server that is away for a while costs a part and not the object.

Through botocore, not s3transfer: s3transfer has no place to wait in but botocore's own retries, hands the data out of
order (a digest would cost another pass) and moves downloads through a queue of small blocks. Measured against it in
tests/benchmarks/checkpoint_transfer.py.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import itertools
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.digests import FileEntry
from infra.parallel import until_stopped
from infra.retry import AT_ONCE_S, Retry, error_code

PART = 8 << 20  # bytes
MOST_PARTS = 10_000  # S3's limit
AT_ONCE = 4  # parts of one object; with the one being hashed, 5 parts are in memory


def part_bytes(size: int) -> int:
    """Return the bytes of each part but the last of an object of `size` bytes: a multiple of PART."""
    return PART * max(1, -(-size // (PART * MOST_PARTS)))


class MultipartTransfer:
    """The transfers in parts of one bucket. `client` is botocore's S3 client, told not to retry."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def upload(
        self, source: io.BufferedIOBase, size: int, key: str, retry: Retry, stop: threading.Event | None = None
    ) -> FileEntry:
        """Write an object from a stream of `size` bytes; return its size and digest.

        An upload that fails is aborted; where even that fails, `gc` finds it.
        """
        about = {"Bucket": self._bucket, "Key": key}
        about["UploadId"] = retry(lambda: self._client.create_multipart_upload(**about), stop=stop)["UploadId"]
        digest = hashlib.sha256()
        try:
            parts: list[dict[str, Any]] = []
            # Used again and again: fresh memory costs a fault a page. One is filled and hashed while the others are on
            # their way.
            free = [bytearray(part_bytes(size)) for _ in range(AT_ONCE + 1)]
            with _window(AT_ONCE, stop) as (ahead, submit, ended):

                def put(number: int, data: bytearray) -> dict[str, Any]:
                    reply = retry(lambda: self._client.upload_part(**about, PartNumber=number, Body=data), stop=ended)
                    free.append(data)
                    return {"PartNumber": number} | {
                        name: reply[name] for name in ("ETag", "ChecksumCRC32") if name in reply
                    }

                for _ in until_stopped(itertools.repeat(None), stop, key):
                    if len(ahead) == AT_ONCE:
                        parts.append(ahead.popleft().result())
                    data = free.pop()
                    filled = source.readinto(data)
                    if not filled:
                        break
                    if filled < len(data):  # the last one
                        del data[filled:]
                    submit(put, len(parts) + len(ahead) + 1, data)
                    digest.update(data)
                parts += [each.result() for each in ahead]
            self._complete(about, parts, source.tell(), retry, stop)
        except BaseException:
            with contextlib.suppress(BotoCoreError, ClientError, TimeoutError):
                retry(lambda: self._client.abort_multipart_upload(**about), limit_s=AT_ONCE_S)
            raise
        return FileEntry(source.tell(), digest.hexdigest())

    def _complete(
        self, about: dict[str, Any], parts: list[dict[str, Any]], size: int, retry: Retry, stop: threading.Event | None
    ) -> None:
        def complete() -> None:
            try:
                self._client.complete_multipart_upload(**about, MultipartUpload={"Parts": parts})
            except ClientError as error:
                # The reply to an earlier attempt may have been lost: then the upload is gone and the object there.
                if (
                    error_code(error) != "NoSuchUpload"
                    or self._client.head_object(Bucket=about["Bucket"], Key=about["Key"])["ContentLength"] != size
                ):
                    raise

        retry(complete, stop=stop)

    def chunks(
        self, key: str, size: int, retry: Retry, stop: threading.Event | None = None
    ) -> Generator[bytes, None, None]:
        """Yield the object's content in order: less than `size` bytes where the object is shorter."""
        step = part_bytes(size)
        with _window(AT_ONCE, stop) as (ahead, submit, ended):

            def get(start: int) -> bytes:
                def once() -> bytes:
                    reply = self._client.get_object(
                        Bucket=self._bucket, Key=key, Range=f"bytes={start}-{min(start + step, size) - 1}"
                    )
                    return bytes(reply["Body"].read())

                return retry(once, stop=ended)

            for start in range(0, size, step):
                if len(ahead) == AT_ONCE:
                    yield ahead.popleft().result()
                submit(get, start)
            while ahead:
                yield ahead.popleft().result()


@contextlib.contextmanager
def _window(
    at_once: int, stop: threading.Event | None
) -> Iterator[tuple[deque[Future[Any]], Callable[..., None], threading.Event]]:
    """Yield the results under way in order, a function that submits another one, and the event that ends their waiting.

    The event is `stop`, or one of its own, which is set where the body fails.
    """
    ahead: deque[Future[Any]] = deque()
    ended = stop or threading.Event()
    with ThreadPoolExecutor(at_once) as pool:
        try:
            yield ahead, lambda function, *arguments: ahead.append(pool.submit(function, *arguments)), ended
        except BaseException:
            ended.set()
            for future in ahead:
                future.cancel()
            raise
