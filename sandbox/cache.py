"""A cache of verdicts: a group of samples often contains the same program more than once."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import astuple, dataclass, field, replace

from sandbox.job import Limits
from sandbox.problem import Problem
from sandbox.verdict import Kind, Verdict


@dataclass(slots=True)
class VerdictCache:
    """The `size` verdicts that were used last, in memory. Safe from any thread; `hits` and `misses` count look-ups."""

    size: int = 65_536
    hits: int = 0
    misses: int = 0
    _verdicts: OrderedDict[bytes, Verdict] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __len__(self) -> int:
        return len(self._verdicts)

    def key(self, program: bytes, problem: Problem, limits: Limits, image: str) -> bytes:
        """Return a digest of everything that a verdict depends on; `image` names the slots' backend and image."""
        hasher = hashlib.sha256()
        for part in (program, problem.digest.encode(), repr(astuple(limits)).encode(), image.encode()):
            hasher.update(len(part).to_bytes(8, "little") + part)
        return hasher.digest()

    def get(self, key: bytes) -> Verdict | None:
        """Return a stored verdict, marked as cached, or None."""
        with self._lock:
            verdict = self._verdicts.get(key)
            if verdict is None:
                self.misses += 1
                return None
            self.hits += 1
            self._verdicts.move_to_end(key)
        return replace(verdict, cached=True)

    def put(self, key: bytes, verdict: Verdict) -> Verdict:
        """Store a verdict and return it.

        A sandbox error and a verdict by a wall limit are not stored: another run could end differently.
        """
        if verdict.kind is Kind.SANDBOX_ERROR or verdict.wall_limit:
            return verdict
        with self._lock:
            self._verdicts[key] = verdict
            self._verdicts.move_to_end(key)
            while len(self._verdicts) > self.size:
                self._verdicts.popitem(last=False)
        return verdict
