"""Data sources as `data.train` names them, and the traits of each that the rules of a spec ask for.

A source is declared here and read by `tasks/data/sources/<name>.py`. One from outside, `my_source.py:Name?key=value`,
needs no entry: its traits are those of its class, and are checked when its file is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    commits (`data.revision`).
    """

    name: str
    prefix: str
    spelling: str
    own_verifier: bool | None = False
    demonstrations: bool | None = False
    puzzle_words: bool | None = False
    hub: bool = False
    suffixes: tuple[str, ...] = ("",)


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
        SourceDeclaration("hub", "hf://", "hf://<owner>/<dataset>", hub=True),
        SourceDeclaration("csv", "", "a .csv file or URI", suffixes=(".csv", ".csv.gz", ".csv.xz", ".csv.bz2")),
        SourceDeclaration("parquet", "", "a .parquet file or URI", suffixes=(".parquet",)),
        SourceDeclaration("jsonl", "", "a .jsonl file or URI"),
    )
}
PLUGIN = SourceDeclaration("plugin", "", "my_source.py:Name", own_verifier=None, demonstrations=None, puzzle_words=None)


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


def named_verifier(data: Data) -> str:
    """Return the name of the verifier of the problems, as the spec alone says it; empty where a source brings its own.

    A puzzle is called as its verifier.
    """
    declared, body = declared_source(data.train), data.train.partition("?")[0]
    return data.verifier or (body.removeprefix(declared.prefix) if declared.own_verifier else "")


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
    if not isinstance(data, Mapping) or data.get("verifier") is not None or not isinstance(data.get("train"), str):
        return values
    terms = reward.get("terms") if isinstance(reward, Mapping) else None
    if not isinstance(reward, Mapping) or not isinstance(terms, Mapping):
        return values
    brings_own = declared_source(data["train"]).own_verifier
    named = [term["use"] for term in terms.values() if kind_of_term(term) == VERIFIER and "use" in term]
    outcome = terms.get(reward.get("outcome", CORRECT))
    if named and not brings_own:
        verifier = named[0]
    elif not named and brings_own is False and isinstance(outcome, Mapping):
        verifier = NO_VERIFIER
    else:
        return values
    return {**values, "data": {**data, "verifier": verifier}}


def spellings() -> str:
    """Return how each source is named, for messages."""
    return ", ".join(each.spelling for each in (*SOURCES.values(), PLUGIN))
