"""Rows of a Parquet file, local or behind any fsspec URI (file://, s3://)."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.data.file_source import FileSource, opened
from tasks.data.sources.base import Row
from tasks.errors import DataError

_BATCH = 1000  # rows read at once


class ParquetSource(FileSource):
    """A Parquet file, as verl and others keep their data in."""

    def rows(self, revision: str | None = None) -> Iterator[Row]:
        """Yield the rows with their `file:row` (from 0). DataError for what is no Parquet."""
        name, number = self.data.source, 0
        with opened(self.uri(), name, compression=None) as file:
            try:
                for batch in pq.ParquetFile(file).iter_batches(_BATCH):
                    for row in batch.to_pylist():
                        yield f"{name}:{number}", row
                        number += 1
            except pa.ArrowException as error:
                raise DataError(f"{name}: not Parquet, or damaged ({error})") from error


SOURCE = ParquetSource
