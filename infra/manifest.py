"""The manifest of a step: written last, it says that the step exists."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from infra.caching import canonical
from infra.digests import FileEntry

FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """One committed step.

    `result` is a small JSON value (metrics, counts). `recorded` holds what was really used (ranks, threads, library
    versions) and is no part of the key. `folder` holds the payload `files`. `references` names what has to stay in the
    store as long as this step does (see infra.caching.Step); None in manifests of versions that did not write it.
    """

    stage: str
    key: str
    version: int
    inputs: Mapping[str, Any]
    folder: str
    files: Mapping[str, FileEntry]
    rows: int
    kind: str
    result: Any = None
    recorded: Mapping[str, Any] = field(default_factory=dict)
    references: tuple[str, ...] | None = None

    @property
    def bytes(self) -> int:
        """Return the size of all files together."""
        return sum(entry.bytes for entry in self.files.values())

    @property
    def sha256(self) -> str:
        """Return the digest of what the step made, files and result, wherever they lie and whatever computed them."""
        return hashlib.sha256(
            canonical({"files": {n: e.sha256 for n, e in self.files.items()}, "result": self.result}).encode()
        ).hexdigest()


def manifest_name(stage: str, key: str) -> str:
    """Return the name in the store of a step's manifest."""
    return f"steps/{stage}/{key}/MANIFEST.json"


def parse_manifest(raw: bytes) -> Manifest:
    """Return the manifest in `raw`. Raises ValueError with one line where it is none."""
    try:
        fields = json.loads(raw)
        if fields.pop("format") != FORMAT:
            raise ValueError("another format")
        if fields.get("references") is not None:
            fields["references"] = tuple(fields["references"])
        return Manifest(**{**fields, "files": {n: FileEntry(**e) for n, e in fields["files"].items()}})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a manifest ({error})") from error


def write_manifest(manifest: Manifest) -> bytes:
    """Return a manifest as `parse_manifest` reads it: JSON with sorted keys, no number that is not finite."""
    return json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1, sort_keys=True, allow_nan=False).encode()
