"""The term of a user's own function: `use: my_rewards.py:brevity`, in the signature of TRL or of verl.

    reward:
      terms:
        brevity: {use: my_rewards.py:brevity, weight: 0.1, args: {target: 300}, deadline_s: 5}

    def brevity(completions, target, **kwargs):
        return [float(len(completion) < target) for completion in completions]

It runs in worker processes that have this environment, or in the sandbox's jail, which has none. A call that misses its
deadline is killed.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence

from specs.errors import SpecError
from specs.plugins import check_unchanged
from specs.rewards import OwnTerm
from tasks.errors import VerifierError
from tasks.plugins import plugin_file, plugin_label
from tasks.records import SourceRow
from tasks.reward.functions.calling import Request, packed_ids
from tasks.reward.functions.jail import Jail
from tasks.reward.functions.judging import Judging
from tasks.reward.functions.pool import Call, Pool
from tasks.reward.functions.signature import Signature
from tasks.reward.terms.base import ResponseGroup, Term, TermScore

log = logging.getLogger("armature.reward")

RETRY_WAITS_S = (1.0, 4.0)
"""Seconds before each further try of the calls that a service refused."""


class OwnFunction(Term):
    """A user's own function as a term. Usable from any thread."""

    def __init__(self, name: str, settings: OwnTerm, workers: int = 2) -> None:
        self._settings, self._key = settings, f"reward.terms.{name}.use"
        self._source = settings.source  # of which keys are made; the workers run no other
        self._label = f"{self._key}: {plugin_label(settings.use, self._key)}"
        self._pool: Pool | Jail = Jail(workers) if settings.isolation == "jail" else Pool(workers)
        self._lock = threading.RLock()
        self._signature: Signature | None = None
        self._metrics: dict[str, float] = {}
        self._logged = False

    def start(self) -> None:
        """Load the function in a process of its own. SpecError where it cannot be loaded or called."""
        with self._lock:
            if self._signature is None:
                self._signature = self._started()

    def check(self, rows: Mapping[str, SourceRow]) -> None:
        """Raise VerifierError where the function needs a column that a row has not."""
        with self._lock:
            self.start()
            assert self._signature is not None
            for problem, row in rows.items():
                if missing := self._signature.missing(row.columns, self._settings.args):
                    raise VerifierError(
                        f"{self._label} on problem {problem}: the function needs {', '.join(missing)}; the row has "
                        f"{', '.join(sorted(row.columns)) or 'no columns'}; rename the parameter, give it a default, "
                        "or set it in args"
                    )

    def scores(self, groups: Sequence[ResponseGroup]) -> list[list[TermScore]]:
        """Return a score for each response of each group, in order. VerifierError stops the run."""
        with self._lock:
            self.start()
            assert self._signature is not None
            judging = Judging(self._label, groups, self._settings.deadline_s)
            try:
                self._judge(judging, self._signature)
            except (OSError, EOFError) as error:
                detail = self._pool.error_text()
                self.close()
                raise VerifierError(
                    f"{self._label}: its processes are gone ({type(error).__name__}: {error}); {detail}"
                ) from error
            except BaseException:
                self.close()
                raise
            self._metrics = judging.metrics()
            return judging.scores()

    def metrics(self) -> dict[str, float]:
        """Return the means of what the last call of `scores` logged by `log_metric`, and its `retries` if any."""
        return self._metrics

    def close(self) -> None:
        """End all processes of the function."""
        with self._lock:
            self._pool.close()
            self._signature = None

    def _started(self) -> Signature:
        """Start the fork server, and return the signature of the function that it has loaded."""
        settings = self._settings
        check_unchanged(plugin_file(settings.use, self._key), self._source)
        request = {
            "use": settings.use,
            "source": self._source,
            "args": settings.args,
            "key": self._key,
            "label": self._label.removeprefix(f"{self._key}: "),
        }
        try:
            told = self._pool.start(request)
        except (OSError, EOFError) as error:
            detail = self._pool.error_text() or f"{type(error).__name__}: {error}"
            self._pool.close()
            raise VerifierError(f"{self._label}: the process that loads it ended or hung; {detail}") from error
        assert isinstance(told, dict)
        if told["error"]:
            self._pool.close()
            raise SpecError(told["error"])
        return Signature.heard(told)

    def _judge(self, judging: Judging, signature: Signature) -> None:
        """Call the function until each response has a score or has failed."""

        def pack(call: Call) -> Request:
            group, part = judging.groups[call.group], slice(call.first, call.first + call.count)
            ids = signature.reads("completion_ids") and not signature.verl
            return Request(
                group.prompt,
                signature.columns(group.columns),
                group.texts[part],
                tuple(packed_ids(each) for each in group.token_ids[part]) if ids else (),
                group.iteration,
            )

        calls = deque(judging.calls())
        for wait_s in (*RETRY_WAITS_S, None):
            with contextlib.closing(self._pool.run(calls, pack)) as outcomes:
                for call, outcome in outcomes:
                    calls.extend(judging.settle(call, outcome))
            if judging.printed and not self._logged:
                self._logged = True
                log.info("%s printed: %s", self._label, judging.printed)
            if not judging.refused:
                return
            if wait_s is None:
                judging.give_up()
                return
            time.sleep(wait_s)
            calls.extend(judging.again())
