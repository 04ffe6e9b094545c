"""A source from a user's own file: `data.train: my_source.py:Name`, with options as `?key=value`.

`Name` is a function that yields rows (its arguments are the options, as text), or a class that derives from `Source` or
`RowSource` (tasks/data/sources/base.py):

    def squares(count="100"):
        for n in range(int(count)):
            yield {"prompt": f"What is {n} squared?", "answer": str(n * n)}

The key of the data holds the file's digest, the name and the options; a class that reads other files adds theirs to
`fingerprint()`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from specs.paths import REPOSITORY_ROOT
from specs.sections import Data
from tasks.data.sources.base import Row, RowSource, Source
from tasks.errors import DataError
from tasks.plugins import error_line, load_plugin, plugin_file


def plugin_source(data: Data, folder: Path = REPOSITORY_ROOT, key: str = "data.train") -> Source:
    """Return the source that `data.train` names. SpecError where its file does not load, DataError where it is none."""
    name = data.source.partition("?")[0]
    found = load_plugin(name, key, folder)
    if not inspect.isclass(found):
        return FunctionSource(data, folder, key, found)
    if not issubclass(found, Source):
        raise DataError(
            f"{key}: {name} is a class that derives neither from Source nor from RowSource of tasks.data.sources.base"
        )
    if left := sorted(found.__abstractmethods__):
        raise DataError(f"{key}: {name} defines no {' and no '.join(left)} (tasks/data/sources/base.py)")
    return found(data, folder, key)


class FunctionSource(RowSource):
    """The rows that a user's function yields."""

    def __init__(
        self, data: Data, folder: Path, key: str, function: Callable[..., Iterable[Mapping[str, Any]]]
    ) -> None:
        super().__init__(data, folder, key)
        self._function = function

    def rows(self, revision: str | None = None) -> Iterator[Row]:
        """Yield the rows, numbered from 0. DataError, with the line of the user's file, for whatever it raises."""
        path = plugin_file(self.body, self.key, self.folder)
        try:
            for number, row in enumerate(self._function(**self.options)):
                if not isinstance(row, Mapping):
                    raise TypeError(f"row {number} is a {type(row).__name__}, not a mapping of columns")
                yield f"{self.body}:{number}", row
        except Exception as error:  # the user's own code may raise anything
            raise DataError(f"{self.key}: {self.body} failed: {error_line(error, path)}") from error


SOURCE = plugin_source
