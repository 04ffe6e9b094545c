"""The Prefect tasks of a run, in the order of the loop.

Each reads what its step takes from, calls plain functions of its stage's folder, and says what to commit
(tasks/stage.py finds, times and commits). In the loop: `value(rollout(run, k))` is an iteration's manifests, whether
they were found or made.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from prefect.artifacts import create_link_artifact, create_table_artifact

from infra.caching import Step
from infra.store import Manifest
from infra.termination import termination
from tasks import table
from tasks.checkpoint.adapter import write_first_adapter
from tasks.checkpoint.fork import pin
from tasks.checkpoint.weights import BASE, write_description
from tasks.data.contamination import TrainingTexts
from tasks.data.contamination import contamination as overlap
from tasks.data.dataset import prepare as prepare_data
from tasks.data.dataset import tokenizer_of
from tasks.data.mixture import by_part
from tasks.data.source_rows import ROWS
from tasks.data.source_rows import to_bytes as to_row_bytes
from tasks.data.sources.registry import source_of
from tasks.engines.first_policy import make_first_policy
from tasks.engines.open_run import OpenRun
from tasks.engines.policies import SavedPolicy
from tasks.evaluate import judged_sample
from tasks.evaluate.judged import judge_samples
from tasks.evaluate.problems import question_of, to_bytes
from tasks.evaluate.samples import SampleSet
from tasks.evaluate.sampling import SampleSource, draw, missing
from tasks.evaluate.suites.load import load_declared
from tasks.evaluate.summary import summarise
from tasks.graph.asked import stand_ins
from tasks.graph.experiment import Experiment
from tasks.graph.simulate import needs_no_replay
from tasks.report.data import ReportData
from tasks.report.page import render
from tasks.report.text_tables import comparison_table, render_text
from tasks.reward.judge import Response
from tasks.reward.measures import iteration_measures, reused_share, term_measures
from tasks.reward.responses import ResponseTexts
from tasks.reward.verdicts import require_judged, row, schema
from tasks.rollout.protocol import Sampling
from tasks.rollout.shards import roll_out, shard_problems
from tasks.rollout.table import write_rollouts
from tasks.run.artifacts import rollouts_of
from tasks.run.record import RunRecord
from tasks.run.session import Output
from tasks.stage import Work, cached, prefect_task_of, stage, value

log = logging.getLogger("armature")

# -- data and suites -----------------------------------------------------------------------------------------------


@stage("data", "data", lambda experiment: experiment.data)
def data(run: OpenRun, step: Step) -> Output:
    """Make the data set: problems, checked and tokenised."""
    tokenizer, limit = tokenizer_of(run.experiment.model), run.spec.rollout.max_prompt_tokens
    files, counts = prepare_data(run.spec.data, step.inputs["source"], tokenizer, limit)
    return Output(files, "rows", counts["train"]["problems"], counts)


@stage("columns", "columns", lambda experiment: experiment.columns)
def columns(run: OpenRun, step: Step) -> Output:
    """Keep the rows of the problems as their source has them, for users' own reward functions."""
    source = source_of(run.spec.data)
    rows = source.source_rows(run.experiment.data.inputs["source"])
    return Output({ROWS: to_row_bytes(rows)}, "rows", len(rows))


def prepare(run: OpenRun) -> Manifest:
    """Return the data set and, where users' own reward functions read them, make the rows of its problems."""
    made: Manifest = value(data(run))
    if run.experiment.columns is not None:
        value(columns(run))
    return made


@stage("suite", "suite {0}", lambda experiment, name: experiment.suite(name))
def suite(run: OpenRun, step: Step, name: str) -> Output:
    """Make a suite's problems, as they were declared and counted. Not for held-out ones, which the data step has."""
    declaration = run.experiment.declared[name]
    assert declaration is not None, name
    loaded = load_declared(declaration, stand_ins(run.spec))
    result = {
        "label": loaded.label,
        "origin": loaded.origin,
        "revision": loaded.revision,
        "differs": loaded.differs,
        "licence": loaded.suite.licence,
        "digest": loaded.digest,
    }
    return Output({"problems.jsonl": to_bytes(loaded.problems)}, "rows", len(loaded.problems), result)


@stage("contamination", "contamination {0}", lambda experiment, name: experiment.contamination(name))
def contamination(run: OpenRun, step: Step, name: str) -> Output:
    """Find the problems of a suite among the training problems. Texts are compared, no policy is asked."""
    problems, data = [each.problem for each in run.dataset.train], run.spec.data
    parts = by_part(problems, data.weights) if data.weights else {data.source: problems}
    sets = [TrainingTexts.of(source, ((each.id, question_of(each)) for each in part)) for source, part in parts.items()]
    found = overlap(name, run.problems(name).questions, sets).to_json()
    return Output({}, "metrics", len(found["findings"]), found)


def suite_steps(run: OpenRun, name: str) -> tuple[Manifest | None, Manifest]:
    """Return a suite's problems and its contamination; None in place of held-out problems, which the data step has."""
    problems = value(suite(run, name)) if run.experiment.suite(name) is not None else None
    return problems, value(contamination(run, name))


# -- the first policy ----------------------------------------------------------------------------------------------


def start(run: OpenRun) -> Any:
    """Make the policy that training begins with: given weights or a model made on the spot, or another run's."""
    if run.experiment.source is None:
        first = first_policy(run)
        if run.experiment.base is None:
            return first
        value(first)
        return first_adapter(run)
    return _forked_policy_task("start", Work(partial(forked_policy, run)))


@stage("start", "start", lambda experiment: experiment.base or experiment.start)
def first_policy(run: OpenRun, step: Step) -> Output:
    """Make given weights, or a model made on the spot, into the first policy; with a warm start, train it."""
    folder = run.session.new_folder("start")
    trainer = run.policies.trainer
    files, result, recorded = make_first_policy(run.store, run.experiment, run.dataset, trainer, folder)
    return Output(files, "weights", 0, result, recorded, folder=folder)


@stage("adapter", "adapter", lambda experiment: experiment.start)
def first_adapter(run: OpenRun, step: Step) -> Output:
    """Make the adapter that training begins with, which changes nothing yet, beside the first weights."""
    folder, adapter, base = run.session.new_folder("adapter"), run.spec.policy.adapter, step.inputs[BASE]
    assert adapter is not None, "the step is an adapter's"
    write_description(run.store, run.session.require(step.stage, base), folder)
    write_first_adapter(folder, adapter, run.spec.seed, run.spec.policy.dtype, folder)
    files = {path.name: path for path in sorted(folder.iterdir())}
    return Output(files, "weights", 0, folder=folder)


def forked_policy(run: OpenRun) -> Any:
    """Take the policy of the run that this one goes on from."""
    source = run.experiment.source
    assert source is not None
    pin(run.store, source, run.experiment.run)  # first: from here on the source's retention does not drop these weights
    log.info("goes on from run %s", source)
    if (hit := run.session.find(run.experiment.start)) is not None:
        return cached(hit)
    saved = run.checkpoints.save(0)  # they were there when this run began, and were lost since
    assert saved is not None, "the store had none"
    return run.checkpoints.commit(saved, 0)


_forked_policy_task = prefect_task_of("start")


def remake_start(run: OpenRun) -> None:
    """Make the first policy again where it turned out to be damaged; OpenRun takes this."""
    if run.experiment.source is not None:
        forked_policy(run)
        return
    first_policy.plain(run)
    if run.experiment.base is not None:
        first_adapter.plain(run)


# -- one iteration -------------------------------------------------------------------------------------------------


@stage("rollout", "rollout {0}", lambda experiment, iteration: experiment.rollouts(iteration))
def rollout(run: OpenRun, step: Step, iteration: int) -> Output:
    """Draw all samples of one shard of an iteration."""
    lineage, settings, seed = step.inputs["policy"], run.spec.rollout, run.spec.seed
    # Before an engine starts: problems are checked when they are read, and what judges the samples is tried first.
    problems = shard_problems(run.dataset.train, settings, seed, iteration, step.inputs["shard"], run.spec.data.weights)
    run.start_judge()
    run.policies.on_rollout(lineage)
    started = time.monotonic()
    rows = roll_out(run.policies.rollout, problems, settings, seed, run.experiment.end_tokens, lineage, iteration)
    folder = run.session.new_folder("rollouts")
    path = folder / "rollouts.parquet"
    write_rollouts(path, rows)
    tokens = {"response_tokens": len(rows.responses.values)}
    return Output({path.name: path}, "rows", len(rows), tokens, seconds=time.monotonic() - started, folder=folder)


@stage("reward", "reward {0}", lambda experiment, iteration: experiment.reward(iteration))
def reward(run: OpenRun, step: Step, iteration: int) -> Output:
    """Give each rollout of an iteration its verdict, in their order."""
    rollouts, dataset, settings = rollouts_of(run.session, step.inputs["rollouts"]), run.dataset, run.spec.reward
    problems = [dataset.by_id[each.problem_id] for each in rollouts]
    asked = [(problem, each.response_ids) for problem, each in zip(problems, rollouts, strict=True)]
    responses = [
        Response(problem.problem, text, each.response_ids, each.finish_reason)
        for problem, text, each in zip(problems, ResponseTexts(dataset.tokenizer).of(asked), rollouts, strict=True)
    ]
    verdicts = run.judge.judge(responses, run.rows, iteration)
    require_judged(verdicts, settings.max_not_judged_share, f"iteration {iteration}")
    terms = [name for name in settings.weights if name != settings.outcome]
    rows = [
        {"problem_id": each.problem_id, "sample": each.sample, **row(verdict, terms)}
        for each, verdict in zip(rollouts, verdicts, strict=True)
    ]
    reused = reused_share(verdicts)
    if reused is not None:
        log.info("iteration %d: %.0f %% of the verdicts on programs were known from before", iteration, 100 * reused)
    return Output(
        {"verdicts.parquet": table.to_bytes(rows, schema(terms) if settings.functions else table.VERDICTS)},
        "rows",
        len(rows),
        {
            **iteration_measures(rollouts, verdicts, settings.correct_at),
            **term_measures(rollouts, verdicts, terms),
            **run.judge.metrics(),
        },
        # Which programs were seen before depends on what this process has judged: no part of what the step makes.
        parts={} if reused is None else {"verdict_cache_hit_rate": reused},
    )


@stage("train", "train {0}", lambda experiment, iteration: experiment.train(iteration))
def train(run: OpenRun, step: Step, iteration: int) -> Output:
    """Take the optimizer steps of an iteration. The step's key is the lineage of the policy that it makes."""
    run.policies.on_trainer(step.inputs["policy"])
    started = time.monotonic()
    done = run.policies.train(step.key, step.inputs)
    return Output(
        {"responses.parquet": table.to_bytes(done["responses"], table.RESPONSES)},
        "metrics",
        len(done["responses"]),
        {"metrics": done["metrics"]},
        {**run.policies.trainer.environment, **done["recorded"]},
        parts=done["seconds"],
        seconds=time.monotonic() - started,
    )


_save_task, _checkpoint_task = prefect_task_of("save"), prefect_task_of("checkpoint")


def save(run: OpenRun, iteration: int) -> SavedPolicy | None:
    """Write the policy after `iteration` iterations to the local disk.

    None where the store has it: a replay on the way came by it.
    """
    saved: SavedPolicy | None = _save_task(f"save {iteration}", Work(partial(run.checkpoints.save, iteration)))
    return saved


def submit_checkpoint(run: OpenRun, iteration: int, saved: SavedPolicy | None, stop: threading.Event) -> Any:
    """Begin to take a saved policy into the store, beside the training; None means that the store has it.

    Returns Prefect's future. `stop` gives the upload up.
    """

    def commit() -> Any:
        if saved is None:
            return cached(run.policies.stored(run.experiment.lineage(iteration)))
        return run.checkpoints.commit(saved, iteration, stop)

    return _checkpoint_task.submit(f"checkpoint {iteration}", Work(commit))


# -- evaluation and report -----------------------------------------------------------------------------------------


def _evaluation(experiment: Experiment, label: object, name: str, lineage: str, source: SampleSource | None) -> Step:
    return experiment.evaluation_of(lineage, name, served=source is not None)


@stage("evaluate", "evaluate {0} {1}", _evaluation)
def evaluate(run: OpenRun, step: Step, label: object, name: str, lineage: str, source: SampleSource | None) -> Output:
    """Draw samples of a suite from a policy, judge and summarise them.

    `label` is how task runs name the policy; `source` a server that has it, None for the rollout engine.
    """
    part = step.inputs["part"]
    problems = run.problems(name).first(part["problems"])
    judge = run.judge_of(name)
    samples = SampleSet(run.store.files, run.experiment.sample_set(step))
    stored = samples.read()
    if missing(stored, problems.encoded, part["samples"]):
        if stored:
            log.info("evaluation on %s goes on: %d samples are in the store", name, len(stored))
        if source is None:
            # Only now: an engine has to be started, and training steps repeated where weights were not kept.
            run.policies.on_rollout(lineage)
            source = run.policies.rollout
        sampling = Sampling(part["temperature"], part["max_response_tokens"], run.experiment.end_tokens, part["top_p"])

        def between() -> None:
            termination.check()
            run.session.still_ours()

        draw(source, samples, stored, problems.encoded, part["samples"], sampling, part["seed"], name, between)
    judged = judge_samples(
        judge,
        problems,
        stored,
        part["samples"],
        run.dataset.tokenizer,
        run.spec.reward.max_not_judged_share,
        name,
    )
    summary = summarise(judged, part["correct_at"]).to_json()
    return Output({"samples.parquet": judged_sample.to_bytes(judged)}, "rows", len(judged), summary)


def can_evaluate(run: OpenRun, iteration: int, name: str, experiment: Experiment | None = None) -> bool:
    """Return True if an evaluation needs no training step to be repeated for it alone."""
    experiment = experiment or run.experiment
    step, held = experiment.evaluation(iteration, name), partial(run.policies.at_hand, experiment.lineage(iteration))

    def drawn() -> bool:
        part, stored = step.inputs["part"], SampleSet(run.store.files, experiment.sample_set(step)).read()
        return not missing(stored, run.problems(name).first(part["problems"]).encoded, part["samples"])

    return needs_no_replay(experiment, iteration, step, run.store.known, held, drawn)


_report_task = prefect_task_of("report")


def report(record: RunRecord, shown: Callable[[], ReportData], ks: Sequence[int]) -> tuple[str, str]:
    """Write a run's report into the store, and name it in Prefect.

    `shown` reads what it shows; it is a view of the store, made anew each time. Returns (its URI, the comparison as
    text).
    """

    def write() -> tuple[str, str]:
        content = shown()
        where = record.publish("report.html", render(content).encode())
        key = record.name.replace("/", "-").replace("_", "-").replace(".", "-")
        text = f"Report of {record.name}: {where}"
        create_link_artifact(key=f"report-{key}", link=where, link_text="report", description=text)
        rows = comparison_table(content.evaluations, ks) if content.evaluations else []
        if rows:
            head, *body = rows
            cells = [dict(zip(head, each, strict=True)) for each in body]
            create_table_artifact(key=f"comparison-{key}", table=cells, description="Start and end of each run")
        return where, render_text(rows) if rows else ""

    done: tuple[str, str] = _report_task("report", Work(write))
    return done
