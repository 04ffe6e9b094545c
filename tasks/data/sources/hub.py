"""Rows of a Hugging Face data set: `hf://owner/name[/config][@revision][?split=test]`, or a folder `hf:///folder`.

A hub name is resolved to a commit and read there; a relative folder is written `hf://./folder`.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from huggingface_hub import HfApi

# The hub client's own name for the errors of whichever HTTP library it uses.
from huggingface_hub.errors import HFValidationError, HTTPError  # type: ignore[attr-defined]

from specs.paths import start_of
from tasks.data.hub_errors import first_line, hub_reason, no_answer
from tasks.data.sources.base import Row, RowSource
from tasks.errors import DataError, NotFetchedError

_COMMIT = re.compile(r"[0-9a-f]{40}")
_BATCH = 1000
_PREFIX = "hf:"  # of a fingerprint that names a commit


class HubSource(RowSource):
    """A data set of the hub at a commit, or a local data set folder."""

    NAMES: ClassVar[frozenset[str]] = frozenset({"revision", "tokenizer"})

    def fingerprint(self) -> str:
        """Return `hf:owner/name@commit`; of a local folder the digest of its files."""
        hub = self._hub()
        commit = resolve_revision(hub)
        return f"{_PREFIX}{hub.name}@{commit}" if commit else _folder_digest(self._folder(hub))

    def rows(self, revision: str | None = None) -> Iterator[Row]:
        """Return the rows of one split at commit `revision`; the data set is opened at once."""
        hub, split = self._hub(), self._split()
        return read_hub(hub, revision, str(self._folder(hub)), split)

    def revision(self, fingerprint: str | None = None) -> str | None:
        """Return the commit that `fingerprint` names, else the one that the name stands for now; None for a folder."""
        if fingerprint is None:
            return resolve_revision(self._hub())
        return fingerprint.rpartition("@")[2] if fingerprint.startswith(_PREFIX) else None

    def suite_key(self) -> Any:
        """Return name and commit, configuration, split."""
        return [f"{self.data.source}@{resolve_revision(self._hub())}", self.data.subset, self.data.split]

    def origin(self, revision: str | None) -> str:
        """Return the name with configuration, commit and split."""
        data = self.data
        subset, commit = f"/{data.subset}" if data.subset else "", f"@{revision}" if revision else ""
        return f"{data.source}{subset}{commit}?split={data.split}"

    def _hub(self) -> HubName:
        self._split()  # refuses options that there are not
        return parse_hub(self.body.removeprefix("hf://"), self.data.subset, self.data.revision)

    def _folder(self, hub: HubName) -> Path:
        folder = Path(os.path.normpath(self.folder / hub.name))
        if hub.local and not folder.is_dir():
            raise DataError(
                f"{self.data.source}: no folder {folder} (a relative path starts at {start_of(self.folder)}); a data "
                "set of the hub is hf://owner/name"
            )
        return folder

    def _split(self) -> str:
        options = dict(self.options)
        split = options.pop("split", self.data.split)
        if options:
            raise DataError(f"{self.data.source}: no option {next(iter(options))!r}; there is split")
        return split


@dataclass(frozen=True, slots=True)
class HubName:
    """The parts of a hub name, or the path of a local folder (`local`)."""

    name: str
    config: str | None
    revision: str | None
    local: bool


def parse_hub(body: str, config: str | None, revision: str | None) -> HubName:
    """Return the parts of `body`, the text after `hf://`; `config` and `revision` count where it names none."""
    if body.startswith(("/", "./", "../")):
        return HubName(body, config, None, local=True)
    path, _, stated = body.partition("@")
    parts = path.split("/")
    if len(parts) not in (2, 3) or not all(parts):
        raise DataError(
            f"hf://{body}: write hf://owner/name[/config][@revision], or hf:///folder or hf://./folder for a local one"
        )
    return HubName("/".join(parts[:2]), parts[2] if len(parts) == 3 else config, stated or revision, local=False)


def resolve_revision(hub: HubName) -> str | None:
    """Return the commit that a hub name stands for now (no network if it is one already); None for a local folder."""
    if hub.local:
        return None
    if hub.revision and _COMMIT.fullmatch(hub.revision):
        return hub.revision
    try:
        return HfApi().dataset_info(hub.name, revision=hub.revision, timeout=10).sha
    except (HTTPError, HFValidationError, OSError) as error:
        instead = (
            "give a cached data set's 40-digit commit (data.revision), a local folder (hf:///folder) or a .jsonl file"
        )
        kind = NotFetchedError if no_answer(error) else DataError
        raise kind(f"hf://{hub.name}: its commit cannot be found; {hub_reason(error, instead)}") from error


def read_hub(hub: HubName, commit: str | None, folder: str, split: str) -> Iterator[Row]:
    """Open one split of a data set, and return its rows, each with its `name:row` (from 0).

    `folder` is the path of a local one. DataError where it cannot be opened.
    """
    import datasets  # 1 s: only where it is used

    name = f"hf://{hub.name}"
    try:
        data = datasets.load_dataset(folder if hub.local else hub.name, hub.config, split=split, revision=commit)
    except (datasets.exceptions.DatasetsError, HTTPError, OSError, ValueError) as error:
        where = f"split {split!r}" + (f", config {hub.config!r}" if hub.config else "")
        if hub.local or isinstance(error, (datasets.exceptions.DatasetsError, ValueError)):
            reason = f"{first_line(error)}; correct name, config or split"
        else:
            reason = hub_reason(error, "give a local folder (hf:///folder) or a .jsonl file")
        raise DataError(f"{name}: {where} cannot be loaded; {reason}") from error
    return _numbered(data, name)


def _numbered(data: Any, name: str) -> Iterator[Row]:
    number = 0
    for batch in data.with_format("arrow").iter(_BATCH):
        for row in batch.to_pylist():
            yield f"{name}:{number}", row
            number += 1


def _folder_digest(folder: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        total.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        total.update(path.read_bytes())
    return "sha256:" + total.hexdigest()


SOURCE = HubSource
