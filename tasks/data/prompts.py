"""What a policy is asked besides the problem itself: the text around it, a system message, the template's variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from specs.hints import hint
from specs.prompts import PLACE, template_of
from specs.sections import TEMPLATE_GIVEN, Data
from tasks.data.template_variables import variables_of
from tasks.errors import DataError
from tasks.records import Message


@dataclass(frozen=True)
class PromptFormat:
    """The way in which problems become chat messages, and the variables (`chat`) of the chat template.

    `prompt`: a name of specs.prompts, or a text with `{prompt}` in it.
    """

    prompt: str = "none"
    system: str | None = None
    chat: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Data, prompt: str | None = None) -> PromptFormat:
        """Return the format of a spec's problems; with `prompt`, that of a suite's, which are asked in the same way."""
        return cls(data.prompt if prompt is None else prompt, data.system, data.chat_template_kwargs)

    def messages(self, problem: tuple[Message, ...]) -> tuple[Message, ...]:
        """Return a problem's messages with the system message first, and the last one in the text around it.

        DataError where they have a system message already.
        """
        *earlier, last = problem
        asked = (*earlier, Message(role=last["role"], content=self._around(last["content"])))
        if self.system is None:
            return asked
        if asked[0]["role"] == "system":
            raise DataError("it has a system message of its own: leave data.system out, or take the row's away")
        return (Message(role="system", content=self.system), *asked)

    def check(self, chat_template: str | None) -> None:
        """Raise DataError for a variable that the chat template does not read."""
        read = variables_of(chat_template) if self.chat and chat_template is not None else frozenset()
        unread = [name for name in self.chat if name not in read]
        if unread:
            free = sorted(name for name in read - TEMPLATE_GIVEN if not name.endswith("_token"))
            others = f"{hint(unread[0], free)}; write it so, or drop it" if free else "it has none; drop it"
            raise DataError(
                f"data.chat_template_kwargs: {unread[0]}: the tokenizer's chat template reads no such variable: "
                f"{others}"
            )

    def _around(self, text: str) -> str:
        try:
            return template_of(self.prompt).replace(PLACE, text)
        except ValueError as error:
            raise DataError(f"data.prompt: {error}") from None
