"""Simulated cells of a study: questions differ in difficulty, seeds in luck, and variants by the effects of a test."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from tasks.study.cells import DYNAMICS, Cell, Point

Effect = tuple[float, float]
"""A variant's effect at the end of training: (logits added to right answers, share of questions that it gives up on).

No sample of the latter is right any more, so Pass@k falls, and Pass@1 hardly.
"""


def digest(*parts: object) -> str:
    """Return a sha256 that stands for a key."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def cells(
    effects: Mapping[str, Effect],
    *,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    settings: Sequence[str] = ("countdown",),
    temperatures: Sequence[float] = (1.0, 0.6),
    evaluated: Sequence[int] = (0, 20, 40, 60, 80),
    questions: int = 100,
    samples: int = 32,
    seed_deviation: float = 0.1,
    skip: Sequence[tuple[str, str, int]] = (),
) -> list[Cell]:
    """Return the cells of every setting, variant {name: effect} and seed, without those of `skip`."""
    return [
        _cell(setting, variant, effect, seed, temperatures, evaluated, questions, samples, seed_deviation)
        for setting in settings
        for variant, effect in effects.items()
        for seed in seeds
        if (setting, variant, seed) not in skip
    ]


def _cell(
    setting: str,
    variant: str,
    effect: Effect,
    seed: int,
    temperatures: Sequence[float],
    evaluated: Sequence[int],
    questions: int,
    samples: int,
    luck: float,
) -> Cell:
    iterations = max(evaluated)
    generator = np.random.default_rng(int(digest(setting, variant, seed)[:8], 16))
    hardness = np.random.default_rng(int(digest(setting, "questions")[:8], 16)).normal(-1.5, 1.5, questions)
    lucky = generator.normal(0, luck)
    order = generator.permutation(questions)
    points = []
    for iteration in evaluated:
        done = iteration / iterations if iterations else 0.0
        # the variants of a seed share the first policy
        drawn = np.random.default_rng(int(digest(setting, seed, "start")[:8], 16)) if iteration == 0 else generator
        for temperature in temperatures:
            logits = hardness * (1.2 - 0.2 * temperature) + done * (1.0 + effect[0] + lucky)
            chance = 1 / (1 + np.exp(-logits))
            chance[order[: round(done * effect[1] * questions)]] = 0.0
            right = drawn.binomial(samples, chance)
            points.append(
                Point(
                    iteration=iteration,
                    temperature=temperature,
                    samples=samples,
                    correct=tuple(int(n) for n in right),
                    judged=(samples,) * questions,
                    distinct_correct=tuple(
                        int(n) for n in np.minimum(right, drawn.binomial(8, np.minimum(1.0, chance + 0.1)))
                    ),
                    entropy=float(0.42 - done * (0.15 + effect[1]) + 0.01 * drawn.normal()),
                    surprisal=0.3,
                    response_tokens=10.0,
                    coverage=None,
                    artifact=digest(
                        "evaluation", setting, *((seed,) if iteration == 0 else (variant, seed)), iteration, temperature
                    ),
                )
            )
    course = np.linspace(0, 1, max(iterations, 1))
    dynamics = {
        name: tuple(float(x) for x in 0.3 + 0.2 * course + generator.normal(0, 0.02, len(course))) for name in DYNAMICS
    }
    dynamics["response_length_mean"] = tuple(float(x) for x in 10 + generator.normal(0, 0.05, len(course)))
    dynamics["bonus_mean"] = tuple(0.0 if effect == (0.0, 0.0) else -x for x in dynamics["bonus_mean"])
    dynamics["grad_norm"] = tuple(float(10 ** generator.normal(-0.5, 0.2)) for _ in course)
    return Cell(
        study="simulated",
        setting=setting,
        variant=variant,
        seed=seed,
        key=digest("cell", setting, variant, seed),
        run=f"{setting}-{variant}-{seed}/{digest('run', setting, variant, seed)[:8]}",
        suite="countdown",
        iterations=iterations,
        start=digest("start", setting, seed),
        questions=(questions, digest("questions", setting, questions)),
        points=tuple(points),
        dynamics=dynamics,
        tokens=iterations * 5120 + int(generator.integers(0, 500)),
        seconds=60.0,
        steps_made=200,
        steps_found=100,
        seconds_made=50.0,
        seconds_found=25.0,
        host={"cpu": "simulated", "cores": 2},
    )
