"""The data stage: the fingerprint of a source, its problems as token ids, and the dataset read back from the store."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast

from infra.store import Manifest, Store
from specs.sections import Data
from specs.sources import parts_of
from tasks.data import table
from tasks.data.encode import EncodedData, encode_all
from tasks.data.prompts import PromptFormat
from tasks.data.sources.base import LoadedData, check_apart
from tasks.data.sources.registry import source_of
from tasks.data.tokenizer import load_tokenizer, puzzle_tokenizer, tokenizer_digest
from tasks.records import EncodedProblem


@dataclass(frozen=True)
class Dataset:
    """Problems in the order of their source, as the policy sees them."""

    train: tuple[EncodedProblem, ...]
    heldout: tuple[EncodedProblem, ...]
    tokenizer: PreTrainedTokenizerFast

    @cached_property
    def by_id(self) -> dict[str, EncodedProblem]:
        """Return the problems by id, training and held out."""
        return {p.problem.id: p for p in (*self.train, *self.heldout)}


def source_fingerprint(data: Data) -> str:
    """Return a text for the content of `data.train`, without loading it: a digest, a commit, a puzzle's name.

    Raises DataError where the content cannot be found, SpecError where the source does not fit the settings.
    """
    return source_of(data).fingerprint()


def tokenizer_of(model: Path | None) -> PreTrainedTokenizerFast:
    """Return the tokenizer of a model's folder; that of the puzzles for a policy made on the spot."""
    return load_tokenizer(model) if model else puzzle_tokenizer()


def prepare(
    data: Data, fingerprint: str, tokenizer: PreTrainedTokenizerFast, max_prompt_tokens: int
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return the payload files of the data step, and its counts by split.

    `fingerprint` is the source's: a hub data set is read at the commit that the step's key names. Raises DataError.
    """
    files: dict[str, bytes] = {}
    counts: dict[str, Any] = {}
    for split, loaded, encoded in _splits(data, fingerprint, tokenizer, max_prompt_tokens):
        files[f"{split}.parquet"] = table.to_bytes(encoded.problems)
        counts[split] = {
            "problems": len(encoded.problems),
            "duplicates_dropped": loaded.duplicates_dropped,
            "duplicates_conflicting": loaded.duplicates_conflicting,
            "long_prompts_dropped": encoded.dropped,
            "digest": loaded.digest,
        }
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        for path in sorted(Path(folder).iterdir()):
            files[path.name] = path.read_bytes()
    return files, {**counts, "tokenizer": tokenizer_digest(tokenizer)}


def load_dataset(data: Data, fingerprint: str, tokenizer: PreTrainedTokenizerFast, max_prompt_tokens: int) -> Dataset:
    """Return what the data step would make, without a store. Raises DataError."""
    splits = {split: each.problems for split, _, each in _splits(data, fingerprint, tokenizer, max_prompt_tokens)}
    return Dataset(splits["train"], splits.get("heldout", ()), tokenizer)


def _splits(
    data: Data, fingerprint: str, tokenizer: PreTrainedTokenizerFast, max_prompt_tokens: int
) -> list[tuple[str, LoadedData, EncodedData]]:
    source = source_of(data)
    splits = []
    for split in ("train", "heldout") if data.heldout else ("train",):
        loaded = source.problems(split, fingerprint)
        encoded = encode_all(
            loaded.problems, tokenizer, PromptFormat.of(data), max_prompt_tokens, data.drop_long_prompts
        )
        splits.append((split, loaded, encoded))
    if data.heldout and data.drop_duplicates:
        names = ", ".join(part.data.source for part in parts_of(data))
        check_apart(splits[0][1].problems, splits[1][1].problems, names)
    return splits


def read_dataset(store: Store, manifest: Manifest) -> Dataset:
    """Return the data step's payload, verified."""
    splits = {}
    for split in ("train", "heldout"):
        name = f"{split}.parquet"
        splits[split] = tuple(table.from_bytes(store.read(manifest, name), name)) if name in manifest.files else ()
    with tempfile.TemporaryDirectory() as folder:
        write_tokenizer(store, manifest, Path(folder))
        tokenizer = load_tokenizer(folder)
    return Dataset(splits["train"], splits["heldout"], tokenizer)


def write_tokenizer(store: Store, manifest: Manifest, folder: Path) -> None:
    """Write the tokenizer's files of the data step into a folder of weights."""
    for name in manifest.files:
        if not name.endswith(".parquet"):
            (folder / name).write_bytes(store.read(manifest, name))
