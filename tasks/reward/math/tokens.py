"""Tokens of a mathematical expression and a cursor over them."""

from __future__ import annotations

import re

from tasks.reward.math.expression import ParseError

MAX_TOKENS = 12_000
_TOKEN = re.compile(
    r"\s*(?:(?P<num>\d+(?:\.\d*)?|\.\d+)|(?P<cmd>\\[A-Za-z]+|\\[^A-Za-z])|(?P<name>[A-Za-z]+)|"
    r"(?P<word>\"[^\"]*\")|(?P<op>\S))"
)


class Tokens:
    """The tokens of a text with the parser's position; ParseError for more than MAX_TOKENS."""

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
        """Return the text of a token `ahead` of the cursor, "" behind the end."""
        where = self.at + ahead
        return self.tokens[where][1] if where < len(self.tokens) else ""

    def kind(self, ahead: int = 0) -> str:
        """Return num, cmd, name, word (in quotes) or op, or "end" behind the last token."""
        where = self.at + ahead
        return self.tokens[where][0] if where < len(self.tokens) else "end"

    def spaced(self) -> bool:
        """Return True if white space stands in front of the next token."""
        return self.at < len(self.tokens) and self.tokens[self.at][2]

    def take(self) -> str:
        """Return the next token's text and move behind it; ParseError at the end."""
        if self.at >= len(self.tokens):
            raise ParseError("ends too early")
        self.at += 1
        return self.tokens[self.at - 1][1]

    def expect(self, token: str) -> None:
        """Take `token`; ParseError if the next one is another."""
        if self.take() != token:
            raise ParseError(f"{token} is missing")

    def split(self, length: int) -> None:
        """Cut the next token behind its first `length` letters and take the first part."""
        kind, text, spaced = self.tokens[self.at]
        self.tokens[self.at : self.at + 1] = [(kind, text[:length], spaced), (kind, text[length:], False)]
        self.take()

    def raw_argument(self) -> str:
        """Take one token or one braced group and return its text without white space and braces."""
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
