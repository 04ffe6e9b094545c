"""Garbage collection around the tests of a study's report, as around those of the study."""

from __future__ import annotations

from tests.tasks.study.conftest import little_garbage

__all__ = ["little_garbage"]
