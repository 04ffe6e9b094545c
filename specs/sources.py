"""Data sources as `data.train` names them, and the traits of each that the rules of a spec ask for.

A source is declared here and read by `tasks/data/sources/<name>.py`. One from outside, `my_source.py:Name?key=value`,
needs no entry: its traits are those of its class, and are checked when its file is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from specs.mixtures import Part
from specs.plugins import is_plugin
from specs.rewards import CORRECT, VERIFIER, kind_of_term
from specs.sections import Data


@dataclass(frozen=True, slots=True)
class SourceDeclaration:
    """The traits of a data source; None where only its class knows, as of a source from outside.

    `prefix`, `suffixes`: how `data.train` begins, or ends, that names it; `spelling`: a name as messages show it.
    `own_verifier`, `demonstrations`: its problems come with a verifier, with right answers to learn from in a warm
    start. `puzzle_words`: they are written in the words of the puzzles'
    tokenizer, so that a policy made on the spot can read them. `hub`: it has configurations (`data.subset`) and
    commits (`data.revision`). `verifier`: the name of its own; None for a puzzle, which is called as its verifier.
    """

    name: str
    prefix: str
    spelling: str
    own_verifier: bool | None = False
    demonstrations: bool | None = False
    puzzle_words: bool | None = False
    hub: bool = False
    suffixes: tuple[str, ...] = ("",)
    verifier: str | None = None


#: The shipped sources by name; where several fit, the one with the longest prefix, then the longest suffix.
SOURCES: Mapping[str, SourceDeclaration] = {
    each.name: each
    for each in (
        SourceDeclaration(
            "puzzle",
            "puzzle:",
            "puzzle:<name>",
            own_verifier=True,
            demonstrations=True,
            puzzle_words=True,
        ),
        SourceDeclaration("gym", "gym:", "gym:<dataset of reasoning-gym>", own_verifier=True, verifier="gym"),
        SourceDeclaration("hub", "hf://", "hf://<owner>/<dataset>", hub=True),
        SourceDeclaration("csv", "", "a .csv file or URI", suffixes=(".csv", ".csv.gz", ".csv.xz", ".csv.bz2")),
        SourceDeclaration("parquet", "", "a .parquet file or URI", suffixes=(".parquet",)),
        SourceDeclaration("jsonl", "", "a .jsonl file or URI"),
    )
}
#: How files end that would be taken for JSONL, and are none.
NOT_READ = (".tsv", ".tsv.gz", ".xlsx", ".arrow", ".feather", ".pkl", ".zip", ".tar.gz", ".parquet.gz", ".parquet.zst")
PLUGIN = SourceDeclaration("plugin", "", "my_source.py:Name", own_verifier=None, demonstrations=None, puzzle_words=None)


@dataclass(frozen=True, slots=True)
class DataPart:
    """A source of a spec's problems, and the settings that hold for it.

    `name`: that of the part of a mixture; empty for the one source of a spec.
    """

    name: str
    data: Data

    @property
    def at(self) -> str:
        """Return the key above the settings that are the part's own."""
        return f"data.train.{self.name}" if self.name else "data"

    @property
    def key(self) -> str:
        """Return the key that names the source."""
        return f"{self.at}.source" if self.name else "data.train"

    @property
    def declared(self) -> SourceDeclaration:
        """Return the declaration of the source."""
        return declared_source(self.data.source)


def parts_of(data: Data) -> list[DataPart]:
    """Return the sources of a spec's problems: one, or those of a mixture in alphabetical order of their names.

    A part inherits from `data` what it does not say and can use: a verifier where its source brings none, a subset and
    a revision of the hub, and what precedes an answer where it has one. It holds out nothing itself.
    """
    if isinstance(data.train, str):
        return [DataPart("", data)]
    return [DataPart(name, _inherited(data, part)) for name, part in sorted(data.train.items())]


def _inherited(data: Data, part: Part) -> Data:
    declared, code = declared_source(part.source), (part.verifier or data.verifier) == "code"
    useless = {"verifier": declared.own_verifier, "answer_after": code}
    useless |= dict.fromkeys(("subset", "revision"), not declared.hub)
    dropped = {key: None for key, is_useless in useless.items() if is_useless}
    return data.model_copy(update={"train": part.source, "heldout": 0, **dropped, **part.own()})


def declared_source(train: str) -> SourceDeclaration:
    """Return the declaration of the source that `train`, a value of `data.train`, names."""
    if is_plugin(train.partition("?")[0]):
        return PLUGIN
    fitting = [
        (len(each.prefix), len(suffix), each.name)
        for each in SOURCES.values()
        for suffix in each.suffixes
        if train.startswith(each.prefix) and train.lower().endswith(suffix)
    ]
    return SOURCES[max(fitting)[2]]


def own_verifiers(data: Data) -> list[tuple[str, str]]:
    """Return (key, name) of each verifier that a spec names itself."""
    parts = {} if isinstance(data.train, str) else data.train
    said = {"data": data.verifier, **{f"data.train.{name}": part.verifier for name, part in parts.items()}}
    return [(f"{at}.verifier", verifier) for at, verifier in said.items() if verifier is not None]


def named_verifiers(data: Data) -> list[str]:
    """Return the names of the verifiers of the problems, as the spec alone says them.

    A puzzle is called as its verifier. An empty name is that of a source from outside that brings its own.
    """
    return [_named_verifier(part.data) for part in parts_of(data)]


def _named_verifier(data: Data) -> str:
    declared, body = declared_source(data.source), data.source.partition("?")[0]
    own = declared.verifier or body.removeprefix(declared.prefix)
    return data.verifier or (own if declared.own_verifier else "")


#: The verifier of problems whose outcome is a term of the reward: it reads no reference.
NO_VERIFIER = "none"


def with_verifier_of_terms(values: Any) -> Any:
    """Return the raw values of a spec with `data.verifier`, where that is not set and `reward.terms` alone says it.

    It says how a row's reference is read: by the verifier that a term names, or not at all where the outcome is
    another term. What is not right here is left to validation.
    """
    if not isinstance(values, Mapping):
        return values
    data, reward = values.get("data"), values.get("reward")
    if not isinstance(data, Mapping) or data.get("verifier") is not None:
        return values
    terms = reward.get("terms") if isinstance(reward, Mapping) else None
    if not isinstance(reward, Mapping) or not isinstance(terms, Mapping):
        return values
    brings_own = _bring_their_own(data.get("train"))
    named = [term["use"] for term in terms.values() if kind_of_term(term) == VERIFIER and "use" in term]
    outcome = terms.get(reward.get("outcome", CORRECT))
    if named and not brings_own:
        verifier = named[0]
    elif not named and brings_own is False and isinstance(outcome, Mapping):
        verifier = NO_VERIFIER
    else:
        return values
    return {**values, "data": {**data, "verifier": verifier}}


def _bring_their_own(train: Any) -> bool | None:
    """Return whether a raw `data.train` takes no `data.verifier`; None where its source alone knows.

    A mixture takes none where each part names its own or brings it.
    """
    if not isinstance(train, Mapping):
        return declared_source(train).own_verifier if isinstance(train, str) else False
    parts = [part for part in train.values() if isinstance(part, Mapping) and part.get("verifier") is None]
    sources = [part["source"] for part in parts if isinstance(part.get("source"), str)]
    found = {declared_source(source).own_verifier for source in sources} - {True}
    return True if train and not found else None if found == {None} else False


def spellings() -> str:
    """Return how each source is named, for messages."""
    return ", ".join(each.spelling for each in (*SOURCES.values(), PLUGIN))
