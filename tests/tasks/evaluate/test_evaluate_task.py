"""Evaluations: no stored sample is drawn again, and a killed evaluation goes on to the same end.

Each test runs on a stand-in for the rollout engine, and in the slow tier on a real one with a trained policy: only that
shows that an engine gives the same samples in other batches, and that a policy's samples are worth a summary.
"""

from __future__ import annotations

import contextlib
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from infra.store import Manifest, Store
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks import table
from tasks.data.encode import decode
from tasks.data.puzzles.registry import demonstrations
from tasks.engines.engines import Engines
from tasks.engines.open_run import OpenRun
from tasks.evaluate import sampling
from tasks.evaluate.samples import Name, Sample, SampleSet
from tasks.records import EncodedProblem, FinishReason
from tasks.rollout.endpoint import Endpoint
from tasks.rollout.protocol import Completion, Completions, PromptGroup, Sampling
from tasks.run.session import Session
from tasks.stage import value
from tasks.stages import contamination, data, evaluate, remake_start, suite
from tests.tasks.evaluate.suites.tools import load_suite
from tests.tasks.rollout.test_endpoint import Fake, fake
from tests.tasks.small_run import SETTINGS, evaluation, iterate, opened

__all__ = ["fake"]

SUITES = ("evaluate.suites=[heldout,graph_colouring,countdown]", "evaluate.problems=4")
ASKED = 4  # problems of each suite; 2 samples of each
UNTRAINED = (*(each for each in SETTINGS if not each.startswith("warm_start.")), "warm_start=null")


@pytest.fixture(scope="module", autouse=True)
def _small_calls() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "SEQUENCES_AT_ONCE", 4)  # two problems of two samples
        yield


class StandIn:
    """A rollout engine that replies at once: with a solution of the puzzle for odd seeds, with nothing for even."""

    def __init__(self) -> None:
        self.state: str | None = None
        self.encoded: list[EncodedProblem] = []
        self.solution: Callable[[EncodedProblem], list[int]] = lambda problem: []

    def load(self, state: str, weights: Path, adapter: Path | None = None) -> None:
        self.state = state

    def generate(self, groups: Sequence[PromptGroup], sampling: Sampling) -> Completions:
        problems = {each.prompt_ids: each for each in self.encoded}
        return Completions.of(
            [self._one(problems[group.prompt_ids], seed, sampling) for seed in group.seeds] for group in groups
        )

    def _one(self, problem: EncodedProblem, seed: int, sampling: Sampling) -> Completion:
        ids = (*(self.solution(problem) if seed % 2 else ()), sampling.stop_token_ids[0])
        values = [(1 + (seed + place) % 7) / 8 for place in range(len(ids))]
        return Completion(ids, tuple(-each for each in values), FinishReason.STOP, tuple(values))

    def close(self) -> None:
        self.state = None


@contextlib.contextmanager
def opened_on_stand_in(store: Path, *overrides: str) -> Iterator[OpenRun]:
    """As tests.tasks.small_run.opened, without a process: the policy is the initial one, the engine a `StandIn`."""
    loaded = load_spec(
        ROOT / "specs" / "quickstart.yaml", [*UNTRAINED, *overrides, f"store={store.as_uri()}"], environ={}
    )
    engines, engine = Engines(loaded.spec), StandIn()  # starts nothing
    engines.rollout = engine  # type: ignore[assignment]
    run = OpenRun(loaded.spec, Session(Store(loaded.spec.store)), engines, remake_start)
    try:
        value(data.plain(run))
        tokenizer = run.dataset.tokenizer
        engine.solution = lambda each: tokenizer.encode(demonstrations(each.problem)[0], add_special_tokens=False)
        for name in ("heldout", "graph_colouring"):
            if name != "heldout":
                value(suite.plain(run, name))
            engine.encoded += run.problems(name).first(ASKED).encoded
        yield run
    finally:
        run.close()
        engines.close()


@pytest.fixture(scope="module", params=["stand-in", pytest.param("real", marks=pytest.mark.slow)])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenRun]:
    """A first policy, evaluated on held-out problems and on a suite, with the engine that sampled."""
    start = opened if request.param == "real" else opened_on_stand_in
    with start(tmp_path_factory.mktemp("made") / "store", *SUITES) as run:
        iterate(run, 0)
        for name in ("heldout", "graph_colouring"):
            if name != "heldout":
                value(suite.plain(run, name))
            evaluation(run, 0, name)
        yield run


class Counted(OpenRun):
    """A run that counts calls of the engine; the process is "killed" at call number `fails_at`."""

    calls: list[Sequence[PromptGroup]]
    fails_at: int | None = None


@pytest.fixture
def another(made: OpenRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Counted]]:
    """Contexts as of processes that start later on a copy of the store, with the engine that is alive already."""
    store, contexts = tmp_path / "store", list[Counted]()
    shutil.copytree(made.store.files.path(""), store)
    engines = Engines(made.spec)  # starts nothing
    engines.trainer, engines.rollout = made.policies.trainer, made.policies.rollout
    generate = made.policies.rollout.generate

    def asked(groups: Sequence[PromptGroup], how: Sampling) -> list[list[Completion]]:
        if len(contexts[-1].calls) == contexts[-1].fails_at:
            raise KeyboardInterrupt
        contexts[-1].calls.append(groups)
        return generate(groups, how)

    def start(*overrides: str) -> Counted:
        settings = UNTRAINED if made.spec.warm_start is None else SETTINGS
        loaded = load_spec(
            ROOT / "specs" / "quickstart.yaml", [*settings, *SUITES, *overrides, f"store={store.as_uri()}"], environ={}
        )
        contexts.append(Counted(loaded.spec, Session(Store(store.as_uri())), engines, remake_start))
        contexts[-1].calls = []
        return contexts[-1]

    monkeypatch.setattr(made.policies.rollout, "generate", asked)
    yield start
    for run in contexts:
        run.close()


def evaluated(run: OpenRun, name: str = "heldout") -> Manifest:
    manifest: Manifest = evaluation(run, 0, name)
    return manifest


def stored(run: OpenRun, name: str = "heldout") -> dict[Name, Sample]:
    return SampleSet(run.store.files, run.experiment.sample_set(run.experiment.evaluation(0, name))).read()


def files(run: OpenRun, name: str = "heldout") -> list[str]:
    folder = f"samples/{run.experiment.evaluation(0, name).inputs['set']}"
    return [f"{folder}/{each}" for each in run.store.files.list(folder) if each.endswith(".parquet")]


def forget(run: OpenRun, *, samples: bool) -> None:
    """Remove the evaluation from the store, and with `samples` its samples."""
    run.store.files.remove("steps/evaluate")
    if samples:
        run.store.files.remove("samples")


@pytest.mark.parametrize("name", ["heldout", "graph_colouring"])
def test_a_row_is_a_stored_sample_and_its_verdict(made: OpenRun, name: str) -> None:
    manifest, samples = evaluated(made, name), stored(made, name)
    rows = table.from_bytes(made.store.read(manifest, "samples.parquet"))
    problems = made.problems(name).first(ASKED)
    assert [(row["problem_id"], row["sample"]) for row in rows] == [
        (p.problem.id, s) for p in problems.encoded for s in range(2)
    ]
    assert len(rows) == manifest.rows == len(samples) == 2 * ASKED and len(files(made, name)) == 2, "two calls"
    for row in rows:
        sample, fact = samples[row["problem_id"], row["sample"]], problems.by_id[row["problem_id"]]
        assert row["surprisal"] == -sum(map(float, sample.logprobs)) / len(sample.logprobs) > 0
        assert row["entropy"] == sample.entropy and sample.entropy is not None and sample.entropy > 0
        assert row["text"] == decode(sample.response_ids, made.dataset.tokenizer)
        assert (row["response_tokens"], row["finish_reason"]) == (len(sample.response_ids), sample.finish_reason)
        assert row["solutions"] == fact.problem.solutions
        [verdict] = made.verifiers.verify([(fact.problem, row["text"], sample.finish_reason)], mask_truncated=False)
        assert (row["score"], row["kind"], row["answer"]) == (verdict.score, verdict.kind, verdict.answer)
    scores = [row["score"] for row in rows]
    assert manifest.result["avg"] == manifest.result["pass_at"]["1"] == sum(scores) / len(scores)
    assert manifest.result["surprisal"] == pytest.approx(sum(row["surprisal"] for row in rows) / len(rows))
    if name == "heldout":
        assert 0 < sum(scores) < len(scores), "some right, some wrong"


@pytest.mark.parametrize(
    "overrides",
    [
        ("reward.correct_at=0.5",),
        ("reward.math.deadline_s=9",),
        ("evaluate.samples=1", "evaluate.ks=[1]"),
        ("evaluate.problems=3",),
    ],
)
def test_scoring_again_draws_nothing_and_needs_no_weights(
    made: OpenRun, another: Callable[..., Counted], overrides: tuple[str, ...]
) -> None:
    run = another(*overrides)
    run.store.files.remove("steps/policy")
    before = files(run)
    again, first = evaluated(run), evaluated(made)
    assert run.calls == [] and files(run) == before
    same_step = overrides == ("reward.math.deadline_s=9",)  # puzzles do not read it
    assert (again.key == first.key) is same_step
    assert again.inputs["set"] == first.inputs["set"]
    rows = table.from_bytes(run.store.read(again, "samples.parquet"))
    all_rows = table.from_bytes(made.store.read(first, "samples.parquet"))
    assert rows == [
        row for row in all_rows if (row["problem_id"], row["sample"]) in {(r["problem_id"], r["sample"]) for r in rows}
    ]
    part = run.experiment.evaluation(0, "heldout").inputs["part"]
    assert len(rows) == part["samples"] * part["problems"] and again.result["samples"] == part["samples"]


def test_k_is_in_no_key(made: OpenRun, another: Callable[..., Counted]) -> None:
    run = another("evaluate.ks=[2]")
    assert evaluated(run).key == evaluated(made).key and (run.session.found, run.session.made) == (1, 0)


def test_samples_that_were_removed_are_drawn_again_and_are_the_same(
    made: OpenRun, another: Callable[..., Counted]
) -> None:
    run = another("reward.correct_at=0.5")
    before, [lost, kept] = stored(run), files(run)
    run.store.files.remove(lost)
    again = evaluated(run)
    assert len(run.calls) == 1 and stored(run) == before and files(run) == [lost, kept], (
        "the same bytes, so the same name"
    )
    assert again.result == evaluated(made).result


def test_a_killed_evaluation_goes_on_and_ends_the_same(made: OpenRun, another: Callable[..., Counted]) -> None:
    killed = another()
    forget(killed, samples=True)
    killed.fails_at = 1
    with pytest.raises(KeyboardInterrupt):
        evaluated(killed)
    assert len(stored(killed)) == 4 and killed.store.files.list("steps/evaluate") == []
    run = another()
    again, first = evaluated(run), evaluated(made)
    assert len(killed.calls) == len(run.calls) == 1
    assert (again.key, again.sha256, again.result) == (first.key, first.sha256, first.result)
    assert files(run) == files(made)


def test_more_samples_are_added_to_those_that_are_there(made: OpenRun, another: Callable[..., Counted]) -> None:
    run = another("evaluate.samples=4", "evaluate.ks=[1,4]")
    before = stored(run)
    manifest = evaluated(run)
    after = stored(run)
    assert [len(group.seeds) for call in run.calls for group in call] == [2] * ASKED
    assert {name: after[name] for name in before} == before and {
        index for _, index in after.keys() - before.keys()
    } == {2, 3}
    assert manifest.result["samples"] == 4 and list(manifest.result["pass_at"]) == ["1", "2", "3", "4"]


def test_a_suites_problems_are_kept_as_they_were_loaded(made: OpenRun) -> None:
    manifest, loaded = value(suite.plain(made, "graph_colouring")), load_suite("graph_colouring")
    assert made.problems("graph_colouring").facts == loaded.problems and manifest.rows == len(loaded.problems) == 200
    assert (manifest.result["digest"], manifest.result["label"], manifest.result["differs"]) == (
        loaded.digest,
        loaded.label,
        None,
    )
    assert all(len(each.prompt_ids) > 1 for each in made.problems("graph_colouring").encoded)


def test_a_server_has_samples_of_its_own(made: OpenRun, another: Callable[..., Counted], fake: Fake) -> None:
    """The caller names its policy; its precision is unknown. Raw log-probabilities at another temperature give no
    surprisal."""
    fake.kind = "raw"
    keys = set()
    for temperature, surprisal in ((1.0, pytest.approx(-math.log(0.5), rel=1e-7)), (0.7, None)):
        run = another(f"evaluate.temperature={temperature}")
        source = Endpoint(fake.url, "tiny", deadline_s=20.0)
        manifest = value(evaluate.plain(run, "a server", "heldout", "server-0123", source))
        keys |= {manifest.inputs["set"]}
        assert manifest.inputs["policy"] == "server-0123"
        assert (manifest.inputs["part"]["engine"], manifest.inputs["part"]["dtype"]) == ("server", None)
        assert manifest.result["surprisal"] == surprisal and manifest.result["entropy"] is None
        assert [row["surprisal"] for row in table.from_bytes(run.store.read(manifest, "samples.parquet"))] == [
            surprisal
        ] * 2 * ASKED
        assert run.calls == [] and {body["temperature"] for body in fake.bodies[-2 * ASKED :]} == {temperature}
        assert {body["seed"] for body in fake.bodies} == {sample.seed for sample in stored(made).values()}, (
            "paired with every other policy"
        )
        asked = len(fake.bodies)
        run.store.files.remove("steps/evaluate")
        again = value(evaluate.plain(run, "a server", "heldout", "server-0123", source))
        assert again.sha256 == manifest.sha256 and len(fake.bodies) == asked
    assert len({*keys, evaluated(made).inputs["set"]}) == 3


def test_problems_of_a_suite_that_are_trained_on_are_found(tmp_path: Path) -> None:
    """The suite is the generator's first 200 problems: a run that holds out 4 of them trains on the next 30."""
    train = "data.train=puzzle:graph_colouring?vertices=7&edge_probability=0.35&colours=3&count=30"
    with opened(tmp_path / "store", "evaluate.suites=[heldout,graph_colouring]", train) as run:
        value(data.plain(run))
        value(suite.plain(run, "graph_colouring"))
        found = value(contamination.plain(run, "graph_colouring")).result["findings"]
        trained = {p.problem.prompt[-1]["content"]: p.problem.id for p in run.dataset.train}
        equal = {(name, trained[text]) for name, text in run.problems("graph_colouring").questions if text in trained}
        assert (
            len(equal) == 30
            and {(each["evaluation_id"], each["training_id"]) for each in found if each["kind"] == "exact"} == equal
        )
        assert not [
            each for each in value(contamination.plain(run, "heldout")).result["findings"] if each["kind"] == "exact"
        ]
