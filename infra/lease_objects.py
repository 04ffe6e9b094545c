"""The objects of a lease in the store: a holder and a beat for each generation."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass

from infra.errors import StoreError
from infra.files import Files

log = logging.getLogger("armature.lease")

# The temporary of a beat, which a killed holder may leave, counts as a beat.
_OBJECT = re.compile(r"(\d{8,})\.(?:json|beat.*)")


@dataclass(frozen=True)
class View:
    """A lease as one look found it.

    `top`: the highest generation that has a holder (0: none); `raw`: its object; `last`: the highest number in use,
    beats included, so that the number of a lock that was deleted by hand is not used again.
    """

    top: int
    raw: bytes
    last: int


class LeaseObjects:
    """The objects of the lease of one run (`name/identity`)."""

    def __init__(self, files: Files, run: str) -> None:
        self.files = files
        self.run = run

    def name(self, generation: int) -> str:
        """Return the name of a generation's holder."""
        return f"locks/{self.run}/{generation:08d}.json"

    def beat(self, generation: int) -> str:
        """Return the name of a generation's beat."""
        return f"locks/{self.run}/{generation:08d}.beat"

    def look(self) -> View:
        """Return what the store has now."""
        while True:
            objects = self._generations()
            top = max((number for name, number in objects.items() if name.endswith(".json")), default=0)
            raw = self.read(self.name(top)) if top else b""
            if raw is not None:  # else it was removed between the two
                return View(top, raw, max(objects.values(), default=0))

    def read(self, name: str) -> bytes | None:
        """Return an object; None where there is no such object."""
        try:
            return self.files.read(name)
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    def sweep(self, generation: int) -> None:
        """Remove the objects of lower generations; the next holder removes those that cannot be removed now."""
        try:
            for name, number in self._generations().items():
                if number < generation:
                    self.files.remove(f"locks/{self.run}/{name}")
        except StoreError as error:
            log.warning("run %s: %s", self.run, error)

    def _generations(self) -> dict[str, int]:
        """Return the names of the objects, with their generations."""
        names = self.files.list(f"locks/{self.run}")
        return {name: int(match[1]) for name in names if (match := _OBJECT.fullmatch(name))}
