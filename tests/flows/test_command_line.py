"""The console script answers at once: help, lists and errors of specs need none of the heavy libraries."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from specs.paths import REPOSITORY_ROOT as ROOT
from tests.flows.runs import clean_environment

HEAVY = ("torch", "transformers", "deepspeed", "prefect", "pyarrow", "scipy", "matplotlib", "vllm")
"""Libraries whose import takes a good part of a second, or many."""

SCRIPT = f"""
import json, sys
from flows.cli.app import main
try:
    main(sys.argv[1:])
finally:
    print("HEAVY" + json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--help"], "Usage: armature"),
        (["train", "--help"], "Usage: armature train"),
        (["ls", "--store", "{store}"], "no runs in"),
        (["status", "nobody", "--store", "{store}"], "nobody"),
        (["train", "specs/nobody.yaml"], "nobody.yaml"),
        (["train", "specs/quickstart.yaml", "--set", "advantage.alhpa=1"], "advantage.alpha"),
        (["study", "specs/studies/nobody.yaml"], "nobody.yaml"),
        (["tarin"], "No such command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_light_commands_import_nothing_heavy(
    arguments: list[str], says: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, *(each.format(store=tmp_path) for each in arguments)],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    record_property("cpu_seconds", after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    out, _, heavy = result.stdout.rpartition("HEAVY")
    assert says in out + result.stderr, result.stderr
    assert "Traceback" not in result.stderr
    assert json.loads(heavy) == []
