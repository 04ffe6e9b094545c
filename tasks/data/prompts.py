"""Prompt templates as data: the text around a problem. `{prompt}` stands for the text of the last user turn."""

from __future__ import annotations

from collections.abc import Mapping

from tasks.errors import DataError
from tasks.records import Message

TEMPLATES: Mapping[str, str] = {
    "none": "{prompt}",
    # The directive that Qwen2.5-Math's and DeepSeek-R1's model cards recommend for mathematics.
    "boxed": "{prompt}\nPlease reason step by step, and put your final answer within \\boxed{}.",
    "code": "{prompt}\nPut your whole final program into one ```python code block.",
}


def apply_template(messages: tuple[Message, ...], template: str) -> tuple[Message, ...]:
    """Return `messages` with the last one, a user turn, put into the template called `template`."""
    if template not in TEMPLATES:
        raise DataError(f"data.prompt: no template {template!r}; there are {', '.join(TEMPLATES)}")
    *earlier, last = messages
    content = TEMPLATES[template].replace("{prompt}", last["content"])
    return (*earlier, Message(role=last["role"], content=content))
