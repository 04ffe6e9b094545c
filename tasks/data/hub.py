"""Rows of a Hugging Face data set, by hub name at a commit or from a local data set folder, through `datasets`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from huggingface_hub import HfApi

# The hub client's own name for the errors of whichever HTTP library it uses.
from huggingface_hub.errors import HFValidationError, HTTPError  # type: ignore[attr-defined]

from tasks.data.files import Row
from tasks.errors import DataError

_COMMIT = re.compile(r"[0-9a-f]{40}")
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class HubSource:
    """`hf://owner/name[/config][@revision]`, or a local folder `hf:///folder`, `hf://./folder` (`local`)."""

    name: str
    config: str | None
    revision: str | None
    local: bool


def parse_hub(body: str, config: str | None, revision: str | None) -> HubSource:
    """What follows `hf://`, without its query; `config` and `revision` count where it names none."""
    if body.startswith(("/", "./", "../")):
        return HubSource(body, config, None, local=True)
    path, _, stated = body.partition("@")
    parts = path.split("/")
    if len(parts) not in (2, 3) or not all(parts):
        raise DataError(
            f"hf://{body}: write hf://owner/name[/config][@revision], or hf:///folder or hf://./folder for a local one"
        )
    return HubSource("/".join(parts[:2]), parts[2] if len(parts) == 3 else config, stated or revision, local=False)


def resolve_revision(source: HubSource) -> str | None:
    """The commit that a hub name stands for now (no network if it is one already); None for a local folder."""
    if source.local:
        return None
    if source.revision and _COMMIT.fullmatch(source.revision):
        return source.revision
    try:
        return HfApi().dataset_info(source.name, revision=source.revision, timeout=10).sha
    except (HTTPError, HFValidationError, OSError) as error:
        raise DataError(
            f"hf://{source.name}: its commit cannot be found ({_first_line(error)}): check the name and the network; without a network"
            " give a cached data set's 40-digit commit (data.revision), a local folder (hf:///folder) or a .jsonl file"
        ) from error


def read_hub(source: HubSource, commit: str | None, folder: str, split: str) -> Iterator[Row]:
    """The rows of one split, each with its `name:row` (from 0). `folder` is the resolved path of a local source."""
    import datasets  # 1 s: only for those who use it

    name = f"hf://{source.name}"
    try:
        data = datasets.load_dataset(
            folder if source.local else source.name, source.config, split=split, revision=commit
        )
    except (datasets.exceptions.DatasetsError, HTTPError, OSError, ValueError) as error:
        where = f"split {split!r}" + (f", config {source.config!r}" if source.config else "")
        advice = "check the folder, its config and split" if source.local else "check name, config, split and network"
        raise DataError(f"{name}: {where} cannot be loaded ({_first_line(error)}): {advice}") from error
    number = 0
    for batch in data.with_format("arrow").iter(_BATCH):
        for row in batch.to_pylist():
            yield f"{name}:{number}", row
            number += 1


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
