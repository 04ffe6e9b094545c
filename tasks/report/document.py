"""The HTML document around a report: its style, its data, and the one script that its content policy lets run."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape


def document(
    title: str, style: str, body: str, data: Mapping[str, str], script: str, *, loads_scripts: bool = False
) -> str:
    """Return the whole page, encodable as UTF-8.

    `body` is markup. `data` holds JSON without markup (`sample_browser.embed`) by the id of its element. The page's
    content policy lets only `script` run, and with `loads_scripts` the script elements that `script` itself adds.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    loaded = " 'strict-dynamic'" if loads_scripts else ""
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'{loaded}; "
        "base-uri 'none'; form-action 'none'"
    )
    elements = "".join(f'<script type="application/json" id="{name}">{text}</script>\n' for name, text in data.items())
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title>\n<style>{style}</style></head>\n"
        f"<body>{body}\n{elements}<script>{script}</script></body></html>\n"
    )
    # a lone surrogate, for which UTF-8 has no bytes, becomes a question mark
    return page.encode(errors="replace").decode()


def select(name: str, key: str, options: Sequence[tuple[str, str]]) -> str:
    """Return a labelled choice with the id `key`; `options` are (value, text). All of them are markup."""
    choices = "".join(f"<option value={value}>{text}</option>" for value, text in options)
    return f'<label>{name}<select id="{key}">{choices}</select></label>'
