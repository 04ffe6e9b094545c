"""A checkpoint on its way into the store beside the training is not touched by what the training does meanwhile."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from infra.store import Store
from tasks.checkpoint.policies import Policies, policy_step

ROOT_POLICY, POLICY = "a" * 64, "b" * 64


def test_a_policy_that_is_saved_again_leaves_the_folder_that_is_being_uploaded_alone(tmp_path: Path) -> None:
    """The ranks die while a checkpoint uploads: a replay passes the same policy, and saves it again."""
    store = Store((tmp_path / "store").as_uri())
    store.commit(policy_step(ROOT_POLICY), {"config.json": b"{}"}, kind="weights", key=ROOT_POLICY)
    between: list[Any] = []

    def save(folder: Path, *, optimizer: bool) -> None:
        (folder / "model.safetensors").write_bytes(b"half")
        for look in between:
            look()
        (folder / "model.safetensors").write_bytes(b"half and half")

    trainer = SimpleNamespace(state=POLICY, adamw={}, environment={}, save=save)
    policies = Policies(
        store, cast(Any, trainer), cast(Any, None), tmp_path / "scratch", cast(Any, None), cast(Any, None)
    )
    policies._describe = lambda _, folder: folder.mkdir(parents=True)  # type: ignore[method-assign]
    uploading = policies.save(POLICY, {})
    between.append(lambda: policies.commit(uploading))
    again = policies.save(POLICY, {})
    manifest = store.find("policy", POLICY)
    assert manifest is not None and store.read(manifest, "model.safetensors") == b"half and half"
    assert policies.commit(again) == manifest, "the first stands"
    assert list((tmp_path / "scratch").iterdir()) == []
