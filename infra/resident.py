"""Resident processes: groups of child processes that the flow owns and tasks call, such as the training ranks.

They stay alive between calls, so that a model is loaded once. The parent listens on a Unix socket in a private folder;
each rank connects twice: once for calls, once as a lifeline whose end means that the parent is gone. A launcher such as
torchrun may stand between. Calls are synchronous and go to every rank (SPMD); replies come back in the order of the
ranks. A group that breaks, hangs or answers in part is ended: the state of its ranks is unknown then.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Client, Connection, Listener, wait
from pathlib import Path
from typing import Any

import psutil

from infra import processes, stacks
from infra.errors import EngineError
from infra.scratch import release, short_folder
from specs.errors import ArmatureError

# Credentials must not reach children that do not need them, so children get these variables and no others.
_ENV_NAMES = frozenset(
    {
        "PATH",
        "HOME",
        "USER",
        "LANG",
        "TZ",
        "TMPDIR",
        "LD_LIBRARY_PATH",
        "VIRTUAL_ENV",
        "CC",
        "CXX",
        "DEEPSPEED_TIMEOUT",
    }
)
_ENV_PREFIXES = (
    "LC_",
    "PYTHON",
    "OMP_",
    "MKL_",
    "KMP_",
    "CUDA_",
    "CUBLAS_",
    "FLASHINFER_",
    "NVIDIA_",
    "NCCL_",
    "GLOO_",
    "PYTORCH_",
    "TORCH",
    "TRITON_",
    "DS_",
    "VLLM_",
    "HF_HUB_",
    "XDG_",
)

# Seconds that the other ranks have to answer, by the answer of the first. A rank that waits in a collective for one
# that failed never answers; where one died, the others may be about to say why.
_GRACE_S = {"ok": float("inf"), "error": 10.0, "died": 1.0}

_SECRET = re.compile("KEY|TOKEN|SECRET|PASSWORD")  # NVIDIA_API_KEY, VLLM_API_KEY


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a resident: the variables of this process that an allow-list has, and `extra`."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if k in _ENV_NAMES or (k.startswith(_ENV_PREFIXES) and not _SECRET.search(k))
    }
    return {**kept, "PYTHONUNBUFFERED": "1", **(extra or {})}


class Resident:
    """A group of `ranks` child processes, started by `argv` (to which `--address PATH` is appended)."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log: Path,
        ranks: int = 1,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        start_deadline_s: float = 180.0,
    ) -> None:
        self.name, self.log = name, log
        self._folder = short_folder()
        self._address = address = str(self._folder / "socket")
        self._calls: list[Connection] = []
        self._lifelines: list[Connection] = []
        self._launcher: psutil.Process | None = None
        self._ranks: list[psutil.Process] = []
        self._stopped = False
        log.parent.mkdir(parents=True, exist_ok=True)
        started = False
        try:
            with Listener(address, family="AF_UNIX", backlog=2 * ranks) as listener, log.open("ab") as out:
                # A log file of its own: a child with the flow's stdout would hide its death from a Prefect worker.
                try:
                    self._process = subprocess.Popen(
                        [*argv, "--address", address], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                        env=child_environment(env), cwd=cwd, start_new_session=True,
                    )  # fmt: skip
                except OSError as error:
                    raise EngineError(f"{name}: cannot be started ({error})") from error
                started = True
                self._launcher = processes.process(self._process.pid)
                self._accept(listener, ranks, time.monotonic() + start_deadline_s)
        except BaseException:
            # After the listener has closed: it unlinks its socket, whose folder goes with the resident.
            if started:
                self.stop()
            else:
                release(self._folder)
            raise

    def _accept(self, listener: Listener, ranks: int, deadline: float) -> None:
        joined: dict[tuple[str, int], Connection] = {}
        pids: dict[int, int] = {}
        sock = listener._listener._socket  # type: ignore[attr-defined]  # multiprocessing has no accept with a deadline
        while len(joined) < 2 * ranks:
            if not wait([sock], timeout=0.2):
                if self._process.poll() is not None:
                    status = self._process.returncode
                    raise EngineError(f"{self.name}: ended with status {status} while starting; {self.log_tail()}")
                if time.monotonic() > deadline:
                    where = self._save_stacks()
                    raise EngineError(
                        f"{self.name}: did not start in time; what it was doing is in {where}; {self.log_tail()}"
                    )
                continue
            connection = listener.accept()
            kind, rank, pid = connection.recv()
            joined[kind, rank] = connection
            pids[rank] = pid
        self._calls = [joined["calls", r] for r in range(ranks)]
        self._lifelines = [joined["lifeline", r] for r in range(ranks)]
        self._ranks = [each for r in range(ranks) if (each := processes.process(pids[r])) is not None]

    @property
    def alive(self) -> bool:
        """Return True while calls can be made."""
        return bool(self._calls) and self._process.poll() is None

    @property
    def peak_bytes(self) -> int:
        """Return the most memory of the host that the ranks, and all that they started, held so far."""
        return processes.peak_bytes(processes.family(self._ranks))

    @property
    def pids(self) -> list[int]:
        """Return the process ids of the ranks."""
        return [each.pid for each in self._ranks]

    def call(self, method: str, *, deadline_s: float, **kwargs: Any) -> list[Any]:
        """Call `handler.method(**kwargs)` on every rank; return the replies in the order of the ranks.

        An error that every rank reports leaves the group alive (a step refused before it was applied). A rank that
        dies, hangs past the deadline or leaves the others waiting ends the group. Raises the rank's own error if it is
        an ArmatureError, else EngineError.
        """
        if not self.alive:
            raise EngineError(f"{self.name}: is not running; {self.log_tail()}")
        deadline = time.monotonic() + deadline_s
        try:
            for connection in self._calls:
                _bound(connection, deadline_s)  # a large message to a stopped process would wait for ever
                connection.send((method, kwargs))
        except BlockingIOError as error:
            raise self._hung(method, deadline_s) from error
        except OSError as error:
            self.stop()
            raise EngineError(f"{self.name}: gone before {method} ({error}); {self.log_tail()}") from error
        replies = self._replies(deadline)
        errors = {rank: body for rank, (kind, body) in sorted(replies.items()) if kind == "error"}
        died = [rank for rank, (kind, _) in replies.items() if kind == "died"]
        missing = len(replies) < len(self._calls)
        if missing and not errors and not died:
            raise self._hung(method, deadline_s)
        if missing or died or (errors and len(errors) < len(self._calls)):
            self.stop()
        for _, exception in errors.values():  # the cause comes before its effects on the other ranks
            if exception is not None:
                raise exception
        if died:
            raise EngineError(f"{self.name}: rank {died[0]} died in {method}; {self.log_tail()}")
        for rank, (summary, _) in errors.items():
            raise EngineError(f"{self.name}: {method} failed on rank {rank}: {summary}; {self.log_tail(lines=0)}")
        return [replies[r][1] for r in range(len(self._calls))]

    def _replies(self, deadline: float) -> dict[int, tuple[str, Any]]:
        """Return the answers until the deadline, by rank.

        Each is ("ok", value), ("error", (summary, exception or None)) or ("died", None).
        """
        replies: dict[int, tuple[str, Any]] = {}
        while len(replies) < len(self._calls):
            pending = {c: r for r, c in enumerate(self._calls) if r not in replies}
            ready = wait(list(pending), timeout=max(0.0, deadline - time.monotonic()))
            if not ready:
                break
            for answered in ready:
                assert isinstance(answered, Connection)
                try:
                    replies[pending[answered]] = answered.recv()
                except BlockingIOError:  # stopped in the middle of its answer
                    return replies
                except (EOFError, OSError):
                    replies[pending[answered]] = ("died", None)
                deadline = min(deadline, time.monotonic() + _GRACE_S[replies[pending[answered]][0]])
        return replies

    def _hung(self, method: str, deadline_s: float) -> EngineError:
        """Save the stacks of the processes, end them, and return the error that says so."""
        where = self._save_stacks()
        self.stop()
        late = f"{method} took longer than {deadline_s:g} s"
        return EngineError(f"{self.name}: {late}; its stacks are in {where}; {self.log_tail()}")

    def _save_stacks(self) -> Path:
        path = self.log.with_name(f"{self.log.name}.stacks-{time.strftime('%Y%m%dT%H%M%S')}")
        ranks = {each: stacks.written_by(self._address, rank) for rank, each in enumerate(self._ranks)}
        stacks.save(path, processes.family(self._everyone), ranks)
        return path

    def log_tail(self, lines: int = 3) -> str:
        """Return `log PATH` and its last lines, for messages."""
        text = self.log.read_text(errors="replace").strip().splitlines()[-lines:] if lines and self.log.exists() else []
        return f"log {self.log}" + (": " + " | ".join(text) if text else "")

    @property
    def _everyone(self) -> list[psutil.Process]:
        return [*filter(None, [self._launcher]), *self._ranks]

    def stop(self) -> None:
        """End every process of the group and all that they started; safe to call twice."""
        if self._stopped:
            return
        self._stopped = True
        # Found while their parents live. Not all are in the launcher's group: torchrun gives each rank a session.
        everyone = processes.family(self._everyone)
        for connection in (*self._calls, *self._lifelines):
            connection.close()  # the ranks' lifeline threads leave at once
        self._calls, self._lifelines = [], []
        self._signal_group(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        self._signal_group(signal.SIGKILL)  # also what is left of the group after its leader
        self._process.wait()
        processes.end(everyone, within_s=5)
        self._ranks, self._launcher = [], None
        release(self._folder)

    def _signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def __enter__(self) -> Resident:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


def _bound(connection: Connection, seconds: float) -> None:
    """Limit each read and write of the socket: it raises BlockingIOError after `seconds`."""
    with socket.socket(fileno=os.dup(connection.fileno())) as same:
        for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
            # At least a microsecond: 0 is no limit.
            limit = struct.pack("ll", int(seconds), max(1, int(seconds % 1 * 1e6)))
            same.setsockopt(socket.SOL_SOCKET, option, limit)


def serve(make_handler: Callable[[], object], address: str, rank: int = 0) -> None:
    """Answer calls in a child process until the parent stops it or is gone; never returns.

    The connections come first and the handler (which may import torch for seconds) second, so that a parent that dies
    early is noticed.
    """
    stacks.answer_with_stacks(address, rank)
    calls, lifeline = Client(address, family="AF_UNIX"), Client(address, family="AF_UNIX")
    calls.send(("calls", rank, os.getpid()))
    lifeline.send(("lifeline", rank, os.getpid()))
    faulthandler.enable()
    threading.Thread(target=_leave_with_parent, args=(lifeline,), daemon=True).start()
    handler = make_handler()
    while True:
        try:
            method, kwargs = calls.recv()
        except (EOFError, OSError):
            os._exit(0)
        try:
            reply = ("ok", getattr(handler, method)(**kwargs))
        except Exception as error:  # every error is reported to the parent, which raises it
            traceback.print_exc()
            ours = error if isinstance(error, ArmatureError) else None  # another class may not be there to unpickle
            reply = ("error", (f"{type(error).__name__}: {error}", ours))
        sys.stderr.flush()
        calls.send(reply)


def _leave_with_parent(lifeline: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv()
    os._exit(1)
