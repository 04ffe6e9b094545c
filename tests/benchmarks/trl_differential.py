"""Compares loss, gradient and advantages with TRL's GRPOTrainer on the same weights, tokens, rewards and old policy.

    python -m tests.benchmarks.trl_differential [FOLDER] [--results FILE]

FOLDER gets a virtual environment with TRL if it has none (once, a minute or two; default .armature/trl-1.16.0). Our
side is tasks/train's Iteration over plain torch: several micro-batches, responses side by side behind their prompt.
TRL's side is one padded batch. TRL adds 1e-4 to a group's std; so does ours here. These differences are intended: TRL
counts the tokens of responses that were not judged in the divisor of its token mean (their advantages are compared), it
takes entropies at the sampling temperature (the bonus is compared at 1), and off policy it takes the tokens of high
entropy from the policy in training (the difference is measured).

Off policy, the weights have moved from those of the old log-probabilities and the samples so far that the clip acts on
both sides.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import LlamaForCausalLM

from infra.paths import HOME
from tasks.train.batch import GroupBatch
from tasks.train.settings import RewardWeights
from tests.tasks.train.tools import (
    SPEC,
    Done,
    PolicyModule,
    changed,
    difference,
    llama,
    log_probs_of,
    policy,
    rollouts,
    run,
    with_engine_log_probs,
)

TRL = "1.16.0"
RESULTS = Path(__file__).parent / "results" / "trl_differential.json"
DTYPES = ("float32", "float64")
LONGEST = 14  # tokens of a response
SOFTER = 0.5
"""The factor on the test policy's matrices. Without it the logits are so large that float32 alone changes each side's
gradient by a relative 1e-6 to 3e-6."""
MOVE = 0.2
"""The change of the matrices off policy, in their own standard deviations."""
EPS_SEEN_IN = "token mean (dapo)"


@dataclass(frozen=True)
class Case:
    """A case: fields of our StepSettings, flat (`ours`), and equivalent arguments of a GRPOConfig (`theirs`)."""

    ours: dict[str, Any]
    theirs: dict[str, Any]
    off_policy: bool = True
    batch: str = "judged"  # or "not judged", "terms": only advantages are compared
    steps: int = 1  # the last of which is compared; weights and tokens stay the same
    same: bool = True  # False: the difference is intended, and measured


DAPO = {"loss_type": "dapo", "scale_rewards": "group", "epsilon": 0.2, "epsilon_high": 0.28}
ENGINE = {"vllm_importance_sampling_clip_max": 2.0}
"""The cap of importance weights against the mismatch between the engine's log-probabilities and the trainer's."""
KL, NO_RATIO = {"coefficient": 0.2, "estimator": "k3"}, {"with_ratio": False}
BETA, UNCORRECTED = {"beta": 0.2}, {"use_bias_correction_kl": False}
TARGET = {"target": 30.0, "delta": 0.02, "min": 0.01, "max": 0.04}
ADAPTIVE = {
    "use_adaptive_entropy": True, "entropy_target": 30.0, "entropy_coef_delta": 0.02, "entropy_coef": 0.01,
    "entropy_coef_min": 0.01, "entropy_coef_max": 0.04,
}  # fmt: skip
WEIGHTS = {"correct": 1.0, "format": 0.5, "length": -0.25}
CASES = {
    "token mean (dapo), on policy": Case({}, DAPO, off_policy=False),
    "sequence mean (grpo), on policy": Case(
        {"aggregation": "sequence_mean"}, DAPO | {"loss_type": "grpo"}, off_policy=False
    ),
    "token mean (dapo)": Case({}, DAPO),
    "token mean (dapo), one clip": Case({"clip_high": 0.2}, DAPO | {"epsilon_high": None}),
    "token mean (dapo), hot": Case({"temperature": 1.3}, DAPO | {"temperature": 1.3}),
    "token mean (dapo), cold": Case({"temperature": 0.7}, DAPO | {"temperature": 0.7}),
    "token mean (dapo), entropy bonus": Case({"entropy_coefficient": 0.02}, DAPO | {"entropy_coef": 0.02}),
    "token mean (dapo), importance weights": Case(
        {"importance_cap": 2.0}, DAPO | ENGINE | {"vllm_importance_sampling_mode": "token_truncate"}
    ),
    "token mean (dapo), sequence masking": Case(
        {"importance_cap": 2.0, "importance_mode": "sequence_mask"},
        DAPO | ENGINE | {"vllm_importance_sampling_mode": "sequence_mask"},
    ),
    "sequence mean (grpo)": Case({"aggregation": "sequence_mean"}, DAPO | {"loss_type": "grpo"}),
    "constant (dr_grpo)": Case(
        {"estimator": "dr_grpo", "aggregation": "constant", "constant_length": 20},
        DAPO | {"loss_type": "dr_grpo", "scale_rewards": "none", "max_completion_length": 20},
    ),
    "gspo": Case(
        {"objective": "gspo", "aggregation": "sequence_mean", "clip_low": 3e-4, "clip_high": 4e-4},
        DAPO | {"loss_type": "grpo", "importance_sampling_level": "sequence", "epsilon": 3e-4, "epsilon_high": 4e-4},
    ),
    "gspo, token mean, wide clip": Case(
        {"objective": "gspo", "clip_low": 0.03, "clip_high": 0.04},
        DAPO | {"importance_sampling_level": "sequence", "epsilon": 0.03, "epsilon_high": 0.04},
    ),
    "dual clip": Case({"dual_clip": 1.5}, DAPO | {"delta": 1.5}),
    "high entropy, on policy": Case(
        {"high_entropy_share": 0.2}, DAPO | {"top_entropy_quantile": 0.2}, off_policy=False
    ),
    "high entropy, sequence mean, on policy": Case(
        {"high_entropy_share": 0.3, "aggregation": "sequence_mean"},
        DAPO | {"loss_type": "grpo", "top_entropy_quantile": 0.3},
        off_policy=False,
    ),
    "high entropy": Case({"high_entropy_share": 0.2}, DAPO | {"top_entropy_quantile": 0.2}, same=False),
    # Three steps at entropies below the target, of which the coefficient's largest value ends the rise.
    "entropy target, below": Case({"entropy_target": TARGET}, DAPO | ADAPTIVE, steps=3),
    "entropy target, above": Case(
        {"entropy_target": TARGET | {"target": 0.5}}, DAPO | ADAPTIVE | {"entropy_target": 0.5}, steps=2
    ),
    # TRL's epsilon_high is the cap itself.
    "cispo": Case({"objective": "cispo"}, DAPO | {"loss_type": "cispo", "epsilon_high": 1.28}),
    "kl, on policy": Case({"kl": KL}, DAPO | BETA, off_policy=False),
    "kl, on policy, no ratio": Case({"kl": KL | NO_RATIO}, DAPO | BETA | UNCORRECTED, off_policy=False),
    "kl": Case({"kl": KL}, DAPO | BETA),
    "kl, no ratio": Case({"kl": KL | NO_RATIO}, DAPO | BETA | UNCORRECTED),
    "kl, hot, sequence mean": Case(
        {"kl": KL, "temperature": 1.3, "aggregation": "sequence_mean"},
        DAPO | BETA | {"temperature": 1.3, "loss_type": "grpo"},
    ),
    "kl, importance weights": Case(
        {"kl": KL, "importance_cap": 2.0},
        DAPO | BETA | ENGINE | {"vllm_importance_sampling_mode": "token_truncate"},
    ),
    "kl, cispo": Case({"kl": KL, "objective": "cispo"}, DAPO | BETA | {"loss_type": "cispo", "epsilon_high": 1.28}),
    # With the ratio TRL takes GSPO's ratio of the response here, and says that the gradient is not the KL's then.
    "kl, gspo, no ratio": Case(
        {"kl": KL | NO_RATIO, "objective": "gspo", "clip_low": 0.03, "clip_high": 0.04},
        DAPO | BETA | UNCORRECTED | {"importance_sampling_level": "sequence", "epsilon": 0.03, "epsilon_high": 0.04},
    ),
    "advantages, some not judged": Case({}, DAPO, batch="not judged"),
    "advantages without std, some not judged": Case(
        {"estimator": "dr_grpo"}, DAPO | {"scale_rewards": "none"}, batch="not judged"
    ),
    **{
        f"advantages of several terms, {aggregate}": Case(
            {"reward": RewardWeights("correct", WEIGHTS, aggregate)},  # type: ignore[arg-type]
            DAPO | {"multi_objective_aggregation": aggregate, "reward_weights": list(WEIGHTS.values())},
            batch="terms",
        )
        for aggregate in ("sum_then_normalize", "normalize_then_sum")
    },
}


class Weights:
    """The float32 weights of the policy that sampled (`old`), of the trained one (`now`) and of the reference.

    They are saved for TRL too.
    """

    def __init__(self, folder: Path) -> None:
        model, draw = llama(), torch.Generator().manual_seed(1)
        matrices = [parameter for parameter in model.parameters() if parameter.ndim == 2]
        with torch.no_grad():
            for matrix in matrices:
                matrix.mul_(SOFTER)
            self.old = self._saved(model, folder / "old")
            places = {}
            for place in ("now", "reference"):
                for matrix in matrices:
                    matrix.add_(torch.randn(matrix.shape, generator=draw), alpha=MOVE * float(matrix.std()))
                places[place] = self._saved(model, folder / place)
            self.now, self.reference = places["now"], places["reference"]

    @staticmethod
    def _saved(model: LlamaForCausalLM, folder: Path) -> dict[str, Tensor]:
        """Save the model; return its weights under the names of a PolicyModule."""
        model.save_pretrained(folder)
        return {f"lm.{name}": tensor.clone() for name, tensor in model.state_dict().items()}


def module_of(weights: dict[str, Tensor], dtype: torch.dtype = torch.float64) -> PolicyModule:
    """Return a policy with these weights."""
    module = policy(dtype)
    module.load_state_dict(weights)
    return module


def batches(weights: Weights) -> dict[str, GroupBatch]:
    """Return batches of prompts and responses of unequal lengths.

    The engine's log-probabilities scatter around the old policy's, for importance weights on both sides of the cap.
    """
    whole = rollouts(seed=5, not_judged=0.0, longest=LONGEST)
    old = log_probs_of(run(module_of(weights.old), whole, SPEC).iteration.old)
    return {
        "judged": with_engine_log_probs(whole, old, noise=1.5),
        "not judged": rollouts(seed=6, not_judged=0.4, longest=LONGEST),
        "terms": with_terms(rollouts(seed=7, not_judged=0.0, longest=LONGEST)),
    }


def with_terms(batch: GroupBatch) -> GroupBatch:
    """Return the batch with values of two terms; one of them does not apply to one response of each group.

    Values are those that float32 holds, in which TRL takes rewards.
    """
    draw = torch.Generator().manual_seed(2)

    def values(group: int, sample: int) -> dict[str, float | None]:
        form, length = torch.randint(0, 64, (2,), generator=draw).tolist()
        return {"format": form / 64, "length": None if sample == group % 5 else length / 8}

    terms = [[values(g, s) for s in range(len(group))] for g, group in enumerate(batch.response_ids)]
    return replace(batch, terms=terms)


def ours(case: Case, dtype: str, batch: GroupBatch, weights: Weights, **changes: Any) -> Done:
    """Do the optimizer steps of ours, from the same weights each; return the last.

    Off policy, a pass of the old policy comes first; `group_mean` requests it, and GRPO does not read the result.
    """
    spec = changed(
        SPEC, estimator="grpo", eps=1e-4, token_budget=60, prompt_confidence="group_mean" if case.off_policy else "none"
    )
    module, now, reference = (
        module_of(each, getattr(torch, dtype)) for each in (weights.old, weights.now, weights.reference)
    )
    path = [now.state_dict()] if case.off_policy else ()
    scalars: dict[str, float] = {}
    for _ in range(case.steps):
        done = run(
            module, batch, changed(spec, **{**case.ours, **changes}), path=path, reference=reference, scalars=scalars
        )
        scalars = done.engine.scalars
    return done


def theirs(python: Path, folder: Path, made: dict[str, GroupBatch]) -> dict[str, Any]:
    """Run trl_side.py in its own environment on all cases; return its reply."""
    asked = {
        "folder": str(folder),
        "batches": {
            name: {
                "prompts": batch.prompt_ids, "responses": batch.response_ids,
                "engine_log_probs": batch.engine_log_probs, "scores": batch.scores, "terms": batch.terms,
            } for name, batch in made.items()
        },
        "cases": {
            f"{name}, {dtype}": {
                "dtype": dtype, "settings": case.theirs, "off_policy": case.off_policy, "batch": case.batch,
                "gradient": f"{place}-{dtype}.safetensors", "importance_weights": "importance_cap" in case.ours,
                "advantages_only": case.batch != "judged", "steps": case.steps,
            } for place, (name, case) in enumerate(CASES.items()) for dtype in DTYPES
        },
    }  # fmt: skip
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": "",
        "PYTHONWARNINGS": "ignore",
        "TRL_EXPERIMENTAL_SILENCE": "1",
    }
    program = Path(__file__).with_name("trl_side.py")
    done = subprocess.run(
        [python, program], input=json.dumps(asked), stdout=subprocess.PIPE, text=True, check=True, env=environment
    )
    reply: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return reply


def flat(folder: Path, name: str, module: PolicyModule) -> Tensor:
    """Return TRL's gradient in the order of ours."""
    parts = load_file(folder / name)
    return torch.cat([parts[parameter.removeprefix("lm.")].flatten() for parameter, _ in module.named_parameters()])


def largest(a: Tensor, b: Tensor) -> float:
    """Return the largest absolute difference."""
    return float((a.double() - b.double()).abs().max())


def compared(python: Path, folder: Path) -> dict[str, Any]:
    """Return the differences for each case and dtype.

    `loss`: |ours - TRL's| over the mean |advantage| (an on-policy loss is near zero); `gradient`: ||ours - TRL's|| /
    ||TRL's|| over the whole gradient; `advantage`: the largest difference of one; `clipped`: the shares of tokens that
    are clipped, ours and TRL's at its lower and upper limit.
    """
    weights = Weights(folder)
    made = batches(weights)
    reply = theirs(python, folder, made)
    rows: dict[str, dict[str, Any]] = {}
    for (place, (name, case)), dtype in itertools.product(enumerate(CASES.items()), DTYPES):
        found, done = reply["cases"][f"{name}, {dtype}"], ours(case, dtype, made[case.batch], weights)
        assert done.iteration.advantages is not None
        row: dict[str, Any] = {
            "advantage": largest(
                done.iteration.advantages.total.flatten(), torch.tensor(found["advantages"], dtype=torch.float64)
            )
        }
        if "loss" in found:
            gradient = flat(folder, f"{place}-{dtype}.safetensors", done.engine.module)
            loss = done.result["metrics"]["loss"]
            row |= {
                "loss": abs(loss - found["loss"]) / done.token_loss_scale,
                "gradient": difference(done.engine.gradients[0], gradient),
                "losses": [loss, found["loss"]],
                "clipped": [done.result["metrics"]["clip_fraction"], found["clipped"]],
            }
            if "entropy_target" in case.ours:
                row["coefficients"] = [done.engine.scalars["entropy_coefficient"], found["entropy_coefficient"]]
            if name == EPS_SEEN_IN and dtype == "float64":
                # The sensitivity of the comparison: ours with the eps that verl adds to a std.
                row["gradient_with_eps_1e-6"] = difference(
                    ours(case, dtype, made[case.batch], weights, eps=1e-6).engine.gradients[0], gradient
                )
        rows[f"{name}, {dtype}"] = row
    return {"versions": reply["versions"], "worst": worst(rows), "cases": rows}


def worst(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return the largest difference of each quantity by dtype, but for those that are intended."""
    return {
        dtype: {
            what: max(
                rows[f"{name}, {dtype}"][what]
                for name, case in CASES.items()
                if case.same and what in rows[f"{name}, {dtype}"]
            )
            for what in ("loss", "gradient", "advantage")
        }
        for dtype in DTYPES
    }


def environment(folder: Path) -> Path:
    """Return the Python of a virtual environment with TRL in `folder`, made if its marker, written last, is missing."""
    python, marker = folder / "bin" / "python", folder / f".trl-{TRL}"
    if not marker.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        packages = (
            f"trl=={TRL}",
            *(f"{name}=={version(name).partition('+')[0]}" for name in ("torch", "transformers")),
        )
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True
        )
        marker.touch()
    return python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=HOME / f"trl-{TRL}")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        result = compared(environment(options.folder), Path(scratch))
    options.results.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
