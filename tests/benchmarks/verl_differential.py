"""Compares dual clip, Clip-Cov and KL-Cov with verl's losses on the same log-probabilities and advantages.

    python -m tests.benchmarks.verl_differential [FOLDER] [--results FILE]

FOLDER gets a virtual environment with verl if it has none (once, some minutes; default .armature/verl-0.9.1).

verl takes covariances from the policy in training and from a micro-batch, and draws from torch's global generator;
ours come from the old policy and the optimizer's minibatch, drawn by the minibatch's seed. So the losses are compared
where both choose from the same numbers (`same`), and what the three differences make is measured at the shares of the
paper (`apart`), on 512 responses of 100 tokens on average.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from infra.paths import HOME
from specs.keys import choices
from tasks.train.objectives.base import Minibatch, Tokens
from tasks.train.objectives.ppo_clip import is_dual_clipped
from tasks.train.objectives.registry import objective_of

VERL = "0.9.1"
RESULTS = Path(__file__).parent / "results" / "verl_differential.json"
CLIPS = {"clip_low": 0.2, "clip_high": 0.28}
LOSSES = {"ppo_clip": "vanilla", "clip_cov": "clip_cov", "kl_cov": "kl_cov"}
#: verl's names of our settings, in its PolicyLossConfig.
NAMES = {
    "clip_cov": {
        "covariance_share": "clip_cov_ratio",
        "covariance_low": "clip_cov_lb",
        "covariance_high": "clip_cov_ub",
    },
    "kl_cov": {"covariance_share": "kl_cov_ratio", "kl_coefficient": "ppo_kl_coef"},
}


@dataclass(frozen=True)
class Data:
    """Log-probabilities of tokens under two policies, response by response, and an advantage for each response."""

    old: list[Tensor]
    now: list[Tensor]
    advantages: Tensor

    @property
    def on_policy(self) -> Data:
        return replace(self, now=self.old)


@dataclass(frozen=True)
class Case:
    """Settings of one of our objectives. `chosen_by_now`: ours chooses by the policy in training, as verl."""

    kind: str
    settings: dict[str, Any]
    on_policy: bool = False
    chosen_by_now: bool = False
    loss_too: bool = True


CLIP_COV = {**CLIPS, "covariance_share": 1.0, "covariance_low": 0.5, "covariance_high": 3.0}  # all candidates: no draw
SAME = {
    "dual clip 3": Case("ppo_clip", CLIPS | {"dual_clip": 3.0}),
    "dual clip 1.5": Case("ppo_clip", CLIPS | {"dual_clip": 1.5}),
    "clip_cov, on policy": Case("clip_cov", CLIP_COV, on_policy=True),
    # verl leaves PPO's clipped tokens out of the draw: they have no gradient either way, but a loss that is constant.
    "clip_cov": Case("clip_cov", CLIP_COV, chosen_by_now=True, loss_too=False),
    "kl_cov, on policy": Case("kl_cov", {"covariance_share": 0.02}, on_policy=True),
    "kl_cov": Case("kl_cov", {"covariance_share": 0.02, "kl_coefficient": 0.5}, chosen_by_now=True),
}
APART = {
    "clip_cov": Case("clip_cov", CLIPS | {"covariance_share": 2e-4}),
    "kl_cov": Case("kl_cov", {"covariance_share": 2e-3}),
}
MICRO_BATCHES = 16


def data(responses: int, longest: int, move: float) -> Data:
    """Return made-up tokens: most of them likely, a few not, as a language model's are; advantages as GRPO's."""
    draw = torch.Generator().manual_seed(5)
    lengths = torch.randint(1, longest, (responses,), generator=draw).tolist()
    uniform = [torch.rand(length, generator=draw, dtype=torch.float64) for length in lengths]
    old = [-4.0 * x**6 - 1e-4 for x in uniform]
    now = [x + move * torch.randn(len(x), generator=draw, dtype=torch.float64) * (1e-3 - x).sqrt() for x in old]
    scores = torch.randint(0, 2, (responses // 8, 8), generator=draw).double()
    centred = (scores - scores.mean(-1, keepdim=True)) / (scores.std(-1, keepdim=True) + 1e-6)
    return Data(old, [x.clamp(max=0.0) for x in now], centred.flatten())


def ours(case: Case, given: Data) -> tuple[float, Tensor, Tensor]:
    """Return loss and gradient by log-probability [tokens], and the tokens that were treated apart [tokens], bool.

    Of a dual clip those where it takes hold.
    """
    member = choices()[("objective",)].members[case.kind]
    objective = objective_of(member.model_validate({"kind": case.kind, **case.settings}))  # type: ignore[arg-type]
    keys = [(0, place) for place in range(len(given.old))]
    seen = given.now if case.chosen_by_now else given.old
    lengths = torch.tensor([len(x) for x in given.old])
    log_probs = torch.cat(seen)
    statistics = objective.statistics(
        Minibatch(lengths, given.advantages, log_probs, entropies=torch.zeros_like(log_probs), seed=11)
    )
    now = torch.cat(given.now).requires_grad_()
    log_ratio, advantage = now - torch.cat(given.old), given.advantages.repeat_interleave(lengths)
    losses, _ = objective.token_losses(
        Tokens(
            log_prob=now,
            log_ratio=log_ratio,
            advantage=advantage,
            responses=keys,
            lengths=lengths.tolist(),
            statistics=statistics,
            places=torch.arange(len(now)),
        )
    )
    loss = losses.mean()
    (gradient,) = torch.autograd.grad(loss, now)
    if case.kind == "ppo_clip":
        return loss.item(), gradient, is_dual_clipped(log_ratio.detach(), advantage, limit=case.settings["dual_clip"])
    return loss.item(), gradient, torch.cat([statistics[key] for key in keys])


def asked(case: Case, given: Data, micro_batches: int = 1, seed: int = 1) -> dict[str, Any]:
    """Return a case in verl's words."""
    rows = torch.arange(len(given.old)).chunk(micro_batches)
    names = NAMES.get(case.kind, {})
    defaults = {"kl_coefficient": 1.0} if case.kind == "kl_cov" else {}
    return {
        "loss": LOSSES[case.kind],
        "clip_low": case.settings.get("clip_low", 0.2),
        "clip_high": case.settings.get("clip_high", 0.2),
        "clip_c": case.settings.get("dual_clip", 3.0),
        "policy_loss": {names[key]: value for key, value in (defaults | case.settings).items() if key in names},
        "seed": seed,
        "micro_batches": [
            {
                "old": [given.old[i].tolist() for i in part],
                "now": [given.now[i].tolist() for i in part],
                "advantages": given.advantages[part].tolist(),
            }
            for part in rows
        ],
    }


def theirs(python: Path, cases: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Run verl_side.py in its own environment on all cases; return its reply."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": "", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [python, Path(__file__).with_name("verl_side.py")],
        input=json.dumps(cases), stdout=subprocess.PIPE, text=True, check=True, env=environment,
    )  # fmt: skip
    reply: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return reply


def apart_by(one: Tensor, other: Tensor) -> float:
    """Return ||one - other|| / ||other||."""
    return float((one - other).norm() / other.norm())


def compared(python: Path) -> dict[str, Any]:
    """Return the differences of gradients ||ours - verl's|| / ||verl's|| by log-probability, and of losses."""
    small, large = data(64, 24, 1.5), data(512, 200, 0.1)
    cases = {name: asked(case, small.on_policy if case.on_policy else small) for name, case in SAME.items()}
    for name, case in APART.items():
        cases[f"{name} apart, on policy"] = asked(case, large.on_policy)
        cases[f"{name} apart, whole"] = asked(case, large)
        cases[f"{name} apart, another seed"] = asked(case, large, seed=2)
        cases[f"{name} apart, micro-batches"] = asked(case, large, MICRO_BATCHES)
    reply = theirs(python, cases)
    found = reply["cases"]
    gradients = {
        name: torch.tensor([*itertools.chain(*each["gradient"])], dtype=torch.float64) for name, each in found.items()
    }
    same: dict[str, Any] = {}
    for name, case in SAME.items():
        loss, gradient, apart = ours(case, small.on_policy if case.on_policy else small)
        same[name] = {"gradient": apart_by(gradient, gradients[name]), "tokens_apart": float(apart.double().mean())}
        if case.loss_too:
            same[name]["loss"] = abs(loss - found[name]["loss"])
    differ: dict[str, Any] = {}
    for name, case in APART.items():
        whole, on_policy = ours(case, large), ours(case, large.on_policy)
        differ[name] = {
            "tokens": len(whole[2]),
            "tokens_apart": int(whole[2].sum()),
            "ours to verl, on policy": apart_by(on_policy[1], gradients[f"{name} apart, on policy"]),
            "ours to verl": apart_by(whole[1], gradients[f"{name} apart, whole"]),
            "verl, another seed": apart_by(gradients[f"{name} apart, another seed"], gradients[f"{name} apart, whole"]),
            f"verl, {MICRO_BATCHES} micro-batches": apart_by(
                gradients[f"{name} apart, micro-batches"], gradients[f"{name} apart, whole"]
            ),
        }
    return {"versions": reply["versions"], "same": same, "apart": differ}


def environment(folder: Path) -> Path:
    """Return the Python of a virtual environment with verl in `folder`, made if its marker is missing."""
    python, marker = folder / "bin" / "python", folder / f".verl-{VERL}"
    if not marker.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        packages = (f"verl=={VERL}", f"torch=={version('torch').partition('+')[0]}")
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True
        )
        marker.touch()
    return python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=HOME / f"verl-{VERL}")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    result = compared(environment(options.folder))
    options.results.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
