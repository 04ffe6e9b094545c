"""The key of a user's own function: its source, its settings, what it reads and imports; no path and no weight."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from specs.errors import SpecError
from specs.rewards import OwnTerm
from tasks.reward.functions import key
from tasks.reward.functions.key import own_term_key_part
from tests.one_line import one_line
from tests.tasks.reward.functions.tools import written

SOURCE = "def f(completions, **kwargs):\n    return [0.0 for _ in completions]\n"


def part(folder: Path, source: str = SOURCE, **settings: Any) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    return own_term_key_part(OwnTerm(use=f"{written(folder, source)}:f", **settings))


def test_the_path_and_the_weight_are_not_in_it(tmp_path: Path) -> None:
    first = part(tmp_path / "a", args={"target": 3})
    assert first == part(tmp_path / "b", args={"target": 3}, weight=0.5)
    assert set(first) == {"use", "source", "args", "deadline_s", "isolation"} and first["use"] == "f"


def test_what_changes_a_score_changes_it(tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("1")
    parts = [
        part(tmp_path / "a"),
        part(tmp_path / "a", SOURCE + "\n"),
        part(tmp_path / "a", args={"target": 3}),
        part(tmp_path / "a", deadline_s=3.0),
        part(tmp_path / "a", isolation="jail"),
        part(tmp_path / "a", reads=[str(tmp_path / "data.txt")]),
    ]
    assert all(each not in parts[:k] for k, each in enumerate(parts))
    (tmp_path / "data.txt").write_text("2")
    assert part(tmp_path / "a", reads=[str(tmp_path / "data.txt")]) not in parts


def test_files_that_it_reads_are_named_by_content(tmp_path: Path) -> None:
    name = str(tmp_path / "words.txt")
    Path(name).write_text("a")
    assert part(tmp_path, reads=[name])["reads"] == {name: hashlib.sha256(b"a").hexdigest()}
    with one_line(SpecError, "reads: got .*none.txt.* cannot be read"):
        part(tmp_path, reads=[str(tmp_path / "none.txt")])


def test_versions_of_the_packages_that_it_and_its_modules_import(tmp_path: Path) -> None:
    written(tmp_path, "import yaml\nimport json\n", "helper.py")
    source = "import numpy as np\nimport helper\nimport not_installed\nfrom tasks.errors import Unjudged\n" + SOURCE
    assert part(tmp_path, source)["packages"] == {"numpy": version("numpy"), "PyYAML": version("PyYAML")}


def test_a_file_without_packages_does_not_look_for_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key, "packages_distributions", None)
    key._distributions.cache_clear()
    assert "packages" not in part(tmp_path)
