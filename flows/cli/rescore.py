"""`armature rescore RUN --set reward...`: a run's stored rollouts, judged by another reward; nothing is sampled."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence

from infra.caching import canonical
from infra.errors import StoreError
from infra.files import MissingError
from infra.paths import local_views
from infra.store import Store
from specs.errors import SpecError
from specs.load import Loaded, load_recorded
from tasks.engines.open_run import OpenRun, opened
from tasks.graph.experiment import Experiment
from tasks.graph.rescored import RescoredExperiment
from tasks.records import Verdict
from tasks.report.data import RunCurves
from tasks.report.rescore.numbers import Flip, RescoredIteration, flips, row_after, row_before
from tasks.report.rescore.page import FlippedResponse, render
from tasks.report.rescore.text import render_text
from tasks.report.sample_browser import cut
from tasks.reward.responses import ResponseTexts
from tasks.run.artifacts import rollouts_of, verdicts_of
from tasks.run.runs import RunView, one_run
from tasks.stage import value
from tasks.stages import columns, remake_start, reward

log = logging.getLogger("armature")

SHOWN, CHARACTERS = 200, 1500  # flips on the page, bytes of each one's text


def rescore(store: Store, name: str, overrides: Sequence[str]) -> str:
    """Judge a run's stored rollouts by its reward with `overrides`; return a table and where the page lies.

    Raises SpecError where another section is changed, StoreError where the run or its rollouts are gone.
    """
    view = one_run(store, name)
    was, now = (_recorded(view, given) for given in ((), overrides))
    if now.spec.model_copy(update={"reward": was.spec.reward}) != was.spec:
        raise SpecError("rescore changes `reward` alone, as the responses stay what they are: --set reward...=...")
    original = Experiment(was.spec, store=store)
    experiment = RescoredExperiment(now.spec, original, store)
    with opened(now.spec, store, remake_start, experiment=experiment) as run:
        if run.experiment.columns is not None:
            value(columns.plain(run))
        run.start_judge()
        iterations = [_rescored(run, original, k) for k in range(_judged(view, original))]
        return _published(run, view, now, was.spec.reward.correct_at, iterations)


def _recorded(view: RunView, overrides: Sequence[str]) -> Loaded:
    where = f"runs/{view.name}/spec.yaml"
    try:
        text = view.store.files.read(where).decode()
    except MissingError as error:
        raise StoreError(f"{view.store.uri}/{where}: the run's record is not there") from error
    return load_recorded(text, f"{view.store.uri}/{where}", overrides)


def _judged(view: RunView, original: Experiment) -> int:
    """Return how many leading iterations have their rollouts and verdicts in the store. StoreError for none."""
    for k in range(view.record["iterations"]):
        steps = [*original.rollouts(k), original.reward(k)]
        if any(view.store.find(step.stage, step.key) is None for step in steps):
            if k == 0:
                raise StoreError(f"{view.name}: the store has no rollouts with verdicts of its first iteration")
            return k
    return int(view.record["iterations"])


def _rescored(run: OpenRun, original: Experiment, k: int) -> RescoredIteration:
    manifest, settings = value(reward.plain(run, k)), run.spec.reward
    log.info("judged iteration %d", k)
    old = original.reward(k).key
    return RescoredIteration(
        number=k,
        rollouts=rollouts_of(run.session, [step.key for step in original.rollouts(k)]),
        before=verdicts_of(run.session, old),
        after=verdicts_of(run.session, manifest.key),
        terms=[name for name in settings.weights if name != settings.outcome],
        artifacts=(old, manifest.key),
    )


def _published(
    run: OpenRun, view: RunView, now: Loaded, correct_before: float, iterations: Sequence[RescoredIteration]
) -> str:
    correct_at = run.spec.reward.correct_at
    before = [row_before(each, correct_at=correct_before) for each in iterations]
    after = [row_after(each, correct_at, correct_before) for each in iterations]
    flipped = [flip for each in iterations for flip in flips(each, correct_at, correct_before)]
    page = render(
        f"{view.name} under another reward",
        {
            "run": view.name,
            "store": view.store.uri,
            "iterations": str(len(iterations)),
            "outcome": run.spec.reward.outcome,
            "terms": ", ".join(f"{term} ({weight:g})" for term, weight in run.spec.reward.weights.items()),
        },
        RunCurves(view.name, "before", tuple(before)),
        RunCurves(view.name, "now", tuple(after)),
        [_shown(run, each) for each in flipped[:SHOWN]],
        len(flipped),
    )
    digest = hashlib.sha256(canonical([each.artifacts[1] for each in iterations]).encode()).hexdigest()[:8]
    name = f"runs/{view.name}/rescored-{digest}.html"
    local = local_views(view.store.uri) / name
    local.parent.mkdir(parents=True, exist_ok=True)
    local.write_bytes(page.encode())
    view.store.files.write(name, page.encode())
    responses = sum(len(each.rollouts) for each in iterations)
    text = render_text(before, after, iterations[0].terms, responses)
    return f"{text}\npage: {view.store.uri}/{name}"


def _shown(run: OpenRun, flip: Flip) -> FlippedResponse:
    problem = run.dataset.by_id[flip.rollout.problem_id]
    (text,) = ResponseTexts(run.dataset.tokenizer).of([(problem, flip.rollout.response_ids)])
    return FlippedResponse(
        flip.iteration,
        flip.rollout.problem_id,
        flip.rollout.sample,
        _in_words(flip.before),
        _in_words(flip.after),
        cut(text, CHARACTERS),
    )


def _in_words(verdict: Verdict) -> str:
    score = "" if verdict.score in (None, 0.0, 1.0) else f" {verdict.score:.3f}"
    return f"{verdict.kind}{score}" + (f": {verdict.detail}" if verdict.detail else "")
