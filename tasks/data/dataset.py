"""The data stage's work: fingerprint of a source, its problems as token ids, and the dataset read back from the store."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast

from infra.paths import resolve
from infra.store import Manifest, Store
from tasks.data import table
from tasks.data.columns import Columns
from tasks.data.encode import encode_all
from tasks.data.files import digest as file_digest
from tasks.data.hub import parse_hub, resolve_revision
from tasks.data.sources import load_problems
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
        return {p.problem.id: p for p in (*self.train, *self.heldout)}

    @property
    def stop_token_ids(self) -> tuple[int, ...]:
        return (int(self.tokenizer.eos_token_id),)


def source_fingerprint(part: Mapping[str, Any]) -> str:
    """What the content of `data.train` is, without loading it: a file's sha256, a data set's commit, a puzzle's own name."""
    source = part["train"]
    if source.startswith("puzzle:"):
        return str(source)
    if source.startswith("hf://"):
        hub = parse_hub(source.removeprefix("hf://").partition("?")[0], part["subset"], part["revision"])
        commit = resolve_revision(hub)
        return f"hf:{hub.name}@{commit}" if commit else _folder_digest(Path(resolve(hub.name)))
    return "sha256:" + file_digest(resolve(source), source)


def _folder_digest(folder: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        total.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        total.update(path.read_bytes())
    return "sha256:" + total.hexdigest()


def tokenizer_of(model: Path | None) -> PreTrainedTokenizerFast:
    """The tokenizer of a model's folder; that of the puzzles for a policy made on the spot."""
    return load_tokenizer(model) if model else puzzle_tokenizer()


def prepare(
    part: Mapping[str, Any], fingerprint: str, tokenizer: PreTrainedTokenizerFast, max_prompt_tokens: int
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Payload files of the data step, and its counts. `part` is specs.identity.data_part, `fingerprint` its source's: a hub data set is
    read at the commit that the step's key names."""
    revision = fingerprint.rpartition("@")[2] if fingerprint.startswith("hf:") else None
    columns = Columns(
        prompt=part["prompt_column"],
        answer=part["answer_column"],
        answer_after=part["answer_after"],
        verifier=part["verifier"] or "math",
    )
    files: dict[str, bytes] = {}
    counts: dict[str, Any] = {}
    puzzle = part["train"].startswith("puzzle:")
    for split in ("train", "heldout") if puzzle and part["heldout"] else ("train",):
        loaded = load_problems(
            part["train"],
            split=split if puzzle else part["split"],
            subset=part["subset"],
            revision=revision,
            columns=columns,
            drop_duplicates=part["drop_duplicates"],
            heldout=part["heldout"],
        )
        encoded = encode_all(loaded.problems, tokenizer, part["prompt"], max_prompt_tokens, part["drop_long_prompts"])
        files[f"{split if puzzle else 'train'}.parquet"] = table.to_bytes(encoded.problems)
        counts[split if puzzle else "train"] = {
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


def read_dataset(store: Store, manifest: Manifest) -> Dataset:
    """The data step's payload, verified."""
    splits = {}
    for split in ("train", "heldout"):
        name = f"{split}.parquet"
        splits[split] = tuple(table.from_bytes(store.read(manifest, name), name)) if name in manifest.files else ()
    with tempfile.TemporaryDirectory() as folder:
        write_tokenizer(store, manifest, Path(folder))
        tokenizer = load_tokenizer(folder)
    return Dataset(splits["train"], splits["heldout"], tokenizer)


def write_tokenizer(store: Store, manifest: Manifest, folder: Path) -> None:
    """The tokenizer's files of the data step, into a folder of weights."""
    for name in manifest.files:
        if not name.endswith(".parquet"):
            (folder / name).write_bytes(store.read(manifest, name))
