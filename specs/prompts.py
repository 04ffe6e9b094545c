"""Texts around a problem: a suite's `prompt` names one, `data.prompt` names one or writes it out."""

from __future__ import annotations

from collections.abc import Mapping

from specs.hints import hint

PLACE = "{prompt}"  # stands for the text of the last user turn

PROMPTS: Mapping[str, str] = {
    "none": PLACE,
    # The directive that Qwen2.5-Math's and DeepSeek-R1's model cards recommend for mathematics.
    "boxed": "{prompt}\nPlease reason step by step, and put your final answer within \\boxed{}.",
    "code": "{prompt}\nPut your whole final program into one ```python code block.",
}


def template_of(prompt: str) -> str:
    """Return the text that `prompt` names, or is. ValueError where it is neither a name nor a text with a place."""
    if prompt in PROMPTS:
        return PROMPTS[prompt]
    if PLACE in prompt:
        return prompt
    raise ValueError(
        f"no prompt {prompt!r}; {hint(prompt, tuple(PROMPTS))}, or a text of your own with {PLACE} for the problem"
    )
