"""The whole loop in seconds: two iterations on engines that answer at once, found again, gone on with, and forked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from flows.cli.rescore import rescore
from flows.cli.runs import list_runs, open_store, store_uri
from infra.errors import StoreError
from infra.gc import NO_RUN, collect, survey
from infra.paths import local_views
from infra.store import Store
from specs.errors import SpecError
from specs.load import Loaded, load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from specs.paths import file_uri
from tasks.data.tokenizer import puzzle_tokenizer
from tasks.engines.open_run import OpenRun
from tasks.graph.experiment import VERSIONS
from tasks.report.build import build
from tasks.report.page import render
from tasks.run.artifacts import rollouts_of
from tasks.run.content import content_of
from tasks.run.record import RunRecord, metrics_row
from tasks.run.session import Session
from tasks.stage import value
from tasks.stages import (
    can_evaluate,
    columns,
    contamination,
    data,
    evaluate,
    first_policy,
    remake_start,
    reward,
    rollout,
    train,
)
from tests.tasks.small_run import SETTINGS
from tests.tasks.stand_ins import StandInEngines

QUICK = (*SETTINGS, "name=stand-in", "warm_start=null", "train.iterations=2", "checkpoint.every=1")


#: A folder's name: a space, letters beyond ASCII, and what means something in a URI.
ODD = "c 3 ü #?&"


class Rows:
    """A tracker that keeps what it is given."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def on_iteration(self, row: Any) -> None:
        self.rows.append(dict(row))


Start = Callable[..., tuple[OpenRun, RunRecord, Rows, StandInEngines]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Runs an experiment as the flow does, without Prefect."""
    monkeypatch.setattr("infra.paths.HOME", tmp_path / "home")
    opened: list[OpenRun] = []

    def call(*overrides: str, folder: str = "store") -> tuple[OpenRun, RunRecord, Rows, StandInEngines]:
        settings = [*QUICK, *overrides, f"store={tmp_path / folder}"]
        loaded: Loaded = load_spec(ROOT / "specs" / "quickstart.yaml", settings, environ={})
        engines = StandInEngines()
        run = OpenRun(loaded.spec, Session(Store(loaded.spec.store)), cast(Any, engines), remake_start)
        opened.append(run)
        tracker = Rows()
        record = RunRecord(run.session, run.experiment, loaded, trackers=[tracker])
        record.begin()
        record.data(value(data.plain(run)))
        if run.experiment.columns is not None:
            value(columns.plain(run))
        value(first_policy.plain(run))
        for k in range(loaded.spec.train.iterations):
            shards, verdicts = value(rollout.plain(run, k)), value(reward.plain(run, k))
            record.iteration(metrics_row(k, shards, verdicts, value(train.plain(run, k))), 1.0)
            if (saved := run.checkpoints.save(k + 1)) is not None:
                run.checkpoints.commit(saved, k + 1)
        for iteration in run.experiment.evaluated_iterations():
            if can_evaluate(run, iteration, "heldout"):
                lineage = run.experiment.lineage(iteration)
                step = value(evaluate.plain(run, iteration, "heldout", lineage, None))
                record.evaluation(iteration, "heldout", step)
        record.finish()
        return run, record, tracker, engines

    yield call
    for run in opened:
        run.close()


def test_a_second_start_finds_everything_and_asks_no_engine(start: Start) -> None:
    first, record, tracker, engines = start()
    assert engines.trainer.trained == [0, 1] and engines.rollout.asked == 2 * 16 + 2 * 8
    assert [row["iteration"] for row in tracker.rows] == [0, 1] and tracker.rows == record.rows
    again, record_again, _, idle = start()
    assert again.session.made == 0 and idle.rollout.asked == 0 and idle.trainer.trained == []
    assert record_again.rows == record.rows and record_again.evaluations == record.evaluations
    page = render(build([content_of(again, record_again)]))
    assert page == render(build([content_of(first, record)])) and again.experiment.run in page


def test_each_step_reads_the_reference_that_its_inputs_name(start: Start) -> None:
    overrides = ("train.iterations=5", "checkpoint={every: 5, keep: 1}", "evaluate.suites=[]")
    run, _, _, engines = start(*overrides, "objective={kl: {}, reference: {reset_every: 2}}")
    lineages = [run.experiment.lineage(k) for k in range(6)]
    assert engines.trainer.read == [lineages[k] for k in (0, 0, 2, 2, 4)]
    steps = [run.store.find("train", lineage) for lineage in lineages[1:]]
    assert [step.inputs["reference"] for step in steps if step is not None] == engines.trainer.read
    assert all(f"policy/{step.inputs['reference']}" in (step.references or ()) for step in steps if step is not None)
    assert [k for k in range(6) if run.policies.stored(lineages[k])] == [0, 2, 3, 4, 5], (
        "of 1 and 3, which no step reads, the newest stays"
    )

    run, _, _, engines = start(*overrides)
    assert engines.trainer.read == [None] * 5
    step = run.store.find("train", run.experiment.lineage(5))
    assert step is not None and "reference" not in step.inputs


@pytest.mark.parametrize("lost", [(4,), (2, 4), (2, 3, 4, 5)])
def test_a_reference_whose_weights_are_lost_is_replayed(start: Start, lost: tuple[int, ...]) -> None:
    overrides = (
        "checkpoint={every: 1, keep: 9}",
        "evaluate.suites=[]",
        "objective={kl: {}, reference: {reset_every: 2}}",
    )
    run, _, _, _ = start("train.iterations=5", *overrides)
    for k in lost:
        run.store.drop("policy", run.experiment.lineage(k))
    run, _, _, engines = start("train.iterations=6", *overrides)
    lineages = [run.experiment.lineage(k) for k in range(7)]
    assert engines.trainer.trained[-1] == 5 and engines.trainer.read[-1] == lineages[4]
    assert all(
        reference == lineages[k // 2 * 2]
        for k, reference in zip(engines.trainer.trained, engines.trainer.read, strict=True)
    )
    assert [k for k in range(7) if run.policies.stored(lineages[k])] == list(range(7)), "saved again in passing"


def test_dynamic_sampling_draws_more_and_the_page_shows_what_was_trained(start: Start) -> None:
    run, record, _, engines = start("rollout.oversample=1.5", "evaluate.suites=[]")
    assert engines.rollout.asked == 2 * 6 * 4, "6 problems, 4 samples each, in 2 iterations"
    assert [(row["mixed_groups"], row["trained_groups"]) for row in record.rows] == [(0.0, 4.0)] * 2
    content = content_of(run, record)
    assert len(content.last.terms) == 16 and len(content.last.rollouts) == 24
    assert run.experiment.run in render(build([content]))


MIXED = "data.train={sums: {source: 'puzzle:sums', weight: 1}, chains: {source: 'puzzle:countdown', weight: 3}}"


def test_a_mixture_is_drawn_by_its_weights_judged_by_its_verifiers_and_found_again(start: Start) -> None:
    changes = (MIXED, "rollout.problems=null")
    first, record, _, _ = start(*changes)
    for k in range(2):
        problems = {row.problem_id for row in rollouts_of(first.session, [s.key for s in first.experiment.rollouts(k)])}
        assert Counter(each.partition("/")[0] for each in problems) == {"chains": 3, "sums": 1}
    found = first.session.find(first.experiment.contamination("heldout"))
    assert found is None and set(first.experiment.reward(0).inputs["part"]) == {"truncated", "verifiers"}
    overlap = value(contamination.plain(first, "heldout")).result
    assert [(pair["training"], pair["evaluation_texts"]) for pair in overlap["pairs"]] == [("chains", 4), ("sums", 4)]
    again, record_again, _, idle = start(*changes)
    assert again.session.made == 0 and idle.rollout.asked == 0 and record_again.rows == record.rows
    other, _, _, _ = start(*changes, "data.train.chains.weight=1")
    assert other.experiment.data.key == first.experiment.data.key, "other weights draw otherwise from the same problems"
    assert other.experiment.start.key == first.experiment.start.key and other.experiment.run != first.experiment.run


def test_a_run_in_a_path_with_spaces_and_letters(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / ODD
    run, _, _, _ = start(folder=ODD)
    assert run.store.files.path("") == str(folder)
    assert [each.name for each in tmp_path.iterdir() if each.name != "home"] == [ODD], "and nowhere else"
    again, _, _, engines = start(folder=ODD)
    assert again.session.made == 0 and engines.trainer.trained == []
    for named in (str(folder), file_uri(folder), f"file://{folder}"):
        assert store_uri(named) in (file_uri(folder), f"file://{folder}")
        assert list_runs(open_store(named)).startswith(run.experiment.run)
        run.store.files.remove(f"runs/{run.experiment.run}/run.json")
        assert NO_RUN in collect(store_uri(named), dry_run=True, grace_h=0)
        start(folder=ODD)


def test_other_weights_under_the_same_path_take_nothing_from_the_first_run(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.checkpoint.weights.HOME", tmp_path / "home")
    model = tmp_path / "model"
    puzzle_tokenizer().save_pretrained(model)
    (model / "config.json").write_text("{}")
    given = (f"policy.model={model}", "policy.init=pretrained", "policy.architecture=null")
    runs = []
    for weights in (b"the first weights", b"other weights"):
        (model / "model.safetensors").write_bytes(weights)
        runs.append(start(*given)[0])
    first, second = (run.experiment for run in runs)
    assert {*first.roots()} & {*second.roots()} == {first.data.reference, first.contamination("heldout").reference}
    files = runs[0].store.files
    assert sorted(name.split("/")[2] for name, _, _ in files.walk("runs") if name.endswith("run.json")) == sorted(
        each.run.partition("/")[2] for each in (first, second)
    )
    assert survey(files, float("inf")) == [], "gc takes nothing"
    (model / "model.safetensors").write_bytes(b"the first weights")
    again, _, _, engines = start(*given)
    assert again.experiment.run == first.run and again.session.made == 0 and engines.trainer.trained == []


def test_a_run_in_two_stores_has_a_record_of_each(start: Start, tmp_path: Path) -> None:
    """The same experiment, in two stores from one clone, at the same time."""
    one, first, _, _ = start(folder="one")
    two, second, _, _ = start(folder="two")
    assert first.name == second.name and first.folder != second.folder
    rows = first.rows[:]
    for record in (first, second):
        record.begin()
    for row in rows:
        for record in (first, second):  # in turn, as two processes would
            record.iteration(row, None)
    for run, record in ((one, first), (two, second)):
        record.finish()
        lines = (record.folder / "metrics.jsonl").read_bytes()
        assert [json.loads(line) for line in lines.splitlines()] == rows
        assert run.store.files.read(f"runs/{record.name}/metrics.jsonl") == lines
    assert local_views(file_uri(tmp_path / "home" / "store")) == tmp_path / "home", (
        "the store in .armature has no other"
    )


def test_a_longer_run_makes_only_what_is_new(start: Start) -> None:
    start()
    longer, _, _, engines = start("train.iterations=3")
    assert engines.trainer.trained == [2] and engines.rollout.asked == 16 + 8
    made = Counter(node.stage for node in longer.experiment.steps() if (node.iteration or 0) >= 2)
    assert longer.session.made == made["rollout"] + 1 + 1 + 1 + 1, (
        "shards, verdicts, training step, weights, evaluation"
    )


def test_another_loss_keeps_the_first_rollouts_and_verdicts(start: Start) -> None:
    start()
    other, _, _, engines = start("advantage.alpha=0.5")
    assert engines.trainer.trained == [0, 1] and engines.rollout.asked == 16 + 8, "the second iteration, and the end"
    assert other.session.found >= 5


def test_gc_keeps_what_the_record_leads_to_and_takes_the_rest(start: Start) -> None:
    run, _, _, _ = start()
    files, later = run.store.files, float("inf")
    assert survey(files, later) == []
    for name in [name for name, _, _ in files.walk("runs") if name.endswith("run.json")]:
        files.remove(name)
    found = {each.name.partition("/")[0] for each in survey(files, later)}
    assert found == {"steps", "samples"}


TERMS = "reward.terms={again: {use: repetition, ngram: 1, weight: 0.5}}"


def test_terms_of_a_reward_are_in_rows_and_on_the_page(start: Start) -> None:
    run, record, _, _ = start(TERMS)
    assert all(row["term_again_mean"] == 0.0 and row["term_again_zero_variance_share"] == 1.0 for row in record.rows)
    content = content_of(run, record)
    assert all(verdict.terms == {"again": -0.0} for verdict in content.last.verdicts)
    page = render(build([content]))
    assert "Term again" in page and "term_again_mean" in page


def test_a_term_more_judges_again_and_draws_nothing_of_iteration_0(start: Start) -> None:
    start()
    _, _, _, engines = start(TERMS)
    assert engines.trainer.trained == [0, 1] and engines.rollout.asked == 16 + 8, "the second iteration, and the end"


def test_another_weight_judges_nothing_of_iteration_0(start: Start) -> None:
    first, _, _, _ = start(TERMS)
    other, _, _, engines = start(TERMS, "reward.terms.again.weight=0.1")
    assert engines.trainer.trained == [0, 1] and other.experiment.reward(0).key == first.experiment.reward(0).key
    assert other.experiment.run != first.experiment.run


def test_stored_rollouts_under_another_reward(start: Start, tmp_path: Path) -> None:
    """Nothing is drawn or trained; a second time nothing is judged either."""
    run, _, _, engines = start()
    drawn, own = engines.rollout.asked, tmp_path / "own.py"
    own.write_text(
        "def first_is_right(completions, **columns):\n    return [float(k == 0) for k in range(len(completions))]\n"
    )
    settings = [f"reward.terms={{mine: {{use: '{own}:first_is_right'}}, again: {{use: repetition, ngram: 1}}}}"]
    text = rescore(run.store, "stand-in", [*settings, "reward.outcome=mine"])
    assert "32 responses of 2 iterations: 8 become right, 0 become wrong" in text
    assert text == rescore(run.store, run.experiment.run, [*settings, "reward.outcome=mine"])
    assert engines.rollout.asked == drawn and engines.trainer.trained == [0, 1]
    name = text.rpartition("page: ")[2].removeprefix(f"{run.store.uri}/")
    page = run.store.files.read(name).decode()
    assert page.count("<tr><td>0<td>") >= 4 and "Term again" in page
    with pytest.raises(SpecError, match="rescore changes `reward` alone"):
        rescore(run.store, "stand-in", ["train.learning_rate=0.1"])


def test_a_run_is_rescored_by_the_file_that_it_was_trained_with_after_an_edit(start: Start, tmp_path: Path) -> None:
    """Another function is added to the file of the first: keys that are made of it now are not those of the run."""
    own = tmp_path / "own.py"
    own.write_text("def f(completions, **columns):\n    return [float(k == 0) for k in range(len(completions))]\n")
    run, _, _, engines = start(f"reward.terms.f.use={own}:f", "reward.outcome=f")
    own.write_text(own.read_text() + "\n\ndef g(completions, **columns):\n    return [1.0 for _ in completions]\n")
    text = rescore(run.store, "stand-in", [f"reward.terms.f.use={own}:g"])
    assert "32 responses of 2 iterations: 24 become right, 0 become wrong" in text
    assert engines.trainer.trained == [0, 1]


def test_problems_that_are_others_since_are_said_before_anything_is_judged(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _, _, _ = start()
    monkeypatch.setattr("tasks.graph.experiment.VERSIONS", {**VERSIONS, "data": VERSIONS["data"] + 1})
    with pytest.raises(SpecError, match=r"its problems are not those that data\.train has now "):
        rescore(run.store, "stand-in", ["reward.terms.format.use=format"])


def test_rescoring_goes_as_far_as_the_store_has_rollouts(start: Start) -> None:
    run, _, _, _ = start()
    run.store.files.remove(f"steps/rollout/{run.experiment.rollouts(1)[0].key}/MANIFEST.json")
    assert "16 responses of 1 iterations" in rescore(run.store, "stand-in", ["reward.correct_at=0.5"])
    run.store.files.remove(f"steps/verdict/{run.experiment.reward(0).key}/MANIFEST.json")
    with pytest.raises(StoreError, match="no rollouts with verdicts of its first iteration"):
        rescore(run.store, "stand-in", [])
