"""A report of a quickstart run of GRPO and ARM with invented numbers, and a text that attacks the page around it."""

from __future__ import annotations

import hashlib
import math
import random

from tasks.report.data import Column, Group, ReportData, Response, Row, RunCurves

HOSTILE = (
    '</script><script>document.title="owned"</script>'
    "<img src=x onerror='document.title=\"owned\"'><!--<script>\u2028 & &lt; \" ' \ud800 \x00"
)


def key(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def curve_row(label: str, at: int, total: int, chance: random.Random) -> Row:
    done, arm = at / total, label == "ARM"
    noise = chance.gauss
    return {
        "iteration": at,
        "reward_mean": 0.13 + (0.07 if arm else 0.1) * (1 - math.exp(-3 * done)) + noise(0, 0.012),
        "entropy": 0.43 - (0.11 if arm else 0.23) * (1 - math.exp(-2 * done)) + noise(0, 0.006),
        "response_length_mean": 10 + 0.3 * math.exp(-5 * done) + noise(0, 0.03),
        "truncated_share": 0.004,
        "not_judged_share": 0.0,
        "distinct_answers": 9.4 - (1 if arm else 4) * done + noise(0, 0.2),
        "distinct_correct": 1.5 + (0.4 if arm else -0.5) * done + noise(0, 0.08),
        "all_correct_share": 0.02 + (0.01 if arm else 0.06) * done,
        "all_wrong_share": abs(0.25 + (0.02 if arm else 0.2) * done + noise(0, 0.02)),
        "audit_mean": 2e-7 * math.exp(noise(0, 0.2)),
        "audit_max": 4e-6 * math.exp(noise(0, 0.3)),
        "audit_effective_share": 1.0,
        "clip_fraction": 0.01,
        "approximate_kl": 1e-4,
        "grad_norm": 0.3 * math.exp(noise(0, 0.3)),
        "learning_rate": 1e-4 * min(1.0, (at + 1) / 10),
        "loss": noise(0, 1e-3),
        "c_q_mean": 0.08 + noise(0, 0.002),
        "c_o_right_mean": 0.3 + (0.1 if arm else 0.25) * done + noise(0, 0.01),
        "c_o_wrong_mean": 0.2 + (0.05 if arm else 0.2) * done + noise(0, 0.01),
        "bonus_mean": -0.18 - 0.1 * done + noise(0, 0.01) if arm else 0.0,
        "bonus_abs_mean": 0.2 + 0.1 * done + noise(0, 0.01) if arm else 0.0,
        "flipped_share": 0.01 if arm else 0.0,
        "seconds_rollout": abs(0.12 + noise(0, 0.02)),
        "seconds_judge": 0.01,
        "seconds_train": abs(0.25 + noise(0, 0.03)),
        "artifact": key("step", label, at),
    }


def column(label: str, one: float, many: float, entropy: float, samples: int = 32) -> Column:
    ks = range(1, samples + 1)
    return Column(
        label,
        {
            "pass_at": {str(k): one + (many - one) * math.log(k) / math.log(samples) for k in ks},
            "pass_at_se": {str(k): 0.012 + 0.0006 * k for k in ks},
            "avg": one,
            "maj": one + 0.03,
            "entropy": entropy,
            "entropy_se": 0.006,
            "distinct_answers": 11.2,
            "distinct_correct": many * 3,
            "distinct_correct_se": 0.11,
            "coverage": many / 3,
            "response_tokens": 10.02,
            "truncated_share": 0.0,
            "no_answer_share": 0.031,
            "not_judged_share": 0.0,
            "problems": 200,
            "samples": samples,
        },
        key("evaluation", label),
    )


def group(run: str, at: int, problem: int, text: str | None = None, samples: int = 16) -> Group:
    chance = random.Random(f"{run} {at} {problem}")
    responses = []
    for _ in range(samples):
        right = chance.random() < 0.3
        base, bonus = (1.4 if right else -0.6), (-chance.random() / 3 if run == "ARM" else 0.0)
        a, b, c, d = (chance.randint(*ends) for ends in ((1, 9), (1, 9), (2, 18), (2, 15)))
        steps = f"{a} + {b} = {c}, - 3 = {d}, * 2 = 24"
        responses.append(
            Response(
                text=steps if text is None else text,
                score=1.0 if right else 0.0,
                kind="accepted" if right else "wrong",
                detail="" if right else "step 2: 7 - 3 is 4",
                base=base,
                bonus=bonus,
                advantage=base + bonus,
                c_o=chance.random(),
                tokens=10,
                log_prob_mean=-chance.random(),
                entropy=chance.random(),
                finish_reason="stop",
            )
        )
    return Group(
        run,
        at,
        f"countdown-{problem}",
        "numbers 3 5 7 9, target 24",
        6,
        0.081,
        key("group", run, at, problem),
        tuple(responses),
    )


def report(iterations: int = 120, groups: tuple[Group, ...] | None = None) -> ReportData:
    runs = tuple(
        RunCurves(
            name,
            label,
            tuple(curve_row(label, at, iterations, random.Random(f"{label}{at}")) for at in range(iterations)),
        )
        for name, label in (("quickstart-grpo/3f9a12bc", "GRPO"), ("quickstart/91c0ffee", "ARM"))
    )
    kept = (
        tuple(group(run.label, at, problem) for run in runs for at in (0, iterations - 1) for problem in range(4))
        if groups is None
        else groups
    )
    return ReportData(
        title="quickstart: GRPO and ARM from one warm start",
        subtitle={
            "run": "quickstart/91c0ffee",
            "control": "quickstart-grpo/3f9a12bc",
            "store": "file:///home/someone/armature/.armature/store",
            "made by": "python -m flows.arm_train specs/quickstart.yaml",
            "time": "4 min 12 s",
        },
        spec_yaml="name: quickstart\nseed: 17\nadvantage: {estimator: arm, alpha: 1.0}\n",
        deviations="advantage.estimator: arm (default grpo)\nadvantage.alpha: 1.0 (default 0.3)",
        runs=runs,
        evaluations=(
            column("start", 0.134, 0.9, 0.43),
            column("GRPO", 0.22, 0.57, 0.21),
            column("ARM", 0.19, 0.78, 0.32),
        ),
        groups=kept,
    )
