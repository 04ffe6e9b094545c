"""SIGTERM: a time of grace, an end between two pieces of work, and awkward moments."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from infra.termination import Terminated, Termination
from specs.paths import REPOSITORY_ROOT as ROOT

#: Prefect's log handler puts lines into a queue under a lock that is not reentrant; the signal comes while the main
#: thread holds it.
IN_THE_MIDST_OF_A_LINE = """
import logging, os, signal, threading
import infra.termination as module

lock = threading.Lock()

class Queued(logging.Handler):
    def emit(self, record):
        with lock:
            if record.msg == "a line":
                os.kill(os.getpid(), signal.SIGTERM)

module.GRACE_S = 0.5
logging.getLogger("armature").addHandler(Queued())
try:
    with module.termination:
        logging.getLogger("armature").warning("a line")
except module.Terminated:
    print("stopped")
"""


def test_a_sigterm_in_the_midst_of_a_log_line_ends_the_run_all_the_same() -> None:
    command = [sys.executable, "-c", IN_THE_MIDST_OF_A_LINE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert (done.returncode, done.stdout) == (0, "stopped\n"), done.stderr


def sigterm() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_work_under_way_ends_at_the_next_check() -> None:
    before = signal.getsignal(signal.SIGTERM)
    termination = Termination()
    with pytest.raises(Terminated), termination:
        termination.check()
        sigterm()
        assert termination.requested and termination.reason == "SIGTERM"
        termination.check()
        raise AssertionError("not reached")
    assert signal.getsignal(signal.SIGTERM) is before and signal.getitimer(signal.ITIMER_REAL)[0] == 0.0


def test_a_second_sigterm_does_not_wait() -> None:
    with pytest.raises(Terminated), Termination():
        sigterm()
        sigterm()
        raise AssertionError("not reached")


def test_the_time_of_grace_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.termination.GRACE_S", 0.01)
    with pytest.raises(Terminated), Termination():
        sigterm()
        threading.Event().wait(200)
        raise AssertionError("not reached")


def test_no_handler_of_errors_goes_on_after_it() -> None:
    assert not issubclass(Terminated, Exception)


def test_a_request_stops_other_threads_and_can_be_taken_back_but_sigterm_cannot() -> None:
    termination = Termination()
    assert termination.left_s(5.0) is None
    termination.request("stopped with another run")
    assert termination.reason == "stopped with another run" and termination.left_s(0.0) == 0.0
    with pytest.raises(Terminated):
        termination.check()
    termination.withdraw()
    termination.check()
    with pytest.raises(Terminated), termination:
        sigterm()
        termination.request("stopped with another run")
        termination.withdraw()
        assert termination.reason == "SIGTERM"
        termination.check()


def test_in_another_thread_the_signal_is_left_alone() -> None:
    before, seen = signal.getsignal(signal.SIGTERM), []

    def body() -> None:
        with Termination():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert seen == [before]
