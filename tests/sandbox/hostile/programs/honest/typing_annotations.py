# problem: mbpp_plus
# want: accepted
# why: annotations of all sorts

from __future__ import annotations

from typing import Optional


def plus(a: int, b: Optional[int] = None) -> int:
    return a + b
