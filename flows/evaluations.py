"""What a night and a comparison share: suites made ready, and a policy evaluated on each of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.steps import value
from infra.store import Manifest, Store
from infra.termination import termination
from specs.schema import Spec
from tasks.context import Context
from tasks.engines import Engines
from tasks.evaluate.metrics.paired import PairedComparison
from tasks.evaluate.problems import SuiteData
from tasks.evaluate.sampling import Source
from tasks.evaluate.sides import Evaluation, Side
from tasks.evaluate.task import contamination, evaluate_policy, suite
from tasks.report.evaluation.build import suite_about, suite_result
from tasks.report.evaluation.data import SuiteResult


@dataclass(frozen=True)
class Suite:
    """A suite in the store. `manifest` is None for a run's held-out problems; `problems` are those that are evaluated."""

    name: str
    manifest: Manifest | None
    contamination: Manifest
    problems: SuiteData
    whole: int
    about: Mapping[str, str]

    def result(self, sides: Sequence[Side], comparisons: Sequence[tuple[str, str, PairedComparison]]) -> SuiteResult:
        """For a report."""
        return suite_result(self.name, sides, comparisons, self.problems, self.about)


@contextlib.contextmanager
def opened(spec: Spec, store: Store, still_ours: Callable[[], None] = lambda: None) -> Iterator[Context]:
    """A context with engines of its own, which start when they are first needed. `still_ours`: as Context's."""
    engines = Engines(spec)
    context = Context(spec, store, engines, still_ours)
    try:
        yield context
    finally:
        context.close()
        engines.close()


def suite_steps(context: Context, name: str) -> tuple[Manifest | None, Manifest]:
    """A suite's problems, and which of them are training problems. None: held-out ones, which the data step has."""
    return value(suite(context, name)) if context.experiment.suite(name) is not None else None, value(
        contamination(context, name)
    )


def ready_suites(context: Context) -> dict[str, Suite]:
    """The suites of the spec, in its order."""
    found = {}
    for name in context.spec.evaluate.suites:
        manifest, overlap = suite_steps(context, name)
        whole = context.suite_data(name)
        problems = whole.first(context.spec.evaluate.problems)
        about = suite_about(manifest, overlap, context.experiment.sampling(name), len(problems.facts))
        found[name] = Suite(name, manifest, overlap, problems, len(whole.facts), about)
    return found


def evaluate_suites(
    context: Context, lineage: str, label: str, iteration: int | None, source: Source | None = None
) -> Side:
    """A policy on each suite of the spec. `source`: a server that has it; None: the rollout engine loads it."""
    manifests = {}
    for name in context.spec.evaluate.suites:
        termination.check()
        manifests[name] = value(evaluate_policy(context, lineage, name, label, source))
    return side(context, label, iteration, lineage, manifests)


def side(context: Context, label: str, iteration: int | None, lineage: str, manifests: Mapping[str, Manifest]) -> Side:
    evaluations = {name: Evaluation(context.store, manifest) for name, manifest in manifests.items()}
    return Side(
        label, iteration, lineage, evaluations, None if iteration is None else context.experiment.run, context.spec.seed
    )
