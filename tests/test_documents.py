"""Tests of the Markdown documents: what they name exists, and their examples load."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from flows.cli.app import app
from specs.keys import field_at, holds_anything, leaves
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from specs.schema import Spec
from specs.study import load_study
from tasks.evaluate.suites.declare import read_suite

FOLDERS = ("flows", "tasks", "specs", "sandbox", "infra", "tests", ".ci")
#: Reports of studies are written by `armature study`; tests/flows/test_committed_studies.py holds them.
GENERATED = ROOT / "tests" / "benchmarks" / "results"
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *(path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.md")) if GENERATED not in path.parents),
]
#: Files that a run, a worker or a user has, not the repository.
ELSEWHERE = {
    *("run.json", "night.json", "comparison.json", "metrics.jsonl", "report-data-*.js"),
    *("MANIFEST.json", "LEDGER.json", "config.json", "rows.jsonl", "other.yaml"),
    *("problem.json", "program.py", "pairs.jsonl", "input.txt"),
}
_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
_DEFINITION = re.compile(r"(?m)^\[[^\]]+\]: (\S+)$")
_FENCE = re.compile(r"(?ms)^```(\w*)\n(.*?)^```$")
_CODE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(rf"(?<![\w./:@-])(?:{'|'.join(re.escape(each) for each in FOLDERS)})/[\w./*<>-]*")
_FILE = re.compile(r"[\w.*<>/-]+\.(?:py|yaml|json|jsonl|md|toml|svg|png|js|css|txt|gz)")
_KEY = re.compile(r"[a-z_]+(?:\.[a-z_]+)+(?=$|[=: ])")


def of(check: str) -> pytest.MarkDecorator:
    """Run a test for each document."""
    return pytest.mark.parametrize(check, DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


@cache
def file_names() -> frozenset[str]:
    """Return the names of all files in the repository's folders."""
    found = (path.name for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file())
    return frozenset([*found, *(path.name for path in ROOT.iterdir())])


def blocks(text: str) -> list[str]:
    """Return the code blocks of a document, fenced or indented, line by line."""
    fenced = [line for _, body in _FENCE.findall(text) for line in body.splitlines()]
    return [*fenced, *(line for line in _FENCE.sub("", text).splitlines() if line.startswith("    "))]


def missing_paths(text: str, folder: Path) -> Iterator[str]:
    """Yield the names of files and folders in code that do not exist: paths from the root, and names of files."""
    code = [*_CODE.findall(_FENCE.sub("", text)), *blocks(text)]
    for line in code:
        for path in _PATH.findall(line):
            if not _exists(path.rstrip("."), ROOT) and not _exists(path.rstrip("."), folder):
                yield path
    for name in (word.strip(",;:()") for line in code for word in line.split()):
        if not _FILE.fullmatch(name):
            continue
        users = name.startswith(("my", "/", "../", "*")) or name in ELSEWHERE or "<" in name or "FILE" in name
        if not users and not _PATH.fullmatch(name) and not _named(name, folder):
            yield name


def _exists(path: str, folder: Path) -> bool:
    pattern = re.sub(r"<\w+>", "*", path)
    return any(folder.glob(pattern)) if "*" in pattern else (folder / path).exists()


def _named(name: str, folder: Path) -> bool:
    return _exists(name, folder) or ("/" not in name and name in file_names())


def missing_in_tree(text: str, folder: Path) -> Iterator[str]:
    """Yield the folders of an annotated tree that do not exist: of a line, they lie where its first one does."""
    for line in blocks(text):
        first, *others = line.split() or [""]
        if _PATH.fullmatch(first):
            beside = [folder / first, (folder / first).parent, folder]
            yield from (
                each
                for each in others
                if re.fullmatch(r"[\w/]+/", each) and not any((b / each).is_dir() for b in beside)
            )


def missing_keys(text: str) -> Iterator[str]:
    """Yield the keys of specs that do not exist: `section.key` in code, --set, ARMATURE_ variables, mappings."""
    for code in [*_CODE.findall(_FENCE.sub("", text)), *blocks(text)]:
        named = [match[0] for match in [_KEY.match(code)] if match and not _FILE.fullmatch(match[0])]
        named += re.findall(r"(?:--set |\"overrides\": \[\")([a-z_.]+)=", code)
        named += [
            each.lower().replace("__", ".") for each in re.findall(r"ARMATURE_([A-Z]+(?:_[A-Z]+)*__[A-Z_]+)", code)
        ]
        yield from (key for key in named if not _is_key(key))
    for _, body in _FENCE.findall(text):
        yield from missing_in_mapping(body)
    for code in _CODE.findall(_FENCE.sub("", text)):
        if re.match(r"[a-z_.]+: [\[{\w]", code):
            yield from missing_in_mapping(code)


def missing_in_mapping(text: str) -> Iterator[str]:
    """Yield the keys that do not exist of YAML whose top-level keys are sections of a spec."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return
    if isinstance(value, dict) and value and all(str(key).partition(".")[0] in {*Spec.model_fields} for key in value):
        yield from (key for path, _ in leaves(value) if not _is_key(key := ".".join(map(str, path))))


def _is_key(key: str) -> bool:
    """Return whether a dotted name is a key of a spec, or does not begin as one."""
    path = tuple(key.split("."))
    return path[0] not in Spec.model_fields or field_at(path) is not None or holds_anything(path)


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives to a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", text).strip().replace(" ", "-")


@of("document")
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text()
    broken = []
    for target in [*_LINK.findall(_FENCE.sub("", text)), *_DEFINITION.findall(text)]:
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        place = (document.parent / path).resolve() if path else document
        headings = re.findall(r"(?m)^#+ (.+)$", place.read_text()) if anchor and place.is_file() else []
        if not place.exists() or (anchor and anchor not in map(slug, headings)):
            broken.append(target)
    assert broken == []


@of("document")
def test_files_that_are_named_exist(document: Path) -> None:
    text = document.read_text()
    assert [*missing_paths(text, document.parent), *missing_in_tree(text, document.parent)] == []


@of("document")
def test_keys_that_are_named_exist(document: Path) -> None:
    assert list(missing_keys(document.read_text())) == []


@of("document")
def test_commands_that_are_named_exist(document: Path) -> None:
    text = document.read_text()
    code = [*_CODE.findall(_FENCE.sub("", text)), *blocks(text)]
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    targets = set(re.findall(r"(?m)^([\w-]+):", (ROOT / "Makefile").read_text()))
    named = [(word, commands) for line in code for word in re.findall(r"^\s*(?:\S+=\S+ )?armature ([a-z]+)", line)]
    named += [(word, targets) for line in code for word in re.findall(r"^\s*make ([a-z0-9-]+)", line)]
    assert [word for word, known in named if word not in known] == []
    modules = [
        word for line in code for word in re.findall(r"python -m ([\w.]+)", line) if word.split(".")[0] in FOLDERS
    ]
    assert [module for module in modules if not _runs(module)] == []


def _runs(module: str) -> bool:
    """Return whether `python -m module` does something."""
    place = ROOT.joinpath(*module.split("."))
    file = place / "__main__.py" if place.is_dir() else place.with_suffix(".py")
    return file.exists() and (place.is_dir() or '__name__ == "__main__"' in file.read_text())


@of("document")
def test_lines_have_at_most_120_characters(document: Path) -> None:
    lines = document.read_text().splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > 120] == []


@of("document")
def test_names_in_examples_are_defined(document: Path) -> None:
    """`from tasks.x import y` in a Python block: the file defines y."""
    for language, body in _FENCE.findall(document.read_text()):
        if language == "python":
            compile(body, str(document), "exec")
            for module, names in re.findall(r"(?m)^from ((?:tasks|specs|sandbox|infra)[\w.]*) import (.+)$", body):
                source = ROOT.joinpath(*module.split(".")).with_suffix(".py").read_text()
                defined = set(re.findall(r"(?m)^(?:class|def) (\w+)", source))
                assert set(re.split(r",\s*", names)) <= defined, module


def test_the_readme_has_at_most_120_lines() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120


def test_the_readmes_own_spec_loads(tmp_path: Path) -> None:
    (body,) = (body for _, body in _FENCE.findall((ROOT / "README.md").read_text()) if body.startswith("name:"))
    assert len(body.splitlines()) <= 12
    path = tmp_path / "my-task.yaml"
    path.write_text(body)
    assert load_spec(path, [], {}).spec.data.train == "my_problems.jsonl"


def test_the_example_of_a_study_loads(tmp_path: Path) -> None:
    text = (ROOT / "tasks" / "study" / "README.md").read_text()
    (body,) = (body for _, body in _FENCE.findall(text) if "variants:" in body)
    path = tmp_path / "my-study.yaml"
    path.write_text(body.replace("../quickstart.yaml", str(ROOT / "specs" / "quickstart.yaml")))
    assert len(load_study(path, environ={}).cells) == 6


def test_the_example_of_a_suite_loads(tmp_path: Path) -> None:
    text = (ROOT / "tasks" / "evaluate" / "README.md").read_text()
    (body,) = (body for _, body in _FENCE.findall(text) if "title:" in body)
    path = tmp_path / "sums.yaml"
    path.write_text(body)
    assert read_suite(str(path)).size == 2


def test_every_shipped_spec_and_suite_is_listed() -> None:
    readme, suites = (ROOT / "README.md").read_text(), (ROOT / "tasks" / "evaluate" / "README.md").read_text()
    assert [path.name for path in (ROOT / "specs").glob("*.yaml") if f"`{path.name}`" not in readme] == []
    shipped = sorted(path.stem for path in (ROOT / "tasks" / "evaluate" / "suites").glob("*.yaml"))
    assert [name for name in shipped if f"`{name}`" not in suites] == []
    assert f"{len(shipped)} suites" in readme


def test_rules_that_the_code_cites_are_there() -> None:
    rules = set(re.findall(r"(?m)^(\d+)\. \*\*", (ROOT / "CONTRIBUTING.md").read_text()))
    assert rules == {str(number) for number in range(1, 15)}
    cited = [
        number
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        for numbers in re.findall(r"CONTRIBUTING\.md, rules? (\d+(?: and \d+)?)", path.read_text())
        for number in numbers.split(" and ")
    ]
    assert cited and set(cited) <= rules


def test_nothing_refers_to_a_document_outside_the_repository() -> None:
    here = Path(__file__)
    suffixes = {".py", ".yaml", ".md", ".json", ".toml"}
    found = [
        f"{path.relative_to(ROOT)}: {words}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.suffix in suffixes and path != here and GENERATED not in path.parents
        for words in re.findall(r"(?i)\bmethod\.md|\bdesign\.md|\bdesign rules? \d+", path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("see `tasks/graph/no_such.py`", "tasks/graph/no_such.py"),
        ("see `no_such.py`", "no_such.py"),
        ("    tasks/no_such/   annotated", "tasks/no_such/"),
        ("see `tasks/train/no_such/<name>.py`", "tasks/train/no_such/<name>.py"),
    ],
)
def test_a_made_up_file_is_found(text: str, name: str) -> None:
    assert name in missing_paths(text, ROOT)


def test_a_made_up_folder_of_a_tree_is_found() -> None:
    assert list(missing_in_tree("    tasks/data/  rollout/  no_such/   plain functions", ROOT)) == ["no_such/"]


@pytest.mark.parametrize(
    "text",
    [
        "set `rollout.no_such_tokens`",
        "set `rollout.no_such_tokens: 3`",
        "    armature train x.yaml --set rollout.no_such_tokens=3",
        "    ARMATURE_ROLLOUT__NO_SUCH_TOKENS=3 armature train x.yaml",
        "`rollout: {no_such_tokens: 3}`",
        "```yaml\nrollout: {no_such_tokens: 3}\n```",
    ],
)
def test_a_made_up_key_is_found(text: str) -> None:
    assert "rollout.no_such_tokens" in missing_keys(text)
