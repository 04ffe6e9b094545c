r"""Residues: `7 \pmod{12}`, `x \equiv 1, 3 \bmod 8`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tasks.reward.math.expression import integer

_MODULUS = r"\{?\s*(\d+|[A-Za-z])\s*\}?"
_RESIDUE = re.compile(
    rf"\s*(?:\\pmod\s*{_MODULUS}|\(?\s*\\(?:bmod|mod)\s*{_MODULUS}\s*\)?|\(\s*\"?mod(?:ulo)?\"?\s*{_MODULUS}\s*\)|"
    rf'"\s*\(?\s*(?:mod|modulo)\s*"?\s*{_MODULUS}\s*"?\s*\)?\s*"?|,?\s*\(?\s*\\?(?:mod|modulo)\s+{_MODULUS}\s*\)?)$'
)
_LABEL = re.compile(r"^\\?[A-Za-z]\s*\\equiv(?![A-Za-z])\s*")


@dataclass(frozen=True, slots=True)
class Residue:
    """The text of a residue, or of several, without its label, and the modulus."""

    text: str
    modulus: str

    def members(self) -> frozenset[int] | None:
        """Return the residues from 0 to the modulus, None where they are no integers."""
        parts = re.split(r'\s*(?:,|;|"\s*(?:or|and)\s*"|\bor\b|\band\b)\s*', self.text)
        if not self.modulus.isdecimal() or not all(re.fullmatch(r"-?\s*\d{1,18}", p) for p in parts):
            return None
        size = int(self.modulus) if len(self.modulus) <= 18 else 0
        return frozenset(int(p.replace(" ", "")) % size for p in parts) if size else None

    @property
    def reduced(self) -> bool:
        """Return True if the value is a number below the modulus, so that it may stand without it: 19 mod 12 is not."""
        return self.text.isdecimal() and self.modulus.isdecimal() and integer(self.text) < integer(self.modulus)


def residue_of(text: str) -> Residue | None:
    """Return a tidy text as a residue, None where it names no modulus."""
    if "mod" not in text:
        return None
    found = _RESIDUE.search(text)
    if found is None:
        return None
    modulus = next(group for group in found.groups() if group)
    return Residue(without_label(text[: found.start()].strip(" ,")), modulus)


def without_label(text: str) -> str:
    r"""Return the text without `x \equiv` in front."""
    return _LABEL.sub("", text).strip()
