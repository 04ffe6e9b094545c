"""The mathematics verifier."""

from __future__ import annotations

from tasks.reward.math.verifier import MathVerifier, canonical

__all__ = ["MathVerifier", "canonical"]
