"""The model of a study file: a base spec, named variants of it, seeds, the evaluation of its policies, and comparisons.

A study file (specs/studies/*.yaml) says only what differs; each of its cells, a variant under a setting with a seed,
is an ordinary experiment, resolved as `--set` resolves one.

    python -m specs.study > specs/studies/schema.json
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from specs.base import Count, Positive, Section
from specs.errors import SpecError
from specs.identity import identity
from specs.load import PREFIX, Loaded, key_of, load_spec
from specs.paths import from_root, shown
from specs.text import KeyPath, parse_document

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=32)]
Seeds = Annotated[tuple[Count, ...], Field(min_length=1, strict=False)]
Pair = Annotated[tuple[Name, Name], Field(strict=False)]
Changes = Annotated[
    dict[str, Any],
    Field(
        default_factory=dict,
        description="Dotted key and value, upon the base, as after --set. Not name, seed, control, store or "
        "evaluate.temperature.",
    ),
]
#: Keys that no `set` may name, nor --set or an ARMATURE_ variable (but for the store), and what says it instead.
_RESERVED = {
    "name": "the study's own name and the setting's and variant's make it",
    "seed": "`seeds` says it",
    "control": "the study's `control` says it",
    "store": "the base's, or ARMATURE_STORE, holds for all cells",
    "evaluate": "it would take the place of all of the base's; name evaluate.<key>",
    "evaluate.temperature": "`temperatures` says it",
}


class Setting(Section):
    """The changes that all variants are run under; variants are compared within a setting."""

    label: str = Field(min_length=1, description="As reports name it.")
    set: Changes


class Variant(Section):
    """One side of a comparison, as changes of the base."""

    label: str = Field(min_length=1, description="As reports name it.")
    set: Changes
    seeds: Seeds | None = Field(default=None, description="Its own seeds; null: the study's.")


class Study(Section):
    """A matrix of settings x variants x seeds, and the comparisons in it."""

    name: Name = Field(description="Of the study; its runs are called <name>-<setting>-<variant>.")
    base: str = Field(min_length=1, description="Spec file, relative to this one.")
    set: Changes
    settings: dict[Name, Setting] = Field(min_length=1, description="By name.")
    variants: dict[Name, Variant] = Field(min_length=1, description="By name, in the order of reports.")
    seeds: Seeds = Field(
        description="Of the variants that name none. A seed decides everything random, the warm start included."
    )
    control: Name = Field(description="The variant that the others are held against.")
    comparisons: tuple[Pair, ...] = Field(
        default=(),
        strict=False,
        description="Pairs [variant, against] whose differences are tested, with Holm's correction over all of them.",
    )
    temperatures: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=1, strict=False)] = Field(
        default=(1.0,), description="Every policy is evaluated at each; claims are made at the first."
    )
    side_by_side: Positive = Field(default=1, description="Cells at a time. Changes no result.")
    results: str | None = Field(
        default=None,
        min_length=1,
        description="Folder of cells' results and their summary, relative to the repository root; null: "
        ".armature/studies/<name>/cells.",
    )

    @model_validator(mode="after")
    def _cross_fields(self) -> Study:
        lines = list(_broken_rules(self))
        if lines:
            raise ValueError("\n".join(lines))
        return self

    def seeds_of(self, variant: str) -> tuple[int, ...]:
        """Return the variant's seeds: its own, or the study's."""
        return self.variants[variant].seeds or self.seeds


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """One experiment of a study. `loaded` has it as evaluated at the study's first temperature."""

    setting: str
    variant: str
    seed: int
    loaded: Loaded

    @property
    def label(self) -> str:
        """Return `setting / variant / seed n`."""
        return f"{self.setting} / {self.variant} / seed {self.seed}"


@dataclass(frozen=True, slots=True)
class LoadedStudy:
    """A study with its experiments.

    `cells`: all of the matrix, resolved, in the order of their runs: seed by seed, so that what a seed's variants
    share is made once and used soon. `text`: the study file as it was read. `altered`: 8 hex digits where the command
    line or the environment changes what the file says, else empty.
    """

    study: Study
    cells: tuple[PlannedCell, ...]
    path: Path
    text: str
    altered: str = ""


def load_study(
    path: Path | str,
    overrides: Sequence[str] = (),
    seeds: Sequence[int] | None = None,
    environ: Mapping[str, str] | None = None,
) -> LoadedStudy:
    """Read a study and resolve every cell.

    `overrides` are `key.path=value` for all cells, after what the file says; `seeds` take the place of the file's own
    where given, for every variant. Raises SpecError with a line for each problem.
    """
    path, environ = Path(path), os.environ if environ is None else environ
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(
            f"{shown(path)}: cannot be read: {error}; studies lie in {shown(from_root('specs/studies'))}"
        ) from None
    document = parse_document(text, shown(path))
    try:
        study = Study.model_validate(document.value)
    except ValidationError as error:
        raise SpecError("\n".join(_lines(error, document.lines, shown(path)))) from None
    refused = list(_without_effect(overrides, seeds, environ))
    if refused:
        raise SpecError("\n".join(refused))
    if seeds is not None:
        study = study.model_copy(
            update={
                "variants": {
                    name: each.model_copy(update={"seeds": tuple(seeds)}) for name, each in study.variants.items()
                }
            }
        )
    problems: dict[str, dict[str, None]] = {}  # line -> settings and variants in which it is wrong
    cells: list[PlannedCell] = []
    for setting, variant, seed in _matrix(study):
        try:
            cells.append(
                PlannedCell(setting, variant, seed, _resolved(study, path, setting, variant, seed, overrides, environ))
            )
        except SpecError as error:
            for line in str(error).splitlines():
                problems.setdefault(line, {})[f"{setting} / {variant}"] = None
    matrix = {(setting, variant) for setting, variant, _ in _matrix(study)}
    lines = [line if len(where) == len(matrix) else f"{', '.join(where)}: {line}" for line, where in problems.items()]
    if lines := [*lines, *dict.fromkeys(_unlike(cells))]:
        raise SpecError("\n".join(f"{shown(path)}: {line}" for line in lines))
    return LoadedStudy(study, tuple(cells), path, text, _altered(overrides, seeds, environ))


def _without_effect(overrides: Sequence[str], seeds: Sequence[int] | None, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each value of the command line or environment that the study's own values would undo."""
    given = [(text.partition("=")[0].strip(), f"--set {text}") for text in overrides]
    given += [(key_of(name), name) for name in sorted(environ) if name.startswith(PREFIX) and name != f"{PREFIX}STORE"]
    for key, where in given:
        if key in _RESERVED and key != "store":
            yield f"{key}: not for a study: {_RESERVED[key]} ({where})"
    if seeds is not None and (not seeds or len(set(seeds)) < len(seeds)):
        yield f"seeds: got {list(seeds)}, want one or more, each once"


def _altered(overrides: Sequence[str], seeds: Sequence[int] | None, environ: Mapping[str, str]) -> str:
    """Return 8 hex digits of what changes the study for this start, or ''. ARMATURE_STORE is a place, no change."""
    variables = sorted(
        (name, text) for name, text in environ.items() if name.startswith(PREFIX) and name != f"{PREFIX}STORE"
    )
    if not (overrides or seeds is not None or variables):
        return ""
    return hashlib.sha256(json.dumps([list(overrides), list(seeds or ()), variables]).encode()).hexdigest()[:8]


def _matrix(study: Study) -> Iterator[tuple[str, str, int]]:
    for seed in sorted({seed for variant in study.variants for seed in study.seeds_of(variant)}):
        for setting in study.settings:
            for variant in study.variants:
                if seed in study.seeds_of(variant):
                    yield setting, variant, seed


def _resolved(
    study: Study,
    path: Path,
    setting: str,
    variant: str,
    seed: int,
    overrides: Sequence[str],
    environ: Mapping[str, str],
) -> Loaded:
    changes = (study.set, study.settings[setting].set, study.variants[variant].set)
    own = {
        "name": f"{study.name}-{setting}-{variant}",
        "seed": seed,
        "control": None,
        "evaluate.temperature": study.temperatures[0],
    }
    return load_spec(
        path.parent / study.base,
        [*overrides, *_texts(own)],
        environ,
        changes=[_texts(each) for each in changes],
        shared=True,
    )


def _texts(changes: Mapping[str, Any]) -> list[str]:
    """Return changes as after `--set`. JSON is YAML: the value arrives as it was written."""
    return [f"{key}={json.dumps(value)}" for key, value in changes.items()]


def _broken_rules(study: Study) -> Iterator[str]:
    for where, changes in _changes(study):
        for key in changes:
            if key in _RESERVED:
                yield f"{where}.{key}: not here: {_RESERVED[key]}"
    if study.control not in study.variants:
        yield f"control: got {study.control!r}, want one of {', '.join(study.variants)}"
    for pair in study.comparisons:
        for name in pair:
            if name not in study.variants:
                yield f"comparisons: {list(pair)} names {name!r}, want two of {', '.join(study.variants)}"
        if pair[0] == pair[1]:
            yield f"comparisons: {list(pair)} compares a variant with itself; drop it"
    pairs = [frozenset(pair) for pair in study.comparisons]
    for name, values in (("seeds", study.seeds), ("temperatures", study.temperatures), ("comparisons", pairs)):
        if len(set(values)) < len(values):
            yield f"{name}: one is there twice; drop it"
    for name, labels in (("settings", study.settings), ("variants", study.variants)):
        if len({each.label for each in labels.values()}) < len(labels):
            yield f"{name}: two have the same label; reports could not tell them apart"
    for name, variant in study.variants.items():
        if variant.seeds and len(set(variant.seeds)) < len(variant.seeds):
            yield f"variants.{name}.seeds: one is there twice; drop it"


def _changes(study: Study) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "set", study.set
    yield from ((f"settings.{name}.set", each.set) for name, each in study.settings.items())
    yield from ((f"variants.{name}.set", each.set) for name, each in study.variants.items())


def _unlike(cells: Sequence[PlannedCell]) -> Iterator[str]:
    """Yield a line for each cell that cannot be compared with its setting's others, or is the same as another."""
    first: dict[str, PlannedCell] = {}
    same: dict[tuple[int, str], PlannedCell] = {}
    for cell in cells:
        spec = cell.loaded.spec
        if len(spec.evaluate.suites) != 1:
            yield (
                f"{cell.label}: evaluate.suites is {list(spec.evaluate.suites)}; a study's policies are compared on "
                "one suite"
            )
        other = first.setdefault(cell.setting, cell)
        of = other.loaded.spec
        if (spec.train.iterations, spec.evaluate) != (of.train.iterations, of.evaluate):
            yield (
                f"{cell.label}: train.iterations or evaluate differs from {other.variant}; the variants of a setting "
                "are compared at the same points"
            )
        twin = same.setdefault((cell.seed, identity(spec)), cell)
        if twin is not cell:
            yield (
                f"{cell.label}: the same experiment as {twin.setting} / {twin.variant}; change what its `set` says, or "
                "drop it"
            )


def _lines(error: ValidationError, lines: Mapping[KeyPath, int], where: str) -> list[str]:
    """Return a line for each problem of a study file, with the line of its key."""
    found: dict[str, None] = {}
    for item in error.errors():
        if item["type"] == "value_error":
            found |= {f"{where}: {line}": None for line in str(item["ctx"]["error"]).splitlines()}
            continue
        path = tuple(str(part) for part in item["loc"])
        known = max((path[:end] for end in range(len(path) + 1) if path[:end] in lines), key=len, default=())
        at = f"{where}:{lines[known]}" if known else where
        message = item["msg"]
        if item["type"] == "extra_forbidden":
            section = {1: Study, 3: Setting if path[0] == "settings" else Variant}.get(len(path), Study)
            near = difflib.get_close_matches(path[-1], section.model_fields, n=1, cutoff=0.5)
            message = (
                f"no such key; nearest is {near[0]}"
                if near
                else f"no such key; want one of {', '.join(section.model_fields)}"
            )
        elif item["type"] == "missing":
            message = "missing"
        found[f"{at}: {'.'.join(path)}: {message}"] = None
    return list(found)


def json_schema() -> str:
    """Return the JSON schema that editors read: the text of `specs/studies/schema.json`."""
    return json.dumps(Study.model_json_schema(), indent=2, sort_keys=True)


if __name__ == "__main__":
    print(json_schema())
