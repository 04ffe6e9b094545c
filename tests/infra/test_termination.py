"""SIGTERM at an awkward moment."""

from __future__ import annotations

import subprocess
import sys

from infra.paths import ROOT

#: Prefect's log handler puts lines into a queue under a lock that is not reentrant; the signal comes while it is held by the main thread.
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
    done = subprocess.run(
        [sys.executable, "-c", IN_THE_MIDST_OF_A_LINE], cwd=ROOT, capture_output=True, text=True, timeout=20
    )
    assert (done.returncode, done.stdout) == (0, "stopped\n"), done.stderr
