"""`python -m flows.cli COMMAND`, and what the flows' files do as programs: `python -m flows.arm_train SPEC`."""

from __future__ import annotations

import sys
from pathlib import Path

from flows.cli.app import main

#: Per file of flows/ that is a program: its command, and the commands that may stand as the first argument instead.
PROGRAMS = {
    "arm_train": ("train", "ls", "status", "export"),
    "arm_study": ("study",),
    "nightly_eval": ("eval", "compare"),
    "compare": ("compare",),
    "deployments": ("deploy",),
}

commands = PROGRAMS.get(Path(sys.argv[0]).stem)
arguments = sys.argv[1:]
main(arguments if commands is None or (arguments and arguments[0] in commands) else [commands[0], *arguments])
