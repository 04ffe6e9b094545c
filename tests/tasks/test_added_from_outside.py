"""One of each kind, each from one file of a user's own: a run trains with all of them, and a second start finds it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.store import Store
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks.engines import open_run
from tasks.run.record import RunRecord, metrics_row
from tasks.run.trackers import Tracker
from tasks.stage import value
from tasks.stages import contamination, data, evaluate, first_policy, remake_start, reward, rollout, train
from tasks.stages import suite as prepare_suite

FILES = {
    "estimator.py": """
def halved(groups, scale=0.5):
    return scale * (groups.scores - groups.scores.mean(dim=-1, keepdim=True))
""",
    "objective.py": """
import torch
from tasks.train.objectives.base import Objective

class Plain(Objective):
    def token_losses(self, tokens):
        return -tokens.advantage * tokens.log_prob, torch.zeros_like(tokens.log_prob, dtype=torch.bool)
""",
    "verifier.py": """
def even_length(reference, response_text):
    return len(response_text) % 2 == 0
""",
    "source.py": """
def sums(count="10"):
    for n in range(int(count)):
        yield {"id": f"sum-{n}", "prompt": f"{n} + 1 =", "answer": str(n + 1)}
""",
    "engine.py": """
from tasks.rollout.transformers_engine import ENGINE

class Counted(ENGINE):
    def generate(self, groups, sampling):
        self.asked = getattr(self, "asked", 0) + len(groups)
        return super().generate(groups, sampling)
""",
    "suite.yaml": """
title: Sums of my own
source: {at: rows.jsonl}
columns: {question: question}
size: 2
answers: 2
licence: mine
prompt: none
verifier: VERIFIER
sampling: {temperature: 1.0, top_p: 1.0, max_response_tokens: 8}
""",
    "tracker.py": """
class Kept:
    def __init__(self):
        self.rows = []

    def on_iteration(self, row):
        self.rows.append(dict(row))
""",
}
"""A file for each kind: no file of the repository names it."""


def test_a_run_trains_with_one_of_each(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("infra.paths.HOME", tmp_path / "home")
    own = tmp_path / "own"
    own.mkdir()
    for name, text in FILES.items():
        (own / name).write_text(text.replace("VERIFIER", f"{own}/verifier.py:even_length"))
    rows = [{"question": f"{n} + 2 =", "answer": str(n + 2)} for n in range(2)]
    (own / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = (
        "name=outside",
        "control=null",
        "warm_start=null",
        f"advantage={{use: '{own}/estimator.py:halved', args: {{scale: 0.25}}}}",
        f"objective={{use: '{own}/objective.py:Plain'}}",
        f"data={{train: '{own}/source.py:sums?count=20', verifier: '{own}/verifier.py:even_length', heldout: 0}}",
        f"rollout.engine={own}/engine.py:Counted",
        "rollout={prompts: 2, samples: 4, shard_prompts: 2, max_prompt_tokens: 64, max_response_tokens: 8}",
        "train={iterations: 1, minibatch_prompts: 2}",
        f"evaluate={{suites: ['{own}/suite.yaml'], samples: 2, ks: [1, 2]}}",
        "placement.threads=1",
        f"store={(tmp_path / 'store').as_uri()}",
    )
    loaded = load_spec(ROOT / "specs" / "quickstart.yaml", settings, environ={})
    names: dict[str, Any] = {}
    exec(FILES["tracker.py"], names)
    tracker: Tracker = names["Kept"]()
    with open_run.opened(loaded.spec, Store(loaded.spec.store), remake_start) as run:
        record = RunRecord(run.session, run.experiment, loaded, trackers=[tracker])
        record.begin()
        record.data(value(data.plain(run)))
        value(first_policy.plain(run))
        shards, verdicts, step = value(rollout.plain(run, 0)), value(reward.plain(run, 0)), value(train.plain(run, 0))
        record.iteration(metrics_row(0, shards, verdicts, step), 1.0)
        if (saved := run.checkpoints.save(1)) is not None:
            run.checkpoints.commit(saved, 1)
        [suite] = run.experiment.suites
        value(prepare_suite.plain(run, suite))
        value(contamination.plain(run, suite))
        for iteration in run.experiment.evaluated_iterations():
            lineage = run.experiment.lineage(iteration)
            evaluation = value(evaluate.plain(run, iteration, suite, lineage, None))
        record.finish()
        assert {
            (node.step.stage, node.step.key)
            for node in run.experiment.steps()
            if not run.store.known(node.step.stage, node.step.key)
        } == set()

    part: Mapping[str, Any] = step.inputs["part"]
    assert (part["advantage"]["use"], part["objective"]["use"]) == ("halved", "Plain")
    assert part["advantage"]["args"] == {"scale": 0.25}
    assert str(own) not in json.dumps(step.inputs)  # a file is named by its content, wherever it lies
    assert step.result["metrics"]["grad_norm"] > 0
    [row] = tracker.rows  # type: ignore[attr-defined]
    assert 0 < row["reward_mean"] < 1
    assert evaluation.rows == 4
