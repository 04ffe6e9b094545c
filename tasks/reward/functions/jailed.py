"""The program that calls a user's function in the sandbox: reads one JSON object, writes one as the last line.

It runs as a script without this project: the modules that it needs, and the user's, come with the input.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import json
import sys
import traceback
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class Sources(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """An importer of modules from their sources: {name: [file name, source, whether it is a package]}."""

    def __init__(self, sources: dict[str, tuple[str, str, bool]]) -> None:
        self._sources = sources

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return how to load a module that came with the input; None of any other."""
        if name not in self._sources:
            return None
        return importlib.util.spec_from_loader(name, self, is_package=self._sources[name][2])

    def exec_module(self, module: ModuleType) -> None:
        """Run the source of a module."""
        file, source, _ = self._sources[module.__name__]
        module.__file__ = file
        exec(compile(source, file, "exec"), vars(module))


def line_of(error: BaseException, files: set[str]) -> str:
    """Return an error with the last line of the user's files that led to it."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if each.filename in files]
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"


def judged(job: dict[str, Any]) -> dict[str, Any]:
    """Return the function's signature, and what it says of the job's request if there is one."""
    sys.meta_path.insert(0, Sources(job["sources"]))
    from tasks.reward.functions.calling import Callee, Request
    from tasks.reward.functions.printing import capture
    from tasks.reward.functions.signature import signature_of

    files = {file for file, _, _ in job["sources"].values()}
    head = capture()
    try:
        module = importlib.import_module(job["module"])
        function = getattr(module, job["name"], None)
        if not callable(function):
            return {"error": f"the file defines no function {job['name']}"}
        signature = signature_of(function, job["args"])
    except BaseException as error:  # whatever a user's file raises while it is imported, sys.exit too
        return {"error": f"it cannot be loaded in the jail: {line_of(error, files)}"}
    if job["request"] is None:
        return {"error": "", **signature.told()}
    prompt, columns, texts, ids, iteration = job["request"]
    request = Request(prompt, columns, tuple(texts), tuple(bytes.fromhex(each) for each in ids), iteration)
    reply = Callee(function, signature, job["args"], lambda error: line_of(error, files), str).call(request, head.take)
    return {"error": "", "kind": type(reply).__name__, "reply": list(reply)}


if __name__ == "__main__":
    out = sys.stdout
    text = json.dumps(judged(json.load(sys.stdin)))
    out.write(f"\n{text}\n")
