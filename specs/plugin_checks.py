"""The places of a spec that a user's own code does not fit, each a line. Its source is read, and nothing is executed.

What the source does not show (specs/signatures.py) is left to the run.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from inspect import Parameter
from pathlib import Path
from urllib.parse import parse_qsl

from specs.errors import SpecError
from specs.hints import nearest
from specs.paths import REPOSITORY_ROOT, from_root, shown, start_of
from specs.plugins import PluginMember, is_plugin, note, parse_python, plugin_path, split_plugin
from specs.rewards import OwnTerm
from specs.schema import Spec
from specs.signatures import Callee, bindings, class_at, function_at, hides_names
from specs.sources import own_verifiers, parts_of

_BY_NAME = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def member_problems(spec: Spec) -> Iterator[tuple[str, str]]:
    """Yield (key, line) for what is wrong with a user's own estimator or objective, or with its `args`."""
    advantage, objective = spec.advantage, spec.objective
    if isinstance(advantage, PluginMember):
        base, bonus = (function_at(advantage.path, advantage.name + suffix) for suffix in ("", "_bonus"))
        yield from _of_member("advantage", advantage, [(base, ("groups",)), (bonus, ("groups", "confidences"))])
    if isinstance(objective, PluginMember):
        yield from _of_member("objective", objective, [(class_at(objective.path, objective.name), ("settings",))])


def named_code_problems(spec: Spec) -> Iterator[tuple[str, str]]:
    """Yield (key, line) for what is wrong with a user's own data source, verifier or rollout engine.

    Their sources are noted, so that the run keeps the keys that it began with.
    """
    sources = [(part.key, part.data.source) for part in parts_of(spec.data)]
    verifiers = own_verifiers(spec.data)
    for text in (*(source.partition("?")[0] for _, source in sources), *(name for _, name in verifiers)):
        _note_plugin(text)
    _note_plugin(spec.rollout.engine)
    for key, source in sources:
        yield from ((key, line) for line in source_problems(source))
    for key, verifier in verifiers:
        yield from ((key, line) for line in verifier_problems(verifier))
    if is_plugin(spec.rollout.engine):
        yield from (("rollout.engine", line) for line in _name_problems(spec.rollout.engine))
    for name, term in spec.reward.terms.items():
        if isinstance(term, OwnTerm):
            yield from _of_term(f"reward.terms.{name}", term)


def _of_term(key: str, term: OwnTerm) -> Iterator[tuple[str, str]]:
    """Yield (key, line) for what is wrong with a user's own function of a reward, its `args` and the files it reads."""
    if lines := _name_problems(term.use):
        yield from ((f"{key}.use", line) for line in lines)
        return
    term.source  # noqa: B018 - read now, so that the run keeps the keys that it began with
    if (callee := function_at(term.path, term.name)) is not None:
        # What else it takes are columns of the rows, which no spec knows.
        given = {each.name for each in callee.parameters if each.kind in _BY_NAME} - set(term.args)
        for argument, line in _call_problems(callee, (), {*term.args, *given}, advice=""):
            yield f"{key}.args.{argument}" if argument else f"{key}.use", line
    for file in term.reads:
        if not from_root(file).is_file():
            yield f"{key}.reads", f"no such file: {from_root(file)} (a relative path starts at the repository root)"


def _note_plugin(text: str) -> None:
    if is_plugin(text) and plugin_path(text).is_file():
        note(plugin_path(text))


def source_problems(text: str, folder: Path = REPOSITORY_ROOT) -> list[str]:
    """Return what is wrong with a user's own data source and its options; nothing of another source."""
    name, _, query = text.partition("?")
    if not is_plugin(name):
        return []
    options = dict(parse_qsl(query, keep_blank_values=True))
    return _of_function(name, folder, (), options, advice=f"write {name}?{{}}=...")


def verifier_problems(text: str, folder: Path = REPOSITORY_ROOT) -> list[str]:
    """Return what is wrong with a user's own verifier; nothing of another one."""
    if not is_plugin(text):
        return []
    return _of_function(text, folder, ("reference", "response_text"), (), advice="give {} a default")


def _of_member(
    section: str, member: PluginMember, calls: Sequence[tuple[Callee | None, Sequence[str]]]
) -> Iterator[tuple[str, str]]:
    if lines := _name_problems(member.use):
        yield from ((f"{section}.use", line) for line in lines)
        return
    member.source  # noqa: B018 - read now, so that the run keeps the keys that it began with
    advice = f"set {section}.args.{{}}"
    for callee, given in calls:
        found = list(_call_problems(callee, given, member.args, advice=advice)) if callee else []
        yield from ((f"{section}.args.{argument}" if argument else f"{section}.use", line) for argument, line in found)
        if found:
            return  # the next one would say much the same


def _of_function(
    text: str, folder: Path, given: Sequence[str], arguments: Collection[str], *, advice: str
) -> list[str]:
    """Return what is wrong with `text` (`my_file.py:name`), and with the call of it where it is a function."""
    lines, callee = _name_problems(text, folder), function_at(plugin_path(text, folder), split_plugin(text)[1])
    if callee is not None:
        found = _call_problems(callee, given, arguments, advice=advice)
        lines += [f"{name}: {line}" if name else line for name, line in found]
    return lines


def _name_problems(text: str, folder: Path = REPOSITORY_ROOT) -> list[str]:
    """Return what is wrong with the file or the name of `text` (`my_file.py:Name`, relative to `folder`)."""
    path, name = plugin_path(text, folder), split_plugin(text)[1]
    try:
        tree = _parsed(path, folder)
    except SpecError as error:
        return [str(error)]
    found = bindings(tree.body)
    if name in found or hides_names(tree, found):
        return []
    imports = (ast.Import, ast.ImportFrom)
    names = sorted(each for each, nodes in found.items() if each[0] != "_" and not isinstance(nodes[0], imports))
    return [f"no {name} in {shown(path)}, which has {', '.join(names) or 'nothing of its own'}{_near(name, names)}"]


def _call_problems(
    callee: Callee, given: Sequence[str], arguments: Collection[str], *, advice: str
) -> Iterator[tuple[str | None, str]]:
    """Yield (argument, line) for each of `arguments` that a call does not take, (None, line) for what else is wrong.

    `given`: what is given by position, in words for messages; `arguments`: the names that the spec gives; `advice`:
    how it gives another one, with {} for its name.
    """
    kinds = {each.kind for each in callee.parameters}
    positional = [each for each in callee.parameters if each.kind in _POSITIONAL]
    if len(positional) < len(given) and Parameter.VAR_POSITIONAL not in kinds:
        takes = ", ".join(each.name for each in positional) or "nothing"
        yield None, f"{callee} takes {takes}, and is called with {' and '.join(given)}"
        return
    free = [*positional[len(given) :], *(each for each in callee.parameters if each.kind is Parameter.KEYWORD_ONLY)]
    names = [each.name for each in free if each.kind is not Parameter.POSITIONAL_ONLY]
    unknown = [name for name in arguments if name not in names and Parameter.VAR_KEYWORD not in kinds]
    for name in unknown:
        yield name, f"no such argument of {callee}, which takes {', '.join(names) or 'none'}{_near(name, names)}"
    for each in free if not unknown else ():  # a misspelt one is missing too
        if each.default is Parameter.empty and each.name not in arguments:
            yield None, f"{callee} needs {each.name}, which is not given: {advice.replace('{}', each.name)}"


def _parsed(path: Path, folder: Path) -> ast.Module:
    try:
        return parse_python(path)
    except FileNotFoundError:
        raise SpecError(f"no such file: {path} (a relative path starts at {start_of(folder)})") from None
    except OSError as error:
        raise SpecError(f"{shown(path)}: cannot be read: {error}") from None
    except (SyntaxError, ValueError) as error:
        raise SpecError(f"{shown(path)}:{getattr(error, 'lineno', 1)}: not Python: {error.args[0]}") from None


def _near(name: str, names: Collection[str]) -> str:
    near = nearest(name, names)
    return f"; nearest is {near}" if near else ""
