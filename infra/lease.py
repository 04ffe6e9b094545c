"""One process per run: a second one says who holds it and stops, a dead holder is taken over, one that wakes up late learns that it lost.

    locks/<name>/<identity>/<generation>.json   a holder (infra/holder.py), create-only; the highest generation holds the run
    locks/<name>/<identity>/<generation>.beat   rewritten by the holder every `beat_s` seconds

To take over is to create the next generation: one wins. What was released stays, marked so: a generation is never used twice, so that
whoever once found generation 3 dead, and slept, cannot become generation 4 on top of somebody who lives. Clocks of hosts are never
compared: a holder elsewhere is dead when its beat has not changed during three of its beats, measured here.

This keeps two processes from doing the same work, not from damaging it: a holder that slept may go on beside its successor, for a
beat at most, before it knows. What protects the steps is that they are committed create-only (infra/store.py).
"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
import time
from dataclasses import dataclass, field, replace
from types import TracebackType

from infra.errors import StoreError
from infra.files import Files
from infra.holder import Holder, iso_now

log = logging.getLogger("armature.lease")

MISSED_BEATS = 3  # after so many a holder elsewhere is dead
# What a write of a beat may leave behind (a killed holder's temporary) counts as a beat.
_OBJECT = re.compile(r"(\d{8,})\.(?:json|beat.*)")
_claimed: set[str] = set()  # tokens of this process's locks, held or being taken


class RunHeldError(StoreError):
    """Another process runs this experiment. Names it, and what to do."""


class RunLostError(StoreError):
    """This process held the run and does no longer. To try again mends nothing."""


@dataclass(frozen=True)
class _Moment:
    """Seconds by two clocks: one that goes on while the machine sleeps, and the wall's, which is put right after a virtual machine was paused."""

    boot: float = field(default_factory=lambda: time.clock_gettime(time.CLOCK_BOOTTIME))
    wall: float = field(default_factory=time.time)

    def age(self) -> float:
        now = _Moment()
        return max(now.boot - self.boot, now.wall - self.wall)


@dataclass(frozen=True)
class _View:
    """The lock as one look found it: the highest generation that has a holder (0: none) and its object, and the highest number in use
    (beats count: where a lock was deleted by hand its number is not used again)."""

    top: int
    raw: bytes
    last: int


@dataclass
class _Tenure:
    """One acquisition. `sure`: nobody can have taken over within three beats after it; `lost`: why the run is no longer ours."""

    me: Holder
    generation: int
    sure: _Moment
    lost: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)


class RunLock:
    """The lock of one run (`name/identity`), also as a context manager; what commits for the run asks `check()` before.

    Its beats come from a daemon thread of the process that acquired it. In a forked child it is not held: to release it there does
    nothing, to ask it is an error.
    """

    def __init__(self, files: Files, run: str, beat_s: float = 10.0) -> None:
        self.files = files
        self.run = run
        self.beat_s = beat_s
        self._tenure: _Tenure | None = None
        self._thread: threading.Thread | None = None

    def acquire(self) -> None:
        """RunHeldError where somebody holds the run: at once on this host, within three beats elsewhere."""
        me = Holder.this_process(self.beat_s)
        _claimed.add(me.token)
        try:
            tenure = self._claim(me)
        except BaseException:
            _claimed.discard(me.token)
            raise
        self._tenure = tenure
        self._thread = threading.Thread(target=self._keep, args=(tenure,), name=f"lock {self.run}", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Safe twice. Where the store fails the lock stays, and the next run finds it dead."""
        tenure = self._tenure
        if tenure is None or tenure.me.pid != os.getpid():
            return
        self._tenure = None
        tenure.stop.set()
        if self._thread is not None:
            self._thread.join(
                timeout=self.beat_s
            )  # no longer: the store may hang, and a late beat is swept by the next holder
        try:
            self._give_up(tenure)
        except StoreError as error:
            log.warning("run %s: its lock could not be released (%s); the next run will find it dead", self.run, error)
        finally:
            _claimed.discard(tenure.me.token)

    def check(self) -> None:
        """RunLostError where the run is no longer ours. StoreError where that cannot be known: this process has not beaten for three
        beats and the store does not answer now."""
        tenure = self._current()
        if self.lost:
            raise RunLostError(f"{tenure.lost}; this one stops; what it committed stands")

    @property
    def lost(self) -> bool:
        """As `check`. Asks the store only after three beats without one of ours: this process slept, or the store was away."""
        tenure = self._current()
        if tenure.lost is None and tenure.sure.age() > MISSED_BEATS * self.beat_s:
            self._verify(tenure)
        return tenure.lost is not None

    def __enter__(self) -> RunLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _current(self) -> _Tenure:
        if self._tenure is None or self._tenure.me.pid != os.getpid():
            raise RuntimeError(f"run {self.run}: this process does not hold its lock")
        return self._tenure

    # -- taking it -------------------------------------------------------------------------------------------------------------

    def _claim(self, me: Holder) -> _Tenure:
        while True:
            view = self._look()
            if view.top and not self._may_take(view):
                continue
            generation, sure = view.last + 1, _Moment()
            try:
                self.files.create(self._name(generation), me.to_bytes())
            except FileExistsError:
                if (
                    self._read(self._name(generation)) != me.to_bytes()
                ):  # ours, where the store's first answer was lost on the way
                    continue
            create_only = self._is_create_only(generation)
            if self._look().top > generation:  # what was decided upon is long past
                self.files.remove(self._name(generation))
                continue
            if not create_only:
                self.files.remove(self._name(generation))
                raise StoreError(
                    f"{self.files.uri}/{self._name(generation)}: was overwritten by a write that must create it (the server ignores If-None-Match), so that "
                    "two runs could overwrite one another's commits; set store: to a server that honours conditional writes"
                )
            self._sweep(generation)
            return _Tenure(me, generation, sure)

    def _is_create_only(self, generation: int) -> bool:
        """Whether a second write of our claim is refused: commits stand on it, and some S3 servers overwrite in spite of If-None-Match. (Also False where
        another has swept our claim since: then there is a higher one.)"""
        try:
            self.files.create(self._name(generation), b"nobody: a second write of the same name, to be refused")
        except FileExistsError:
            return True
        return False

    def _may_take(self, view: _View) -> bool:
        """Whether the holder is gone; False where the lock has changed meanwhile; RunHeldError where somebody has it."""
        holder = Holder.parse(view.raw)
        if holder is None:
            return self._silent(view, None)
        if holder.released is not None:
            return True
        state = holder.state()
        if state == "elsewhere":
            return self._silent(view, holder)
        # A claim of this process that nobody here has is one that could not be released, because the store failed.
        if state == "runs" or (state == "this process" and holder.token in _claimed):
            raise RunHeldError(self._held(view.top, holder))
        log.warning("run %s: its last holder, %s, is gone; taken over", self.run, holder)
        return True

    def _silent(self, view: _View, holder: Holder | None) -> bool:
        """Watch a holder that cannot be seen. True: no beat for three of its beats. As `_may_take`."""
        beat_s = holder.beat_s if holder else self.beat_s
        who, patience = self._who(view.top, holder), MISSED_BEATS * beat_s
        log.info("run %s: waiting to see whether %s still runs (up to %.3g s)", self.run, who, patience)
        beat = self._read(self._beat(view.top))
        begin = last = time.monotonic()
        while last - begin < patience:
            time.sleep(beat_s / 4)
            now_there = self._look()
            if (now_there.top, now_there.raw) != (view.top, view.raw):
                return False
            if self._read(self._beat(view.top)) != beat:
                raise RunHeldError(self._held(view.top, holder))
            now = time.monotonic()
            if now - last > beat_s:  # this process slept, or the store was away and the holder could not beat either
                begin = now
            last = now
        log.warning("run %s: %s has not been heard of for %.3g s; taken over", self.run, who, patience)
        return True

    def _who(self, generation: int, holder: Holder | None) -> str:
        return (
            str(holder)
            if holder
            else f"the process that wrote {self.files.uri}/{self._name(generation)} (which cannot be read)"
        )

    def _held(self, generation: int, holder: Holder | None) -> str:
        try:
            beat = f"last beat {json.loads(self._read(self._beat(generation)) or b'')['at']}"
        except (ValueError, KeyError, TypeError):
            beat = "no beat yet"
        stop = (
            f"kill {holder.pid} on {holder.host}, which is {holder.command}"
            if holder
            else "its host and pid are not known"
        )
        return f"run {self.run} is held by {self._who(generation, holder)}, {beat}; wait until it ends, or stop it ({stop}), and run again"

    # -- keeping it, giving it up ----------------------------------------------------------------------------------------------

    def _keep(self, tenure: _Tenure) -> None:
        """The beat thread."""
        count, failing = 0, False
        while True:
            begin = _Moment()
            try:
                if not self._verify(tenure):
                    log.error("%s", tenure.lost)
                    return
                count += 1
                self.files.write(
                    self._beat(tenure.generation),
                    json.dumps({"token": tenure.me.token, "count": count, "at": iso_now()}).encode(),
                )
                tenure.sure = begin
                if failing:
                    log.info("run %s: its lock is kept again", self.run)
                failing = False
            except Exception as error:  # whatever it is: without beats a run that lives would be taken over
                if not failing:
                    log.warning("run %s: its lock could not be kept (%s); trying again", self.run, error)
                failing = True
            if tenure.stop.wait(max(0.0, self.beat_s - begin.age())):
                return

    def _verify(self, tenure: _Tenure) -> bool:
        """Look whether the run is still ours, and keep it in mind where it is not."""
        view = self._look()
        holder = Holder.parse(view.raw)
        if view.top < tenure.generation:
            tenure.lost = f"run {self.run}: its lock {self.files.uri}/{self._name(tenure.generation)} is gone (was it deleted by hand?)"
        elif view.top > tenure.generation or (holder is not None and holder.token != tenure.me.token):
            tenure.lost = f"run {self.run} was taken over by {self._who(view.top, holder)} while this process slept or could not reach the store"
        # Our own object, damaged, stays ours: nobody else's name is in it, and our beats keep others away.
        return tenure.lost is None

    def _give_up(self, tenure: _Tenure) -> None:
        generation, view = tenure.generation, self._look()
        if view.top > generation:  # taken over: what is lower is nobody's
            self.files.remove(self._name(generation))
        elif view.raw == tenure.me.to_bytes():
            self.files.write(self._name(generation), replace(tenure.me, released=iso_now()).to_bytes())
            self._sweep(generation)
        else:  # deleted by hand, and another's by now
            return
        self.files.remove(self._beat(generation))

    # -- objects ---------------------------------------------------------------------------------------------------------------

    def _name(self, generation: int) -> str:
        return f"locks/{self.run}/{generation:08d}.json"

    def _beat(self, generation: int) -> str:
        return f"locks/{self.run}/{generation:08d}.beat"

    def _objects(self) -> dict[str, int]:
        """Names of what is there, with their generations."""
        return {
            name: int(match[1]) for name in self.files.list(f"locks/{self.run}") if (match := _OBJECT.fullmatch(name))
        }

    def _look(self) -> _View:
        while True:
            objects = self._objects()
            top = max((number for name, number in objects.items() if name.endswith(".json")), default=0)
            raw = self._read(self._name(top)) if top else b""
            if raw is not None:  # else it was removed between the two
                return _View(top, raw, max(objects.values(), default=0))

    def _read(self, name: str) -> bytes | None:
        """None where there is no such object."""
        try:
            return self.files.read(name)
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    def _sweep(self, generation: int) -> None:
        """Remove what lower generations left; what cannot be removed now is left to the next holder."""
        try:
            for name, number in self._objects().items():
                if number < generation:
                    self.files.remove(f"locks/{self.run}/{name}")
        except StoreError as error:
            log.warning("run %s: %s", self.run, error)
