"""The verifier `gym`: an answer is right where reasoning-gym's own scorer gives it 1. It runs in the jail alone.

Some scorers evaluate their answers as Python (tasks/reward/gym_scorer.py says how that is prevented), and any may take
long: so all run in the sandbox, one process for each answer, and what meets its limit is an answer's verdict.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.api import Sandbox
from sandbox.errors import SandboxError
from sandbox.job import Job, Limits, Result
from sandbox.runner import KIND_OF_STATUS, describe
from sandbox.verdict import Kind
from specs.rewards import Reward
from tasks.data.answers import Prompt, Reference
from tasks.data.columns import Columns, look_up
from tasks.data.sources.gym import INSTALL, gym_version
from tasks.errors import DataError, VerifierError
from tasks.records import Problem, Verdict, VerdictKind
from tasks.reward.math.groups import close_of
from tasks.reward.thinking import answer_text
from tasks.reward.verifiers.base import Verifier

SCORER = Path(__file__).parents[1] / "gym_scorer.py"
FIELDS = ("dataset", "config", "entry")
CPU_S = 5  # of an answer
_BATCH = 32  # answers of a job, which imports reasoning-gym once
_START_S = 30  # CPU seconds for that
_MEMORY_MB = 3072
_DETAIL = 300
_LIMITS = (Kind.TIME_LIMIT, Kind.MEMORY_LIMIT)
_BOX = "\\boxed{"
_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)
_LINE = re.compile(r"^\W*(?:final\s+)?answer\W*:\s*(\S.*?)\s*$", re.MULTILINE | re.IGNORECASE)


class GymVerifier(Verifier):
    """The scorers of reasoning-gym; it may hold a sandbox."""

    def __init__(self, name: str, reward: Reward) -> None:
        super().__init__(name, reward)
        self._sandbox: Sandbox | None = None

    @staticmethod
    def read(row: Mapping[str, Any], columns: Columns, where: str, prompt: Prompt) -> tuple[Reference, Prompt]:
        """Return data set, configuration and entry of a row that `gym:` made. DataError for another row."""
        reference = look_up(row, columns.answer, where)
        if not isinstance(reference, Mapping) or not all(key in reference for key in FIELDS):
            fields = ", ".join(FIELDS)
            raise DataError(f"{where}: {columns.answer}: want a mapping with {fields}, as rows of gym: have")
        return {key: reference[key] for key in FIELDS}, prompt

    def check(self, problem: Problem) -> None:
        """Raise VerifierError where the reference is not one of reasoning-gym."""
        kinds = zip(FIELDS, (str, dict, dict), strict=True)
        if not all(isinstance(problem.reference.get(key), kind) for key, kind in kinds):
            raise VerifierError(f"problem {problem.id}: no reference of reasoning-gym")

    def start(self) -> None:
        """Start the sandbox. SandboxError where it does not contain programs, DataError without reasoning-gym."""
        self._started()

    def _started(self) -> Sandbox:
        if self._sandbox is None:
            gym_version("data.train")
            limits = Limits(memory_mb=_MEMORY_MB)
            self._sandbox = Sandbox("jail", limits=limits, libraries=libraries()).start()
        return self._sandbox

    def verify(self, items: Sequence[tuple[Problem, str]]) -> list[Verdict]:
        """Return one verdict for each (problem, response text), in order."""
        answers = [extract(text) for _, text in items]
        silent = Verdict(0.0, VerdictKind.NO_ANSWER, "no answer")
        verdicts = {index: silent for index, answer in enumerate(answers) if answer is None}
        groups: dict[str, list[int]] = {}
        for index, (problem, _) in enumerate(items):
            if answers[index] is not None:
                asked = [problem.reference["dataset"], problem.reference["config"]]
                groups.setdefault(json.dumps(asked, sort_keys=True), []).append(index)
        waiting = [each[at : at + _BATCH] for each in groups.values() for at in range(0, len(each), _BATCH)]
        while waiting:
            jobs = [(batch, self._started().submit(_job(items, answers, batch))) for batch in waiting]
            waiting = []
            for batch, future in jobs:
                lines = _lines(future, len(batch))
                for index, line in zip(batch, lines, strict=False):
                    verdicts[index] = _verdict(line, answers[index] or "")
                waiting += [left] if (left := batch[len(lines) :]) else []
        return [verdicts[index] for index in range(len(items))]

    def close(self) -> None:
        """End the sandbox."""
        if self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None


def extract(response: str) -> str | None:
    r"""Return the answer of a response, without its thinking; None where a thought never ends, or nothing is said.

    The last <answer>, else the last \boxed{}, else the last line `Answer: ...`, else the last line.
    """
    text = answer_text(response)
    if text is None or not text.strip():
        return None
    if found := _ANSWER.findall(text):
        return str(found[-1]).strip() or None
    begin = text.rfind(_BOX)
    if begin >= 0 and (end := close_of(text, begin + len(_BOX) - 1)) >= 0:
        return text[begin + len(_BOX) : end].strip() or None
    if found := _LINE.findall(text):
        return str(found[-1])
    return text.strip().splitlines()[-1].strip()


def _job(items: Sequence[tuple[Problem, str]], answers: Sequence[str | None], batch: Sequence[int]) -> Job:
    reference = items[batch[0]][0].reference
    entries = [{"entry": items[index][0].reference["entry"], "answer": answers[index]} for index in batch]
    job = {"dataset": reference["dataset"], "config": reference["config"], "items": entries, "cpu_s": CPU_S}
    limits = Limits(cpu_s=_START_S + (CPU_S + 1) * len(batch), memory_mb=_MEMORY_MB)
    return Job("stdin", SCORER.read_bytes(), stdin=json.dumps(job).encode(), limits=limits)


def _lines(future: Future[Result], count: int) -> list[dict[str, Any]]:
    """Return lines for the first of a job's `count` answers, for at least one.

    A job that ended before its last answer met a limit over the first one without a line. One that did not get to its
    first answer has judged nothing.
    """
    try:
        result = future.result()
    except SandboxError as error:
        return [{"failed": str(error)}] * count
    ready, *lines = [json.loads(line) for line in result.stdout.splitlines()] or [None]
    if len(lines) == count:
        return lines
    kind = KIND_OF_STATUS.get(result.status)
    if ready is None or kind not in _LIMITS:
        return [*lines, *[{"failed": f"the scorer ended: {describe(result)}"}] * (count - len(lines))]
    return [*lines, {"ended": str(kind)}]


def _verdict(line: Mapping[str, Any], answer: str) -> Verdict:
    """Return the verdict for a line of the scorer; a scorer that failed otherwise has not judged."""
    if "score" in line:
        right = line["score"] >= 1
        kind = VerdictKind.ACCEPTED if right else VerdictKind.WRONG
        return Verdict(float(right), kind, f"score {line['score']:g}", answer)
    if "ended" in line:
        return Verdict(0.0, VerdictKind(line["ended"]), "the scorer met its limit on this answer", answer)
    return Verdict(None, VerdictKind.INFRASTRUCTURE, str(line["failed"])[:_DETAIL], answer)


_FIND = """
import json, os, sys
import reasoning_gym
found = {}
for name, module in list(sys.modules.items()):
    if "." in name or name == "_distutils_hack": continue
    places = list(getattr(module, "__path__", ())) or [getattr(module, "__file__", None)]
    if places[0] and "site-packages" in places[0]: found[places[0]] = None
for folder in {os.path.dirname(path) for path in found}:
    found |= dict.fromkeys(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".libs"))
print(json.dumps([os.path.normpath(path) for path in found]))
"""


@cache
def libraries() -> tuple[Path, ...]:
    """Return the folders and files that reasoning-gym is imported from, its own and of what it needs."""
    done = subprocess.run([sys.executable, "-P", "-c", _FIND], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason"])[-1]
        raise VerifierError(f"data.train gym: reasoning-gym cannot be imported ({reason}): {INSTALL}")
    return tuple(Path(each) for each in json.loads(done.stdout))


VERIFIER = GymVerifier
