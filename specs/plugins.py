"""Names of a user's own code in a spec: `my_file.py:Name`, a class or function of a Python file.

The path is relative to the repository root, or absolute. Whatever a spec names (a data source, a verifier, a rollout
engine, ...) may be named so; `tasks/plugins.py` loads it.
"""

from __future__ import annotations

import re

_PLUGIN = re.compile(r"(?P<path>[^:?]+\.py):(?P<name>[A-Za-z_]\w*)")


def is_plugin(text: str) -> bool:
    """Return whether `text` names a class or function of a user's own file."""
    return _PLUGIN.fullmatch(text) is not None


def split_plugin(text: str) -> tuple[str, str]:
    """Return the path and the name that `text`, a plugin's, consists of."""
    match = _PLUGIN.fullmatch(text)
    assert match is not None, text
    return match["path"], match["name"]
