"""Compares the estimates of a KL, values and gradients, with verl's own function on the same log-probabilities.

    python -m tests.benchmarks.verl_kl [FOLDER] [--results FILE]

FOLDER gets verl's wheel (once; default .armature/verl-0.9.1). Of its file verl/trainer/ppo/core_algos.py the two
functions that estimate a KL are run, by another Python with torch alone: the file's own imports want all of verl.

verl bounds k3: d is taken within 20, and k3 itself is at most 10, with no gradient beyond. Ours is not bounded, as
TRL's is not: a step that is not finite stops the run. Where the bounds take hold is counted and not compared.
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import torch

from infra.paths import HOME
from tasks.train.objectives.kl import kl_estimate

VERL = "0.9.1"
RESULTS = Path(__file__).parent / "results" / "verl_kl.json"
SOURCE = "verl/trainer/ppo/core_algos.py"
FUNCTIONS = ("kl_penalty", "kl_penalty_forward")
ESTIMATORS = ("k1", "k2", "k3")
BOUND = 10.0  # of verl's k3
#: Runs verl's functions on the log-probabilities of stdin; no name of this repository is known to it.
SIDE = """
import json, sys, torch
known = {"torch": torch}
exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"), known)
asked, found = json.load(sys.stdin), {}
for name in asked["estimators"]:
    now = torch.tensor(asked["now"], dtype=torch.float64, requires_grad=True)
    values = known["kl_penalty"](now, torch.tensor(asked["reference"], dtype=torch.float64), name)
    (gradient,) = torch.autograd.grad(values.sum(), now)
    found[name] = {"values": values.tolist(), "gradient": gradient.tolist()}
print(json.dumps(found))
"""


def wheel(folder: Path) -> Path:
    """Return verl's wheel in `folder`, fetched if it is not there."""
    found = folder / f"verl-{VERL}-py3-none-any.whl"
    if not found.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", f"verl=={VERL}", "--dest", folder]
        subprocess.run([*command, "--disable-pip-version-check"], check=True)
    return found


def functions_of(source: str) -> str:
    """Return the source of the functions that estimate a KL, as it stands."""
    nodes = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name in FUNCTIONS]
    assert {node.name for node in nodes} == {*FUNCTIONS}, "another version of verl?"
    return "\n\n".join(filter(None, (ast.get_source_segment(source, node) for node in nodes)))


def compared(path: Path, folder: Path) -> dict[str, Any]:
    """Return the largest difference of values and gradients, of each estimator. `folder` is for what has to be written.

    Log-probabilities of 10,000 tokens: between -12 and 0 under the policy, up to 4 away under the reference.
    """
    draw = torch.Generator().manual_seed(17)
    uniform = torch.rand((2, 10_000), generator=draw, dtype=torch.float64)
    now = (-12 * uniform[0]).requires_grad_()
    reference = now.detach() + 8 * uniform[1] - 4
    with zipfile.ZipFile(path) as files:
        (folder / "verl_kl.py").write_text(functions_of(files.read(SOURCE).decode()))
    asked = {"estimators": ESTIMATORS, "now": now.tolist(), "reference": reference.tolist()}
    done = subprocess.run(
        [sys.executable, "-I", "-c", SIDE, folder / "verl_kl.py"],
        input=json.dumps(asked),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    theirs, rows = json.loads(done.stdout), {}
    for name in ESTIMATORS:
        values = kl_estimate(now, reference, name)
        (gradient,) = torch.autograd.grad(values.sum(), now)
        free = values.detach() < BOUND if name == "k3" else torch.ones_like(values, dtype=torch.bool)
        rows[name] = {
            "value": _largest(values.detach(), theirs[name]["values"], free),
            "gradient": _largest(gradient, theirs[name]["gradient"], free),
            "bounded": int((~free).sum()),
        }
    return {"verl": VERL, "tokens": len(now), "estimators": rows}


def _largest(ours: torch.Tensor, theirs: list[float], free: torch.Tensor) -> float:
    return float((ours - torch.tensor(theirs, dtype=torch.float64))[free].abs().max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=HOME / f"verl-{VERL}")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    result = compared(wheel(options.folder), options.folder)
    options.results.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
