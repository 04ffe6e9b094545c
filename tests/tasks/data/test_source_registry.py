"""Every source is reached by its name, does what it declares, and is named where a name is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from specs.sections import Data
from specs.sources import PLUGIN, SOURCES, SourceDeclaration, declared_source, spellings
from tasks.data.sources import base, registry
from tasks.data.sources.base import RowSource, Source
from tasks.data.sources.registry import make_source, source_version
from tasks.errors import DataError
from tests.tasks.data.tools import load

#: Sources whose declaration is compared with their class.
EXAMPLES = {
    "puzzle": "puzzle:countdown",
    "hub": "hf://owner/name",
    "jsonl": "data/train.jsonl",
    "csv": "data/train.csv.gz",
    "parquet": "s3://bucket/train.parquet",
}


def test_each_file_of_the_folder_is_a_declared_source() -> None:
    files = {path.stem for path in Path(registry.__file__).parent.glob("*.py")} - {"__init__", "base", "registry"}
    assert files == {*SOURCES, PLUGIN.name}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_source_is_what_its_declaration_says(name: str) -> None:
    declared, verifier = declared_source(EXAMPLES[name]), None if name == "puzzle" else "math"
    source = make_source(Data(train=EXAMPLES[name], verifier=verifier))
    assert declared is SOURCES[name]
    assert declared.own_verifier is (source.own_verifier is not None)
    assert "HELDOUT" not in vars(type(source)), "its declaration says that"
    assert declared.demonstrations is (type(source).demonstrations is not Source.demonstrations)
    assert declared.hub is (type(source).revision is not RowSource.revision and name == "hub")
    assert source_version(source.data) == type(source).VERSION == 1


def test_a_wrong_name_is_answered_with_all_that_there_are() -> None:
    with pytest.raises(DataError) as caught:
        load("puzle:countdown", verifier="math")
    assert spellings() in str(caught.value)
    assert all(each.spelling in spellings() for each in (*SOURCES.values(), PLUGIN))


def test_a_source_may_be_declared_after_the_one_that_has_no_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    added = SourceDeclaration("rows", "rows:", "rows:<file>")
    monkeypatch.setattr("specs.sources.SOURCES", {**SOURCES, "rows": added})
    assert declared_source("rows:file.csv") is added
    assert {name: declared_source(text).name for name, text in EXAMPLES.items()} == {name: name for name in EXAMPLES}


def test_a_new_version_is_in_the_key_and_no_version_is_where_it_is_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    from specs.load import load_spec
    from specs.paths import REPOSITORY_ROOT
    from tasks.data.sources.puzzle import PuzzleSource
    from tasks.reward.verifiers.puzzle import PuzzleVerifier

    spec = load_spec(REPOSITORY_ROOT / "specs/quickstart.yaml", (), {}).spec
    first = registry.data_key_part(spec)
    assert not any("version" in key for key in first)
    monkeypatch.setattr(PuzzleSource, "VERSION", 2)
    assert registry.data_key_part(spec) == {**first, "source_version": 2}
    monkeypatch.setattr(PuzzleSource, "VERSION", 1)
    monkeypatch.setattr(PuzzleVerifier, "READER_VERSION", 3)
    assert registry.data_key_part(spec) == {**first, "reader_version": 3}


def test_options_of_a_query() -> None:
    assert base.split_options("a?b=1&c=") == ("a", {"b": "1", "c": ""})
    with pytest.raises(DataError, match="write options as"):
        base.split_options("a?b")
