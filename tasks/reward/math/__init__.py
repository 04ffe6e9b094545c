"""The mathematics verifier."""

from __future__ import annotations

from tasks.reward.math.verifier import MathVerifier, canonical, check_reference

__all__ = ["MathVerifier", "canonical", "check_reference"]
