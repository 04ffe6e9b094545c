"""What one experiment works with in a flow: its session, engines, policies, verifiers, and its data once made."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from infra.store import Store
from specs.schema import Spec
from tasks.data.dataset import Dataset
from tasks.data.prompts import PromptFormat
from tasks.data.source_rows import ROWS
from tasks.data.source_rows import from_bytes as from_row_bytes
from tasks.engines.checkpoints import Checkpoints
from tasks.engines.engines import Engines
from tasks.engines.policies import Policies
from tasks.evaluate.problems import SuiteData, encoded, from_bytes, heldout
from tasks.graph.experiment import Experiment
from tasks.graph.inputs import check_dataset
from tasks.records import SourceRow, Verdict
from tasks.reward.judge import Judge, Response
from tasks.run.artifacts import Datasets
from tasks.run.session import Session


class OpenRun:
    """One experiment, opened on a store and on engines. Close it; the engines are the flow's own.

    `make_start(run)` makes the first policy again where it turned out to be damaged (tasks/stages.py gives it).
    `experiment`: that of the spec, where it was read already.
    """

    def __init__(
        self,
        spec: Spec,
        session: Session,
        engines: Engines,
        make_start: Callable[[OpenRun], object],
        experiment: Experiment | None = None,
    ) -> None:
        self.spec, self.session, self.engines = spec, session, engines
        self.store = session.store
        self.experiment = experiment or Experiment(spec, store=self.store)
        self._datasets = Datasets(session)
        self.policies = Policies(session, self.experiment, engines, self._datasets, lambda: make_start(self))
        self.checkpoints = Checkpoints(session, self.experiment, self.policies)
        self.judge = Judge(spec.reward, spec.rollout.max_response_tokens)
        self.verifiers = self.judge.verifiers
        self._problems: dict[tuple[str, str], SuiteData] = {}

    def close(self) -> None:
        """End what judges, and remove the scratch folders."""
        try:
            self.judge.close()
        finally:
            self.session.close()

    @cached_property
    def dataset(self) -> Dataset:
        """Return the data step's data set, checked against the spec. Raises DataError, VerifierError, StoreError."""
        dataset = self._datasets(self.experiment.data.key)
        check_dataset(dataset, self.spec, self.verifiers)
        return dataset

    @cached_property
    def rows(self) -> Mapping[str, SourceRow]:
        """Return the rows of the problems by their ids; none where no own reward function reads them."""
        step = self.experiment.columns
        if step is None:
            return {}
        return from_row_bytes(self.store.read(self.session.require(step.stage, step.key), ROWS))

    def start_judge(self) -> None:
        """Start what judges the run's responses: a sandbox that does not work is found before anything is sampled."""
        self.judge.start((each.problem for each in (*self.dataset.train, *self.dataset.heldout)), self.rows)

    def judge_of(self, suite: str) -> Callable[[Sequence[Response]], list[Verdict]]:
        """Return what judges samples of a suite, started: its verifier or, of held-out problems, the run's outcome."""
        if self.experiment.suite(suite) is None:
            asked = (each.problem for each in self.problems(suite).encoded)
            self.judge.start(asked, self.rows, outcome_only=True)
            return lambda responses: self.judge.outcomes(responses, self.rows, iteration=0)
        self.verifiers.start(each.problem for each in self.problems(suite).encoded)
        return self.judge.verified

    def problems(self, suite: str, experiment: Experiment | None = None) -> SuiteData:
        """Return the problems of a suite as the policy sees them, checked by their verifier.

        `experiment` is the run's own, or one that evaluates the same policies in another way.
        """
        experiment = experiment or self.experiment
        step = experiment.suite(suite)
        at = (suite, step.key if step else "")
        if at not in self._problems:
            if step is None:
                self._problems[at] = heldout(self.dataset)
            else:
                rows = from_bytes(self.store.read(self.session.require("suite", step.key), "problems.jsonl"))
                self.verifiers.check([each.problem for each in rows])
                form = PromptFormat.of(experiment.spec.data, experiment.sampling(suite)["template"])
                limit = self.spec.rollout.max_prompt_tokens
                self._problems[at] = encoded(suite, rows, form, self.dataset.tokenizer, limit)
        return self._problems[at]


@contextlib.contextmanager
def opened(
    spec: Spec,
    store: Store,
    make_start: Callable[[OpenRun], object],
    still_ours: Callable[[], None] = lambda: None,
    experiment: Experiment | None = None,
) -> Iterator[OpenRun]:
    """Open a run on engines of its own, which start when they are first needed and end with it."""
    engines = Engines(spec)
    session = Session(store, still_ours)
    try:
        run = OpenRun(spec, session, engines, make_start, experiment)
        try:
            yield run
        finally:
            run.close()
    finally:
        session.close()
        engines.close()
