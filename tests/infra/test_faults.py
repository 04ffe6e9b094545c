"""Faults between us and the store, and their outcome: retried, made again, or one line; and nothing left behind.

A proxy of our own stands before a real S3 server. Objects above 16 MiB go in parts of 8 MiB; here those above 1 MiB in
parts of 5 MiB, S3's least. The tables are slow: each fault meets a real server, with small and with large files. The
quick tests have one fault of each direction, and what must not be retried.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.bucket import CLIENT, Bucket
from infra.caching import Step
from infra.errors import StoreError
from infra.files import Files
from infra.gc import UPLOADS, survey, sweep
from infra.lease import RunLock
from infra.parallel import run_parallel
from infra.retry import is_transient
from infra.store import DamagedError, Manifest, Store
from specs.paths import REPOSITORY_ROOT as ROOT
from tests.infra.conftest import S3Server, client
from tests.infra.fault_proxy import FaultProxy, Kind
from tests.infra.waiting import DEADLINE_S, wait_for

STEP = Step("policy", 1, {"policy": "aa"})
PAYLOADS = {
    "small": {"a.bin": 50_000, "b.bin": 7},
    "large": {"weights.bin": 5_500_000, "optimizer.bin": 1_200_001, "c.json": 9},
}
SIZES = pytest.mark.parametrize("size", list(PAYLOADS))


@pytest.fixture()
def proxy(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    proxy = FaultProxy(s3.endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
    monkeypatch.setattr("infra.bucket.LARGE", 1 << 20)
    monkeypatch.setattr("infra.multipart.PART", 5 << 20)
    monkeypatch.setattr("infra.retry.LONGEST_S", 0.4)
    yield proxy
    proxy.leave()


@pytest.fixture()
def store(s3: S3Server, proxy: FaultProxy) -> Store:
    return Store(f"s3://{s3.bucket}/{uuid.uuid4().hex}")


@dataclass
class Payload:
    """Files of a commit and where they are fetched to."""

    files: dict[str, Path]
    target: Path

    def fetched(self) -> bool:
        return all((self.target / name).read_bytes() == path.read_bytes() for name, path in self.files.items())


@pytest.fixture()
def payload(request: pytest.FixtureRequest, tmp_path: Path) -> Payload:
    (tmp_path / "made").mkdir()
    files = {name: tmp_path / "made" / name for name in PAYLOADS[request.node.callspec.params["size"]]}
    for path in files.values():
        path.write_bytes(os.urandom(PAYLOADS[request.node.callspec.params["size"]][path.name]))
    return Payload(files, tmp_path / "fetched")


def commit(store: Store, payload: Payload) -> Manifest:
    return store.commit(STEP, payload.files, kind="weights")


def left(store: Store, s3: S3Server) -> tuple[list[str], int]:
    """Return temporaries and payload that no manifest names, and how many multipart uploads are under way, seen without
    the proxy."""
    bucket, _, prefix = store.uri.removeprefix("s3://").partition("/")
    direct = client(s3)
    keys = [
        each["Key"].removeprefix(f"{prefix}/")
        for each in direct.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/").get("Contents", ())
    ]
    folder = store.find(STEP.stage, STEP.key)
    named = re.compile(
        rf"steps/policy/{STEP.key}/(MANIFEST.json|LEDGER.json{f'|{folder.folder}/.*' if folder else ''})"
    )
    uploads = direct.list_multipart_uploads(Bucket=bucket).get("Uploads", ())
    return [key for key in keys if not named.fullmatch(key)], len(
        [each for each in uploads if each["Key"].startswith(f"{prefix}/")]
    )


# -- faults that pass are waited out -----------------------------------------------------------------------------------

DATA = r"PUT .*/data-[0-9a-f]{8}/(a|weights)\.bin"
#: fault, requests, times, byte of the body
UP: list[tuple[Kind, str, int, int]] = [
    ("slow down", r"^(PUT|POST) ", 6, 0),
    ("slow down", r"PUT .*MANIFEST", 3, 0),
    ("reset upload", DATA, 2, 40_000),
    ("alter upload", DATA, 1, 30_000),
    ("lose reply", DATA, 2, 0),
    ("lose reply", r"POST .*uploads|PUT .*LEDGER", 1, 0),
    ("lose reply", r"POST .*uploadId", 1, 0),
    ("lose reply", r"PUT .*MANIFEST", 1, 0),
]
DOWN: list[tuple[Kind, str, int, int]] = [
    ("slow down", r"^(GET|HEAD) ", 6, 0),
    ("reset download", r"GET .*/(a|weights)\.bin", 2, 40_000),
    ("short download", r"GET .*/(a|weights)\.bin", 2, 40_000),
    ("alter download", r"GET .*/(a|weights)\.bin", 1, 30_000),
    ("lose reply", r"^(GET|HEAD) ", 2, 0),
]


@pytest.mark.slow()
@SIZES
@pytest.mark.parametrize("fault", UP, ids=lambda fault: f"{fault[0]}, {fault[1]}".replace(" ", "-"))
def test_a_commit_outlasts(
    fault: tuple[Kind, str, int, int], size: str, store: Store, proxy: FaultProxy, payload: Payload, s3: S3Server
) -> None:
    injected = proxy.inject(*fault)
    made = commit(store, payload)
    if size == "small" and "uploadId" in fault[1]:
        assert not injected.happened
    else:
        assert injected.happened == (1 if "LEDGER" in fault[1] else fault[2])
    assert store.find(STEP.stage, STEP.key) == made
    store.fetch(made, payload.target)
    assert payload.fetched() and {name: entry.sha256 for name, entry in made.files.items()} == {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in payload.files.items()
    }
    stray, uploads = left(store, s3)
    # An upload whose very begin was not heard of is swept by gc, by its age.
    assert stray == [] and uploads == (1 if size == "large" and "POST .*uploads" in fault[1] else 0)


@pytest.mark.slow()
@SIZES
@pytest.mark.parametrize("fault", DOWN, ids=lambda fault: fault[0].replace(" ", "-"))
def test_a_fetch_outlasts(
    fault: tuple[Kind, str, int, int], size: str, store: Store, proxy: FaultProxy, payload: Payload
) -> None:
    made = commit(store, payload)
    injected = proxy.inject(*fault)
    assert store.find(STEP.stage, STEP.key) == made
    store.fetch(made, payload.target)
    assert payload.fetched() and injected.happened == fault[2]
    assert {path.name for path in payload.target.iterdir()} == set(payload.files)
    if "alter" in fault[0]:
        proxy.inject(*fault)
    assert store.intact(made), "altered on its way is looked at twice before it is called damaged"


@pytest.mark.slow()
@SIZES
def test_a_server_that_goes_is_waited_for_and_that_is_said_once(
    size: str, store: Store, proxy: FaultProxy, payload: Payload, s3: S3Server, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "armature.store"):
        proxy.leave()
        back = threading.Thread(target=lambda: (wait_for(lambda: caplog.records), proxy.come_back()))
        back.start()
        made = commit(store, payload)
        back.join()
    said = [record.getMessage() for record in caplog.records]
    assert (
        len(said) == 2
        and "waiting for the store, up to 90 s" in said[0]
        and store.uri in said[0]
        and "waited" in said[1]
    ), said
    store.fetch(made, payload.target)
    assert payload.fetched() and left(store, s3) == ([], 0)


@pytest.mark.slow()
@pytest.mark.parametrize("size", ["large"])
def test_a_server_that_goes_in_mid_transfer(
    size: str, store: Store, proxy: FaultProxy, payload: Payload, s3: S3Server
) -> None:
    """Parts that arrived are not sent again."""
    payload.files["weights.bin"].write_bytes(os.urandom(43_000_000))
    gone = proxy.inject("leave for 2 s", r"PUT .*weights.bin\?.*partNumber=4")
    made = commit(store, payload)
    parts = [each for each in proxy.requests if re.search(r"PUT .*weights.bin\?", each)]
    assert gone.happened == 1 and 9 <= len(parts) <= 9 + 4 * 3, "those under way, at most"
    gone = proxy.inject("leave for 2 s", r"GET .*weights.bin")
    store.fetch(made, payload.target)
    assert gone.happened == 1 and payload.fetched() and left(store, s3) == ([], 0)


@pytest.mark.slow()
@pytest.mark.parametrize("size", ["large"])
@pytest.mark.turn
def test_a_server_that_is_gone_for_30_seconds(
    size: str,
    store: Store,
    proxy: FaultProxy,
    payload: Payload,
    s3: S3Server,
    record_property: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("infra.retry.LONGEST_S", 5.0)
    made = commit(store, payload)
    another = Store(store.uri)
    proxy.go(30.0)
    began = time.monotonic()

    def up(stop: threading.Event) -> float:
        another.commit(Step("policy", 1, {"policy": "bb"}), payload.files, kind="weights")
        return time.monotonic() - began

    def down(stop: threading.Event) -> float:
        store.fetch(made, payload.target)
        return time.monotonic() - began

    for direction, waited in zip(("up", "down"), run_parallel([up, down], 2), strict=True):
        record_property(f"seconds {direction}, server gone for 30 s", round(waited, 1))
    store.drop("policy", Step("policy", 1, {"policy": "bb"}).key)
    assert payload.fetched() and left(store, s3) == ([], 0)


@pytest.mark.slow()
@SIZES
@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_server_that_stays_away_is_one_line(
    direction: str,
    size: str,
    store: Store,
    proxy: FaultProxy,
    payload: Payload,
    s3: S3Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = commit(store, payload)
    store.files.retry.limit_s = 1.0
    if direction == "up":
        store.drop(STEP.stage, STEP.key)
    proxy.leave()
    failures: list[BaseException] = []
    monkeypatch.setattr("infra.retry.is_transient", lambda error: (failures.append(error), is_transient(error))[1])
    with pytest.raises(StoreError) as caught:
        commit(store, payload) if direction == "up" else store.fetch(made, payload.target)
    assert 2 <= len(failures) <= 60, "each file and part tries again, a few times"
    message = str(caught.value)
    assert "\n" not in message and f"steps/policy/{STEP.key}/data-" in message and "check the endpoint" in message, (
        message
    )
    assert not isinstance(caught.value, DamagedError) and not (
        payload.target.exists() and list(payload.target.iterdir())
    )
    proxy.come_back()
    assert left(store, s3) == ([], 0)
    commit(store, payload)


@pytest.mark.slow()
@pytest.mark.parametrize("size", ["large"])
def test_an_upload_that_fails_is_aborted(
    size: str, store: Store, proxy: FaultProxy, payload: Payload, s3: S3Server
) -> None:
    store.files.retry.limit_s = 1.0
    proxy.inject("slow down", r"PUT .*weights.bin\?.*partNumber=2", times=10**6)
    with pytest.raises(StoreError, match=r"weights.bin: cannot write: .*SlowDown"):
        commit(store, payload)
    assert left(store, s3) == ([], 0), "neither parts nor the files that went well"
    assert any(each.startswith("DELETE") and "uploadId" in each for each in proxy.requests)


@pytest.mark.slow()
def test_a_server_that_answers_slow_down_for_ever_gets_few_requests(
    store: Store, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.retry.LONGEST_S", 5.0)
    store.files.retry.limit_s = 2.0
    before = len(proxy.requests)
    proxy.inject("slow down", "PUT", times=10**6)
    with pytest.raises(StoreError, match=r"runs/x: cannot write: .*SlowDown"):
        store.files.write("runs/x", b"1")
    assert len(proxy.requests) - before <= 8, "retries do not multiply"


KILLED = """
import sys
import infra.bucket, infra.multipart
from infra.caching import Step
from infra.store import Store
from pathlib import Path
infra.bucket.LARGE, infra.multipart.PART = 1 << 20, 5 << 20
Store(sys.argv[1]).commit(Step("policy", 1, {"policy": "aa"}), {"weights.bin": Path(sys.argv[2])}, kind="weights")
"""


@pytest.mark.slow()
@pytest.mark.parametrize("size", ["large"])
def test_a_writer_that_is_killed_in_mid_upload(
    size: str, store: Store, proxy: FaultProxy, payload: Payload, s3: S3Server
) -> None:
    """No step is there, what is left is found by gc, and the next writer is not disturbed."""
    payload.files["weights.bin"].write_bytes(os.urandom(43_000_000))
    held = proxy.inject("hold", "partNumber=5")
    process = subprocess.Popen([sys.executable, "-c", KILLED, store.uri, str(payload.files["weights.bin"])], cwd=ROOT)
    wait_for(lambda: held.happened or process.poll() is not None)
    assert process.poll() is None
    process.kill()
    process.wait()
    assert store.find(STEP.stage, STEP.key) is None and left(store, s3) == ([], 1)
    made = commit(store, payload)
    found = survey(store.files, time.time() + 60)
    assert UPLOADS in {each.reason for each in found}
    for each in found:
        if each.reason == UPLOADS:
            sweep(store.files, each)
    assert left(store, s3) == ([], 0) and store.intact(made)


def test_a_reset_and_a_lost_reply_are_outlasted(store: Store, proxy: FaultProxy) -> None:
    """Of the tables above what is quick enough for every run of the tests."""
    up, marker = (
        proxy.inject("reset upload", r"PUT .*/a\.bin", byte=40_000),
        proxy.inject("lose reply", "PUT .*MANIFEST"),
    )
    down = proxy.inject("reset download", r"GET .*/a\.bin", byte=40_000)
    made = store.commit(STEP, {"a.bin": bytes(100_000)}, kind="rows")
    assert store.find(STEP.stage, STEP.key) == made and store.read(made, "a.bin") == bytes(100_000)
    assert [fault.happened for fault in (up, marker, down)] == [1, 1, 1]


@pytest.mark.parametrize("verb", ["create", "replace"])
def test_a_conditional_write_whose_reply_was_lost_has_succeeded(verb: str, store: Store, proxy: FaultProxy) -> None:
    store.files.write("locks/b", b"old")
    proxy.inject("lose reply", "PUT")
    if verb == "create":
        store.files.create("locks/a", b"mine")
        with pytest.raises(FileExistsError):
            store.files.create("locks/a", b"another's")
    else:
        store.files.replace("locks/b", b"mine", b"old")
        with pytest.raises(FileExistsError):
            store.files.replace("locks/b", b"another's", b"old")
    assert store.files.read("locks/a" if verb == "create" else "locks/b") == b"mine"


# -- a server that takes requests and never answers --------------------------------------------------------------------


@pytest.fixture()
def patient_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clients would wait far longer than the test may take: what ends a request is the retry's limit."""
    monkeypatch.setattr("infra.bucket.CLIENT", {**CLIENT, "read_timeout": 10 * DEADLINE_S})


def test_first_contact_with_a_server_that_swallows_packets(
    s3: S3Server, proxy: FaultProxy, patient_clients: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.files.FIRST_CONTACT_S", 1.0)
    proxy.inject("hold", ".", times=10**6)
    with pytest.raises(StoreError, match=r"cannot reach: no answer within .* check the endpoint"):
        Store(f"s3://{s3.bucket}/x")
    assert len(proxy.requests) == 1


def test_the_end_of_a_run_whose_server_swallows_packets(
    s3: S3Server, proxy: FaultProxy, patient_clients: None, tmp_path: Path
) -> None:
    """As after SIGTERM: an upload under way, the record of the run, its lock."""
    store, stop, failures = Store(f"s3://{s3.bucket}/{uuid.uuid4().hex}"), threading.Event(), []
    lock = RunLock(store.files, "run/one", beat_s=0.2)
    lock.acquire()
    beats = proxy.inject("hold", r"GET .*locks", times=10**6)
    wait_for(lambda: beats.happened)
    (large := tmp_path / "weights.bin").write_bytes(bytes(11 << 20))
    parts = proxy.inject("hold", ".", times=10**6)

    def upload() -> None:
        try:
            store.commit(STEP, {large.name: large, "a.bin": b"a"}, kind="weights", stop=stop)
        except StoreError as error:
            failures.append(str(error))

    thread = threading.Thread(target=upload)
    thread.start()
    wait_for(lambda: parts.happened >= 2)
    before = len(proxy.requests)
    stop.set()
    thread.join(DEADLINE_S)
    assert len(failures) == 1 and "stopped" in failures[0]
    store.files.retry.hurry(1.0)
    with pytest.raises(StoreError):
        store.files.write("runs/run/one/run.json", b"{}")
    lock.release()
    assert not lock._thread or not lock._thread.is_alive()
    assert len(proxy.requests) - before <= 8, "nothing is tried again and again"


# -- faults that no retry mends: at once, one line ---------------------------------------------------------------------


@pytest.mark.parametrize("size", ["large"])
@pytest.mark.parametrize(
    ("environment", "parts"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong-canary"}, ("credentials",)),
        ({"AWS_ACCESS_KEY_ID": "nobody"}, ("credentials",)),
        ({"AWS_SESSION_TOKEN": "expired-canary"}, ("credentials",)),
    ],
    ids=["wrong secret", "unknown key", "expired token"],
)
def test_credentials_that_are_refused(
    environment: dict[str, str],
    parts: tuple[str, ...],
    size: str,
    store: Store,
    payload: Payload,
    proxy: FaultProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    before = len(proxy.requests)
    with pytest.raises(StoreError) as caught:
        Store(store.uri)
    message = str(caught.value)
    assert "\n" not in message and "canary" not in message and all(part in message for part in (store.uri, *parts)), (
        message
    )
    assert len(proxy.requests) - before == 1, "no retry"


def test_a_server_that_overwrites_what_must_be_created_is_refused_before_a_run_begins(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_if = Bucket._put_if
    monkeypatch.setattr(
        Bucket, "_put_if", lambda bucket, path, data, **condition: put_if(bucket, path, data)
    )  # as a server that does not know them
    with pytest.raises(
        StoreError, match=r"locks/run/one/00000001.json: was overwritten .* honours conditional writes$"
    ):
        RunLock(store.files, "run/one").acquire()
    assert store.files.list("locks/run/one") == []


@pytest.mark.parametrize("size", ["large"])
def test_a_bucket_that_goes_under_a_run(size: str, store: Store, payload: Payload, proxy: FaultProxy) -> None:
    files = Files(store.uri)
    files._root = "nowhere/x"
    files._bucket.name = "nowhere"  # type: ignore[union-attr]
    before = len(proxy.requests)
    with pytest.raises(StoreError, match="cannot write"):
        files.upload(payload.files["weights.bin"], "steps/x/y")
    assert len(proxy.requests) - before <= 2, "no retry"


# -- what is not what its manifest says --------------------------------------------------------------------------------


@pytest.mark.slow()
@SIZES
@pytest.mark.parametrize("damage", ["truncated", "altered", "missing", "no marker"])
def test_damage_is_found_and_made_good(
    damage: str, size: str, store: Store, payload: Payload, s3: S3Server, caplog: pytest.LogCaptureFixture
) -> None:
    made = commit(store, payload)
    file = next(iter(payload.files))
    whole = payload.files[file].read_bytes()
    bucket, _, prefix = store.uri.removeprefix("s3://").partition("/")
    base = f"{prefix}/steps/policy/{STEP.key}"
    name, direct = f"{base}/{made.folder}/{file}", client(s3)
    if damage == "no marker":
        direct.delete_object(Bucket=bucket, Key=f"{base}/MANIFEST.json")
        assert store.find(STEP.stage, STEP.key) is None
    else:
        if damage == "missing":
            direct.delete_object(Bucket=bucket, Key=name)
        else:
            direct.put_object(
                Bucket=bucket,
                Key=name,
                Body=whole[:-1] if damage == "truncated" else whole[:-1] + bytes([whole[-1] ^ 1]),
            )
        with pytest.raises(DamagedError, match=re.escape(f"{made.folder}/{file}")):
            store.fetch(made, payload.target)
        assert list(payload.target.iterdir()) == []
        with caplog.at_level(logging.WARNING, "armature.store"):
            assert not store.intact(made)
            assert (store.find(STEP.stage, STEP.key) is None) == (damage != "altered"), (
                "contents are verified when they are read"
            )
        assert f"{made.folder}/{file}" in caplog.text
    again = commit(store, payload)
    assert again.folder != made.folder and store.intact(again) and store.find(STEP.stage, STEP.key) == again
    store.fetch(again, payload.target)
    assert payload.fetched()
    assert [key for key in left(store, s3)[0] if made.folder not in key] == [], "the damaged payload is gc's"


# -- the local disk is full --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", ["large", "small"])
def test_a_full_disk_in_a_fetch(size: str, store: Store, payload: Payload, full_disk: Path) -> None:
    made = commit(store, payload)
    filler = full_disk / "filler"
    with pytest.raises(OSError, match="No space left"), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    filler.write_bytes(filler.read_bytes()[:-8192])
    with pytest.raises(StoreError) as caught:
        store.fetch(made, full_disk / "scratch")
    message = str(caught.value)
    assert (
        "\n" not in message
        and "No space left on device" in message
        and str(full_disk / "scratch") in message
        and made.folder in message
    ), message
    assert list((full_disk / "scratch").iterdir()) == []
    filler.unlink()
    if size == "small":
        store.fetch(made, full_disk / "scratch")
        assert (full_disk / "scratch" / "a.bin").read_bytes() == payload.files["a.bin"].read_bytes()
