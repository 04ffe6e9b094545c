"""Armature's errors: one base, builtin bases as callers know them, and a way from a child process to its parent."""

from __future__ import annotations

import pickle

import pytest

from infra.errors import EngineError, StoreError, TransferStopped
from infra.files import MissingError
from infra.lease import RunHeldError, RunLostError
from infra.store import DamagedError
from sandbox.errors import SandboxError
from specs.errors import ArmatureError, SpecError
from tasks.errors import (
    DataError,
    NotFetchedError,
    OutOfMemory,
    RegressionError,
    ServerError,
    StudyError,
    TrainingError,
    VerifierError,
)

OURS: dict[type[ArmatureError], type[Exception]] = {
    SpecError: ValueError,
    DataError: ValueError,
    StoreError: RuntimeError,
    EngineError: RuntimeError,
    VerifierError: RuntimeError,
    TrainingError: RuntimeError,
    StudyError: RuntimeError,
    RegressionError: RuntimeError,
    ServerError: RuntimeError,
    TransferStopped: StoreError,
    MissingError: StoreError,
    DamagedError: StoreError,
    RunHeldError: StoreError,
    RunLostError: StoreError,
    OutOfMemory: TrainingError,
    NotFetchedError: DataError,
}


@pytest.mark.parametrize("error", OURS, ids=lambda error: error.__name__)
def test_an_error_keeps_its_type_and_text_between_processes(error: type[ArmatureError]) -> None:
    assert issubclass(error, ArmatureError) and issubclass(error, OURS[error])
    there = pickle.loads(pickle.dumps(error("x.yaml: what, where, what to do")))
    assert type(there) is error and str(there) == "x.yaml: what, where, what to do"


def subclasses(error: type[Exception]) -> set[type[Exception]]:
    return {error}.union(*map(subclasses, error.__subclasses__()))


def test_no_error_is_left_out_and_the_sandbox_stands_alone() -> None:
    named = {each for each in subclasses(ArmatureError) if not each.__module__.startswith("tests.")}
    assert {each for each in named if each.__module__.startswith(("specs.", "infra."))} <= {ArmatureError, *OURS}
    assert not issubclass(SandboxError, ArmatureError)
