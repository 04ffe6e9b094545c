"""The sandbox as a Python object.

with Sandbox(backend="auto") as sandbox:
    verdict = sandbox.grade(problem, program)                      # problem: a mapping in the code schema
    result = sandbox.run(Job("stdin", b"print(input())", stdin=b"hello"))

async with AsyncSandbox() as sandbox:
    verdict = await sandbox.grade(problem, program)
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import docker

from sandbox import engine, image, interpreter, jail, selftest
from sandbox.cache import VerdictCache
from sandbox.containers import ContainerTransport
from sandbox.errors import SandboxError
from sandbox.grade import grade
from sandbox.job import STDIN_BYTES, Job, Lane, Limits, Result
from sandbox.plans import TEST_LIMITS
from sandbox.pool import Counters, Pool
from sandbox.problem import Problem
from sandbox.slot import Slot, SlotLost
from sandbox.verdict import Verdict

log = logging.getLogger("armature.sandbox")

_NUMBERS = itertools.count()
T = TypeVar("T")
Item = tuple[Mapping[str, Any] | Problem, str | bytes] | tuple[Mapping[str, Any] | Problem, str | bytes, Limits]
Backend = Literal["auto", "docker", "jail"]
_DOCKER_REMEDY = "use an engine that confines its containers (Docker 20.10 or later, Podman 4 or later), or the jail"


class Sandbox:
    """Slots, a self-test, graders. Usable from any thread; close it, or use it in `with`.

    `backend`: auto takes docker where an engine answers, else the jail. `slots`: programs at a time; None: two for each
    core (while one waits for its next message, another computes).
    `limits`: of a job that brings none, and the most memory, processes and space in /tmp that any may ask for. `image_name`: of the
    containers' image; None: SANDBOX_IMAGE, else one that is here, is built, or is made. `runtime`: of the engine (runsc); None: SANDBOX_RUNTIME,
    else the engine's own.
    """

    def __init__(
        self,
        backend: Backend = "auto",
        slots: int | None = None,
        limits: Limits | None = None,
        *,
        image_name: str | None = None,
        runtime: str | None = None,
        run_id: str | None = None,
    ) -> None:
        self.slots = slots or 2 * len(os.sched_getaffinity(0))
        self.limits = limits or Limits()
        self.run_id = run_id or uuid.uuid4().hex[:12]
        self.counters = Counters()
        self.cache = VerdictCache()
        self.backend: Literal["docker", "jail"] | None = None
        self.image = ""
        self.probes = 0
        self._asked = backend
        self._image_name = image_name or os.environ.get("SANDBOX_IMAGE") or None
        self._runtime = runtime or os.environ.get("SANDBOX_RUNTIME") or None
        self._client: docker.DockerClient | None = None
        self._pools: dict[Lane, Pool] = {}
        self._lock = threading.Lock()
        self._graders: ThreadPoolExecutor | None = None

    # -- beginning and end -------------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Slots for programs run afterwards, and the self-test has passed. SandboxError, with what to do, where it cannot be had."""
        reasons = []
        for backend, begin in (("docker", self._start_docker), ("jail", self._start_jail)):
            if self._asked not in ("auto", backend):
                continue
            try:
                begin()
            except SandboxError as error:
                self.close()
                reasons.append(f"{backend}: {error}")
                continue
            except BaseException:
                self.close()
                raise
            if reasons:
                log.info("sandbox: %s", reasons[0])
            log.info("sandbox: %s", self.describe)
            return self
        raise SandboxError("; ".join(reasons))

    def _start_docker(self) -> None:
        self._client = engine.connect()
        reaped = engine.reap(self._client)
        if reaped:
            log.info("sandbox: removed %d containers whose makers are gone", reaped)
        self.backend, self.image = "docker", image.resolve(self._client, self._image_name)
        self._begin(_DOCKER_REMEDY)

    def _start_jail(self) -> None:
        if (reason := jail.unsupported()) is not None:
            raise SandboxError(reason)
        jail.sweep()
        self.backend, self.image = "jail", interpreter.identity()
        self._begin(jail.REMEDY)

    def _begin(self, remedy: str) -> None:
        try:
            first = self._make("program", 0)
        except (SlotLost, OSError) as error:
            raise SandboxError(f"{error}; {remedy}") from error
        try:
            self.probes = selftest.check(first.run, remedy)
        except SlotLost as error:
            raise SandboxError(f"the self-test brought down its slot ({error}); {remedy}") from error
        except BaseException:
            first.end()
            raise
        self._open("program", first)

    def _make(self, lane: Lane, number: int) -> Slot:
        name = f"{self.backend} {lane} {number}"
        number = next(_NUMBERS)  # decides the user that jobs become: no two slots of this process share one
        limits = self.limits if lane == "program" else TEST_LIMITS
        if self._client is not None:
            return Slot(
                ContainerTransport(self._client, name, number, lane, self.image, limits, self.run_id, self._runtime)
            )
        return Slot(jail.JailTransport(name, number, lane, limits.tmp_mb))

    def _open(self, lane: Lane, first: Slot | None = None) -> Pool:
        seed = [first] if first is not None else []
        slots = self.slots if lane == "program" else max(1, self.slots // 2)
        pool = Pool(
            lambda number: seed.pop() if seed and number == 0 else self._make(lane, number), slots, self.counters
        )
        pool.start()
        self._pools[lane] = pool
        return pool

    def _pool(self, lane: Lane) -> Pool:
        """Slots for test code are started when the first is needed: text in, text out needs none."""
        with self._lock:
            if "program" not in self._pools:
                raise SandboxError("the sandbox is not running: use it in `with`, or call start()")
            return self._pools.get(lane) or self._open(lane)

    @property
    def describe(self) -> str:
        """One line for people: what runs programs here."""
        what = (
            f"image {self.image.removeprefix('sha256:')[:12]}" if self.backend == "docker" else "namespaces and seccomp"
        )
        return f"{self.backend} ({what}), {self.slots} slots, {self.probes} probes contained"

    def close(self) -> None:
        """Ends all slots; nothing of them is left. Safe to call twice."""
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
            graders, self._graders = self._graders, None
        for pool in pools:
            pool.close()
        if graders is not None:
            graders.shutdown(wait=True, cancel_futures=True)
        if self._client is not None:
            self._client.close()
            self._client = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- jobs --------------------------------------------------------------------------------------------------------

    def submit(self, job: Job) -> Future[Result]:
        """Runs a job on the next free slot. The future's exception is a SandboxError: no slot could run it. ValueError: it asks for too much."""
        self._refuse_too_much(job.limits, len(job.stdin))
        return self._pool("program").submit(job)

    def run(self, job: Job) -> Result:
        """The result of `submit`."""
        return self.submit(job).result()

    program = run  # what a grader runs programs with

    def tests(self, job: Job) -> Result:
        """Runs test code, where no program ever runs."""
        return self._pool("tests").submit(job).result()

    def _refuse_too_much(self, limits: Limits, stdin: int) -> None:
        for name in ("memory_mb", "processes", "tmp_mb"):
            asked, most = getattr(limits, name), getattr(self.limits, name)
            if asked > most:
                raise ValueError(
                    f"Limits.{name}: {asked} is more than the {most} of the sandbox's own limits; start it with more"
                )
        if stdin > STDIN_BYTES:
            raise ValueError(f"an input of {stdin} bytes; the most is {STDIN_BYTES >> 20} MiB")

    # -- verdicts ----------------------------------------------------------------------------------------------------

    def grade(
        self, problem: Mapping[str, Any] | Problem, program: str | bytes, limits: Limits | None = None
    ) -> Verdict:
        """The verdict on a program (Python source). ValueError for a problem that is none; a broken sandbox is a verdict without a score."""
        checked = problem if isinstance(problem, Problem) else Problem.read(problem)
        source, limits = _source(program), limits or self.limits
        self._refuse_too_much(limits, 0)
        key = self._key(checked, source, limits)
        return self.cache.get(key) or self.cache.put(key, grade(checked, source, self, limits))

    def _key(self, problem: Problem, program: str | bytes, limits: Limits | None = None) -> bytes:
        return self.cache.key(_source(program), problem, limits or self.limits, f"{self.backend} {self.image}")

    def grade_many(self, items: Sequence[Item]) -> list[Verdict]:
        """Verdicts in the order of `items` (problem, program and, where they are not the sandbox's own, limits), as many at a time as there
        are slots."""
        checked = [
            (p if isinstance(p, Problem) else Problem.read(p), *rest) for p, *rest in items
        ]  # before anything runs
        with self._lock:
            if self._graders is None:
                self._graders = ThreadPoolExecutor(2 * self.slots, thread_name_prefix="sandbox-grade")
            graders = self._graders
        verdicts: list[Verdict | None] = [None] * len(checked)
        first: dict[bytes, int] = {}
        for index, item in enumerate(checked):
            first.setdefault(self._key(*item), index)
        # Those that repeat an earlier one come second, and find its verdict in the cache.
        for indices in (list(first.values()), sorted(set(range(len(checked))) - set(first.values()))):
            futures = {index: graders.submit(self.grade, *checked[index]) for index in indices}
            for index, future in futures.items():
                verdicts[index] = future.result()
        return [verdict for verdict in verdicts if verdict is not None]


def _source(program: str | bytes) -> bytes:
    return program if isinstance(program, bytes) else program.encode("utf-8", "surrogatepass")


class AsyncSandbox:
    """`Sandbox` for asyncio: the same arguments, the same answers, awaited."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sandbox = Sandbox(*args, **kwargs)
        self._threads = ThreadPoolExecutor(2 * self.sandbox.slots, thread_name_prefix="sandbox-async")

    async def __aenter__(self) -> Self:
        await self._call(self.sandbox.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.sandbox.close)
        self._threads.shutdown(wait=False)

    async def run(self, job: Job) -> Result:
        """See `Sandbox.run`."""
        return await asyncio.wrap_future(self.sandbox.submit(job))

    async def grade(
        self, problem: Mapping[str, Any] | Problem, program: str | bytes, limits: Limits | None = None
    ) -> Verdict:
        """See `Sandbox.grade`."""
        return await self._call(partial(self.sandbox.grade, problem, program, limits))

    async def _call(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)
