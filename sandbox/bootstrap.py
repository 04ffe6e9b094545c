"""The first message to a slot, which carries the source of `sandbox/inside`.

The source is sent as text, so that no image has to be rebuilt when it changes. The interpreter in the slot is started
with `ARGUMENTS`; it reads the source, imports it, and calls `sandbox.inside.boot.start`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.inside import frames
from sandbox.job import Lane

#: The modules that graded programs import most, loaded once, before any fork.
_PRELOAD = (
    "typing", "collections", "math", "itertools", "functools", "re", "heapq", "bisect", "string", "operator", "copy",
    "random", "enum", "abc", "json",
)  # fmt: skip

_BOOT = """
import os, sys, json
from importlib.machinery import ModuleSpec
def exactly(n):
    data = b""
    while len(data) < n:
        chunk = os.read(0, n - len(data))
        if not chunk: os._exit(0)
        data += chunk
    return data
first = json.loads(exactly(int.from_bytes(exactly(4), "big")))
class Shipped:
    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self, is_package=True) if name in first["modules"] else None
    def create_module(self, spec): return None
    def exec_module(self, module):
        exec(compile(first["modules"][module.__name__], "<" + module.__name__ + ">", "exec"), module.__dict__)
sys.meta_path.insert(0, Shipped())
for name in first["imports"]: __import__(name)
del sys.meta_path[0]
sys.modules["sandbox.inside.boot"].start(first["config"])
"""
#: No site module (-S), no user packages (-s), no current folder in the path (-P), no bytecode files (-B).
ARGUMENTS = ("-S", "-s", "-P", "-B", "-c", _BOOT)
#: The hash seed is fixed, so that equal programs get equal verdicts.
ENVIRONMENT: Mapping[str, str] = {
    "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1", "PATH": "/usr/local/bin:/usr/bin:/bin",
}  # fmt: skip


@cache
def _sources() -> dict[str, str]:
    folder = Path(__file__).parent / "inside"
    return {
        "sandbox": "",
        "sandbox.inside": "",
        **{f"sandbox.inside.{path.stem}": path.read_text() for path in folder.glob("[!_]*.py")},
    }


def first_message(lane: Lane, config: Mapping[str, Any]) -> bytes:
    """Return the message that the interpreter reads first.

    Slots for test code also load numpy once, since the test code of public data sets imports it.
    """
    tests = lane == "tests"
    imports = ["sandbox.inside.boot", *(("sandbox.inside.collector", "sandbox.inside.replayer") if tests else ())]
    preload = (*_PRELOAD, *(("numpy", "numpy.testing") if tests else ()))
    text = json.dumps({"modules": _sources(), "imports": imports, "config": {"preload": preload, **config}}).encode()
    return frames.LENGTH.pack(len(text)) + text
