"""From a spec file to a `Spec`: YAML (with `extends`) < environment (`ARMATURE_TRAIN__LEARNING_RATE`) < `--set train.learning_rate=1e-6`.

Every problem of a spec is reported, one line each, with the path of its key and where the value came from.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from specs.errors import SpecError
from specs.files import absolute_store, comparison_problems, control_problems, model_problems
from specs.keys import accepts_text, field_at, leaves, unknown
from specs.paths import shown
from specs.problems import problem_lines
from specs.schema import Spec
from specs.text import KeyPath, parse_document, parse_value

PREFIX = "ARMATURE_"
DEFAULT = "default"
_NULL = ("", "~", "null")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A valid spec. `origins` says of every key (dotted path) where its value came from: `specs/x.yaml:12`, the name of an environment
    variable, `--set`, or `default`. `path` is the file; `text` the whole resolved spec as YAML, for the run's record.
    `control` is the file of the control run, if there is one.
    """

    spec: Spec
    origins: Mapping[str, str]
    path: Path
    text: str
    control: Path | None


@dataclass(slots=True)
class _Layer:
    """Values of one kind of source, and where each came from."""

    value: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, str] = field(default_factory=dict)

    def put(self, value: Mapping[str, Any], origins: Mapping[KeyPath, str]) -> None:
        """Merge `value` over what is here. A value takes the place of all that stood at or below its path."""
        self.value = merge(self.value, value)
        for path, _ in leaves(value):
            above = {path[:end] for end in range(1, len(path))}
            self.origins = {
                old: at for old, at in self.origins.items() if old not in above and old[: len(path)] != path
            }
            self.origins[path] = origins[path]


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` upon `base`: mappings are merged, anything else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def load_spec(path: Path | str, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> Loaded:
    """Read, merge and validate the spec at `path`.

    `overrides` are `key.path=value`, as after `--set`; `environ` is os.environ unless given. Raises SpecError.
    """
    path = Path(path)
    files, control_folder = _read_files(path)
    variables, settings = _Layer(), _Layer()
    problems = [
        *_read_environment(os.environ if environ is None else environ, variables),
        *_read_overrides(overrides, settings),
    ]
    merged = _Layer()
    for layer in (files, variables, settings):
        merged.put(layer.value, layer.origins)
    try:
        values = _settings(files, variables, settings).model_dump(exclude_unset=True)
    except ValidationError as error:
        raise SpecError("\n".join([*problems, *problem_lines(error, merged.value, merged.origins)])) from None
    if "store" in values:
        origin = merged.origins[("store",)]
        values["store"], wrong = absolute_store(values["store"], from_file=origin == files.origins.get(("store",)))
        problems += [f"store: {line} ({origin})" for line in wrong]
    spec = Spec.model_validate(values)
    control = control_folder / spec.control if spec.control is not None else None
    problems += [*model_problems(spec), *control_problems(path, control)]
    if problems:
        raise SpecError("\n".join(problems))
    text = yaml.safe_dump(spec.model_dump(mode="json"), sort_keys=False)
    return Loaded(spec, _every_origin(spec, merged.origins), path, text, control)


def load_control(
    loaded: Loaded, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> Loaded | None:
    """The control run of `loaded`, under the same environment and overrides (but its own name and no control); None without one.

    A control must start from the same warm start on the same data, and differ in its mathematics: SpecError otherwise.
    """
    if loaded.control is None:
        return None
    own = ("name", "control")
    environ = {
        key: value for key, value in (os.environ if environ is None else environ).items() if key_of(key) not in own
    }
    control = load_spec(
        loaded.control, [text for text in overrides if text.partition("=")[0].strip() not in own], environ
    )
    problems = comparison_problems(loaded.spec, control.spec, shown(control.path))
    if problems:
        raise SpecError("\n".join(problems))
    return control


def describe(loaded: Loaded) -> str:
    """A line for each key whose value is not the default: `train.learning_rate = 0.0001 (specs/quickstart.yaml:31)`."""
    defaults = dict(leaves(Spec.model_construct().model_dump(mode="json")))
    lines = []
    for path, value in leaves(loaded.spec.model_dump(mode="json")):
        origin = loaded.origins[".".join(path)]
        if origin != DEFAULT and (path not in defaults or defaults[path] != value):
            lines.append(f"{'.'.join(path)} = {json.dumps(value)} ({origin})")
    return "\n".join(lines)


def _settings(files: _Layer, variables: _Layer, settings: _Layer) -> Spec:
    """The layers merged and validated by pydantic-settings, whose first source wins."""

    class Settings(Spec, BaseSettings):  # type: ignore[misc]  # both are models; Spec's stricter configuration holds
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_: PydanticBaseSettingsSource, **__: PydanticBaseSettingsSource
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return tuple(InitSettingsSource(settings_cls, layer.value) for layer in (settings, variables, files))

    return Settings()  # type: ignore[call-arg]  # its values come from the sources


def _read_files(path: Path, readers: tuple[Path, ...] = ()) -> tuple[_Layer, Path]:
    """The file and those it extends, furthest first, as one layer; and the folder of the file that names the control."""
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
    value, folder, layer = dict(document.value), path.parent, _Layer()
    if "extends" in value:
        base = value.pop("extends")
        if not isinstance(base, str) or not base:
            raise SpecError(
                f"extends: got {base!r}, want a spec file, relative to this one ({where}:{document.lines[('extends',)]})"
            )
        layer, base_folder = _read_files(path.parent / base, (*readers, path.resolve()))
        folder = path.parent if "control" in value else base_folder
    layer.put(value, {key: f"{where}:{line}" for key, line in document.lines.items()})
    return layer, folder


def _missing(path: Path, readers: tuple[Path, ...]) -> str:
    here = sorted(file.name for file in path.parent.glob("*.yaml")) if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, here, n=1, cutoff=0.4)
    hint = (
        f"; nearest is {shown(path.parent / near[0])}"
        if near
        else f"; {shown(path.parent)} holds {', '.join(here) or 'no .yaml file'}"
    )
    return f"{shown(path)}: no such spec file{f', which {shown(readers[-1])} extends' if readers else ''}{hint}"


def key_of(variable: str) -> str:
    """The dotted key path that an environment variable would set."""
    return variable.removeprefix(PREFIX).lower().replace("__", ".")


def _read_environment(environ: Mapping[str, str], layer: _Layer) -> list[str]:
    """Put the ARMATURE_ variables on `layer`; returns problems. Shorter key paths first, so that a section comes before its keys."""
    problems = []
    for name in sorted(
        (name for name in environ if name.startswith(PREFIX)), key=lambda name: (name.count("__"), name)
    ):
        problems += _put(
            key_of(name), environ[name], name, layer, spell=lambda key: PREFIX + key.upper().replace(".", "__")
        )
    return problems


def _read_overrides(overrides: Sequence[str], layer: _Layer) -> list[str]:
    """Put `key=value` texts on `layer`, the last one winning; returns problems."""
    problems = []
    for text in overrides:
        key, equals, value = text.partition("=")
        if not equals:
            problems.append(f"--set {text}: want key=value, such as train.learning_rate=1e-6")
            continue
        problems += _put(key.strip(), value, f"--set {text}", layer, spell=str)
    return problems


def _put(key: str, text: str, origin: str, layer: _Layer, spell: Callable[[str], str]) -> list[str]:
    path = tuple(key.split("."))
    info = field_at(path)
    if info is None:
        return [f"{key}: {unknown(path, spell)} ({origin})"]
    value: Any = text.strip()
    if (
        not accepts_text(info) or value in _NULL or value[0] in "'\""
    ):  # a revision such as 12e4567, or '####', is text as it stands
        try:
            value = parse_value(text, f"{key} ({origin})")
        except SpecError as error:
            return [str(error)]
    nested = nest(path, value)
    layer.put(nested, {leaf: origin for leaf, _ in leaves(nested)})
    return []


def nest(path: KeyPath, value: Any) -> dict[str, Any]:
    """{a: {b: value}} for the path (a, b)."""
    return {path[0]: nest(path[1:], value) if len(path) > 1 else value}


def _every_origin(spec: Spec, origins: Mapping[KeyPath, str]) -> dict[str, str]:
    """The origin of each key of the spec: its own, or that of a mapping above it (`warm_start: {}`), or `default`."""
    every = {}
    for path, _ in leaves(spec.model_dump(mode="json")):
        written = (origins[path[:end]] for end in range(len(path), 0, -1) if path[:end] in origins)
        every[".".join(path)] = next(written, DEFAULT)
    return every
