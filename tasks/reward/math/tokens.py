"""Tokens of an expression, and a cursor on them."""

from __future__ import annotations

import re

from tasks.reward.math.tree import ParseError

MAX_TOKENS = 12_000
_TOKEN = re.compile(
    r"\s*(?:(?P<num>\d+(?:\.\d*)?|\.\d+)|(?P<cmd>\\[A-Za-z]+|\\[^A-Za-z])|(?P<name>[A-Za-z]+)|(?P<op>\S))"
)


class Tokens:
    """What the parser reads from; `split` cuts a run of letters in two."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str, bool]] = []  # (kind, text, whether white space stands in front)
        for match in _TOKEN.finditer(text):
            kind = match.lastgroup
            assert kind is not None
            self.tokens.append((kind, match.group(kind), match.start(kind) > match.start()))
        if len(self.tokens) > MAX_TOKENS:
            raise ParseError("too long")
        self.at = 0
        self.depth = 0
        self.bars = 0

    def peek(self, ahead: int = 0) -> str:
        where = self.at + ahead
        return self.tokens[where][1] if where < len(self.tokens) else ""

    def kind(self, ahead: int = 0) -> str:
        where = self.at + ahead
        return self.tokens[where][0] if where < len(self.tokens) else "end"

    def spaced(self) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][2]

    def take(self) -> str:
        if self.at >= len(self.tokens):
            raise ParseError("ends too early")
        self.at += 1
        return self.tokens[self.at - 1][1]

    def expect(self, token: str) -> None:
        if self.take() != token:
            raise ParseError(f"{token} is missing")

    def split(self, length: int) -> None:
        kind, text, spaced = self.tokens[self.at]
        self.tokens[self.at : self.at + 1] = [(kind, text[:length], spaced), (kind, text[length:], False)]
        self.take()

    def raw_argument(self) -> str:
        """The text of one token or one braced group, white space and braces dropped."""
        if self.peek() != "{":
            return self.take()
        parts: list[str] = []
        depth = 0
        while True:
            token = self.take()
            depth += (token == "{") - (token == "}")
            if token not in "{}":
                parts.append(token)
            if depth == 0:
                return "".join(parts)
