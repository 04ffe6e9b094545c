"""gc keeps what a run names and what is young, removes the rest, and touches nothing where it cannot read a run."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.caching import NamedStep, Step
from infra.errors import StoreError
from infra.files import Files
from infra.gc import CRASHED, LEFT, NO_EVALUATION, NO_RUN, TEMPORARY, UPLOADS, Found, survey
from infra.gc import collect as collected
from infra.store import Manifest, Store
from specs.paths import REPOSITORY_ROOT as ROOT
from tests.infra.conftest import client, new_uri
from tests.one_line import one_line

#: Stores whose records and manifests are of a version that listed no references.
OLD: set[str] = set()


@pytest.fixture(params=["file", "old", pytest.param("s3", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    store = Store(new_uri(request, tmp_path))
    OLD.update([store.uri] if request.param == "old" else [])
    return store


class History:
    """Writes steps as a run does. `made`: (stage, key) of each by a short name."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.made: dict[str, tuple[str, str]] = {}

    def step(self, name: str, stage: str, inputs: dict[str, Any], key: str | None = None) -> str:
        references = tuple(f"{of}/{each}" for of, each in self.references(stage, inputs))
        step = Step(stage, 1, inputs, references)
        if key is not None:
            step = NamedStep(stage, 1, inputs, references, name=key)
        manifest = self.store.commit(step, {"x.bin": name.encode()}, kind="rows")
        self.made[name] = (stage, manifest.key)
        if self.store.uri in OLD:
            path = f"steps/{stage}/{manifest.key}/MANIFEST.json"
            fields = json.loads(self.store.files.read(path))
            del fields["references"], fields["digest"]
            self.store.files.write(path, json.dumps(fields).encode())
        return manifest.key

    def references(self, stage: str, inputs: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """What tasks/graph/experiment.py has a step refer to."""
        yield from (("rollout", key) for key in inputs.get("rollouts", ()))
        for of, name in (("verdict", "verdicts"), ("data", "data"), ("policy", "root"), ("samples", "set")):
            if name in inputs:
                yield of, inputs[name]
        if "policy" in inputs and stage != "evaluate":
            yield "train", inputs["policy"]
        if stage == "evaluate":
            yield "suite", inputs["data"]
            for of, key in self.made.values():
                manifest = self.store.find(of, key) if of == "contamination" else None
                if manifest is not None and inputs["data"] in (manifest.inputs["suite"], manifest.inputs["data"]):
                    yield of, key

    def run(
        self,
        run: str,
        iterations: int,
        *,
        since: list[str] | None = None,
        finished: bool = True,
        weights: tuple[int, ...] = (0,),
        **about: Any,
    ) -> list[str]:
        """`since`: lineages to begin with (the last one is gone on from)."""
        tag, before = about.pop("tag", run), set(self.made)
        data = self.step(f"{tag} data", "data", {"of": tag})
        root = since[0] if since else self.step(f"{tag} root", "policy", {"of": tag, "data": data})
        lineages = since[-1:] if since else [root]
        for k in range(iterations):
            rollouts = [
                self.step(
                    f"{tag} rollout {k}.{s}", "rollout", {"policy": lineages[-1], "data": data, "shard": s, "tag": tag}
                )
                for s in range(2)
            ]
            verdicts = self.step(f"{tag} verdicts {k}", "verdict", {"rollouts": rollouts, "data": data})
            inputs = {
                "policy": lineages[-1],
                "root": root,
                "iteration": k,
                "data": data,
                "rollouts": rollouts,
                "verdicts": verdicts,
            }
            lineages.append(self.step(f"{tag} train {k}", "train", inputs))
            if k + 1 in weights:
                self.step(f"{tag} weights {k + 1}", "policy", {"policy": lineages[-1]}, key=lineages[-1])
        evaluation = self.step(f"{tag} evaluation", "evaluate", {"policy": lineages[-1], "data": data})
        record = {"lineages": lineages, "state": "finished" if finished else "running", **about}
        if self.store.uri not in OLD:
            mine = [f"{stage}/{key}" for name, (stage, key) in self.made.items() if name not in before]
            policies = [f"{stage}/{lineage}" for lineage in lineages for stage in ("policy", "train")]
            record["roots"] = [*mine, *policies]
        self.store.files.write(f"runs/{run}/run.json", json.dumps(record).encode())
        if finished:
            self.store.files.write(f"runs/{run}/evaluations.json", json.dumps([{"artifact": evaluation}]).encode())
        return lineages

    def there(self) -> set[str]:
        return {name for name, (stage, key) in self.made.items() if self.store.find(stage, key) is not None}


def collect(store: Store, *options: str, grace: float = 0.0) -> None:
    time.sleep(1.1 if not store.files.local else 0.02)  # S3's times are whole seconds
    print(collected(store.uri, dry_run="--dry-run" in options, grace_h=grace))


def test_a_dropped_experiment_goes_and_what_others_share_stays(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    history = History(store)
    history.run("one/aaaa", 2, weights=(0, 1, 2))
    kept = set(history.made)
    history.run("two/bbbb", 1, tag="two")
    history.run("three/cccc", 1, tag="two2", since=[history.made["one/aaaa root"][1]])
    collect(store)
    assert history.there() == set(history.made), "all of it is named"
    assert "removed in all: 0, 0 B" in capsys.readouterr().out
    for run in ("two/bbbb", "three/cccc"):
        store.files.remove(f"runs/{run}")
    collect(store, "--dry-run")
    assert history.there() == set(history.made)
    would = capsys.readouterr().out
    collect(store, grace=1.0)
    assert history.there() == set(history.made), "it is young"
    capsys.readouterr()
    collect(store)
    assert history.there() == kept
    out = capsys.readouterr().out
    assert out == would.replace("would remove", "removed")
    gone = len(history.made) - len(kept)
    assert f"{NO_RUN}: {gone}," in out and out.count(f"; {NO_RUN})") == gone and f"removed in all: {gone}," in out
    assert f"steps/train/{history.made['two train 0'][1]}" in out
    base = "/".join(("steps", *history.made["two train 0"]))
    assert [name for name, _, _ in store.files.walk(base)] == []


def test_pins_and_locks_go_with_their_run(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    history = History(store)
    lineage = history.run("one/aaaa", 1)[-1]
    history.run("fork/bbbb", 1, tag="fork", since=[lineage])
    names = []
    for run in ("one/aaaa", "fork/bbbb"):
        names += [
            f"locks/{run}/00000001.json",
            f"locks/{run}/00000001.beat",
            f"pins/{lineage}/{run.replace('/', '-')}.json",
        ]
        for name in names[-3:]:
            store.files.write(
                name, json.dumps({"fork": run, "run": "one/aaaa", "iteration": 1, "lineage": lineage}).encode()
            )
    collect(store)
    assert all(store.files.size(name) is not None for name in names)
    store.files.remove("runs/fork/bbbb")
    collect(store, "--dry-run")
    assert all(store.files.size(name) is not None for name in names)
    capsys.readouterr()
    collect(store)
    assert [name for name in names if store.files.size(name) is None] == names[3:]
    assert f"{LEFT}: 2," in capsys.readouterr().out
    assert [name for folder in ("locks", "pins") for name, _, _ in store.files.walk(folder)] == sorted(names[:3])
    store.files.write(names[2], b"{}")
    with pytest.raises(StoreError, match=r"not a pin .* nothing is removed: delete it"):
        collected(store.uri, dry_run=False, grace_h=0)


def test_a_fork_keeps_what_its_beginning_came_from(store: Store) -> None:
    history = History(store)
    source = history.run("source/aaaa", 3, weights=(0, 1, 2))
    history.run("fork/bbbb", 1, since=[source[0], source[2]])
    store.files.remove("runs/source")
    collect(store)
    gone = set(history.made) - history.there()
    assert gone == {
        "source/aaaa rollout 2.0", "source/aaaa rollout 2.1", "source/aaaa verdicts 2", "source/aaaa train 2",
        "source/aaaa evaluation",
        "source/aaaa weights 1",
    }  # fmt: skip


def test_an_unfinished_run_keeps_what_it_goes_on_from(store: Store) -> None:
    history = History(store)
    lineages = history.run("one/aaaa", 1, finished=False, steps=[f"rollout/{'ee' * 32}"])
    lineages.append("ff" * 32)  # the next one, not trained yet
    store.files.write(
        "runs/one/aaaa/run.json",
        json.dumps({"lineages": lineages, "state": "running", "steps": [f"rollout/{'ee' * 32}"]}).encode(),
    )
    data = history.made["one/aaaa data"][1]
    rollouts = [
        history.step(f"front {s}", "rollout", {"policy": lineages[1], "data": data, "shard": s}) for s in range(2)
    ]
    history.step("front verdicts", "verdict", {"rollouts": rollouts, "data": data})
    history.step("named by the run", "rollout", {"rollout": "ee" * 32}, key="ee" * 32)
    if store.uri not in OLD:
        record = {"lineages": lineages, "state": "running"}
        roots = [f"{stage}/{key}" for stage, key in history.made.values()]
        store.files.write("runs/one/aaaa/run.json", json.dumps({**record, "roots": roots}).encode())
    everything = set(history.made)
    history.step("of another", "rollout", {"policy": "00", "data": data})
    collect(store)
    assert history.there() == everything


def test_what_crashed_writers_left(store: Store, tmp_path: Path, s3: Any, capsys: pytest.CaptureFixture[str]) -> None:
    history = History(store)
    history.run("one/aaaa", 1)
    base = "/".join(("steps", *history.made["one/aaaa train 0"]))
    never = f"steps/train/{'ab' * 32}"
    store.files.write(f"{base}/data-00000000/x.bin", bytes(1000))
    store.files.write(f"{never}/data-11111111/x.bin", bytes(2000))
    store.files.write(f"{never}/LEDGER.json", b"{}")
    store.files.write("locks/one/aaaa/00000001.json", b"{}")
    expected = {
        (CRASHED, f"{base}/data-00000000"),
        (CRASHED, f"{never}/data-11111111"),
        (CRASHED, f"{never}/LEDGER.json"),
    }
    if store.files.local:
        for name in (f"{base}/MANIFEST.json.0123abcd.tmp", "runs/one/aaaa/run.json.0123abcd.tmp"):
            store.files.write(name, b"")
            expected.add((TEMPORARY, name))
        store.files.write("runs/one/aaaa/notes.tmp", b"the user's")
    else:
        bucket, _, prefix = store.uri.removeprefix("s3://").partition("/")
        begun = client(s3).create_multipart_upload(Bucket=bucket, Key=f"{prefix}/{never}/data-22222222/y.bin")
        client(s3).upload_part(
            Bucket=bucket, Key=begun["Key"], UploadId=begun["UploadId"], PartNumber=1, Body=bytes(1000)
        )
        client(s3).create_multipart_upload(Bucket=bucket, Key="elsewhere/y.bin")
        client(s3).create_multipart_upload(Bucket=bucket, Key=f"{prefix}/runs/one/aaaa/report.html")
        expected |= {(UPLOADS, f"{never}/data-22222222/y.bin"), (UPLOADS, "runs/one/aaaa/report.html")}
    found = survey(store.files, time.time() + 5)
    assert {(each.reason, each.name) for each in found} == expected and len(found) == len(expected)
    assert survey(store.files, time.time() - 3600) == [], "they are young"
    everything = set(history.made)
    collect(store)
    assert history.there() == everything and survey(store.files, time.time() + 5) == []
    assert "left by writers that did not finish: 3, 3.0 kB" in capsys.readouterr().out
    assert store.files.size("locks/one/aaaa/00000001.json") == 2
    if store.files.local:
        assert store.files.size("runs/one/aaaa/notes.tmp") is not None
        assert not Path(store.files.path(never)).exists() and Path(store.files.path(base)).exists()
    else:
        uploads = [each["Key"] for each in client(s3).list_multipart_uploads(Bucket=bucket).get("Uploads", ())]
        assert "elsewhere/y.bin" in uploads and not [key for key in uploads if key.startswith(prefix)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.json", b"{"),
        ("run.json", b"[]"),
        ("run.json", b"{}"),
        ("run.json", b'{"lineages": 7, "state": "finished"}'),
        ("evaluations.json", b'[{"suite": 1}]'),
        ("evaluations.json", b"\xff"),
        ("train", b"{"),
    ],
)
def test_what_cannot_be_read_stops_it(
    name: str, text: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store((tmp_path / "store").as_uri())
    OLD.update([store.uri] if name == "evaluations.json" else [])  # which only an old run's steps are read from
    history = History(store)
    history.run("one/aaaa", 1)
    history.run("two/bbbb", 1)
    store.files.remove("runs/two")
    damaged = (
        "/".join(("steps", *history.made["one/aaaa train 0"], "MANIFEST.json"))
        if name == "train"
        else f"runs/one/aaaa/{name}"
    )
    store.files.write(damaged, text)
    before = store.files.walk("")
    with pytest.raises(StoreError) as caught:
        collect(store)
    message = str(caught.value)
    assert (
        "\n" not in message
        and "nothing is removed" in message
        and (damaged in message or "runs/one/aaaa/run.json" in message)
    ), message
    assert store.files.walk("") == before
    with pytest.raises(StoreError):
        survey(store.files, time.time())


def test_a_writer_at_work_in_a_folder_that_is_swept_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store((tmp_path / "store").as_uri())
    step = Step("rollout", 1, {"policy": "00"})
    store.files.write(f"steps/rollout/{step.key}/data-00000000/x.bin", b"crashed")
    committed: list[Manifest] = []

    def sweep(files: Files, each: Found) -> None:
        committed.append(store.commit(step, {"x.bin": b"whole"}, kind="rows"))  # between our look and our hand
        for name in each.remove:
            files.remove(name)

    monkeypatch.setattr("infra.gc.sweep", sweep)
    collect(store)
    assert len(committed) == 1 and store.find("rollout", step.key) == committed[0] and store.intact(committed[0])


def test_the_command_and_its_mistakes(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "flows.cli", "gc", *arguments]
        return subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            env={**os.environ, "ARMATURE_STORE": str(tmp_path / "store")},
        )

    Store((tmp_path / "store").as_uri()).files.write("steps/train/aa/data-00000000/x", b"")
    done = run("--dry-run", "--grace", "0")
    assert (
        done.returncode == 0
        and done.stderr == ""
        and f"would remove steps/train/aa/data-00000000  (0 B; {CRASHED})" in done.stdout
    ), done
    assert "removed in all: 0, 0 B" in run().stdout, "24 h of grace"
    done = run("--store", "gs://x")
    assert done.returncode == 1 and done.stderr == (
        "error: --store: got scheme 'gs', want file:// or s3://, or a plain folder\n"
    )
    assert run("--grace", "-1").returncode == 2 and run("--grace", "nan").returncode == 2


def sets(store: Store) -> list[str]:
    """Of samples, with an object in them: a bucket's listing may name folders that are empty."""
    return sorted({name.split("/")[1] for name, _, _ in store.files.walk("samples")})


class TestEvaluations:
    """Samples, and evaluations that others than the run itself made."""

    @staticmethod
    def evaluation(history: History, name: str, policy: str, problems: str, *, samples: bool = True) -> str:
        """A step on a suite or on held-out problems (`problems` a key), and its set of samples, called by its name."""
        about = {"policy": policy, "problems": problems, "suite": "x", "name": name}
        key = hashlib.sha256(json.dumps(about).encode()).hexdigest()
        step = history.step(name, "evaluate", {"policy": policy, "data": problems, "suite": "x", "set": key})
        if samples:
            TestEvaluations.samples(history.store, key, about)
        return step

    @staticmethod
    def samples(store: Store, key: str, about: dict[str, Any] | None) -> str:
        for content in (b"one", b"two"):
            store.files.write(f"samples/{key}/{hashlib.sha256(content).hexdigest()}.parquet", content)
        if about is not None:
            store.files.write(f"samples/{key}/SET.json", json.dumps(about).encode())
        return key

    @staticmethod
    def set_of(history: History, name: str) -> str:
        manifest = history.store.find(*history.made[name])
        assert manifest is not None
        return str(manifest.inputs["set"])

    def test_what_nights_and_comparisons_name_stays(self, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
        history = History(store)
        lineage = history.run("one/aaaa", 1)[-1]
        data = history.made["one/aaaa data"][1]
        suites = {
            name: history.step(f"suite {name}", "suite", {"suite": name})
            for name in ("run", "night", "comparison", "nobody")
        }
        other = history.step("other data", "data", {"of": "another spec"})
        history.step("contamination", "contamination", {"data": data, "suite": suites["run"]})
        history.step("contamination of other data", "contamination", {"data": other, "suite": None})
        steps = {
            "of the run": self.evaluation(history, "of the run", lineage, suites["run"]),
            "of a night": self.evaluation(history, "of a night", lineage, suites["night"]),
            "compared": self.evaluation(history, "compared", "server-00", suites["comparison"]),
            "compared, held out": self.evaluation(history, "compared, held out", "hub", other, samples=False),
        }
        kept = set(history.made) - {"suite nobody"}
        self.evaluation(history, "of nobody", "server-11", suites["nobody"])
        history.step("contamination of lost data", "contamination", {"data": "00", "suite": suites["run"]})
        rows = json.loads(store.files.read("runs/one/aaaa/evaluations.json"))
        store.files.write(
            "runs/one/aaaa/evaluations.json", json.dumps([*rows, {"artifact": steps["of the run"]}]).encode()
        )
        if store.uri not in OLD:
            record = json.loads(store.files.read("runs/one/aaaa/run.json"))
            record["roots"].append(f"evaluate/{steps['of the run']}")
            store.files.write("runs/one/aaaa/run.json", json.dumps(record).encode())
        records = {
            "runs/one/aaaa/nights/2026-01-02T03-04-05Z/night.json": ["of a night"],
            "comparisons/0123-4567/comparison.json": ["compared", "compared, held out"],
        }  # fmt: skip
        for name, evaluations in records.items():
            store.files.write(name, json.dumps({"steps": [f"evaluate/{steps[each]}" for each in evaluations]}).encode())
        store.files.write("runs/one/aaaa/nights/2026-01-03T03-04-05Z/report.html", b"a night that did not end")
        named = {name: self.set_of(history, name) for name in ("of the run", "of a night", "compared", "of nobody")}
        assert sets(store) == sorted(named.values())
        collect(store, grace=1.0)
        assert history.there() == set(history.made) and len(sets(store)) == 4, "they are young"
        capsys.readouterr()
        collect(store)
        assert history.there() == kept
        gone = named.pop("of nobody")
        assert sets(store) == sorted(named.values())
        assert all(len(store.files.list(f"samples/{key}")) == 3 for key in named.values())
        out = capsys.readouterr().out
        assert f"{NO_EVALUATION}: 1," in out and f"removed samples/{gone} " in out
        for name in records:
            store.files.remove(name)
        collect(store)
        lost = {
            "of a night",
            "suite night",
            "compared",
            "suite comparison",
            "compared, held out",
            "other data",
            "contamination of other data",
        }
        assert history.there() == kept - lost
        # The night's evaluation was of a policy of the run: its samples may be judged again.
        assert sets(store) == sorted({named["of the run"], named["of a night"]})

    @pytest.mark.parametrize("old", [False, True])
    def test_samples_of_a_runs_policy_stay_without_an_evaluation(self, old: bool, store: Store) -> None:
        def about(lineage: str) -> dict[str, Any]:
            return {"policy": lineage} if old else {"from": lineage, "references": [f"policy/{lineage}"]}

        history = History(store)
        lineages = history.run("one/aaaa", 1)
        mine = self.samples(store, "aa" * 32, about(lineages[1]))
        self.samples(store, "bb" * 32, about("ff" * 32))
        self.samples(store, "cc" * 32, None)  # whoever began it did not come to say of what
        collect(store, grace=1.0)
        assert len(sets(store)) == 3
        collect(store)
        assert sets(store) == [mine]
        store.files.remove("runs/one")
        collect(store)
        assert sets(store) == []

    def test_temporaries_among_samples_and_comparisons_go(self, tmp_path: Path) -> None:
        store = Store((tmp_path / "store").as_uri())
        lineages = History(store).run("one/aaaa", 1)
        mine = self.samples(store, "aa" * 32, {"policy": lineages[1]})
        names = [
            f"samples/{mine}/{'0' * 64}.parquet.0123abcd.tmp",
            f"samples/{'dd' * 32}/SET.json.0123abcd.tmp",
            "comparisons/x/report.html.0123abcd.tmp",
        ]
        for name in names:
            store.files.write(name, b"x")
        collect(store)
        assert [name for name in names if store.files.size(name) is not None] == []
        assert sets(store) == [mine] and len(store.files.list(f"samples/{mine}")) == 3

    @pytest.mark.parametrize(
        "name",
        [
            "runs/one/aaaa/nights/2026-01-02T03-04-05Z/night.json",
            "comparisons/x/comparison.json",
            "samples/{set}/SET.json",
        ],
    )
    @pytest.mark.parametrize("text", [b"{", b"[]", b"{}", b'{"steps": ["evaluate"]}', b'{"steps": 7}', b"\xff"])
    def test_a_record_that_cannot_be_read_stops_it(self, name: str, text: bytes, tmp_path: Path) -> None:
        store = Store((tmp_path / "store").as_uri())
        history = History(store)
        history.run("one/aaaa", 1)
        self.evaluation(history, "of nobody", "server-11", history.step("suite", "suite", {}))
        damaged = name.format(set=self.set_of(history, "of nobody"))
        store.files.write(damaged, text)
        before = store.files.walk("")
        with one_line(StoreError, damaged, "nothing is removed"):
            collect(store)
        assert store.files.walk("") == before
