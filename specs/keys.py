"""The tree of keys that a spec may have, read off its models: what stands where, what it accepts, which name is nearest."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from specs.schema import Spec
from specs.text import KeyPath

_WORDS = {int: "a whole number", float: "a number", str: "text", bool: "true or false", NoneType: "null"}
_SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


def section_of(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds (alone or in a union), or None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType):
        return next((section for arg in get_args(annotation) if (section := section_of(arg))), None)
    return None


def fields_at(path: KeyPath) -> Mapping[str, FieldInfo]:
    """The keys allowed under `path` (() is the top level); none where a plain value stands."""
    section: type[BaseModel] | None = Spec
    for key in path:
        field = section.model_fields.get(key) if section else None
        section = section_of(field.annotation) if field else None
    return section.model_fields if section else {}


def field_at(path: KeyPath) -> FieldInfo | None:
    return fields_at(path[:-1]).get(path[-1]) if path else None


def known_prefix(path: Iterable[object]) -> KeyPath:
    """The longest beginning of `path` that names a key."""
    known: KeyPath = ()
    for part in path:
        if not isinstance(part, str) or part not in fields_at(known):
            break
        known = (*known, part)
    return known


def leaves(value: Mapping[str, Any], path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Key paths and values of a nested mapping, in order; an empty mapping is a leaf."""
    for key, item in value.items():
        if isinstance(item, Mapping) and item:
            yield from leaves(item, (*path, key))
        else:
            yield (*path, key), item


def unknown(path: KeyPath, spell: Callable[[str], str] = str) -> str:
    """What to say of a `path` that names no key: `no such key`, with the nearest that exists, written by `spell`."""
    known = known_prefix(path)
    names = list(fields_at(known))
    if not names:
        return f"no such key; {'.'.join(known)} holds a plain value"
    near = difflib.get_close_matches(path[len(known)], names, n=1, cutoff=0.5)
    if near:
        return f"no such key; nearest is {spell('.'.join((*known, near[0])))}"
    return f"no such key; want one of {', '.join(names)}"


def accepts_text(field: FieldInfo) -> bool:
    """Whether any text is a value of the field (not just some words)."""
    return field.annotation is str or str in get_args(field.annotation)


def wanted(field: FieldInfo) -> str:
    """What a field accepts, in words: `a number (float > 0)`."""
    return _wanted(field.annotation, field.metadata)


def _wanted(annotation: Any, metadata: Iterable[Any]) -> str:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = [part for extra in args[1:] for part in (extra.metadata if isinstance(extra, FieldInfo) else [extra])]
        return _wanted(args[0], [*metadata, *inner])
    if origin is Literal:
        return f"one of {', '.join(str(arg) for arg in args)}"
    if origin in (Union, UnionType):
        return " or ".join(_wanted(arg, metadata if arg is not NoneType else ()) for arg in args)
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
