"""The variables that a chat template reads: what `data.chat_template_kwargs` can set."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from jinja2 import TemplateSyntaxError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.meta import find_undeclared_variables
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tasks.errors import DataError


class _Generation(Extension):
    """Reads `{% generation %}` as what it is where nobody trains on the template: its content."""

    tags = {"generation"}  # noqa: RUF012 -- as the base class declares it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Return the content of the block."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


@lru_cache(maxsize=8)
def variables_of(template: str) -> frozenset[str]:
    """Return the names that a chat template takes from outside. DataError where it is no Jinja template."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    try:
        tree = environment.parse(template)
    except TemplateSyntaxError as error:
        raise DataError(
            f"the tokenizer's chat template is no Jinja template (line {error.lineno}: {error}): mend it"
        ) from error
    # Jinja also names those that are set in one branch of several and read behind it.
    first: dict[str, str] = {}
    for name in _names(tree):
        first.setdefault(name.name, name.ctx)
    return frozenset(name for name in find_undeclared_variables(tree) if first.get(name) == "load")


def _names(node: nodes.Node) -> Iterator[nodes.Name]:
    """Yield the names in the order in which they are read and set."""
    for child in (node.node, node.target) if isinstance(node, nodes.Assign) else node.iter_child_nodes():
        if isinstance(child, nodes.Name):
            yield child
        yield from _names(child)
