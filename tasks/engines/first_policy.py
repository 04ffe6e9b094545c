"""The policy that training begins with: given weights, or a tiny model made on the spot, after the warm start."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

from infra.store import Store
from specs.policy import Architecture
from tasks.checkpoint.weights import given_files, write_scratch_model
from tasks.data.dataset import Dataset, write_tokenizer
from tasks.data.sources.registry import source_of
from tasks.engines.trainer import TrainerClient
from tasks.graph.experiment import Experiment
from tasks.train.warm_start import Demonstrator, warm_start

log = logging.getLogger("armature")


def make_first_policy(
    store: Store, experiment: Experiment, dataset: Dataset, trainer: TrainerClient, folder: Path
) -> tuple[dict[str, Path], dict[str, Any], dict[str, Any]]:
    """Return the files of the first policy, numbers about the warm start, and how it was really computed.

    `folder` is for what has to be written. The trainer is used, and holds the policy, only with a warm start.
    """
    spec = experiment.spec
    given = folder / "given"
    given.mkdir()
    if experiment.model is not None:
        source, files = experiment.model, given_files(experiment.model)
    else:
        tokenizer = dataset.tokenizer
        write_scratch_model(
            given,
            (spec.policy.architecture or Architecture()).model_dump(),
            len(tokenizer),
            int(tokenizer.eos_token_id),
            int(tokenizer.pad_token_id),
            spec.policy.dtype,
            spec.seed,
        )
        data = store.find("data", experiment.data.key)
        assert data is not None, "the data set was read from it"
        write_tokenizer(store, data, given)
        source, files = given, {path.name: path for path in sorted(given.iterdir())}
    if spec.warm_start is None:
        return files, {}, {}
    total, began = spec.warm_start.steps, time.monotonic()

    def progress(done: int, numbers: dict[str, float]) -> None:
        left = (time.monotonic() - began) / done * (total - done)
        if done == total or done % 100 == 0:
            log.info("warm start  step %4d/%d  loss %.3f  %.0f s left", done, total, numbers["loss"], left)

    demonstrator = Demonstrator(dataset.train, dataset.tokenizer, spec.seed, source_of(spec.data).demonstrations)
    result, recorded = warm_start(trainer, source, demonstrator, spec.warm_start, spec.train.token_budget, progress)
    made = folder / "made"
    trainer.save(made, optimizer=False)
    others = {name: path for name, path in files.items() if not name.startswith("model")}
    weights = {path.name: path for path in sorted(made.iterdir())}
    return {**others, **weights}, result, {**trainer.environment, **recorded}
