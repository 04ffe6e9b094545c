"""The tree of keys that a spec may have, read off its models: names, accepted values, and the nearest name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from specs.base import USE, Member
from specs.hints import nearest
from specs.rewards import BUILT_IN, TERM_NAME, VERIFIER, OwnTerm, VerifierTerm, kind_of_term
from specs.schema import Spec
from specs.text import KeyPath

_WORDS = {int: "a whole number", float: "a number", str: "text", bool: "true or false", NoneType: "null"}
_SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}

#: Old key -> its name now. A key keeps its old name in step keys and manifests; a spec file is told the new one.
RENAMED: Mapping[KeyPath, KeyPath] = {("placement", "yields"): ("placement", "sleep")}


@dataclass(frozen=True, slots=True)
class Choice:
    """A section with members: `tag` is the key that names the member, `members` are the models by that name.

    Of a reward's term the tag is `use` itself, and there is no default.
    """

    tag: str
    default: str
    members: Mapping[str, type[Member]]

    def fields(self) -> dict[str, FieldInfo]:
        """Return the keys of all members; the tag accepts the name of each."""
        every = {name: field for model in self.members.values() for name, field in model.model_fields.items()}
        if self.tag == USE:
            return {**every, USE: self.members[VERIFIER].model_fields[USE]}
        names = tuple(name for name in self.members if name != USE)
        tag = FieldInfo(annotation=Literal[names], default=self.default)  # type: ignore[arg-type]
        tag.description = every[self.tag].description
        return {self.tag: tag, **{name: field for name, field in every.items() if name != self.tag}}

    def with_key(self, key: str) -> list[str]:
        """Return the names of the members that have `key`."""
        return [name for name, model in self.members.items() if key in model.model_fields]

    def named_by(self, value: Any) -> str | None:
        """Return the member that a mapping names by itself: its tag, or `use`; None where it names none."""
        if not isinstance(value, Mapping):
            return None
        if self.tag == USE:
            return kind_of_term(value) if USE in value else None
        return USE if USE in value else str(value[self.tag]) if self.tag in value else None


class AnyName(Mapping[str, FieldInfo]):
    """The keys of a mapping of names to members: each name has the same field, and none is listed."""

    def __init__(self, field: FieldInfo) -> None:
        self._field = field

    def __getitem__(self, name: str) -> FieldInfo:
        """Return the field of a name; KeyError for what is no name."""
        if not re.fullmatch(TERM_NAME, name):
            raise KeyError(name)
        return self._field

    def __iter__(self) -> Iterator[str]:
        """Return no names."""
        return iter(())

    def __len__(self) -> int:
        """Return 0."""
        return 0


def _member_of(annotation: Any) -> Any:
    """Return the type of a mapping's members; None for a plain mapping, and for what is none."""
    value = get_args(annotation)[1] if get_origin(annotation) is dict else None
    return value if any(issubclass(model, Member) for model in models_in(value)) else None


def models_in(annotation: Any) -> tuple[type[BaseModel], ...]:
    """Return the models that a field may hold, alone or in a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    if get_origin(annotation) is Annotated:
        return models_in(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(model for arg in get_args(annotation) for model in models_in(arg))
    return ()


def section_of(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field holds (the first one of a union), or None."""
    return next(iter(models_in(annotation)), None)


@cache
def choice_at(path: KeyPath) -> Choice | None:
    """Return the members of the section at `path`; None where it has none."""
    field = field_at(path)
    models = [model for model in models_in(field.annotation) if issubclass(model, Member)] if field else []
    if not models:
        return None
    assert field is not None
    if (tag := models[0].TAG) == USE:
        return Choice(tag, "", {VERIFIER: VerifierTerm, **BUILT_IN, USE: OwnTerm})
    default = field.get_default(call_default_factory=True, validated_data={})
    members = {USE if USE in m.model_fields else m.model_fields[tag].default: m for m in models}
    return Choice(tag, default.tag, members)


@cache
def choices() -> Mapping[KeyPath, Choice]:
    """Return every section with members."""
    return {(name,): choice for name in Spec.model_fields if (choice := choice_at((name,))) is not None}


@cache
def fields_at(path: KeyPath) -> Mapping[str, FieldInfo]:
    """Return the keys allowed under `path` (() is the top level), of all members; none where a plain value stands."""
    if not path:
        return Spec.model_fields
    if (choice := choice_at(path)) is not None:
        return choice.fields()
    field = field_at(path)
    if field is not None and (member := _member_of(field.annotation)) is not None:
        return AnyName(FieldInfo(annotation=member))
    section = section_of(field.annotation) if field else None
    return section.model_fields if section else {}


def field_at(path: KeyPath) -> FieldInfo | None:
    """Return the field at `path`, or None where there is no such key."""
    return fields_at(path[:-1]).get(path[-1]) if path else None


def holds_anything(path: KeyPath) -> bool:
    """Return whether `path` lies in a mapping whose keys are free (`args`)."""
    return any((field := field_at(path[:end])) is not None and takes_mapping(field) for end in range(1, len(path)))


def takes_mapping(field: FieldInfo) -> bool:
    """Return whether a mapping with free keys is a value of the field, alone or among others."""
    return any(
        get_origin(each) is dict and _member_of(each) is None
        for each in (field.annotation, *get_args(field.annotation))
    )


def key_name(section: type[BaseModel], field: str) -> str:
    """Return the dotted key of a section's field, for a message: `key_name(Audit, "max_mean")` is `audit.max_mean`.

    Raises KeyError where the field is gone, so that a message cannot name a key that does not exist.
    """
    return _key_name((), section, field)


def _key_name(path: KeyPath, section: type[BaseModel], field: str) -> str:
    for name, info in fields_at(path).items():
        models = models_in(info.annotation)
        if any(issubclass(model, section) and field in model.model_fields for model in models):
            return ".".join((*path, name, field))
        for model in models:
            if not issubclass(model, Member):
                try:
                    return _key_name((*path, name), section, field)
                except KeyError:
                    continue
    raise KeyError(f"{section.__name__}.{field} is no key of a spec")


def known_prefix(path: Iterable[object]) -> KeyPath:
    """Return the longest beginning of `path` that names a key."""
    known: KeyPath = ()
    for part in path:
        if not isinstance(part, str) or part not in fields_at(known):
            break
        known = (*known, part)
    return known


def leaves(value: Mapping[str, Any], path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield key paths and values of a nested mapping, in order; an empty mapping is a leaf."""
    for key, item in value.items():
        if isinstance(item, Mapping) and item:
            yield from leaves(item, (*path, key))
        else:
            yield (*path, key), item


def unknown(path: KeyPath, spell: Callable[[str], str] = str) -> str:
    """Return what to say of a `path` that names no key: its new name, or the nearest one, written by `spell`."""
    if path in RENAMED:
        return f"is {spell('.'.join(RENAMED[path]))} now"
    known = known_prefix(path)
    names = list(below := fields_at(known))
    if isinstance(below, AnyName):
        return (
            f"no name for a term: want one of the characters a-z, 0-9 and _, a letter first, got {path[len(known)]!r}"
        )
    if not names:
        return f"no such key; {'.'.join(known)} holds a plain value"
    near = nearest(path[len(known)], names)
    if near:
        return f"no such key; nearest is {spell('.'.join((*known, near)))}"
    return f"no such key; want one of {', '.join(names)}"


def not_of_member(path: KeyPath, member: str, where: str) -> str:
    """Return what to say of a key that the chosen member of its section lacks. `where`: the place that chose it."""
    section, key = path[:-1], path[-1]
    choice = choice_at(section)
    assert choice is not None
    dotted = ".".join(section)
    chosen = f"{dotted}.{USE}" if member == USE else f"{dotted}.{choice.tag} {member}"
    if {key, member} == {choice.tag, USE}:
        return f"not beside {chosen}{where}, which says the same; drop one of them"
    line, own = f"no such key of {chosen}{where}", choice.members[member].model_fields
    if choice.with_key(key):
        return f"{line}; {_havers(choice, section, key)} it"
    if near := nearest(key, own):
        return f"{line}; nearest is {dotted}.{near}"
    if near := nearest(key, choice.fields()):
        return f"{line}; nearest is {dotted}.{near}, which {_havers(choice, section, near)}"
    return f"{line}; want one of {', '.join(own)}"


def _havers(choice: Choice, section: KeyPath, key: str) -> str:
    names = [".".join((*section, USE)) if name == USE else name for name in choice.with_key(key)]
    return f"{' and '.join(names)} {'has' if len(names) == 1 else 'have'}"


def accepts_text(field: FieldInfo) -> bool:
    """Return whether any text is a value of the field (not just some words)."""
    return field.annotation is str or (get_origin(field.annotation) is not dict and str in get_args(field.annotation))


def wanted(field: FieldInfo) -> str:
    """Return what a field accepts, in words: `a number (float > 0)`."""
    if field.examples:
        return f"text like {field.examples[0]}"
    return _wanted(field.annotation, field.metadata)


def _wanted(annotation: Any, metadata: Iterable[Any]) -> str:
    origin, args = get_origin(annotation), get_args(annotation)
    if len(models := models_in(annotation)) > 1:
        tags = [model.TAG for model in models if issubclass(model, Member)]
        names = dict.fromkeys([*tags, *(name for model in models for name in model.model_fields)])
        return f"a mapping with {', '.join(names)}"
    if origin is Annotated:
        inner = [part for extra in args[1:] for part in (extra.metadata if isinstance(extra, FieldInfo) else [extra])]
        return _wanted(args[0], [*metadata, *inner])
    if origin is Literal:
        return f"one of {', '.join(str(arg) for arg in args)}"
    if origin in (Union, UnionType):
        return " or ".join(_wanted(arg, metadata if arg is not NoneType else ()) for arg in args)
    if _member_of(annotation) is not None:
        return "a mapping of names (a-z, 0-9, _) to mappings, each with use"
    if origin is dict and isinstance(args[1], type) and issubclass(args[1], BaseModel):
        needed = [name for name, each in args[1].model_fields.items() if each.is_required()]
        return f"a mapping of names to mappings with {', '.join(needed)}"
    if origin is dict:
        return "a mapping of names to plain, finite values"
    if origin is tuple:
        several = args[-1] is Ellipsis
        number = (
            ""
            if several and not any(hasattr(part, "min_length") for part in metadata)
            else "one or more, "
            if several
            else f"{len(args)}, "
        )
        return f"a list ({number}each {_wanted(args[0], ())})"
    if section := section_of(annotation):
        return f"a mapping with {', '.join(section.model_fields)}"
    limits = [
        f"{sign} {getattr(part, name)}" for part in metadata for name, sign in _SIGNS.items() if hasattr(part, name)
    ]
    limits += [f"like {part.pattern}" for part in metadata if getattr(part, "pattern", None)]
    limits += ["not empty" for part in metadata if getattr(part, "min_length", None)]
    limits += [f"at most {part.max_length} long" for part in metadata if getattr(part, "max_length", None)]
    words = _WORDS[annotation]
    kind = f"{annotation.__name__} " if annotation in (int, float) else ""
    return f"{words} ({kind}{', '.join(limits)})" if limits else words
