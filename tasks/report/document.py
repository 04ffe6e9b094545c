"""The HTML document around a report: its style, its data, and the one script that its content policy lets run."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape


def document(
    title: str, style: str, body: str, data: Mapping[str, str], script: str, *, loads_scripts: bool = False
) -> str:
    """The whole page, encodable as UTF-8. `body` is markup; `data` holds JSON without markup (`browser.embed`) by the id of its element.

    The policy lets only `script` run, and with `loads_scripts` what that script itself adds to the page as a script element.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    loaded = " 'strict-dynamic'" if loads_scripts else ""
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'{loaded}; base-uri 'none'; form-action 'none'"
    elements = "".join(f'<script type="application/json" id="{name}">{text}</script>\n' for name, text in data.items())
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title>\n<style>{style}</style></head>\n"
        f"<body>{body}\n{elements}<script>{script}</script></body></html>\n"
    )
    return page.encode(
        errors="replace"
    ).decode()  # a lone surrogate, which UTF-8 has no bytes for, becomes a question mark
