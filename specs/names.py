"""The shipped puzzles, verifiers and suites by name, and the places of a spec that name none of them.

What they name lies in `tasks/data/puzzles`, `tasks/reward/verifiers` and `tasks/evaluate/suites`; none of these is
imported, so that a misspelt name is said at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from specs.checks import HELDOUT
from specs.hints import hint
from specs.paths import REPOSITORY_ROOT, from_root
from specs.plugins import is_plugin
from specs.rewards import BUILT_IN
from specs.schema import Spec
from specs.sources import NO_VERIFIER, SOURCES, own_verifiers, parts_of

PUZZLES = ("countdown", "free_order", "graph_colouring", "sums")
#: A verifier is a file of this folder, but for these of it.
VERIFIERS = REPOSITORY_ROOT / "tasks" / "reward" / "verifiers"
_NOT_LISTED = ("__init__", "base", NO_VERIFIER, "plugin", "puzzle", "registry")
#: A suite is a YAML file of this folder, or one of the user's own, named by its path.
SUITES = REPOSITORY_ROOT / "tasks" / "evaluate" / "suites"


def verifier_names() -> tuple[str, ...]:
    """Return the names of the shipped verifiers, in alphabetical order, then those of puzzles."""
    files = sorted(path.stem for path in VERIFIERS.glob("*.py"))
    return (*(name for name in files if name not in _NOT_LISTED), *PUZZLES)


def suite_names() -> tuple[str, ...]:
    """Return the names of the shipped suites, in alphabetical order."""
    return tuple(sorted(path.stem for path in SUITES.glob("*.yaml")))


def suite_file(name: str) -> Path:
    """Return the file of a suite, shipped or the user's own."""
    return from_root(name) if name.endswith(".yaml") else SUITES / f"{name}.yaml"


def suite_problem(name: str) -> str | None:
    """Return what to say of a suite that is not there; None of one that is."""
    if name in suite_names():
        return None
    if not name.endswith(".yaml"):
        return f"no suite {name!r}; {hint(name, suite_names())}, and a suite of your own by its path: my/suite.yaml"
    if (file := suite_file(name)).is_file():
        return None
    return f"no suite {name!r}: no such file: {file} (a relative path starts at the repository root)"


def verifier_problem(name: str, others: Iterable[str] = (), own: str = "my_verifier.py:name") -> str | None:
    """Return what to say of a verifier that is not there; None of one that is, or is the user's own.

    `others` may stand in its place too; `own` is how the user's own code is named there.
    """
    if name in (*verifier_names(), NO_VERIFIER) or is_plugin(name):
        return None
    return f"no verifier {name!r}; {hint(name, (*verifier_names(), *others))}, or your own: {own}"


def name_problems(spec: Spec) -> Iterator[tuple[str, str]]:
    """Yield (key, line) for a puzzle, a verifier and each suite of which there is none."""
    for part in parts_of(spec.data):
        puzzle = part.data.source.partition("?")[0].removeprefix(SOURCES["puzzle"].prefix)
        if part.declared is SOURCES["puzzle"] and puzzle not in PUZZLES:
            yield part.key, f"no puzzle {puzzle!r}; {hint(puzzle, PUZZLES)}"
    term = spec.reward.verifier_term
    by_term = spec.reward.terms[term].tag if term in spec.reward.terms else None
    if by_term is not None and (line := verifier_problem(by_term, BUILT_IN, "my_rewards.py:name")) is not None:
        yield f"reward.terms.{term}.use", line
    for key, verifier in own_verifiers(spec.data):
        if verifier != by_term and (line := verifier_problem(verifier)) is not None:
            yield key, line
    for suite in spec.evaluate.suites:
        if suite != HELDOUT and (line := suite_problem(suite)) is not None:
            yield "evaluate.suites", line
