"""Parser of one scalar expression, in LaTeX or plain text, into a tree: recursive descent with a depth limit.

Text that it does not read raises ParseError; the caller then compares texts, or asks math-verify in a worker process.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from tasks.reward.math.expression import (
    MINUS_ONE,
    PI,
    E,
    I,
    Node,
    Num,
    Op,
    ParseError,
    Sym,
    add,
    integer,
    mul,
    negative,
    power,
)
from tasks.reward.math.primary import MAX_DEPTH, PrimaryParser
from tasks.reward.math.vectors import names_vectors, product

_TIMES = frozenset({"*", "\\cdot", "\\times", "\\ast", "\\cdotp"})
_CLOSERS = frozenset({")", "]", "}", "\\rfloor", "\\rceil", "\\rvert", ",", "\\}", "\\rangle"})


class _Parser(PrimaryParser):
    """The grammar above names and commands: sums, products, powers, numbers, brackets."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.vectors = names_vectors(text)

    def expression(self) -> Node:
        """Read a sum of terms; ParseError beyond MAX_DEPTH levels."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ParseError("nested too deeply")
        sign = 1
        while self.peek() in ("+", "-"):
            sign *= -1 if self.take() == "-" else 1
        terms = [self.term()]
        if sign < 0:
            terms[0] = negative(terms[0])
        while self.peek() in ("+", "-"):
            sign = 1
            while self.peek() in ("+", "-"):
                sign *= -1 if self.take() == "-" else 1
            term = self.term()
            terms.append(negative(term) if sign < 0 else term)
        self.depth -= 1
        return add(*terms)

    def starts_factor(self) -> bool:
        """Return True if the next token begins a factor, so that a product goes on without an operator."""
        kind, token = self.kind(), self.peek()
        if (
            kind == "end"
            or token in _CLOSERS
            or token in ("+", "-", "/", "=", "<", ">", "^", "_", "!", "'", "&", ":", ";", "?", ".")
        ):
            return False
        if token in ("|", "\\vert"):
            return self.bars == 0
        return kind in ("num", "name", "cmd", "word") or token in "({["

    def term(self) -> Node:
        """Read a product or a quotient."""
        factors, signs = [self.factor()], [""]
        while True:
            token = self.peek()
            if self.vectors:
                signs.extend([""] * (len(factors) - len(signs)))
            if token in _TIMES:
                self.take()
                factors.append(self.signed_factor())
                signs.append("\\times" if token == "\\times" else "\\cdot")
            elif token in ("/", "\\div"):
                self.take()
                factors.append(power(self.signed_factor(), MINUS_ONE))
            elif token in ("\\bmod", "\\mod"):
                self.take()
                factors, signs = [Op("mod", (mul(*factors), self.factor()))], [""]
            elif self.starts_factor():
                self.implicit(factors)
            else:
                return product(factors, signs) if self.vectors else mul(*factors)

    def implicit(self, factors: list[Node]) -> None:
        """Append a factor that follows without an operator: part of a mixed number, or of a product.

        ParseError for two numbers in a row that are neither.
        """
        previous = factors[-1]
        whole = isinstance(previous, Num) and self.at > 0 and self.tokens[self.at - 1][0] == "num"
        plain = isinstance(previous, Num) and previous.places is None and whole
        before = self.tokens[self.at - 2][1] if self.at >= 2 else ""
        if self.kind() == "num":
            is_mixed = plain and self.spaced() and self.peek(1) == "/" and self.kind(2) == "num"
            if not is_mixed and self.spaced() and (isinstance(previous, Sym) or previous in (PI, E, I)):
                factors.append(self.number())
                return
            if not is_mixed:
                raise ParseError("two numbers side by side")
            top, _, bottom = self.number(), self.take(), self.number()
            factors[-1] = _mixed(previous, top, bottom)
            return
        is_fraction = self.peek() == "\\frac"
        factor = self.factor()
        pair = _fraction_parts(factor)
        if (
            is_fraction
            and plain
            and pair is not None
            and 0 < pair[0] < pair[1]
            and before not in ("/", "^", "_", "\\div")
        ):
            assert isinstance(previous, Num)
            factors[-1] = Num(previous.value + Fraction(pair[0], pair[1]))
            return
        factors.append(factor)

    def signed_factor(self) -> Node:
        """Read a factor behind signs."""
        sign = 1
        while self.peek() in ("+", "-"):
            sign *= -1 if self.take() == "-" else 1
        factor = self.factor()
        return negative(factor) if sign < 0 else factor

    def factor(self) -> Node:
        """Read an operand with what follows it: powers, degree signs, factorials, primes, percent signs."""
        node = self.base()
        marks = 0
        while True:
            token = self.peek()
            if token == "^" and [self.peek(k) for k in (1, 2, 3)] == ["{", "\\circ", "}"]:
                self.at += 4
                node = mul(node, PI, Num(Fraction(1, 180)))
            elif token == "^":
                self.take()
                node = power(node, self.argument(signed=True))
                if self.peek() == "^":
                    raise ParseError("a power of a power without braces")
            elif token == "!":
                self.take()
                marks += 1
                if marks > 2 or self.peek() == "!":
                    raise ParseError("repeated factorials")
                node = Op("factorial", (node,))
            elif token == "'" and isinstance(node, Sym):
                self.take()
                node = Sym(node.name + "'")
            elif token in ("\\%", "%"):
                self.take()
                node = mul(node, Num(Fraction(1, 100)))
            else:
                return node

    def argument(self, signed: bool = False) -> Node:
        r"""Read what follows ^, \frac or \sqrt: a group in braces, or one token (one digit of a number)."""
        if self.peek() == "{":
            return self.group("{", "}")
        if self.peek() == "(":  # a^(1/2), sqrt(2)
            return self.group("(", ")")
        if signed and self.peek() == "-":
            self.take()
            return negative(self.argument())
        if self.kind() == "num":
            kind, text, spaced = self.tokens[self.at]
            if signed:  # LaTeX reads x^10 as x^{1}0; its writer means x^{10}
                return self.number()
            self.tokens[self.at : self.at + 1] = [(kind, text[0], spaced)] + (
                [(kind, text[1:], False)] if len(text) > 1 else []
            )
            return self.number()
        return self.base()

    def group(self, opener: str, closer: str) -> Node:
        """Read an expression between two brackets."""
        self.expect(opener)
        bars, self.bars = self.bars, 0
        node = self.expression()
        self.bars = bars
        self.expect(closer)
        return node

    def number(self) -> Node:
        """Read a number, with its repeating decimals or its base."""
        if self.kind() != "num":
            raise ParseError("a number is missing")
        text = self.take()
        if len(text) > 6000:
            raise ParseError("a number of too many digits")
        whole, _, decimals = text.partition(".")
        if _ and self.peek() in ("\\overline", "\\dot", "\\bar", "\\overset") and not self.spaced():
            return self.repeating(whole, decimals)
        value = Fraction(integer(whole + decimals), 10 ** len(decimals))
        if self.peek() == "_":
            self.take()
            return Op("based", (Num(value), self.argument()))
        return Num(value, len(decimals) if decimals else None)

    def repeating(self, whole: str, decimals: str) -> Node:
        """Read the repeating decimals behind `whole`.`decimals`."""
        self.take()
        self.expect("{")
        cycle = self.take()
        if not cycle.isdigit() or len(cycle) > 200:
            raise ParseError("a repeating decimal of no digits")
        self.expect("}")
        tail = Fraction(int(cycle), (10 ** len(cycle) - 1) * 10 ** len(decimals))
        return Num(Fraction(integer(whole + decimals), 10 ** len(decimals)) + tail)

    def base(self) -> Node:
        """Read an operand: a number, a bracket, an absolute value, a name or a command."""
        kind, token = self.kind(), self.peek()
        if kind == "num":
            return self.number()
        if token == "(":
            return self.group("(", ")")
        if token == "{":
            return self.group("{", "}")
        if token == "[":
            return self.group("[", "]")
        if token in ("|", "\\vert", "\\lvert"):
            self.take()
            self.bars += 1
            node = self.expression()
            self.bars -= 1
            if self.take() not in ("|", "\\vert", "\\rvert"):
                raise ParseError("| is missing")
            return Op("abs", (node,))
        if kind == "name":
            return self.name()
        if kind == "cmd":
            return self.command()
        if kind == "word":
            return self.word(self.take().strip('" '))
        raise ParseError(f"{token or 'the end'} is not expected")


def _mixed(whole: Node, top: Node, bottom: Node) -> Node:
    assert isinstance(whole, Num)
    if not (isinstance(top, Num) and isinstance(bottom, Num) and 0 < top.value < bottom.value):
        raise ParseError("no mixed number")
    return Num(whole.value + top.value / bottom.value)


def _fraction_parts(node: Node) -> tuple[int, int] | None:
    """Return (p, q) of a quotient of two whole literals, None for anything else."""
    match node:
        case Op("mul", (Num(top), Op("pow", (Num(bottom), Num(minus))))) if (
            minus == -1 and top.denominator == bottom.denominator == 1
        ):
            return top.numerator, bottom.numerator
    return None


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """Return the tree of a scalar expression, in the form of `normalise.tidy`; ParseError for anything else."""
    parser = _Parser(text)
    if not parser.tokens:
        raise ParseError("empty")
    node = parser.expression()
    if parser.at != len(parser.tokens):
        raise ParseError(f"{parser.peek()} is not expected")
    return _light(node) if "\\bold" in text else node


def _light(node: Node) -> Node:
    """Return `node` with letters in bold type that stand in no product of vectors as plain ones."""
    if isinstance(node, Op):
        return Op(node.head, tuple(_light(arg) for arg in node.args))
    if isinstance(node, Sym) and "bold" in node.name:
        name = re.sub(r"^bold |\\bold(?![a-z])", "", node.name)
        return Sym(name) if re.search(r"[_' ]", name) else parse(name)
    return node
