"""The one error of a spec."""

from __future__ import annotations


class SpecError(ValueError):
    """A wrong spec. One line a problem: path of the key, what was given, what is allowed (or the nearest key name)."""
