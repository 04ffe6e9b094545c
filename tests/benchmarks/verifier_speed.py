"""Compares the speed of the mathematics verifier with that of another checkout, by CPU time on the same pairs.

    git worktree add /tmp/before COMMIT
    python -m tests.benchmarks.verifier_speed --against /tmp/before [--rounds 7] [--results FILE.json]

Two sets: `short` are 12,000 answers in a sentence, two for each gold, one of them another problem's gold; `long` are
4,000 responses of 2,000 to 4,000 characters of reasoning with the box behind it, eight for each gold, as in training.
The golds are those of ../shared/data/math, or made here where that is missing. Each round measures both checkouts once,
each in a new process (verifier_side.py), in turns, so that changes of the machine's speed affect both alike. `first` is
the first pass over the pairs, in which nothing is known; `again` is the mean of two more, as in a later epoch. Both are
this process's time; `first with workers` adds that of the workers, to which few answers come. A ratio is of samples a
second, ours by theirs: the median over rounds, with the smallest and the largest.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
DATA = HERE.parents[3] / "shared" / "data" / "math"
SHORT_GOLDS, LONG_GOLDS, GROUP = 6_000, 500, 8

Pair = tuple[str, str]

#: Sentences of reasoning; {a} to {c} are numbers.
SENTENCES = (
    "First, let's find the number of ways to choose the first element, which is ${a}$.",
    "We have $x^2 - {a}x + {b} = 0$, so the sum of the roots is ${a}$ and their product is ${b}$.",
    "Substituting $y = \\frac{{{a}}}{{{b}}}$ gives\n\\[\ny + {c} = \\frac{{{a} + {b} \\cdot {c}}}{{{b}}}.\n\\]",
    "This means that {a} + {b} = {c} isn't possible, since both sides would have to be even.",
    "**Step {a}:** Now we compute $\\sqrt{{{a}^2 + {b}^2}}$ and compare it with ${c}$.",
    "Each of the {a} children gets {b} apples, so they have {a} * {b} = {c} apples in total.",
    "Wait, that is not right; we should check the case $n \\equiv {a} \\pmod{{{b}}}$ again.",
    "By the AM-GM inequality, $\\frac{{a + b}}{{2}} \\ge \\sqrt{{ab}}$, with equality if and only if $a = b = {c}$.",
    "Therefore, the area of triangle $ABC$ equals $\\frac{{1}}{{2}} \\cdot {a} \\cdot {b} = {c}$ square units.",
    "Let $f(x) = {a}x^3 + {b}x$; then $f'(x) = 3 \\cdot {a} x^2 + {b} > 0$ for all $x \\in \\mathbb{{R}}$.",
    "- The probability is \\({a}/{b}\\), as the events are independent and $P(A) \\le P(B) < 1$.",
    "If the answer were {a}, the remainder would be {b}, which contradicts $m < {c}$.",
)


def stored_golds() -> list[str]:
    """Return the golds of the shared sets of mathematics that are texts; none where they are missing."""
    rows = [json.loads(line) for path in sorted(DATA.glob("*.jsonl")) for line in path.open()]
    return [row["answer"] for row in rows if isinstance(row["answer"], str)]


def made_golds(chance: random.Random) -> list[str]:
    """Return golds of the usual types, most of them integers, as in the shared sets."""

    def gold() -> str:
        a, b, c = (chance.randint(1, 999) for _ in range(3))
        form = chance.choice([
            "{a}", "{a}", "{a}", "{a}", "{a}", "-{a}", "{a},{b:03}", "{a}.{b}", "\\frac{{{a}}}{{{b}}}",
            "{a}\\sqrt{{{b}}}", "({a}, {b})", "[{a}, \\infty)", "x = {a}", "{a}x^2 - {b}x + {c}",
            "{a} \\text{{ cm}}", "\\frac{{{a}\\pi}}{{{b}}}", "{a}\\%", "\\text{{Yes}}", "\\{{{a}, {b}, {c}\\}}",
        ])  # fmt: skip
        return str(form.format(a=a, b=b, c=c))

    return [gold() for _ in range(4 * SHORT_GOLDS)]


def reasoning(chance: random.Random) -> str:
    """Return a text of 2,000 to 4,000 characters as stands in front of an answer."""
    length, text = chance.randint(2_000, 4_000), ""
    while len(text) < length:
        a, b, c = (chance.randint(2, 500) for _ in range(3))
        text += chance.choice(SENTENCES).format(a=a, b=b, c=c) + chance.choice([" ", " ", "\n", "\n\n"])
    return text


def sets(golds: list[str]) -> dict[str, list[Pair]]:
    """Return the pairs (gold, response) by the name of their set."""
    chance = random.Random(0)
    short: list[Pair] = []
    for gold, other in zip(chance.sample(golds, SHORT_GOLDS), chance.sample(golds, SHORT_GOLDS), strict=True):
        short += [(gold, f"So the answer is $\\boxed{{{answer}}}$.") for answer in (gold, other)]
    chance.shuffle(short)
    long: list[Pair] = []
    for gold in chance.sample(golds, LONG_GOLDS):
        answers = [gold] * (GROUP // 2) + chance.sample(golds, GROUP // 2)
        long += [
            (gold, f"{reasoning(chance)}\n\nThe final answer is:\n\\[\n\\boxed{{{answer}}}\n\\]") for answer in answers
        ]
    return {"short": short, "long": long}


def measured(folder: Path, pairs: list[Pair]) -> dict[str, Any]:
    """Return one side's reply for the pairs."""
    done = subprocess.run(
        [sys.executable, str(HERE.with_name("verifier_side.py")), str(folder), "3"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONHASHSEED": "0"},
        input=json.dumps(pairs),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    reply: dict[str, Any] = json.loads(done.stdout)
    return reply


def spread(values: list[float], digits: int) -> dict[str, float]:
    """Return the median of values with the smallest and the largest."""
    named = {"median": statistics.median(values), "least": min(values), "most": max(values)}
    return {name: round(value, digits) for name, value in named.items()}


def compared(against: Path, pairs: list[Pair], rounds: int) -> dict[str, Any]:
    """Return both sides' samples a second of CPU time, without and with what the first pass left, and their ratios."""
    folders = {"ours": HERE.parents[2], "theirs": against.resolve()}
    replies: dict[str, list[dict[str, Any]]] = {name: [] for name in folders}
    for turn in range(rounds):
        for name in list(folders)[:: -1 if turn % 2 else 1]:
            replies[name].append(measured(folders[name], pairs))
    spent: dict[str, dict[str, list[float]]] = {"first": {}, "again": {}, "first with workers": {}}
    for name, each in replies.items():
        spent["first"][name] = [reply["cpu_s"][0] for reply in each]
        spent["again"][name] = [statistics.mean(reply["cpu_s"][1:]) for reply in each]
        spent["first with workers"][name] = [reply["cpu_s"][0] + reply["workers_s"][0] for reply in each]
    return {
        "samples": len(pairs),
        "characters": round(statistics.mean(len(text) for _, text in pairs)),
        **{
            each: {
                "samples_per_cpu_s": {name: spread([len(pairs) / s for s in sides[name]], 0) for name in folders},
                "ratio": spread([b / a for a, b in zip(sides["ours"], sides["theirs"], strict=True)], 3),
            }
            for each, sides in spent.items()
        },
        "accepted": {name: each[0]["accepted"] for name, each in replies.items()},
        "same_scores": len({reply["scores"] for each in replies.values() for reply in each}) == 1,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, required=True, help="folder of the other checkout")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--set", choices=["short", "long"], default=None, help="one set alone")
    parser.add_argument("--results", type=Path, default=None, help="file that the results are written to")
    options = parser.parse_args()
    golds = stored_golds()
    chosen = sets(golds or made_golds(random.Random(1)))
    result = {
        "golds": "shared" if golds else "made",
        "rounds": options.rounds,
        **{
            name: compared(options.against, pairs, options.rounds)
            for name, pairs in chosen.items()
            if options.set in (None, name)
        },
    }
    text = json.dumps(result, indent=1)
    if options.results is not None:
        options.results.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
