"""Seeds derived from names: (spec seed, stage, iteration, problem, sample) -> 63 bits.

Position is computed, not stored: the parts determine the seed, so that nothing has to be carried along.
"""

from __future__ import annotations

import hashlib
import json


def derive_seed(*parts: int | str) -> int:
    """Return a seed in [0, 2**63): the first 63 bits of sha256 over the JSON list of `parts`.

    So 1 and "1" differ, and so do ("ab", "c") and ("a", "bc"). Depends on no library's generator.
    """
    assert parts, "a seed needs at least one part"
    for part in parts:
        assert type(part) in (int, str), f"a seed's parts are int or str, not {type(part).__name__}: {part!r}"
    text = json.dumps(parts, ensure_ascii=True, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode("ascii")).digest()[:8], "big") >> 1
