"""LaTeX or plain text of one scalar expression -> tree. A small recursive descent with a depth limit; never eval.

What it does not read raises ParseError: the caller falls back to equality of text, or to math-verify in a worker.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from tasks.reward.math.tree import MINUS_ONE, OO, PI, E, I, Node, Num, Op, ParseError, Sym, add, divide, mul, negative, power

MAX_DEPTH = 70
MAX_TOKENS = 12_000

_TOKEN = re.compile(r"\s*(?:(?P<num>\d+(?:\.\d*)?|\.\d+)|(?P<cmd>\\[A-Za-z]+|\\[^A-Za-z])|(?P<name>[A-Za-z]+)|(?P<op>\S))")
_FUNCTIONS = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "sinh",
        "cosh",
        "tanh",
        "coth",
        "arcsin",
        "arccos",
        "arctan",
        "arccot",
        "arcsec",
        "arccsc",
        "ln",
        "log",
        "lg",
        "exp",
        "sqrt",
        "gcd",
        "lcm",
        "max",
        "min",
        "det",
        "floor",
        "ceil",
        "abs",
        "sign",
    ]
)
_ALIASES = {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "arsinh": "asinh",
    "arcosh": "acosh",
    "artanh": "atanh",
    "cosec": "csc",
    "ceiling": "ceil",
}
_FUNCTIONS |= frozenset(_ALIASES) | {"asinh", "acosh", "atanh"}
_INVERSES = {"sin": "arcsin", "cos": "arccos", "tan": "arctan", "sinh": "asinh", "cosh": "acosh", "tanh": "atanh"}
_GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "varepsilon",
        "zeta",
        "eta",
        "theta",
        "vartheta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "varphi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Upsilon",
        "Phi",
        "Psi",
        "Omega",
        "hbar",
        "ell",
        "aleph",
        "odot",
    ]
)
_TIMES = frozenset({"*", "\\cdot", "\\times", "\\ast", "\\cdotp"})
_ACCENTS = frozenset(
    {
        "\\dot",
        "\\ddot",
        "\\bar",
        "\\hat",
        "\\vec",
        "\\tilde",
        "\\overline",
        "\\underline",
        "\\widehat",
        "\\overrightarrow",
        "\\mathcal",
        "\\mathfrak",
    }
)
_CLOSERS = frozenset({")", "]", "}", "\\rfloor", "\\rceil", "\\rvert", ",", "\\}", "\\rangle"})
_CALLED = frozenset("fghFGH")


class _Parser:
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

    # -- tokens ---------------------------------------------------------------------------------------------------
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

    # -- grammar --------------------------------------------------------------------------------------------------
    def expression(self) -> Node:
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
        kind, token = self.kind(), self.peek()
        if kind == "end" or token in _CLOSERS or token in ("+", "-", "/", "=", "<", ">", "^", "_", "!", "'", "&", ":", ";", "?", "."):
            return False
        if token in ("|", "\\vert"):
            return self.bars == 0
        return kind in ("num", "name", "cmd") or token in "({["

    def term(self) -> Node:
        factors = [self.factor()]
        while True:
            token = self.peek()
            if token in _TIMES:
                self.take()
                factors.append(self.signed_factor())
            elif token in ("/", "\\div"):
                self.take()
                factors.append(power(self.signed_factor(), MINUS_ONE))
            elif token in ("\\bmod", "\\mod"):
                self.take()
                factors = [Op("mod", (mul(*factors), self.factor()))]
            elif self.starts_factor():
                self.implicit(factors)
            else:
                return mul(*factors)

    def implicit(self, factors: list[Node]) -> None:
        """A factor that follows without an operator: a mixed number, or a product; two numbers in a row are neither."""
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
        if is_fraction and plain and pair is not None and 0 < pair[0] < pair[1] and before not in ("/", "^", "_", "\\div"):
            assert isinstance(previous, Num)
            factors[-1] = Num(previous.value + Fraction(pair[0], pair[1]))
            return
        factors.append(factor)

    def signed_factor(self) -> Node:
        sign = 1
        while self.peek() in ("+", "-"):
            sign *= -1 if self.take() == "-" else 1
        factor = self.factor()
        return negative(factor) if sign < 0 else factor

    def factor(self) -> Node:
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
        """What follows ^, \\frac or \\sqrt: a group in braces, or one token (one digit of a number)."""
        if self.peek() == "{":
            return self.group("{", "}")
        if self.peek() == "(":  # a^(1/2), sqrt(2)
            return self.group("(", ")")
        if signed and self.peek() == "-":
            self.take()
            return negative(self.argument())
        if self.kind() == "num":
            kind, text, spaced = self.tokens[self.at]
            if signed:  # x^10 without braces is x^{1}0 to LaTeX, but x^{10} to whoever wrote it
                return self.number()
            self.tokens[self.at : self.at + 1] = [(kind, text[0], spaced)] + ([(kind, text[1:], False)] if len(text) > 1 else [])
            return self.number()
        return self.base()

    def group(self, opener: str, closer: str) -> Node:
        self.expect(opener)
        bars, self.bars = self.bars, 0
        node = self.expression()
        self.bars = bars
        self.expect(closer)
        return node

    def number(self) -> Node:
        if self.kind() != "num":
            raise ParseError("a number is missing")
        text = self.take()
        if len(text) > 6000:
            raise ParseError("a number of too many digits")
        whole, _, decimals = text.partition(".")
        if _ and self.peek() in ("\\overline", "\\dot", "\\bar", "\\overset") and not self.spaced():
            return self.repeating(whole, decimals)
        # int() of a long text is refused by Python beyond 4300 digits: read it in pieces.
        value = Fraction(_integer(whole + decimals), 10 ** len(decimals))
        if self.peek() == "_":
            self.take()
            return Op("based", (Num(value), self.argument()))
        return Num(value, len(decimals) if decimals else None)

    def repeating(self, whole: str, decimals: str) -> Node:
        self.take()
        self.expect("{")
        cycle = self.take()
        if not cycle.isdigit() or len(cycle) > 200:
            raise ParseError("a repeating decimal of no digits")
        self.expect("}")
        tail = Fraction(int(cycle), (10 ** len(cycle) - 1) * 10 ** len(decimals))
        return Num(Fraction(int(whole + decimals or "0"), 10 ** len(decimals)) + tail)

    def base(self) -> Node:
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
        raise ParseError(f"{token or 'the end'} is not expected")

    def name(self) -> Node:
        text = self.peek()
        if text == "pi":
            self.take()
            return PI
        if text in _FUNCTIONS or text.lower() in ("sqrt", "infinity", "inf", "oo"):
            self.take()
            if text.lower() in ("infinity", "inf", "oo"):
                return OO
            return self.function(_ALIASES.get(text, text.lower() if text.lower() == "sqrt" else text))
        for length in range(len(text) - 1, 2, -1):  # xsin(x), sinx
            if text[:length] in _FUNCTIONS and length >= len(text) - 1:
                self.split(length)
                return self.function(_ALIASES.get(text[:length], text[:length]))
        if len(text) > 1:
            self.split(1)
        else:
            self.take()
        return self.symbol(text[0])

    def split(self, length: int) -> None:
        kind, text, spaced = self.tokens[self.at]
        self.tokens[self.at : self.at + 1] = [(kind, text[:length], spaced), (kind, text[length:], False)]
        self.take()

    def symbol(self, name: str) -> Node:
        """A symbol with its index, primes and arguments; e and i are the constants."""
        if self.kind() == "num" and not self.spaced() and len(name) == 1:  # x2 is a name, not a product
            return Sym(name + self.take())
        if self.peek() == "_":
            self.take()
            name = f"{name}_{self.raw_argument()}"
        elif name == "e":
            return E
        elif name == "i":
            return I
        while self.peek() == "'" or (
            self.peek() == "^" and (self.peek(1) == "\\prime" or (self.peek(1) == "{" and self.peek(2) == "\\prime"))
        ):
            if self.take() == "^":
                self.raw_argument()
            name += "'"
        if self.peek() == "(" and self.is_call(name):
            return self.call(name)
        return Sym(name)

    def is_call(self, name: str) -> bool:
        single = self.kind(1) in ("num", "name") and len(self.peek(1)) == 1 and self.peek(2) == ")"
        return name[0] in _CALLED or name.endswith("'") or single

    def call(self, name: str) -> Node:
        """An unknown function at an argument: one symbol, named by its text."""
        parts = [name]
        depth = 0
        while True:
            token = self.take()
            parts.append(token)
            depth += (token == "(") - (token == ")")
            if depth == 0:
                return Sym("".join(parts))

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

    def command(self) -> Node:
        token = self.take()
        name = token[1:]
        if name in ("frac", "tfrac", "dfrac", "cfrac"):
            return self.fraction()
        if name in ("binom", "dbinom", "tbinom"):
            return Op("binomial", (self.argument(), self.argument()))
        if name == "pi":
            return PI
        if name == "infty":
            return OO
        if name in _GREEK:
            return self.symbol(name)
        if name in _FUNCTIONS:
            return self.function(_ALIASES.get(name, name))
        if name == "operatorname":
            return self.function(self.raw_argument().lstrip("\\").strip())
        if token in ("\\lfloor", "\\lceil"):
            node = self.expression()
            self.expect("\\rfloor" if token == "\\lfloor" else "\\rceil")
            return Op("floor" if token == "\\lfloor" else "ceil", (node,))
        if token in _ACCENTS:
            return self.symbol(f"{name} {self.raw_argument()}")
        if name in ("sum", "prod"):
            return self.series(name)
        if name in ("mathrm", "text", "mathbf", "mathit", "textit", "boldsymbol", "bm", "mathsf"):
            return self.word(self.raw_argument())
        raise ParseError(f"{token} is not read here")

    def word(self, text: str) -> Node:
        if text in _FUNCTIONS:
            return self.function(_ALIASES.get(text, text))
        if len(text) == 1 and text.isalpha():
            return self.symbol(text)
        if text.isdigit():
            return Num(Fraction(_integer(text)))
        raise ParseError(f"the word {text!r}")

    def fraction(self) -> Node:
        start = self.at
        top_text = self.raw_argument() if self.peek() == "{" else ""
        bottom_text = self.raw_argument() if self.peek() == "{" else ""
        if re.match(r"(d|\\partial|\\mathrmd)(\^|[A-Za-z\\]|$)", top_text) and re.match(r"(d|\\partial|\\mathrmd)[A-Za-z\\]", bottom_text):
            return Sym(f"{top_text}/{bottom_text}")  # a derivative: no quotient of products
        self.at = start
        return divide(self.argument(), self.argument())

    def function(self, name: str) -> Node:
        if name == "sqrt":
            degree: Node = Num(Fraction(2))
            if self.peek() == "[":
                degree = self.group("[", "]")
            return Op("root", (self.argument(), degree))
        if name not in _FUNCTIONS:
            raise ParseError(f"the function {name!r}")
        base: Node | None = None
        exponent: Node | None = None
        while self.peek() in ("_", "^"):
            if self.take() == "_":
                base = self.argument()
            else:
                exponent = self.argument(signed=True)
        if exponent == MINUS_ONE and name in _INVERSES:
            name, exponent = _INVERSES[name], None
        args = self.function_arguments()
        if name in ("ln", "log", "lg"):
            # "log" without a base is the natural one, as in sympy; both sides are read alike.
            ten = Num(Fraction(10))
            node: Node = Op(
                "log", (args[0],) if name == "ln" else (args[0], base or ten) if name == "lg" else (args[0], base) if base else (args[0],)
            )
            if len(args) != 1:
                raise ParseError("log of several values")
        elif base is not None:
            raise ParseError(f"an index of {name}")
        elif name == "exp":
            node = power(E, args[0])
        else:
            node = Op(name, tuple(args))
        return power(node, exponent) if exponent is not None else node

    def function_arguments(self) -> list[Node]:
        closer = {"(": ")", "{": "}", "[": "]"}.get(self.peek())
        if closer is not None:
            self.take()
            args = [self.expression()]
            while self.peek() == ",":
                self.take()
                args.append(self.expression())
            self.expect(closer)
            if self.peek() in ("^", "!") and len(args) == 1 and closer == "}":
                raise ParseError("a power behind a function")
            return args
        if self.peek() == "-":
            self.take()
            return [negative(self.function_arguments()[0])]
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ParseError("nested too deeply")
        factors = [self.factor()]
        while self.starts_factor() and not self.starts_function() and self.peek() != "(":
            self.implicit(factors)
        self.depth -= 1
        return [mul(*factors)]

    def starts_function(self) -> bool:
        return self.peek().lstrip("\\") in _FUNCTIONS or self.peek() == "\\operatorname"

    def series(self, name: str) -> Node:
        """\\sum_{k=a}^{b} body; the body is one product."""
        self.expect("_")
        self.expect("{")
        index = self.take()
        self.expect("=")
        low = self.expression()
        self.expect("}")
        self.expect("^")
        high = self.argument()
        if OO in (low, high):
            raise ParseError("an infinite series")
        if not index.isalpha() or len(index) != 1:
            raise ParseError("an index of several letters")
        body = self.term()
        if index in ("i", "e"):  # bound here, so not the constant
            body = _rename(body, index)
        return Op(name, (body, Sym(index), low, high))


def _rename(node: Node, constant: str) -> Node:
    if isinstance(node, Op):
        return Sym(constant) if node == Op(constant) else Op(node.head, tuple(_rename(a, constant) for a in node.args))
    return node


def _integer(digits: str) -> int:
    value = 0
    for start in range(0, len(digits), 4000):
        piece = digits[start : start + 4000]
        value = value * 10 ** len(piece) + int(piece)
    return value


def _mixed(whole: Node, top: Node, bottom: Node) -> Node:
    assert isinstance(whole, Num)
    if not (isinstance(top, Num) and isinstance(bottom, Num) and 0 < top.value < bottom.value):
        raise ParseError("no mixed number")
    return Num(whole.value + top.value / bottom.value)


def _fraction_parts(node: Node) -> tuple[int, int] | None:
    """(p, q) of a quotient of two whole literals."""
    match node:
        case Op("mul", (Num(top), Op("pow", (Num(bottom), Num(minus))))) if minus == -1 and top.denominator == bottom.denominator == 1:
            return top.numerator, bottom.numerator
    return None


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of a scalar expression (text as `normalise.tidy` leaves it); ParseError for anything else."""
    parser = _Parser(text)
    if not parser.tokens:
        raise ParseError("empty")
    node = parser.expression()
    if parser.at != len(parser.tokens):
        raise ParseError(f"{parser.peek()} is not expected")
    return node
