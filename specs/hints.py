"""What a misspelt name was meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that a misspelt one was meant to be, or None."""
    return next(iter(difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)), None)


def hint(name: str, names: Collection[str]) -> str:
    """Return `nearest is <name>`, or all names where none is near."""
    near = nearest(name, names)
    return f"nearest is {near}" if near else f"there are {', '.join(names)}"
