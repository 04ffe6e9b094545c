"""From a spec file to a `Spec`: YAML (with `extends`) < environment < `--set train.learning_rate=1e-6`.

A variable of the environment is named after its key: `ARMATURE_TRAIN__LEARNING_RATE`. Every problem of a spec is
reported, one line each, with the path of its key and the place that its value came from.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from specs.errors import SpecError
from specs.files import absolute_store, comparison_problems, control_problems, model_problems
from specs.hints import nearest
from specs.keys import accepts_text, choices, field_at, holds_anything, leaves, takes_mapping, unknown
from specs.layers import Layer, current, merged, without_dropped
from specs.names import name_problems
from specs.paths import shown
from specs.plugin_checks import member_problems, named_code_problems
from specs.problems import place, problem_lines
from specs.schema import Spec
from specs.text import Document, KeyPath, parse_document, parse_value

PREFIX = "ARMATURE_"
DEFAULT = "default"
_NULL = ("", "~", "null")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A valid spec, and where it came from.

    `origins` has the origin of every key (dotted path): `specs/x.yaml:12`, the name of an environment variable,
    `--set`, or `default`. `path` is the file; `text` the whole resolved spec as YAML, for the run's record; `control`
    the file of the control run, if there is one.
    """

    spec: Spec
    origins: Mapping[str, str]
    path: Path
    text: str
    control: Path | None


def load_spec(
    path: Path | str,
    overrides: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
    *,
    changes: Sequence[Sequence[str]] = (),
    shared: bool = False,
) -> Loaded:
    """Read, merge and validate the spec at `path`.

    `overrides` are `key.path=value`, as after `--set`; `environ` is os.environ unless given. Each of `changes` is a
    list of such texts, which lies upon the environment and below `overrides`: a study's. With `shared`, environment
    and overrides speak to several experiments: what this one's estimator or objective lacks is dropped. Raises
    SpecError.
    """
    path = Path(path)
    files, control_folder = _read_files(path)
    variables, settings, between = Layer(), Layer(), [Layer() for _ in changes]
    problems = _read_environment(os.environ if environ is None else environ, variables)
    for layer, texts in zip((*between, settings), (*changes, overrides), strict=True):
        problems += _read_overrides(texts, layer)
    layers = without_dropped([*files, variables, *between, settings], (variables, settings) if shared else ())
    spec, origins = _merged(layers, files, problems)
    control = control_folder / spec.control if spec.control is not None else None
    named = [*member_problems(spec), *named_code_problems(spec), *name_problems(spec)]
    problems += [f"{key}: {line}{place(tuple(key.split('.')), origins)}" for key, line in named]
    return _sound(spec, origins, [*problems, *control_problems(path, control)], path, control)


def load_recorded(text: str, where: str, overrides: Sequence[str] = ()) -> Loaded:
    """Return the spec of a run from its record, which messages name `where`: its own, under no environment.

    The record is perhaps of an earlier version: its keys are taken under their names of today. It may outlive the
    files of a user's own code that it names: who needs one of them says so. Nothing of its control is read. Raises
    SpecError.
    """
    document, settings = parse_document(text, where), Layer()
    file = _file_layer({**current(document.value), "control": None}, document, where)
    problems = _read_overrides(overrides, settings)
    spec, origins = _merged(without_dropped([file, settings]), [file], problems)
    return _sound(spec, origins, problems, Path(where), None)


def _merged(layers: Sequence[Layer], files: Sequence[Layer], problems: list[str]) -> tuple[Spec, Mapping[KeyPath, str]]:
    """Return the spec of all layers and the origins of its keys; add to `problems`, or raise SpecError with them."""
    all_layers = merged(layers)
    try:
        spec = _validated(layers)
    except ValidationError as error:
        raise SpecError("\n".join([*problems, *problem_lines(error, all_layers.value, all_layers.origins)])) from None
    if "store" in all_layers.value:
        origin = all_layers.origins[("store",)]
        from_file = any(origin == layer.origins.get(("store",)) for layer in files)
        store, wrong = absolute_store(spec.store, from_file=from_file)
        problems += [f"store: {line} ({origin})" for line in wrong]
        spec = spec.model_copy(update={"store": store})
    return spec, all_layers.origins


def _sound(
    spec: Spec, origins: Mapping[KeyPath, str], problems: Sequence[str], path: Path, control: Path | None
) -> Loaded:
    """Return the loaded spec. Raises SpecError where there are problems, those with its model's config among them."""
    if every := [*problems, *model_problems(spec)]:
        raise SpecError("\n".join(every))
    text = yaml.safe_dump(spec.model_dump(mode="json"), sort_keys=False)
    return Loaded(spec, _every_origin(spec, origins), path, text, control)


def _validated(layers: Sequence[Layer]) -> Spec:
    """Return the spec of all layers, the last one on top. Raises pydantic's ValidationError."""

    class Settings(Spec, BaseSettings):  # type: ignore[misc]  # both are models; Spec's stricter configuration holds
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_: PydanticBaseSettingsSource, **__: PydanticBaseSettingsSource
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return tuple(InitSettingsSource(settings_cls, layer.value) for layer in reversed(layers))

    settings = Settings()  # type: ignore[call-arg]  # the layers give the fields
    return Spec.model_construct(settings.model_fields_set, **dict(settings))


def load_control(
    loaded: Loaded, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> Loaded | None:
    """Return the control run of `loaded`, under the same environment and overrides (but its own name and no control).

    None without one. A control must start from the same warm start on the same data, and differ in its mathematics:
    SpecError otherwise.
    """
    if loaded.control is None:
        return None
    own = ("name", "control")
    environ = {
        key: value for key, value in (os.environ if environ is None else environ).items() if key_of(key) not in own
    }
    kept = [text for text in overrides if text.partition("=")[0].strip() not in own]
    control = load_spec(loaded.control, kept, environ, shared=True)
    problems = comparison_problems(loaded.spec, control.spec, shown(control.path))
    if problems:
        raise SpecError("\n".join(problems))
    return control


def describe(loaded: Loaded) -> str:
    """Return a line for each key that is not at its default: `train.learning_rate = 0.0001 (specs/x.yaml:31)`.

    A key that the command line or the environment sets has one whatever its value: it may take a file's value back.
    """
    defaults = dict(leaves(Spec.model_construct().model_dump(mode="json")))
    for section, choice in choices().items():
        member = getattr(loaded.spec, section[0])
        own = type(member).model_construct().model_dump(mode="json")
        own[choice.tag] = choice.default
        defaults |= dict(leaves(own, section))
    lines = []
    for path, value in leaves(loaded.spec.model_dump(mode="json")):
        origin = loaded.origins[".".join(path)]
        override = origin.startswith(("--set ", PREFIX))
        if override or (origin != DEFAULT and (path not in defaults or defaults[path] != value)):
            lines.append(f"{'.'.join(path)} = {json.dumps(value)} ({origin})")
    return "\n".join(lines)


def _read_files(path: Path, readers: tuple[Path, ...] = ()) -> tuple[list[Layer], Path]:
    """Return the file and those that it extends, furthest first; and the folder of the file that names the control."""
    where = shown(path)
    if path.resolve() in readers:
        raise SpecError(f"extends: {' -> '.join(shown(file) for file in (*readers, path.resolve()))} is a circle")
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SpecError(_missing(path, readers)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{where}: cannot be read: {error}") from None
    document = parse_document(text, where)
    value, folder = dict(document.value), path.parent
    if value.keys() >= {"base", "variants"}:
        raise SpecError(f"{where}: this is a study, not an experiment: armature study {where}")
    layers: list[Layer] = []
    if "extends" in value:
        base = value.pop("extends")
        if not isinstance(base, str) or not base:
            raise SpecError(
                f"extends: got {base!r}, want a spec file, relative to this one "
                f"({where}:{document.lines[('extends',)]})"
            )
        layers, base_folder = _read_files(path.parent / base, (*readers, path.resolve()))
        folder = path.parent if "control" in value else base_folder
    return [*layers, _file_layer(value, document, where)], folder


def _file_layer(value: Mapping[str, Any], document: Document, where: str) -> Layer:
    """Return the values of a file with the line of each; `where` alone for one that the file has not as it stands."""
    lines = {key: f"{where}:{line}" for key, line in document.lines.items()}
    layer = Layer()
    layer.put(value, {key: lines.get(key, where) for key, _ in leaves(value)})
    return layer


def _missing(path: Path, readers: tuple[Path, ...]) -> str:
    here = sorted(file.name for file in path.parent.glob("*.yaml")) if path.parent.is_dir() else []
    near = nearest(path.name, here)
    hint = (
        f"; nearest is {shown(path.parent / near)}"
        if near
        else f"; {shown(path.parent)} holds {', '.join(here) or 'no .yaml file'}"
    )
    return f"{shown(path)}: no such spec file{f', which {shown(readers[-1])} extends' if readers else ''}{hint}"


def key_of(variable: str) -> str:
    """Return the dotted key path that an environment variable would set."""
    return variable.removeprefix(PREFIX).lower().replace("__", ".")


def _read_environment(environ: Mapping[str, str], layer: Layer) -> list[str]:
    """Put the ARMATURE_ variables on `layer`; return problems. A section comes before its keys."""
    problems = []
    names = sorted((name for name in environ if name.startswith(PREFIX)), key=lambda name: (name.count("__"), name))
    for name in names:
        problems += _put(key_of(name), environ[name], name, layer, spell=_variable)
    return problems


def _variable(key: str) -> str:
    return PREFIX + key.upper().replace(".", "__")


def _read_overrides(overrides: Sequence[str], layer: Layer) -> list[str]:
    """Put `key=value` texts on `layer`, the last one winning; return problems."""
    problems = []
    for text in overrides:
        key, equals, value = text.partition("=")
        if not equals:
            problems.append(f"--set {text}: want key=value, such as train.learning_rate=1e-6")
            continue
        problems += _put(key.strip(), value, f"--set {text}", layer, spell=str)
    return problems


def _put(key: str, text: str, origin: str, layer: Layer, spell: Callable[[str], str]) -> list[str]:
    path = tuple(key.split("."))
    info = field_at(path)
    if info is None and not holds_anything(path):
        return [f"{key}: {unknown(path, spell)} ({origin})"]
    value: Any = text.strip()
    # A revision such as 12e4567, or '####', is text as it stands.
    mapping = info is not None and takes_mapping(info) and value.startswith("{")
    if info is None or not accepts_text(info) or mapping or value in _NULL or value[0] in "'\"":
        try:
            value = parse_value(text, f"{key} ({origin})")
        except SpecError as error:
            return [str(error)]
    nested = nest(path, value)
    layer.put(nested, {leaf: origin for leaf, _ in leaves(nested)})
    return []


def nest(path: KeyPath, value: Any) -> dict[str, Any]:
    """Return {a: {b: value}} for the path (a, b)."""
    return {path[0]: nest(path[1:], value) if len(path) > 1 else value}


def _every_origin(spec: Spec, origins: Mapping[KeyPath, str]) -> dict[str, str]:
    """Return the origin of each key: its own, or that of a mapping above it (`warm_start: {}`), or `default`."""
    every = {}
    for path, _ in leaves(spec.model_dump(mode="json")):
        written = (origins[path[:end]] for end in range(len(path), 0, -1) if path[:end] in origins)
        every[".".join(path)] = next(written, DEFAULT)
    return every
