"""The lease of a run, so that one process at a time works on it.

    locks/<name>/<identity>/<generation>.json   a holder (infra/lease_holder.py), create-only; the highest has the run
    locks/<name>/<identity>/<generation>.beat   rewritten by the holder every `beat_s` seconds

A second process names the holder and stops. A dead holder is taken over by creating the next generation, which only one
process can. A released generation stays, marked so: none is used twice, so that a process that once found generation 3
dead, and slept, cannot create generation 4 on top of a holder that lives. Clocks of hosts are never compared: a holder
on another host is dead when its beat has not changed during three of its beats, measured here.

The lease keeps two processes from doing the same work, not from damaging it: a holder that slept may go on beside its
successor, for a beat at most, before it finds out. Steps are safe because they are committed create-only
(infra/store.py).
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from dataclasses import dataclass, field, replace
from types import TracebackType

from infra.errors import StoreError
from infra.files import Files
from infra.lease_holder import Holder, iso_now
from infra.lease_objects import LeaseObjects, View

log = logging.getLogger("armature.lease")

MISSED_BEATS = 3  # after so many a holder elsewhere is dead
_claimed: set[str] = set()  # tokens of this process's locks, held or being taken


class RunHeldError(StoreError):
    """Another process runs this experiment. Names that process, and what to do."""


class RunLostError(StoreError):
    """The run was held by this process, and is no longer. Another attempt mends nothing."""


@dataclass(frozen=True)
class _Moment:
    """A moment by two clocks, in seconds.

    One goes on while the machine sleeps; the wall clock is put right after a virtual machine was paused.
    """

    boot: float = field(default_factory=lambda: time.clock_gettime(time.CLOCK_BOOTTIME))
    wall: float = field(default_factory=time.time)

    def age(self) -> float:
        now = _Moment()
        return max(now.boot - self.boot, now.wall - self.wall)


@dataclass
class _Tenure:
    """One acquisition of this process.

    `sure`: a moment at which the run was ours, so that nobody can have taken it over within three beats after it;
    `lost`: the reason why the run is no longer ours.
    """

    me: Holder
    generation: int
    sure: _Moment
    lost: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)


class RunLock:
    """The lock of one run (`name/identity`), also as a context manager. Code that commits calls `check` before.

    Its beats come from a daemon thread of the process that acquired it. A forked child does not hold it: `release` does
    nothing there, `check` is an error.
    """

    def __init__(self, files: Files, run: str, beat_s: float = 10.0) -> None:
        self.files = files
        self.run = run
        self.beat_s = beat_s
        self._objects = LeaseObjects(files, run)
        self._tenure: _Tenure | None = None
        self._thread: threading.Thread | None = None

    def acquire(self) -> None:
        """Take the run; raise RunHeldError where another holds it: at once on this host, else within three beats."""
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
        """Give the run up; safe twice. Where the store fails the lock stays, and the next run finds its holder dead."""
        tenure = self._tenure
        if tenure is None or tenure.me.pid != os.getpid():
            return
        self._tenure = None
        tenure.stop.set()
        if self._thread is not None:
            # No longer: the store may hang, and a late beat is removed by the next holder.
            self._thread.join(timeout=self.beat_s)
        try:
            self._give_up(tenure)
        except StoreError as error:
            log.warning("run %s: its lock could not be released (%s); the next run will find it dead", self.run, error)
        finally:
            _claimed.discard(tenure.me.token)

    def check(self) -> None:
        """Raise RunLostError where the run is no longer ours.

        Raises StoreError where that cannot be known: this process has not beaten for three beats, and the store does
        not answer now.
        """
        tenure = self._current()
        if self.lost:
            raise RunLostError(f"{tenure.lost}; this one stops; what it committed stands")

    @property
    def lost(self) -> bool:
        """Return True where the run is no longer ours. Errors as in `check`.

        Asks the store only after three beats without one of ours: this process slept, or the store was away.
        """
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

    # -- taking it -----------------------------------------------------------------------------------------------------

    def _claim(self, me: Holder) -> _Tenure:
        while True:
            view = self._objects.look()
            if view.top and not self._may_take(view):
                continue
            generation, sure = view.last + 1, _Moment()
            try:
                self.files.create(self._objects.name(generation), me.to_bytes())
            except FileExistsError:
                # It is ours where the store's first answer was lost on the way.
                if self._objects.read(self._objects.name(generation)) != me.to_bytes():
                    continue
            create_only = self._is_create_only(generation)
            if self._objects.look().top > generation:  # the look that this claim stands on is long past
                self.files.remove(self._objects.name(generation))
                continue
            if not create_only:
                self.files.remove(self._objects.name(generation))
                name = f"{self.files.uri}/{self._objects.name(generation)}"
                raise StoreError(
                    f"{name}: was overwritten by a write that must create it "
                    "(the server ignores If-None-Match), so that two runs could overwrite one another's commits; "
                    "set store: to a server that honours conditional writes"
                )
            self._objects.sweep(generation)
            return _Tenure(me, generation, sure)

    def _is_create_only(self, generation: int) -> bool:
        """Return True where a second write of our claim is refused.

        Commits rely on it, and some S3 servers overwrite in spite of If-None-Match. Also False where another process
        has removed our claim since: then there is a higher one.
        """
        try:
            self.files.create(self._objects.name(generation), b"no holder: a second write of this name, to be refused")
        except FileExistsError:
            return True
        return False

    def _may_take(self, view: View) -> bool:
        """Return True where the holder is gone, False where the lock has changed meanwhile; else raise RunHeldError."""
        holder = Holder.parse(view.raw)
        if holder is None:
            return self._silent(view, None)
        if holder.released is not None:
            return True
        state = holder.state()
        if state == "elsewhere":
            return self._silent(view, holder)
        # A claim of this process that none of its locks has could not be released, because the store failed.
        if state == "runs" or (state == "this process" and holder.token in _claimed):
            raise RunHeldError(self._held(view.top, holder))
        log.warning("run %s: its last holder, %s, is gone; taken over", self.run, holder)
        return True

    def _silent(self, view: View, holder: Holder | None) -> bool:
        """Watch a holder that cannot be seen from here, for three of its beats. Returns and raises as `_may_take`."""
        beat_s = holder.beat_s if holder else self.beat_s
        who, limit_s = self._who(view.top, holder), MISSED_BEATS * beat_s
        log.info("run %s: waiting to see whether %s still runs (up to %.3g s)", self.run, who, limit_s)
        beat = self._objects.read(self._objects.beat(view.top))
        begin = last = time.monotonic()
        while last - begin < limit_s:
            time.sleep(beat_s / 4)
            now_there = self._objects.look()
            if (now_there.top, now_there.raw) != (view.top, view.raw):
                return False
            if self._objects.read(self._objects.beat(view.top)) != beat:
                raise RunHeldError(self._held(view.top, holder))
            now = time.monotonic()
            if now - last > beat_s:  # this process slept, or the store was away and the holder could not beat either
                begin = now
            last = now
        log.warning("run %s: %s has not been heard of for %.3g s; taken over", self.run, who, limit_s)
        return True

    def _who(self, generation: int, holder: Holder | None) -> str:
        unreadable = f"the process that wrote {self.files.uri}/{self._objects.name(generation)} (which cannot be read)"
        return str(holder) if holder else unreadable

    def _held(self, generation: int, holder: Holder | None) -> str:
        try:
            beat = f"last beat {json.loads(self._objects.read(self._objects.beat(generation)) or b'')['at']}"
        except (ValueError, KeyError, TypeError):
            beat = "no beat yet"
        stop = (
            f"kill {holder.pid} on {holder.host}, which is {holder.command}"
            if holder
            else "its host and pid are not known"
        )
        who = self._who(generation, holder)
        return f"run {self.run} is held by {who}, {beat}; wait until it ends, or stop it ({stop}), and run again"

    # -- keeping it, giving it up --------------------------------------------------------------------------------------

    def _keep(self, tenure: _Tenure) -> None:
        """Beat until the tenure ends or is lost: the body of the thread."""
        count, failing = 0, False
        while True:
            begin = _Moment()
            try:
                if not self._verify(tenure):
                    log.error("%s", tenure.lost)
                    return
                count += 1
                self.files.write(
                    self._objects.beat(tenure.generation),
                    json.dumps({"token": tenure.me.token, "count": count, "at": iso_now()}).encode(),
                )
                tenure.sure = begin
                if failing:
                    log.info("run %s: its lock is kept again", self.run)
                failing = False
            except Exception as error:  # of any kind: without beats a run that lives would be taken over
                if not failing:
                    log.warning("run %s: its lock could not be kept (%s); trying again", self.run, error)
                failing = True
            if tenure.stop.wait(max(0.0, self.beat_s - begin.age())):
                return

    def _verify(self, tenure: _Tenure) -> bool:
        """Return True where the store says that the run is still ours; else set `tenure.lost`."""
        view = self._objects.look()
        holder = Holder.parse(view.raw)
        if view.top < tenure.generation:
            name = f"{self.files.uri}/{self._objects.name(tenure.generation)}"
            tenure.lost = f"run {self.run}: its lock {name} is gone (was it deleted by hand?)"
        elif view.top > tenure.generation or (holder is not None and holder.token != tenure.me.token):
            who = self._who(view.top, holder)
            why = "while this process slept or could not reach the store"
            tenure.lost = f"run {self.run} was taken over by {who} {why}"
        # Our own object, damaged, stays ours: no other holder is in it, and our beats keep others away.
        return tenure.lost is None

    def _give_up(self, tenure: _Tenure) -> None:
        generation, view = tenure.generation, self._objects.look()
        if view.top > generation:  # taken over: lower generations have no holder
            self.files.remove(self._objects.name(generation))
        elif view.raw == tenure.me.to_bytes():
            self.files.write(self._objects.name(generation), replace(tenure.me, released=iso_now()).to_bytes())
            self._objects.sweep(generation)
        else:  # deleted by hand, and held by another process by now
            return
        self.files.remove(self._objects.beat(generation))
