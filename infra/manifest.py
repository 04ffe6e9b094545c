"""The manifest of a step: written last, it says that the step exists.

It holds a digest of itself, and its key follows from its inputs: one that was altered is no manifest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from infra.caching import canonical, key_of
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


def parse_manifest(raw: bytes, stage: str, key: str) -> Manifest:
    """Return the manifest in `raw`, found under this stage and key. Raises ValueError with one line where it is none.

    Manifests of versions that wrote no digest are taken without.
    """
    try:
        fields = json.loads(raw)
        digest = fields.pop("digest", None)
        if digest is not None and digest != _digest(fields):
            raise ValueError("its content is not what its digest says")
        if fields.pop("format") != FORMAT:
            raise ValueError("another format")
        if fields.get("references") is not None:
            fields["references"] = tuple(fields["references"])
        manifest = Manifest(**{**fields, "files": {n: FileEntry(**e) for n, e in fields["files"].items()}})
        if (manifest.stage, manifest.key) != (stage, key):
            raise ValueError(f"it is that of {manifest.stage}/{manifest.key}")
        named = manifest.inputs == {stage: key}  # infra.caching.NamedStep
        if not named and key_of(stage, manifest.version, manifest.inputs) != key:
            raise ValueError("its inputs are not those of its key")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a manifest ({error})") from error
    return manifest


def write_manifest(manifest: Manifest) -> bytes:
    """Return a manifest as `parse_manifest` reads it: JSON with sorted keys, no number that is not finite, a digest."""
    text = json.dumps({"format": FORMAT, **asdict(manifest)}, allow_nan=False)
    fields = json.loads(text)  # as a reader has them: keys that are numbers sort otherwise than their texts
    return json.dumps({**fields, "digest": _digest(fields)}, indent=1, sort_keys=True).encode()


def _digest(fields: Mapping[str, Any]) -> str:
    """Return the sha256 of a manifest's fields, `digest` not among them."""
    return hashlib.sha256(canonical(fields).encode()).hexdigest()
