"""The store: what exists is what its manifests say, on a local disk and on a real S3 server."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.caching import NamedStep, Step, canonical
from infra.errors import StoreError, TransferStopped
from infra.files import Files
from infra.marks import Marks
from infra.retry import RetryPolicy
from infra.store import DamagedError, Manifest, Store
from tests.infra.conftest import new_uri
from tests.one_line import one_line

STEP = Step("verdict", 3, {"part": {"b": 2.5, "a": [1, None, "é"]}, "rollouts": ["00", "11"]})
PAYLOAD = {"a.bin": b"first" * 100, "b.json": b"{}"}


@pytest.fixture(params=["file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(new_uri(request, tmp_path))


def commit(store: Store, step: Step = STEP, payload: dict[str, Any] = PAYLOAD, result: Any = None) -> Manifest:
    return store.commit(
        step, payload, kind="rows", rows=7, result=result, recorded={"ranks": 2}, ledger={"seconds": 1.5}
    )


def payload_name(manifest: Manifest, file: str) -> str:
    return f"steps/{manifest.stage}/{manifest.key}/{manifest.folder}/{file}"


# -- keys --------------------------------------------------------------------------------------------------------------


def test_a_key_is_pinned() -> None:
    text = '{"inputs":{"part":{"a":[1,null,"\\u00e9"],"b":2.5},"rollouts":["00","11"]},"stage":"verdict","version":3}'
    assert STEP.key == hashlib.sha256(text.encode()).hexdigest()
    assert STEP.key == "54f118e54992a65164ecb2a4e8b827a18dcdc03fb1a8cd43f54b9712ff582c77"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(inputs=st.dictionaries(st.text(), JSON, min_size=1, max_size=4), version=st.integers(1, 9))
@settings(max_examples=100, deadline=None)
def test_keys_do_not_see_the_order_of_mappings_and_see_all_else(inputs: dict[str, Any], version: int) -> None:
    step = Step("train", version, inputs)
    assert Step("train", version, dict(reversed(inputs.items()))).key == step.key
    assert Step("train", version, json.loads(canonical(inputs))).key == step.key, "a key survives its manifest"
    others = [
        Step("train", version + 1, inputs),
        Step("rollout", version, inputs),
        Step("train", version, {**inputs, "one more": 1}),
    ]
    others.append(Step("train", version, {key: [value] for key, value in inputs.items()}))
    assert len({step.key, *(other.key for other in others)}) == 5


def test_a_key_of_what_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        _ = Step("train", 1, {"learning_rate": float("nan")}).key


# -- commit, find, read ------------------------------------------------------------------------------------------------


def test_what_was_committed_is_found_read_and_fetched(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "weights.bin"
    source.write_bytes(os.urandom(300_000))
    assert store.find("verdict", STEP.key) is None
    made = commit(store, payload={**PAYLOAD, "weights.bin": source}, result={"mean": 0.5})
    found = Store(store.uri).find("verdict", STEP.key)
    assert found == made and found is not None
    assert (found.stage, found.version, found.inputs, found.rows, found.kind, found.recorded) == (
        "verdict",
        3,
        STEP.inputs,
        7,
        "rows",
        {"ranks": 2},
    )
    assert found.bytes == 500 + 2 + 300_000 and found.result == {"mean": 0.5}
    assert store.read(found, "a.bin") == PAYLOAD["a.bin"]
    store.fetch(found, tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder" / "weights.bin").read_bytes() == source.read_bytes()
    assert store.intact(found)
    assert store.ledger(found)["seconds"] == 1.5
    store.files.remove(f"steps/verdict/{STEP.key}/LEDGER.json")
    assert store.ledger(found) == {} and store.find("verdict", STEP.key) == made, "times are no part of a step"


def test_a_digest_covers_files_and_result_and_nothing_else(store: Store) -> None:
    made = commit(store, result=1)
    again = Store(store.uri + "/elsewhere").commit(
        Step("other", 9, {}), PAYLOAD, kind="weights", result=1, ledger={"seconds": 9.0}
    )
    assert made.sha256 == again.sha256
    assert (
        len(
            {
                made.sha256,
                commit(store, Step("a", 1, {}), result=2).sha256,
                commit(store, Step("b", 1, {}), {"a.bin": b""}, 1).sha256,
            }
        )
        == 3
    )


def test_a_step_is_not_there_before_its_manifest(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    real = Files.create

    def create(self: Files, name: str, data: bytes) -> None:
        raw = json.loads(data)
        del raw["format"], raw["digest"]
        manifest = Manifest(**{**raw, "files": {}})
        seen.extend(file for file in PAYLOAD if self.size(payload_name(manifest, file)) == len(PAYLOAD[file]))
        raise KeyboardInterrupt  # the process dies here

    monkeypatch.setattr(Files, "create", create)
    with pytest.raises(KeyboardInterrupt):
        commit(store)
    assert sorted(seen) == sorted(PAYLOAD), "the payload comes before the manifest"
    monkeypatch.setattr(Files, "create", real)
    assert store.find("verdict", STEP.key) is None
    made = commit(store)
    assert store.find("verdict", STEP.key) == made


@pytest.mark.parametrize("damage", ["missing", "truncated", "altered"])
def test_a_damaged_payload_is_no_hit_and_the_next_commit_replaces_it(
    store: Store, damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = commit(store)
    name = payload_name(made, "a.bin")
    whole = PAYLOAD["a.bin"]
    store.files.remove(name)
    if damage != "missing":
        store.files.write(name, whole[:-1] if damage == "truncated" else b"F" + whole[1:])
    with caplog.at_level(logging.WARNING, "armature.store"):
        found = store.find("verdict", STEP.key)
        if damage == "altered":
            assert found == made, "contents are verified when they are read"
            assert not store.intact(found)
        else:
            assert found is None
    assert len(caplog.records) == 1 and name in caplog.text
    for use in (lambda: store.read(made, "a.bin"), lambda: store.fetch(made, tmp_path / "fetched")):
        with one_line(DamagedError, name):
            use()
    assert not store.intact(made)
    again = commit(store)
    assert again.folder != made.folder
    assert store.find("verdict", STEP.key) == again
    assert store.read(again, "a.bin") == whole


NO_MANIFESTS = [b"", b"{", b"[]", b'{"format": 99}', b'{"format": 1, "stage": "verdict"}', b"[" * 100_000]


@pytest.mark.parametrize("text", NO_MANIFESTS, ids=lambda text: text[:20].decode())
def test_what_is_not_a_manifest_is_no_hit(store: Store, text: bytes, caplog: pytest.LogCaptureFixture) -> None:
    store.files.write(f"steps/verdict/{STEP.key}/MANIFEST.json", text)
    with caplog.at_level(logging.WARNING, "armature.store"):
        assert store.find("verdict", STEP.key) is None
    assert "not a manifest" in caplog.text
    made = commit(store)
    assert store.find("verdict", STEP.key) == made


ALTERED: dict[str, Callable[[dict[str, Any]], object]] = {
    "a digit of the result": lambda fields: fields["result"].update(mean=0.25),
    "an input": lambda fields: fields["inputs"].update(rollouts=["00", "12"]),
    "no files": lambda fields: fields.update(files={}),
    "another payload": lambda fields: fields["files"].update({"a.bin": fields["files"]["b.json"]}),
    "fewer references": lambda fields: fields.update(references=[]),
    "another version": lambda fields: fields.update(version=4),
    "another step": lambda fields: fields.update(stage="rollout"),
    "the digest": lambda fields: fields.update(digest="0" * 64),
    "a field more": lambda fields: fields.update(more=1),
}


@pytest.mark.parametrize("altered", list(ALTERED))
def test_a_manifest_that_was_altered_is_none(tmp_path: Path, altered: str, caplog: pytest.LogCaptureFixture) -> None:
    store = Store((tmp_path / "store").as_uri())
    step = replace(STEP, references=("rollout/00",))
    commit(store, step, result={"mean": 0.5, 1: 2, 10: 3})
    name = f"steps/verdict/{STEP.key}/MANIFEST.json"
    fields = json.loads(store.files.read(name))
    ALTERED[altered](fields)
    store.files.write(name, json.dumps(fields).encode())
    with caplog.at_level(logging.WARNING, "armature.store"):
        assert store.find("verdict", STEP.key) is None
    assert "not a manifest" in caplog.text and "\n" not in caplog.records[0].getMessage()
    with pytest.raises(StoreError, match=r"MANIFEST\.json: not a manifest"):
        Marks(store.files, {("verdict", STEP.key): True}, []).manifest("verdict", STEP.key)
    made = commit(store, step, result={"mean": 0.5})
    assert store.find("verdict", STEP.key) == made, "made again in its place"


@pytest.mark.parametrize("altered", ["", "an input", "another version", "another step"])
def test_a_manifest_without_a_digest_is_taken_by_its_key(tmp_path: Path, altered: str) -> None:
    store = Store((tmp_path / "store").as_uri())
    made = commit(store)
    name = f"steps/verdict/{STEP.key}/MANIFEST.json"
    fields = json.loads(store.files.read(name))
    del fields["digest"]  # as earlier versions wrote it
    if altered:
        ALTERED[altered](fields)
    store.files.write(name, json.dumps(fields).encode())
    assert store.find("verdict", STEP.key) == (None if altered else made)


def test_a_manifest_under_another_key_is_none(tmp_path: Path) -> None:
    store = Store((tmp_path / "store").as_uri())
    commit(store)
    text = store.files.read(f"steps/verdict/{STEP.key}/MANIFEST.json")
    for stage, key in (("verdict", "ab" * 32), ("rollout", STEP.key)):
        store.files.write(f"steps/{stage}/{key}/MANIFEST.json", text)
        assert store.find(stage, key) is None


@pytest.mark.parametrize("text", [b"", b"\xff", b"3", b'{"seconds": 1', b"[" * 100_000], ids=range(5))
def test_a_ledger_that_cannot_be_read_is_as_good_as_none(tmp_path: Path, text: bytes) -> None:
    store = Store((tmp_path / "store").as_uri())
    made = commit(store)
    store.files.write(f"steps/verdict/{STEP.key}/LEDGER.json", text)
    assert store.ledger(made) == {} and store.find("verdict", STEP.key) == made


def test_of_rival_writers_the_first_commit_stands(store: Store) -> None:
    barrier, commits, failures = threading.Barrier(4), [], []

    def write(number: int) -> None:
        try:
            mine = Store(store.uri)
            barrier.wait()
            commits.append(commit(mine, payload={"a.bin": b"from writer %d" % number}))
        except Exception as error:  # reported below: a thread's own would be lost
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    stands = store.find("verdict", STEP.key)
    assert stands is not None and all(each == stands for each in commits) and len(commits) == 4
    assert store.read(stands, "a.bin").startswith(b"from writer")
    late = commit(store, payload={"a.bin": b"a late writer"})
    assert late == stands and store.read(stands, "a.bin") != b"a late writer"
    base = f"steps/verdict/{STEP.key}"
    # Looked up, not listed: SeaweedFS goes on listing folders that are empty.
    kept = [
        name
        for name in store.files.list(base)
        if name.startswith("data-") and store.files.size(f"{base}/{name}/a.bin") is not None
    ]
    assert kept == [stands.folder], "losers take their payload away"


def test_a_commit_that_is_told_to_stop_leaves_nothing(store: Store, tmp_path: Path) -> None:
    large = tmp_path / "model.safetensors"
    large.write_bytes(bytes(40 << 20))
    stop = threading.Event()
    stop.set()
    with pytest.raises(TransferStopped, match="the transfer was stopped"):
        store.commit(STEP, {"a.bin": b"x", large.name: large}, kind="weights", stop=stop)
    assert store.files.walk("steps") == [] and store.files.dangling("") == []
    assert (
        store.commit(STEP, {large.name: large}, kind="weights", stop=threading.Event()).files[large.name].bytes
        == 40 << 20
    )


def test_drop_removes_all_of_a_step_manifest_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    made = commit(store)
    kept = commit(store, Step("verdict", 4, {}))
    removed: list[str] = []
    real = Files.remove
    monkeypatch.setattr(Files, "remove", lambda self, name: (removed.append(name), real(self, name))[1])
    store.drop("verdict", STEP.key)
    assert removed[0].endswith("MANIFEST.json")
    assert store.find("verdict", STEP.key) is None
    assert [store.files.size(payload_name(made, file)) for file in PAYLOAD] == [None, None]
    assert store.find("verdict", kept.key) == kept
    store.drop("verdict", STEP.key)  # what is not there cannot be in the way


def test_a_step_may_be_named_by_another_key(store: Store) -> None:
    named = NamedStep(STEP.stage, STEP.version, {STEP.stage: "ab" * 32}, name="ab" * 32)
    made = store.commit(named, PAYLOAD, kind="weights")
    assert store.find("verdict", "ab" * 32) == made and store.find("verdict", STEP.key) is None


def test_files_are_listed_created_once_and_looked_up(store: Store) -> None:
    files = store.files
    assert files.list("runs") == [] and files.size("runs/x") is None
    files.write("runs/b/one", b"1")
    files.write("runs/a/two", b"22")
    assert files.list("runs") == ["a", "b"] and files.size("runs/a/two") == 2
    files.create("runs/a/three", b"3")
    with pytest.raises(FileExistsError):
        files.create("runs/a/three", b"4")
    assert files.read("runs/a/three") == b"3"
    files.write("runs/a/three", b"5")
    assert Files(store.uri).read("runs/a/three") == b"5"
    with pytest.raises(StoreError, match="runs/none: cannot read: it is not there"):
        files.read("runs/none")


# -- failures: one line that names the object --------------------------------------------------------------------------


@pytest.fixture()
def no_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause before another attempt fails the test."""

    def begin(policy: RetryPolicy, what: str, error: Exception, limit: float) -> None:
        raise AssertionError(f"{what} is tried again after {error}")

    monkeypatch.setattr(RetryPolicy, "_begin", begin)


def test_a_full_disk_is_one_line_and_leaves_no_step(full_disk: Path, tmp_path: Path) -> None:
    store = Store((full_disk / "store").as_uri())
    weights = tmp_path / "weights.bin"
    weights.write_bytes(bytes(1 << 20))
    for payload in ({"weights.bin": weights}, {"weights.bin": weights.read_bytes()}):
        with one_line(StoreError, f"steps/verdict/{STEP.key}", "weights.bin", "No space left on device", "free space"):
            commit(store, payload=payload)
        assert store.find("verdict", STEP.key) is None
    assert not list(full_disk.rglob("*.tmp"))


def test_a_disk_that_fills_at_the_manifest_leaves_no_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path.as_uri())
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if "MANIFEST.json" in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with one_line(StoreError, "MANIFEST.json", "No space left on device"):
        commit(store)
    monkeypatch.undo()
    assert (
        store.find("verdict", STEP.key) is None
        and not list(tmp_path.rglob("*.tmp"))
        and not list(tmp_path.rglob("data-*"))
    )


def test_places_that_are_no_store(tmp_path: Path) -> None:
    with one_line(StoreError, "only file:// and s3://"):
        Store("gs://bucket/armature")
    (tmp_path / "file").write_text("")
    with one_line(StoreError, "file/store", "cannot reach"):
        Store((tmp_path / "file" / "store").as_uri())


def test_wrong_credentials(s3: Any, no_retry: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret-canary")
    with one_line(StoreError, f"s3://{s3.bucket}/x", "credentials"):
        commit(Store(f"s3://{s3.bucket}/x"))


def test_no_credentials(s3: Any, no_retry: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with one_line(StoreError, f"s3://{s3.bucket}/x", "credentials"):
        Store(f"s3://{s3.bucket}/x")


class NoBucket:
    """A bucket that the server does not have."""

    root, name = "x", "nowhere"

    def reach(self) -> None:
        answer = {"Error": {"Code": "NoSuchBucket", "Message": "The specified bucket does not exist"}}
        raise FileNotFoundError("The specified bucket does not exist") from ClientError(answer, "ListObjectsV2")


def test_a_missing_bucket_is_said_once_and_without_contradiction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.files._bucket", lambda uri: NoBucket())
    with pytest.raises(StoreError) as caught:
        Store("s3://nowhere/x")
    advice = "make it, or set store: to one that does"
    assert str(caught.value) == f"store s3://nowhere/x: the bucket nowhere does not exist; {advice}"


def test_a_bucket_that_is_missing_is_said_and_not_made(
    s3: Any, no_retry: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with one_line(
        StoreError, "s3://nowhere/x", "Access Denied", "credentials"
    ):  # who may not list it is not told whether it exists
        Store("s3://nowhere/x")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.maker[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.maker[1])
    for _ in range(2):
        with one_line(StoreError, "s3://nowhere/x", "the bucket nowhere does not exist; make it"):
            commit(Store("s3://nowhere/x"))


def test_an_endpoint_that_cannot_be_reached(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.files.FIRST_CONTACT_S", 0.5)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with one_line(StoreError, f"s3://{s3.bucket}/x", "endpoint"):
        Store(f"s3://{s3.bucket}/x")
