"""Rows of a CSV file with a heading line. Every value is the text that stands there: nothing is taken for a number."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from tasks.data.file_source import FileSource, opened
from tasks.data.sources.base import Row
from tasks.errors import DataError

csv.field_size_limit(1 << 30)  # a prompt or a program's tests may be longer than csv's 128 KiB


class CsvSource(FileSource):
    """A CSV file: commas between values, quotes around those with commas, quotes or line ends in them."""

    def rows(self, revision: str | None = None) -> Iterator[Row]:
        """Yield the rows with their `file:line`. DataError for what is no CSV, or a row that is not as its heading."""
        name = self.data.source
        with opened(self.uri(), name) as file:
            reader = csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""), strict=True)
            try:
                heading = next(reader, [])
                if not heading:
                    raise DataError(f"{name}:1: no heading: the first line has to name the columns")
                if twice := [column for place, column in enumerate(heading) if column in heading[:place]]:
                    raise DataError(f"{name}:1: the heading names a column twice: {twice[0]!r}")
                for values in reader:
                    where = f"{name}:{reader.line_num}"
                    if values and len(values) != len(heading):
                        raise DataError(
                            f"{where}: {len(values)} values, and the heading has {len(heading)}: put values with commas"
                            " in quotes"
                        )
                    if values:
                        yield where, dict(zip(heading, values, strict=True))
            except UnicodeDecodeError as error:
                raise DataError(f"{name}: not UTF-8 (behind line {reader.line_num})") from error
            except csv.Error as error:
                raise DataError(f"{name}:{reader.line_num}: not CSV ({error})") from None


SOURCE = CsvSource
