"""The YAML file of a suite: where its problems lie and how they are read, their number, their sampling and judging.

A shipped suite is named by its file in this folder. A suite of a user's own is a file of the same form, named by its
path; its data files are relative to it.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from specs.base import Positive, Section
from specs.checks import HELDOUT
from specs.errors import SpecError
from specs.keys import section_of
from specs.names import SUITES, suite_file, suite_names, suite_problem, verifier_problem
from specs.paths import REPOSITORY_ROOT, shown
from specs.plugin_checks import source_problems, verifier_problems
from specs.plugins import by_content, is_plugin, note, plugin_path
from specs.sources import declared_source
from specs.text import parse_document
from tasks.errors import DataError

UNPINNED = "unpinned"
_COMMIT = re.compile(r"[0-9a-f]{40}")

Name = Annotated[str, Field(min_length=1)]
#: One column, or several in a list.
Names = Annotated[
    tuple[Name, ...],
    BeforeValidator(
        lambda given: (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list) else given
    ),
]
#: The layouts of rows; `tasks/evaluate/suites/forms.py` describes each.
Form = Literal["answer", "choices", "shuffled", "completion", "asserts", "tests"]


class SuiteSource(Section):
    """The place of the problems."""

    at: Name = Field(
        description="`hf://owner/name`, a .jsonl path (relative to the repository root; of a suite of your own, to its "
        "file) or URI, `puzzle:name`, or a source of your own: `my_source.py:Name`."
    )
    subset: Name | None = Field(default=None, description="Configuration of an hf:// data set.")
    split: Name = Field(default="test", description="Split of an hf:// data set; several as `train+test`.")
    revision: Name | None = Field(
        default=None, description="Of an hf:// data set: its commit, or `unpinned`: the newest, resolved when loaded."
    )

    @model_validator(mode="after")
    def _revision_of_the_hub(self) -> SuiteSource:
        if declared_source(self.at).hub:
            if self.revision != UNPINNED and not _COMMIT.fullmatch(self.revision or ""):
                raise ValueError(f"revision: got {self.revision!r}, want a commit of 40 hex digits, or {UNPINNED}")
        elif self.revision is not None or self.subset is not None:
            raise ValueError(f"revision, subset: only for a source hf://, given with {self.at}")
        return self


class SuiteColumns(Section):
    """The columns of a row."""

    id: Name | None = Field(default=None, description="The problem's name; null: numbered.")
    question: Names = Field(
        default=("prompt",),
        min_length=1,
        description="The bare question; several columns follow each other, empty ones are left out.",
    )
    prompt: Name | None = Field(
        default=None, description="What is shown, where that is more than the question (form `tests`)."
    )
    answer: Name = Field(
        default="answer",
        description="The reference; dots reach into a nested record. Form `shuffled`: the right choice.",
    )
    answer_after: Name | None = Field(
        default=None, description="The reference is what follows the last of this text (GSM8K: '####')."
    )
    boxed: bool = Field(default=False, description="The reference is what the answer's last \\boxed{} holds.")
    choices: Name = Field(default="choices", description="The choices, a list; form `choices`.")
    wrong: Names = Field(default=(), description="The wrong choices; form `shuffled`.")
    unit: Name | None = Field(default=None, description="The answer's unit, for verifier math.")
    tolerance: Name | None = Field(
        default=None, description="Absolute difference at which a number is right, for verifier math."
    )
    level: Name | None = Field(default=None, description="How hard the problem is, in its set's own words.")
    subject: Name | None = Field(default=None, description="What it is about.")
    source: Name | None = Field(default=None, description="Where the set has it from.")


class StandIn(Section):
    """A file that is read instead of the source where the spec names a folder of stand-ins."""

    file: Name = Field(description="In the folder of stand-ins.")
    size: Positive = Field(description="Its rows; each has a known answer.")
    differs: Name = Field(description="What differs from the real set; goes into reports.")
    only: dict[str, str] = Field(default={}, description="Rows read: those whose column has this value.")
    form: Form = Field(default="answer", description="How its rows are laid out.")
    columns: SuiteColumns = Field(default=SuiteColumns(), description="Where in its rows things are.")


class SuiteSampling(Section):
    """The sampling of responses."""

    temperature: float = Field(gt=0, description="Of the softmax.")
    top_p: float = Field(gt=0, le=1, description="Nucleus; 1: off.")
    max_response_tokens: Positive = Field(description="Tokens, end token included.")


class SuiteDeclaration(Section):
    """A benchmark."""

    file: Path = Field(description="The YAML file itself; not written in it.")
    name: Name = Field(
        pattern=r"^[a-z0-9][a-z0-9._-]*$",
        description="In messages and keys. Of a shipped suite, and by default, the file's own, without .yaml.",
    )
    title: Name = Field(description="Name in reports.")
    source: SuiteSource
    form: Form = Field(default="answer", description="How the source's rows are laid out; a puzzle has none.")
    columns: SuiteColumns = Field(default=SuiteColumns(), description="Where in the source's rows things are.")
    size: Positive = Field(description="Rows of the source.")
    answers: Positive = Field(description="Rows with a known answer (a puzzle: with all of them): the problems.")
    licence: Name = Field(description="Of the problems.")
    prompt: Literal["none", "boxed", "code"] = Field(
        description="Instruction around each problem (tasks/data/prompts.py)."
    )
    verifier: Name = Field(
        description="math, code, choice, the puzzle's own, or your own: `my_verifier.py:name`, its path as that of "
        "the source."
    )
    timeout_s: float | None = Field(
        default=None,
        gt=0,
        description="Forms `completion` and `asserts`: CPU seconds of a test; null: the grader's own.",
    )
    sampling: SuiteSampling
    stand_in: StandIn | None = Field(default=None, description="Null: there is none.")

    @property
    def folder(self) -> Path:
        """Return the folder that the data's relative paths start at."""
        return REPOSITORY_ROOT if self.file.parent == SUITES else self.file.parent

    @property
    def verifier_name(self) -> str:
        """Return the verifier's name as problems and keys have it: a user's own is named by its content."""
        return by_content(self.verifier, self.folder)

    def note_own_code(self) -> None:
        """Note the source of a user's own code that the suite names, so that the run keeps the keys it began with."""
        for text in (self.source.at.partition("?")[0], self.verifier):
            if is_plugin(text):
                note(plugin_path(text, self.folder))

    @model_validator(mode="after")
    def _known_verifier(self) -> SuiteDeclaration:
        if (problem := verifier_problem(self.verifier)) is not None:
            raise ValueError(f"verifier: {problem}")
        for key, lines in (
            ("source.at", source_problems(self.source.at, self.folder)),
            ("verifier", verifier_problems(self.verifier, self.folder)),
        ):
            if lines:
                raise ValueError(f"{key}: {lines[0]}")
        if self.answers > self.size:
            raise ValueError(f"answers: {self.answers}, more than size {self.size}")
        return self


def read_suite(name: str) -> SuiteDeclaration:
    """Return the suite that `name` names: a shipped one, or the path of a YAML file (relative to the repository root).

    DataError for a name that is none's (with the nearest), and for a file that is wrong (with line and key).
    """
    if (line := suite_problem(name)) is not None:
        raise DataError(line)
    file = suite_file(name)
    return _own_suite(name, file) if name.endswith(".yaml") else parse_suite(file, file.read_text(encoding="utf-8"))


def _own_suite(name: str, file: Path) -> SuiteDeclaration:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"no suite {name!r}: {file} cannot be read ({error})") from None
    suite = parse_suite(file, text)
    if suite.name in (*suite_names(), HELDOUT) and file.parent != SUITES:
        raise DataError(f"{shown(file)}: name: {suite.name} is a shipped suite's; give yours a name of its own")
    return suite


def parse_suite(file: Path, text: str) -> SuiteDeclaration:
    """Return the suite that `text`, the content of `file`, declares; DataError as above."""
    where = shown(file)
    try:
        document = parse_document(text, where)
    except SpecError as error:
        raise DataError(str(error)) from None
    if "file" in document.value:
        raise DataError(f"{where}:{document.lines['file',]}: file: no such key")
    if file.parent == SUITES and "name" in document.value:
        raise DataError(f"{where}:{document.lines['name',]}: name: no such key; a shipped suite's name is its file's")
    try:
        return SuiteDeclaration.model_validate({"name": file.stem, **document.value, "file": file})
    except ValidationError as error:
        faults = error.errors(include_url=False)
        # A misspelt key is missing too.
        fault = next((each for each in faults if each["type"] == "extra_forbidden"), faults[0])
        path = tuple(str(part) for part in fault["loc"])
        place = (*path, *_key_of_rule(fault))
        line = next((document.lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in document.lines), 1)
        raise DataError(f"{where}:{line}: {_said(fault, path)}") from None


def _key_of_rule(fault: Any) -> tuple[str, ...]:
    """Return the key with which the message of a rule that joins keys opens; nothing for another fault."""
    return tuple(str(fault["ctx"]["error"]).partition(":")[0].split(".")) if fault["type"] == "value_error" else ()


def _said(fault: Any, path: tuple[str, ...]) -> str:
    key = ".".join(path)
    if fault["type"] == "extra_forbidden":
        section: type[BaseModel] | None = SuiteDeclaration
        for part in path[:-1]:
            section = section_of(section.model_fields[part].annotation) if section else None
        known = [name for name in section.model_fields if name != "file"] if section else []
        near = difflib.get_close_matches(path[-1], known, n=1, cutoff=0.5)
        return f"{key}: no such key; " + (f"the nearest is {near[0]}" if near else f"want one of {', '.join(known)}")
    if fault["type"] == "missing":
        return f"{key}: missing"
    if fault["type"] == "value_error":  # a rule that joins keys: it names the key
        return f"{key}.{fault['ctx']['error']}" if key else str(fault["ctx"]["error"])
    return f"{key}: got {fault['input']!r}: {fault['msg'][:1].lower()}{fault['msg'][1:]}"
