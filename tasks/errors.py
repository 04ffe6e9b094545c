"""Errors of the stages."""

from __future__ import annotations

from specs.errors import ArmatureError


class DataError(ArmatureError, ValueError):
    """A data source or one of its rows cannot be used. Names the file and the line (or the hub name)."""


class NotFetchedError(DataError):
    """A model or data set of the hub is not on this machine, and nothing is fetched or the hub does not answer."""


class VerifierError(ArmatureError, RuntimeError):
    """A verifier could not judge, through no fault of the answer. Never a reward of 0."""


class Unjudged(ArmatureError, RuntimeError):
    """Raised by a user's own reward function: a service that it needs did not answer. Tried again, then not judged."""


class TrainingError(ArmatureError, RuntimeError):
    """A training step was stopped before it was applied (a number that is not finite, an audit beyond its limit)."""


class OutOfMemory(TrainingError):
    """Memory ran out in a training step, which was not applied; a smaller token budget may fit."""


class StudyError(ArmatureError, RuntimeError):
    """Cells of a study failed, or there is none to report. Names them."""


class RegressionError(ArmatureError, RuntimeError):
    """A policy is worse than another one beyond a paired 95 % interval. Names the suites and their differences."""


class ServerError(ArmatureError, RuntimeError):
    """The Prefect server that a command needs is not there or does not answer. Names its address."""
