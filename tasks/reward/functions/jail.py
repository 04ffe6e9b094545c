"""Calls of a user's function in the sandbox's jail: the standard library alone, no files, no network, no environment.

Each call is one job, whose limits are the call's. In all else a `Jail` is used like a `Pool`.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import Any

from sandbox.api import Sandbox
from sandbox.errors import SandboxError
from sandbox.job import MOST_S, Job, Limits, Result, Status
from specs.paths import shown
from specs.plugins import plugin_files, plugin_path, split_plugin
from tasks.errors import VerifierError
from tasks.reward.functions.calling import Answer, Fault, Request
from tasks.reward.functions.pool import Call, Ended, Outcome
from tasks.reward.processes.fork_server import ROOT

_OURS = (
    "specs.errors",
    "tasks.errors",
    "tasks.reward.functions.calling",
    "tasks.reward.functions.printing",
    "tasks.reward.functions.results",
    "tasks.reward.functions.services",
    "tasks.reward.functions.signature",
)
_PACKAGES = ("specs", "tasks", "tasks.reward", "tasks.reward.functions")
_PROGRAM = (Path(__file__).parent / "jailed.py").read_bytes()
_START_S = 60.0
_LATE = frozenset({Status.CPU_LIMIT, Status.WALL_LIMIT, Status.IDLE_LIMIT})


class Jail:
    """Slots of the sandbox that call a user's function. Used by one thread at a time."""

    pids: tuple[int, ...] = ()

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._sandbox: Sandbox | None = None
        self._job: dict[str, Any] = {}
        self._label = ""

    def start(self, request: dict[str, Any]) -> object:
        """Start the slots, load the function in one, and return what is to know of it. VerifierError without a jail."""
        self._label = f"{request['key']}: {request['label']}: isolation: jail"
        path, name = plugin_path(request["use"]), split_plugin(request["use"])[1]
        sources = dict.fromkeys(_PACKAGES, ("", "", True))
        sources |= {each: (each, (ROOT / f"{each.replace('.', '/')}.py").read_text(), False) for each in _OURS}
        sources |= {_module_name(path, each): _source(each) for each in plugin_files(path)}
        self._job = {"sources": sources, "module": path.stem, "name": name, "args": request["args"], "request": None}
        try:
            self._sandbox = Sandbox("jail", self._workers).start()
            told = self._told(self._sandbox.run(self._made(None, _START_S)))
        except SandboxError as error:
            self.close()
            raise VerifierError(f"{self._label}: {error}") from error
        if isinstance(told, Ended):
            return {"error": f"{request['key']}: {request['label']}: loading it in the jail: {told.how or 'it hangs'}"}
        return told | {"error": told["error"] and f"{request['key']}: {request['label']}: {told['error']}"}

    def run(self, calls: deque[Call], pack: Callable[[Call], Request]) -> Generator[Outcome, None, None]:
        """Yield each call with what came of it, as `Pool.run` does. VerifierError where the jail breaks."""
        assert self._sandbox is not None
        running: dict[Future[Result], Call] = {}
        while calls or running:
            while calls and len(running) < self._workers:
                call = calls.popleft()
                running[self._sandbox.submit(self._made(pack(call), call.limit_s))] = call
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                call = running.pop(future)
                try:
                    told = self._told(future.result())
                except SandboxError as error:
                    raise VerifierError(f"{self._label}: {error}") from error
                yield call, told if isinstance(told, Ended) else _reply(told)

    def close(self) -> None:
        """End all slots."""
        if self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None

    def error_text(self) -> str:
        """Return "": errors of the jail say all."""
        return ""

    def _made(self, request: Request | None, limit_s: float) -> Job:
        """Return the job of a call. VerifierError for a column that is no JSON."""
        given: tuple[Any, ...] | None = None
        if request is not None:
            ids = [each.hex() for each in request.token_ids]
            given = (request.prompt, request.columns, request.texts, ids, request.iteration)
        try:
            data = json.dumps({**self._job, "request": given}).encode()
        except (TypeError, ValueError) as error:
            raise VerifierError(f"{self._label} passes columns as JSON, and one is not: {error}") from None
        seconds = min(limit_s, MOST_S)
        return Job("stdin", _PROGRAM, stdin=data, limits=Limits(cpu_s=seconds, wall_s=seconds))

    def _told(self, result: Result) -> dict[str, Any] | Ended:
        if result.status is Status.OK:
            try:
                told: dict[str, Any] = json.loads(result.stdout.rstrip(b"\n").rpartition(b"\n")[2])
                return told
            except ValueError:
                return Ended(False, "it wrote over its result")
        if result.status in _LATE:
            return Ended(True, "")
        last = result.stderr.decode(errors="replace").strip().splitlines()[-1:]
        return Ended(False, f"its process ended by {result.status}, code {result.code} {' '.join(last)}".strip())


def _reply(told: dict[str, Any]) -> Answer | Fault:
    if told["error"]:
        return Fault(told["error"], service=False)
    return Answer(*told["reply"]) if told["kind"] == "Answer" else Fault(*told["reply"])


def _module_name(path: Path, file: Path) -> str:
    parts = file.relative_to(path.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _source(file: Path) -> tuple[str, str, bool]:
    return shown(file), file.read_text(), file.name == "__init__.py"
