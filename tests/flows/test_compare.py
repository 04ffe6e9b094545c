"""Two policies on the same suites: what names mean, and comparisons end to end as a user starts them."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.compare import table
from infra.caching import Step
from infra.errors import StoreError
from infra.paths import HOME, local_views
from infra.store import Manifest, Store
from specs.errors import SpecError
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks import table as rows_of
from tasks.checkpoint.weights import policy_step
from tasks.errors import DataError
from tasks.evaluate.comparison import EvaluatedPolicy, StoredEvaluation, compared, difference
from tasks.graph.experiment import Experiment
from tasks.reward.judge import Judge
from tasks.run.named_policies import resolved
from tests.flows.runs import NAME, TINY, Server, clean_environment, command, settings
from tests.one_line import one_line
from tests.tasks.rollout.test_endpoint import Fake, fake

__all__ = ["fake"]

SPEC = str(ROOT / "specs" / "quickstart.yaml")
SETTINGS = (*TINY, "control=null", "evaluate.suites=[heldout,graph_colouring]", "evaluate.problems=6")


class History:
    """Runs as their records have them; policies are empty steps."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def run(self, name: str, iterations: int, kept: tuple[int, ...], *overrides: str) -> str:
        loaded = load_spec(Path(SPEC), [*SETTINGS, f"name={name}", *overrides, f"store={self.store.uri}"], environ={})
        run = f"{name}/{len(self.store.files.list(f'runs/{name}')):08x}"
        lineages = [f"{run}-{k}" for k in range(iterations + 1)]
        for k in kept:
            self.store.commit(policy_step(lineages[k]), {"x": b"x"}, kind="weights")
        record = {"run": run, "lineages": lineages, "state": "running", "iterations": iterations}
        self.store.files.write(f"runs/{run}/spec.yaml", loaded.text.encode())
        self.store.files.write(f"runs/{run}/run.json", json.dumps(record).encode())
        return run


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store((tmp_path / "store").as_uri())


@pytest.fixture
def history(store: Store) -> History:
    made = History(store)
    made.run("one", 4, (0, 2), "seed=3")
    made.run("two", 4, (0, 4), "seed=4", "evaluate.samples=7", "train.learning_rate=0.5", "reward.correct_at=0.5")
    return made


class TestNames:
    def test_a_run_is_its_newest_weights_or_those_after_an_iteration(self, history: History) -> None:
        policies, loaded = resolved(["one", "two@0"], history.store, None, [])
        assert [(p.label, p.iteration, p.run and p.run.name) for p in policies] == [
            ("one@2", 2, "one/00000000"),
            ("two@0", 0, "two/00000000"),
        ]
        assert [p.iteration for p in resolved(["two/00000000", "one@0"], history.store, None, [])[0]] == [4, 0]
        assert loaded.spec.seed == 3 and loaded.spec.store == history.store.uri

    def test_both_are_evaluated_as_the_first_ones_spec_says_and_keep_their_own_mathematics(
        self, history: History
    ) -> None:
        policies, loaded = resolved(["two", "one"], history.store, None, ["evaluate.samples=5"])
        assert loaded.spec.evaluate.samples == 5 and loaded.spec.reward.correct_at == 0.5
        assert [(p.spec.evaluate, p.spec.reward) for p in policies] == [(loaded.spec.evaluate, loaded.spec.reward)] * 2
        assert [(p.spec.seed, p.spec.train.learning_rate, p.spec.name) for p in policies] == [
            (4, 0.5, "two"),
            (3, policies[1].spec.train.learning_rate, "one"),
        ]
        assert policies[1].spec.train.learning_rate != 0.5

    def test_a_run_is_evaluated_without_the_file_of_its_estimator(self, history: History, tmp_path: Path) -> None:
        own = tmp_path / "own.py"
        own.write_text("def limited(groups): ...\n")
        history.run("own", 1, (0,), f"advantage.use={own}:limited")
        own.unlink()
        policies, loaded = resolved(["own", "one"], history.store, None, [])
        assert (
            loaded.origins["advantage.use"]
            == "runs/own/00000000/spec.yaml:" + loaded.origins["advantage.use"].rpartition(":")[2]
        )
        experiment = Experiment(policies[0].spec)
        assert experiment.evaluation_of("policy", "graph_colouring").inputs["policy"] == "policy"
        with one_line(SpecError, f"{own}: cannot be read", "put the file back"):
            experiment.train(0)

    def test_a_run_is_evaluated_without_the_file_of_a_term_that_is_not_the_outcome(
        self, history: History, tmp_path: Path
    ) -> None:
        own = tmp_path / "own.py"
        own.write_text("def brief(completions): ...\n")
        history.run("own", 1, (0,), f"reward.terms.brief.use={own}:brief")
        own.unlink()
        (policy, _), _ = resolved(["own", "one"], history.store, None, [])
        experiment, judge = Experiment(policy.spec), Judge(policy.spec.reward, 8)
        assert experiment.evaluation_of("policy", "heldout").inputs["policy"] == "policy"
        judge.start([], {}, outcome_only=True)
        judge.close()
        with one_line(SpecError, f"{own}: cannot be read", "put the file back"):
            experiment.reward(0)

    def test_a_spec_that_is_given_says_how(self, history: History) -> None:
        policies, loaded = resolved(["one", "two"], history.store, SPEC, [*SETTINGS, "evaluate.samples=9"])
        assert [p.spec.evaluate.samples for p in policies] == [9, 9] and loaded.spec.store == history.store.uri

    def test_a_run_that_is_not_there(self, history: History) -> None:
        with pytest.raises(StoreError, match=r"no run three; there are one, two$"):
            resolved(["one", "three"], history.store, None, [])
        with pytest.raises(StoreError, match=r"no run one/ffffffff; there are one, two$"):
            resolved(["one/ffffffff", "two"], history.store, None, [])

    def test_weights_that_are_not_there(self, history: History) -> None:
        with pytest.raises(
            StoreError, match=r"run one/00000000 has weights after iterations 0, 2, not after 3; name one of these"
        ):
            resolved(["one@3", "two"], history.store, None, [])
        history.run("none", 2, ())
        with pytest.raises(StoreError, match=r"run none/00000000 has no weights in the store; start it again"):
            resolved(["one", "none"], history.store, None, [])

    def test_several_runs_of_a_name(self, history: History) -> None:
        history.run("one", 1, (0,))
        with pytest.raises(StoreError, match=r"one has several runs: name one of one/00000000, one/00000001$"):
            resolved(["one", "two"], history.store, None, [])
        assert resolved(["one/00000001", "two"], history.store, None, [])[0][0].iteration == 0

    def test_a_folder_with_config_json_is_a_model(
        self, history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "one"  # also a run's name: the folder in the current directory is nearer
        folder.mkdir()
        monkeypatch.chdir(tmp_path)
        assert resolved(["one", "two"], history.store, None, [])[0][0].run is not None
        (folder / "config.json").write_text("{}")
        for name in ("one", "./one", str(folder)):
            policies, _ = resolved([name, "two"], history.store, None, [])
            policy = policies[0].spec.policy
            assert (policies[0].run, policy.model, policy.revision, policy.init) == (
                None,
                str(folder),
                None,
                "pretrained",
            )
            assert policies[0].spec.warm_start is None and policies[0].label == name

    def test_a_model_of_the_hub(self, history: History) -> None:
        (plain, pinned), _ = resolved(["hf://own/model", "hf://own/model@0123"], history.store, SPEC, [*SETTINGS])
        assert [(p.spec.policy.model, p.spec.policy.revision) for p in (plain, pinned)] == [
            ("own/model", None),
            ("own/model", "0123"),
        ]

    def test_a_server(self, history: History) -> None:
        policies, _ = resolved(["one", "http://127.0.0.1:8000/v1#some/model"], history.store, None, [])
        assert (policies[1].url, policies[1].model, policies[1].run) == ("http://127.0.0.1:8000/v1", "some/model", None)
        with pytest.raises(
            DataError, match=r"http://h:1: name the model that the server is asked for: http://h:1#MODEL"
        ):
            resolved(["one", "http://h:1"], history.store, None, [])

    @pytest.mark.parametrize(
        "name",
        [
            "",
            "One",
            "one@",
            "one@two",
            "one@-1",
            "one/2",
            "one/00000000@",
            "./nowhere",
            "/nowhere",
            "ftp://x",
            "hf:/x/y",
            "a b",
        ],
    )
    def test_what_is_nothing(self, history: History, name: str) -> None:
        with one_line(DataError, f"^{name}: ", "no policy: want a run .* a model .* or a server"):
            resolved(["one", name], history.store, None, [])

    def test_what_the_other_ones_suites_ask_of_a_run_is_one_line(self, history: History) -> None:
        history.run("bare", 1, (0,), "data.heldout=0", "evaluate.suites=[graph_colouring]")
        with pytest.raises(DataError) as caught:
            resolved(["one", "bare"], history.store, None, [])
        why = "evaluate.suites: heldout needs data.heldout > 0, got 0"
        assert str(caught.value).startswith(f"bare: cannot be evaluated like the other: {why}; ")
        assert str(caught.value).endswith("; --set evaluate.suites=[...]") and "\n" not in str(caught.value)
        assert len(resolved(["one", "bare"], history.store, None, ["evaluate.suites=[graph_colouring]"])[0]) == 2

    def test_how_to_evaluate_must_be_said_somewhere(self, history: History) -> None:
        with pytest.raises(DataError, match="neither policy is a run in the store: say by --spec"):
            resolved(["hf://a/b", "http://h:1#m"], history.store, None, [])
        with pytest.raises(DataError, match=r"evaluate\.suites is empty"):
            resolved(["one", "two"], history.store, None, ["evaluate.suites=[]"])
        with pytest.raises(SpecError, match="evaluate"):
            resolved(["one", "two"], history.store, None, ["evaluate.sample=3"])


# -- what can be compared
# --------------------------------------------------------------------------------------------------


def evaluation(store: Store, name: str, rows: dict[str, list[float]], **changes: Any) -> StoredEvaluation:
    """`rows`: problem -> scores of its samples. `changes` to its inputs; those of `part` are merged."""
    part = {
        "temperature": 1.0,
        "top_p": 1.0,
        "max_response_tokens": 9,
        "engine": "vllm",
        "dtype": "bfloat16",
        "seed": 1,
        "template": "boxed",
        "tokenizer": "t",
        "samples": 2,
        "problems": None,
        "correct_at": 1.0,
    }
    inputs = {
        "policy": name,
        "data": "d",
        "suite": "x",
        "reward": {},
        **changes,
        "part": {**part, **changes.get("part", {})},
    }
    blank = {
        "kind": "wrong",
        "detail": "",
        "answer": None,
        "text": "",
        "finish_reason": "stop",
        "response_tokens": 1,
    } | dict.fromkeys(("entropy", "surprisal", "solutions", "level", "subject", "source"))
    lines = [
        {"problem_id": p, "sample": s, "score": score, **blank}
        for p, scores in rows.items()
        for s, score in enumerate(scores)
    ]
    payload = {"samples.parquet": rows_of.to_bytes(lines, rows_of.SAMPLES)}
    summary = {
        "pass_at": {"1": 0.5},
        "samples": 2,
        "problems": len(rows),
        "truncated_share": 0.0,
        "no_answer_share": 0.25,
        "time_limit_share": 0.0,
    }
    return StoredEvaluation(store, store.commit(Step("evaluate", 1, inputs), payload, kind="rows", result=summary))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        (
            {"part": {"engine": "server", "dtype": None, "seed": 2, "samples": 9, "problems": 3, "tokenizer": "other"}},
            None,
        ),
        ({"data": "e"}, "the problems"),
        ({"reward": {"math": {"deadline_s": 9}}}, "the verifier's settings"),
        ({"thinking": {"opened": "<think>"}}, "how thinking is judged"),
        ({"thinking": {"opened": "<think>"}, "part": {"tokenizer": "other"}}, None),
        ({"part": {"temperature": 0.6, "template": "none"}}, "temperature, template"),
        (
            {"data": "e", "part": {"correct_at": 0.5, "max_response_tokens": 8, "top_p": 0.5}},
            "the problems, correct_at, max_response_tokens, top_p",
        ),
    ],
)
def test_what_samples_depend_on_besides_the_policy_must_be_alike(
    store: Store, changes: dict[str, Any], why: str | None
) -> None:
    first, second = evaluation(store, "a", {"p": [1.0]}), evaluation(store, "b", {"p": [1.0]}, **changes)
    assert difference(first.manifest, second.manifest) == difference(second.manifest, first.manifest) == why


def test_pairs_are_of_the_questions_that_both_have_and_lines_say_the_rest(store: Store) -> None:
    first = evaluation(store, "a", {"p": [1.0, 1.0], "q": [0.0, 1.0], "r": [0.0, 0.0], "only": [1.0]})
    second = evaluation(store, "b", {"p": [0.0, 0.0], "q": [1.0, 1.0], "r": [0.0, 0.0, 0.0]})
    found = compared(first, second, 1)
    assert (found.difference, found.questions, found.only_first, found.gained_ids, found.lost_ids) == (
        (-1 + 0.5 + 0) / 3,
        3,
        1,
        ("q",),
        ("p",),
    )
    sides = [
        EvaluatedPolicy("one", 0, "a", {"x": first}, "r/1", 1),
        EvaluatedPolicy("two", None, "b", {"x": second}, None, 1),
    ]
    lines = table(sides, {"x": ("one", "two", found)}, (1, 8)).splitlines()
    basis = "one Pass@1 0.500 (n 2, 4 problems, truncated 0.0%, no answer 25.0%, time limit 0.0%)"
    assert lines[0] == "x" and " ".join(lines[1].split()) == basis
    assert lines[3].split()[:6] == ["difference", "of", "the", "mean", "score", "-0.1667,"] and lines[3].endswith(
        "3 questions: 1 gained, 1 lost"
    )


# -- as a user starts it
# ---------------------------------------------------------------------------------------------------

UNMOVED = f"{NAME}-unmoved"
ITS_SUITES = ("evaluate.suites=[heldout,graph_colouring]", "evaluate.problems=6")


@pytest.fixture(scope="module")
def environment(prefect_server: Server) -> dict[str, str]:
    return prefect_server.environment


def call(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def unmoved(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A run of one iteration whose step is too small for float32: its last policy is its first, under another name."""
    folder = tmp_path_factory.mktemp("unmoved") / "store"
    overrides = settings(
        *TINY,
        f"name={UNMOVED}",
        "control=null",
        "train.iterations=1",
        "train.learning_rate=1e-30",
        f"store={folder.as_uri()}",
    )
    done = call(command([SPEC, *overrides]), environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return Store(folder.as_uri())


@pytest.fixture
def compare(unmoved: Store, environment: dict[str, str]) -> Iterator[Callable[..., str]]:
    def start(*policies: str, overrides: tuple[str, ...] = ITS_SUITES, status: int = 0) -> str:
        base = [sys.executable, "-m", "flows.nightly_eval", "compare", *policies, "--store", unmoved.uri]
        done = call([*base, *settings(*overrides)], environment)
        assert done.returncode == status and "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
        return done.stderr if status else done.stdout

    yield start
    shutil.rmtree(local_views(unmoved.uri), ignore_errors=True)


def steps(store: Store) -> dict[str, Manifest]:
    return {
        key: found for key in store.files.list("steps/evaluate") if (found := store.find("evaluate", key)) is not None
    }


def comparison(store: Store, output: str) -> tuple[str, dict[str, Any]]:
    """Its folder in the store, and its record."""
    uri = next(line for line in output.splitlines() if line.startswith("report: ")).removeprefix("report: ")
    folder = uri.removeprefix(f"{store.uri}/").removesuffix("/report.html")
    assert store.files.read(f"{folder}/report.html").lstrip().lower().startswith(b"<!doctype html")
    return folder, json.loads(store.files.read(f"{folder}/comparison.json"))


class TestComparisons:
    @pytest.mark.slow
    @pytest.mark.turn
    def test_a_policy_that_did_not_move_differs_from_its_start_by_exactly_nothing(
        self, unmoved: Store, compare: Callable[..., str]
    ) -> None:
        output = compare(f"{UNMOVED}@0", UNMOVED)
        folder, record = comparison(unmoved, output)
        assert [row["suite"] for row in record["comparisons"]] == ["heldout", "graph_colouring"]
        for row in record["comparisons"]:
            assert (row["first"], row["second"], row["questions"], row["only_first"], row["only_second"]) == (
                f"{UNMOVED}@0",
                f"{UNMOVED}@1",
                6,
                0,
                0,
            )
            assert (row["difference"], row["interval"], row["gained"], row["lost"]) == (0.0, [0.0, 0.0], 0, 0)
        assert output.count("+0.0000, 95 % interval +0.0000 to +0.0000, 6 questions: 0 gained, 0 lost") == 2
        made = steps(unmoved)
        named = [made[name.removeprefix("evaluate/")] for name in record["steps"]]
        assert {(step.inputs["suite"], step.inputs["policy"]) for step in named} == {
            (suite, lineage) for suite in ("heldout", "graph_colouring") for lineage in self.lineages(unmoved)
        }
        assert all(step.rows == 24 for step in named)
        answers = {(step.inputs["suite"], unmoved.read(step, "samples.parquet")) for step in named}
        assert len(answers) == 2, "two suites; the policies answered the same"
        for side in (f"{UNMOVED}@0", f"{UNMOVED}@1"):
            found = [name for name, _, _ in unmoved.files.walk(f"{folder}/lm_eval") if f"/{side}/" in name]
            assert len(found) == 3 and sum("/samples_" in name for name in found) == 2, found

    @pytest.mark.proof
    def test_comparing_again_draws_nothing_and_takes_no_engine(
        self, unmoved: Store, compare: Callable[..., str]
    ) -> None:
        unmoved.files.remove("samples")
        unmoved.files.remove("steps/evaluate")
        started = {*(HOME / "logs").glob(f"{UNMOVED}-*")}
        first = comparison(unmoved, compare(f"{UNMOVED}@0", UNMOVED))
        before = [name for name, _, _ in unmoved.files.walk("samples")], sorted(steps(unmoved))
        logs = {*(HOME / "logs").glob(f"{UNMOVED}-*")}
        assert len(logs - started) == 1, "an engine that starts begins a log"
        assert comparison(unmoved, compare(f"{UNMOVED}@0", UNMOVED)) == first
        assert ([name for name, _, _ in unmoved.files.walk("samples")], sorted(steps(unmoved))) == before
        assert {*(HOME / "logs").glob(f"{UNMOVED}-*")} == logs

    @pytest.mark.proof
    def test_a_folder_with_its_weights_is_the_run(
        self, unmoved: Store, compare: Callable[..., str], tmp_path: Path
    ) -> None:
        folder = tmp_path / "exported"
        done = call(command(["export", UNMOVED, str(folder), "--store", unmoved.uri]), clean_environment())
        assert done.returncode == 0, done.stderr
        _, record = comparison(unmoved, compare(UNMOVED, str(folder)))
        assert [(row["difference"], row["gained"], row["lost"], row["second"]) for row in record["comparisons"]] == [
            (0.0, 0, 0, str(folder))
        ] * 2

    @pytest.mark.slow
    @pytest.mark.turn
    def test_what_cannot_be_compared_is_one_line(self, unmoved: Store, compare: Callable[..., str]) -> None:
        said = compare(f"{UNMOVED}@0", "nothing", status=1)
        assert said == f"error: {unmoved.uri}: no run nothing; there are {UNMOVED}\n"

    @staticmethod
    def lineages(store: Store) -> list[str]:
        [identity] = store.files.list(f"runs/{UNMOVED}")
        record = json.loads(store.files.read(f"runs/{UNMOVED}/{identity}/run.json"))
        return list(record["lineages"])

    @pytest.mark.proof
    @pytest.mark.parametrize("kind", ["raw", "sampled"])
    def test_a_run_and_a_server(self, unmoved: Store, compare: Callable[..., str], fake: Fake, kind: str) -> None:
        """Of a distribution other than the one sampled from, log-probabilities say nothing of entropy:
        none is reported.
        """
        fake.kind = kind
        policy = f"{fake.url}#tiny"
        overrides = (*ITS_SUITES, "evaluate.temperature=0.7")
        folder, record = comparison(unmoved, compare(f"{UNMOVED}@0", policy, overrides=overrides))
        sides: dict[str, list[Any]] = {"run": [], "server": []}
        for step in (steps(unmoved)[name.removeprefix("evaluate/")] for name in record["steps"]):
            sides["server" if step.inputs["policy"].startswith("server-") else "run"].append(step.result["surprisal"])
            assert (step.result["entropy"] is None) is step.inputs["policy"].startswith("server-")
        assert (
            sides["server"] == [None, None] if kind == "raw" else sides["server"] == [pytest.approx(-math.log(0.7))] * 2
        )
        assert all(value is not None and value > 0 for value in sides["run"])
        assert [row["second"] for row in record["comparisons"]] == [policy] * 2 and len(fake.bodies) == 2 * 6 * 4
        asked = len(fake.bodies)
        assert (
            comparison(unmoved, compare(f"{UNMOVED}@0", policy, overrides=overrides)) == (folder, record)
            and len(fake.bodies) == asked
        )
