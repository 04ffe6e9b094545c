"""How `sandbox/inside` gets into a slot: as text in the first message, so that no image has to be built anew when it changes.

The interpreter in the slot is started with `COMMAND`; it reads the sources, makes modules of them, and calls `sandbox.inside.boot.start`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.inside import frames
from sandbox.job import Lane

#: In the order in which they import each other. Modules that programs of the field import most are loaded once, before any fork.
_MODULES = ("frames", "kernel", "seccomp", "wipe", "usage", "values", "probe", "tester", "modes", "child", "supervisor", "jail", "boot")
_PRELOAD = (
    "typing", "collections", "math", "itertools", "functools", "re", "heapq", "bisect", "string", "operator", "copy", "random", "datetime",
    "decimal", "fractions", "statistics", "dataclasses", "enum", "abc", "cmath",
)  # fmt: skip

_BOOT = """
import os, sys, json, types
def exactly(n):
    data = b""
    while len(data) < n:
        chunk = os.read(0, n - len(data))
        if not chunk: os._exit(0)
        data += chunk
    return data
first = json.loads(exactly(int.from_bytes(exactly(4), "big")))
for name, source in first["modules"]:
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = []
    parent, _, last = name.rpartition(".")
    if parent: setattr(sys.modules[parent], last, module)
    exec(compile(source, "<" + name + ">", "exec"), module.__dict__)
sys.modules["sandbox.inside.boot"].start(first["config"])
"""
#: -S, -s, -P: no site, nothing of the user's, no current folder. The hash seed is fixed by the environment: equal programs, equal verdicts.
ARGUMENTS = ("-S", "-s", "-P", "-B", "-c", _BOOT)
ENVIRONMENT: Mapping[str, str] = {
    "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1", "PATH": "/usr/local/bin:/usr/bin:/bin",
}  # fmt: skip


@cache
def _sources() -> tuple[tuple[str, str], ...]:
    folder = Path(__file__).parent / "inside"
    modules = [("sandbox", ""), ("sandbox.inside", "")]
    return (*modules, *((f"sandbox.inside.{name}", (folder / f"{name}.py").read_text()) for name in _MODULES))


def first_message(lane: Lane, config: Mapping[str, Any]) -> bytes:
    """What the interpreter reads first. Test code of the field imports numpy: where only that runs, it is loaded once."""
    preload = (*_PRELOAD, "numpy") if lane == "tests" else _PRELOAD
    text = json.dumps({"modules": _sources(), "config": {"preload": preload, **config}}).encode()
    return frames.LENGTH.pack(len(text)) + text
