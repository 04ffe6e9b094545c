"""The Python interface of the sandbox.

with Sandbox(backend="auto") as sandbox:
    verdict = sandbox.grade(problem, program)  # problem: a mapping in the code schema
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
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from sandbox import interpreter, jail, selftest
from sandbox.cache import VerdictCache
from sandbox.errors import SandboxError
from sandbox.grade import grade
from sandbox.job import STDIN_BYTES, Job, Lane, Limits, Result
from sandbox.pool import Counters, Pool
from sandbox.prepared_tests import TEST_LIMITS
from sandbox.problem import Problem
from sandbox.slot import Slot, SlotLost
from sandbox.verdict import Verdict

if TYPE_CHECKING:
    import docker

log = logging.getLogger("armature.sandbox")

_NUMBERS = itertools.count()
T = TypeVar("T")
Item = tuple[Mapping[str, Any] | Problem, str | bytes] | tuple[Mapping[str, Any] | Problem, str | bytes, Limits]
Backend = Literal["auto", "docker", "jail"]
_DOCKER_REMEDY = "use an engine that confines its containers (Docker 20.10 or later, Podman 4 or later), or the jail"


class Sandbox:
    """Slots that run programs, and graders that judge them. Usable from any thread, in `with` or by `start`.

    backend: "auto" takes docker where an engine answers, else the jail.
    slots: programs run at a time; None means two per core, so that one computes while another waits for a message.
    limits: the limits of a job that has none, and the most memory, processes and /tmp space that a job may ask for.
    image_name: image of the containers; None means SANDBOX_IMAGE, else one that is found or built.
    runtime: runtime of the engine, such as runsc; None means SANDBOX_RUNTIME, else the engine's default.
    libraries: folders and files of packages that programs may import too, read-only; the jail alone has them.
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
        libraries: Sequence[Path] = (),
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
        self._libraries = tuple(libraries)
        self._image_name = image_name or os.environ.get("SANDBOX_IMAGE") or None
        self._runtime = runtime or os.environ.get("SANDBOX_RUNTIME") or None
        self._client: docker.DockerClient | None = None
        self._pools: dict[Lane, Pool] = {}
        self._lock = threading.Lock()
        self._graders: ThreadPoolExecutor | None = None

    # -- start and close ---------------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Start the slots for programs, run the self-test, and return self.

        Raises SandboxError, with the remedy, where no backend can be used.
        """
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
        if self._libraries:
            raise SandboxError("containers have the libraries of their image alone; use the jail for others")
        from sandbox import container_engine, image  # here, since the jail needs no package docker

        self._client = container_engine.connect()
        reaped = container_engine.reap(self._client)
        if reaped:
            log.info("sandbox: removed %d containers whose owners are gone", reaped)
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
        number = next(_NUMBERS)  # determines the user of the jobs: no two slots of this process share one
        limits = self.limits if lane == "program" else TEST_LIMITS
        if self._client is None:
            return Slot(jail.JailTransport(name, number, lane, limits.tmp_mb, self._libraries))
        from sandbox.containers import ContainerTransport

        return Slot(
            ContainerTransport(self._client, name, number, lane, self.image, limits, self.run_id, self._runtime)
        )

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
        """Return the pool of a lane, starting that of the test lane at its first use: stdin tests do not need it."""
        with self._lock:
            if "program" not in self._pools:
                raise SandboxError("the sandbox is not running: use it in `with`, or call start()")
            return self._pools.get(lane) or self._open(lane)

    @property
    def describe(self) -> str:
        """Return one line for people: backend, image, slots, probes."""
        what = (
            f"image {self.image.removeprefix('sha256:')[:12]}" if self.backend == "docker" else "namespaces and seccomp"
        )
        return f"{self.backend} ({what}), {self.slots} slots, {self.probes} probes contained"

    def close(self) -> None:
        """End all slots and leave nothing of them behind. Safe to call twice."""
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
        """Run a job on the next free slot and return a future of its result.

        The future's exception is a SandboxError where no slot could run the job. Raises ValueError for a job that asks
        for more than the sandbox's own limits.
        """
        self._check_limits(job.limits, len(job.stdin))
        return self._pool("program").submit(job)

    def run(self, job: Job) -> Result:
        """Run a job, wait for it, and return its result; see `submit`."""
        return self.submit(job).result()

    program = run  # the name in the protocol `Runner`, by which graders run programs

    def tests(self, job: Job) -> Result:
        """Run test code in a slot that never runs a program, and return the result."""
        return self._pool("tests").submit(job).result()

    def _check_limits(self, limits: Limits, stdin: int) -> None:
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
        """Return the verdict on a program (Python source).

        Raises ValueError for a problem that cannot be read. A broken sandbox gives a verdict without a score.
        """
        checked = problem if isinstance(problem, Problem) else Problem.read(problem)
        source, limits = _source(program), limits or self.limits
        self._check_limits(limits, 0)
        key = self._key(checked, source, limits)
        return self.cache.get(key) or self.cache.put(key, grade(checked, source, self, limits))

    def _key(self, problem: Problem, program: str | bytes, limits: Limits | None = None) -> bytes:
        return self.cache.key(_source(program), problem, limits or self.limits, f"{self.backend} {self.image}")

    def grade_many(self, items: Sequence[Item]) -> list[Verdict]:
        """Return the verdicts on `items`, in order, grading as many at a time as there are slots.

        An item is (problem, program) or (problem, program, limits). Raises ValueError, before any program runs, for a
        problem that cannot be read.
        """
        checked = [(p if isinstance(p, Problem) else Problem.read(p), *rest) for p, *rest in items]
        with self._lock:
            if self._graders is None:
                self._graders = ThreadPoolExecutor(2 * self.slots, thread_name_prefix="sandbox-grade")
            graders = self._graders
        verdicts: list[Verdict | None] = [None] * len(checked)
        first: dict[bytes, int] = {}
        for index, item in enumerate(checked):
            first.setdefault(self._key(*item), index)
        # Repeated items run in a second round, in which they find the first one's verdict in the cache.
        for indices in (list(first.values()), sorted(set(range(len(checked))) - set(first.values()))):
            futures = {index: graders.submit(self.grade, *checked[index]) for index in indices}
            for index, future in futures.items():
                verdicts[index] = future.result()
        return [verdict for verdict in verdicts if verdict is not None]


def _source(program: str | bytes) -> bytes:
    return program if isinstance(program, bytes) else program.encode("utf-8", "surrogatepass")


class AsyncSandbox:
    """The asyncio version of `Sandbox`, with the same arguments and results."""

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
        """Run a job as `Sandbox.run` does."""
        return await asyncio.wrap_future(self.sandbox.submit(job))

    async def grade(
        self, problem: Mapping[str, Any] | Problem, program: str | bytes, limits: Limits | None = None
    ) -> Verdict:
        """Grade a program as `Sandbox.grade` does."""
        return await self._call(partial(self.sandbox.grade, problem, program, limits))

    async def _call(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)
