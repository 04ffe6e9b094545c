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
from specs.paths import file_uri
from tests.flows.runs import clean_environment

HEAVY = ("torch", "transformers", "deepspeed", "prefect", "pyarrow", "scipy", "matplotlib", "vllm")
"""Libraries whose import takes a good part of a second, or many."""

SCRIPT = f"""
import json, runpy, sys
try:
    runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
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
        (["train", "specs/quickstart.yaml", "--set", "evaluate.suites=[gsmk]"], "gsm8k"),
        (["plan", "specs/quickstart.yaml", "--set", "data.train=puzzle:countdwn"], "nearest is countdown (--set"),
        (["train", "specs/smollm2.yaml", "--set", "data.verifier=maths"], "nearest is math, or your own"),
        (["train", "specs/studies/smollm2-sums.yaml"], "armature study specs/studies/smollm2-sums.yaml"),
        (["study", "specs/studies/nobody.yaml"], "nobody.yaml"),
        (["ls", "--store", "file://relative"], "error: --store: got 'file://relative', want an absolute"),
        (["ls", "--store", "s3:/bucket"], "error: --store: got 's3:/bucket', want"),
        (["tarin"], "No such command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_light_commands_import_nothing_heavy(
    arguments: list[str], says: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    check_light("flows.cli", [each.format(store=tmp_path) for each in arguments], says)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    record_property("cpu_seconds", after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("arm_train", "train"),
        ("arm_study", "study"),
        ("nightly_eval", "eval"),
        ("compare", "compare"),
        ("deployments", "deploy"),
    ],
)
def test_a_flow_as_a_program_is_its_command_and_helps_at_once(file: str, command: str) -> None:
    check_light(f"flows.{file}", ["--help"], f"Usage: armature {command}")


def check_light(module: str, arguments: list[str], says: str) -> None:
    """Run `python -m MODULE ARGUMENTS`, which says this and imports nothing heavy."""
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, module, *arguments],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    out, _, heavy = result.stdout.rpartition("HEAVY")
    assert says in out + result.stderr, result.stderr
    assert "Traceback" not in result.stderr
    assert json.loads(heavy) == []


#: In a clone with its default store, then with the store named in three ways.
COMMANDS = """
import json
from pathlib import Path
from flows.cli.app import main

folder = Path(".armature/store").absolute()
commands = [["plan", "specs/quickstart.yaml", "--set", "control=null"], ["ls"]]
commands += [[name, "--store", store] for name, store in (
    ("ls", ".armature/store"), ("ls", folder.as_uri()), ("ls", f"file://{folder}"), ("gc", str(folder))
)]
for command in commands:
    try:
        main(command)
    except SystemExit as ended:
        assert not ended.code, (command, ended.code)
"""


@pytest.mark.slow
def test_commands_in_a_clone_whose_path_has_spaces_and_letters(tmp_path: Path) -> None:
    clone, archive = tmp_path / "c 3 ü", tmp_path / "clone.tar"
    clone.mkdir()
    # With what Python compiled: the times of files stay, so that nothing is compiled again.
    packages = ["flows", "infra", "sandbox", "specs", "tasks"]
    subprocess.run(["tar", "-cf", str(archive), *packages], cwd=ROOT, check=True, capture_output=True)
    subprocess.run(["tar", "-xf", str(archive)], cwd=clone, check=True, capture_output=True)
    archive.unlink()
    result = subprocess.run(
        [sys.executable, "-c", COMMANDS],
        cwd=clone,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    uri = file_uri(clone / ".armature" / "store")
    assert f"store {uri}\n" in result.stdout and result.stdout.count(f"no runs in {uri}") == 4
    assert [each.name for each in tmp_path.iterdir()] == [clone.name], "nothing lies outside the clone"
    assert (clone / ".armature" / "store").is_dir()
