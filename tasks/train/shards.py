"""Consolidated state in safetensors files: one file, or several of at most SHARD_BYTES with an index."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

SHARD_BYTES = 4 << 30  # consolidated files are cut here


class ShardWriter:
    """A writer that streams tensors into safetensors files of at most SHARD_BYTES; of several it writes an index.

    `one_file`: they are not cut, as an adapter's, which peft and vLLM read from one file.
    The metadata is one entry: safetensors writes several in a random order, so that equal content has unequal bytes.
    """

    def __init__(self, folder: Path, stem: str, metadata: tuple[str, str], *, one_file: bool = False) -> None:
        self._limit = None if one_file else SHARD_BYTES
        self._folder, self._stem, self._metadata = folder, stem, dict([metadata])
        self._shards: list[list[str]] = []
        self._pending: dict[str, Tensor] = {}
        self._bytes = 0

    def add(self, name: str, tensor: Tensor) -> None:
        """Take a tensor on the CPU."""
        if self._pending and self._limit is not None and self._bytes + tensor.nbytes > self._limit:
            self._flush()
        self._pending[name] = tensor
        self._bytes += tensor.nbytes

    def _flush(self) -> None:
        save_file(self._pending, self._folder / f"{self._stem}.part{len(self._shards)}", metadata=self._metadata)
        self._shards.append(list(self._pending))
        self._pending, self._bytes = {}, 0

    def close(self) -> None:
        """Write what is left, and give the files their names."""
        self._flush()
        total = len(self._shards)
        weight_map: dict[str, str] = {}
        for index, names in enumerate(self._shards):
            file = (
                f"{self._stem}.safetensors" if total == 1 else f"{self._stem}-{index + 1:05}-of-{total:05}.safetensors"
            )
            (self._folder / f"{self._stem}.part{index}").rename(self._folder / file)
            weight_map |= dict.fromkeys(names, file)
        if total > 1:
            index_json = json.dumps({"metadata": self._metadata, "weight_map": weight_map}, sort_keys=True)
            (self._folder / f"{self._stem}.safetensors.index.json").write_text(index_json)


@contextmanager
def reader(folder: Path, stem: str) -> Iterator[tuple[Collection[str], Callable[[str], Tensor], dict[str, str]]]:
    """Yield (names, function that reads a tensor by name, metadata) of what ShardWriter wrote."""
    index = folder / f"{stem}.safetensors.index.json"
    single = folder / f"{stem}.safetensors"
    listed: dict[str, str] = json.loads(index.read_text())["weight_map"] if index.exists() else {}
    files = {file: safe_open(folder / file, framework="pt") for file in set(listed.values()) or {single.name}}
    file_of = listed or dict.fromkeys(files[single.name].keys(), single.name)
    metadata = next(iter(files.values())).metadata()
    yield file_of.keys(), lambda name: files[file_of[name]].get_tensor(name), metadata
