"""Parser of primary expressions: names, commands, functions, fractions, series.

Numbers, brackets and operators are in `expression_parser`.
"""

from __future__ import annotations

import re
from fractions import Fraction

from tasks.reward.math.expression import (
    MINUS_ONE,
    OO,
    PI,
    E,
    I,
    Node,
    Num,
    Op,
    ParseError,
    Sym,
    divide,
    integer,
    mul,
    negative,
    power,
)
from tasks.reward.math.tokens import Tokens

_FUNCTIONS = frozenset([
    "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "arcsin", "arccos", "arctan", "arccot",
    "arcsec", "arccsc", "ln", "log", "lg", "exp", "sqrt", "gcd", "lcm", "max", "min", "det", "floor", "ceil", "abs",
    "sign",
])  # fmt: skip
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
_GREEK = frozenset([
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "varphi", "chi", "psi", "omega", "Gamma",
    "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega", "hbar", "ell", "aleph", "odot",
])  # fmt: skip
_ACCENTS = frozenset([
    "\\dot", "\\ddot", "\\bar", "\\hat", "\\vec", "\\tilde", "\\overline", "\\underline", "\\widehat",
    "\\overrightarrow", "\\bold", "\\mathcal", "\\mathfrak",
])  # fmt: skip
_CALLED = frozenset("fghFGH")
MAX_DEPTH = 70


class PrimaryParser(Tokens):
    """Readers of names and commands, on the cursor of `Tokens`; a subclass reads what surrounds them."""

    # The methods of the subclass.
    def expression(self) -> Node:
        """Read a sum of terms."""
        raise NotImplementedError

    def term(self) -> Node:
        """Read a product or a quotient."""
        raise NotImplementedError

    def factor(self) -> Node:
        """Read an operand with what follows it."""
        raise NotImplementedError

    def argument(self, signed: bool = False) -> Node:
        """Read a group in braces, or one token."""
        raise NotImplementedError

    def group(self, opener: str, closer: str) -> Node:
        """Read an expression between two brackets."""
        raise NotImplementedError

    def number(self) -> Node:
        """Read a number."""
        raise NotImplementedError

    def starts_factor(self) -> bool:
        """Return True if the next token begins a factor."""
        raise NotImplementedError

    def implicit(self, factors: list[Node]) -> None:
        """Append a factor that follows without an operator."""
        raise NotImplementedError

    def name(self) -> Node:
        """Read a run of letters: pi, infinity, a function, or the first letter as a symbol."""
        text = self.peek()
        if text == "pi":
            self.take()
            return PI
        if text in _FUNCTIONS or text.lower() in ("sqrt", "infinity", "inf", "oo"):
            self.take()
            if text.lower() in ("infinity", "inf", "oo"):
                return OO
            return self.function(_ALIASES.get(text, text.lower() if text.lower() == "sqrt" else text))
        if len(text) > 3 and text[:-1] in _FUNCTIONS:  # sinx
            function = text[:-1]
            self.split(len(function))
            return self.function(_ALIASES.get(function, function))
        if len(text) > 1:
            self.split(1)
        else:
            self.take()
        return self.symbol(text[0])

    def symbol(self, name: str) -> Node:
        """Read the index, primes and arguments of the symbol `name`; a bare e or i is the constant."""
        if self.kind() == "num" and not self.spaced() and name == "i":
            return mul(I, self.number())
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
        """Return True if the bracket that follows holds arguments: f(...), g'(...), x(t), not x(t + 1)."""
        single = self.kind(1) in ("num", "name") and len(self.peek(1)) == 1 and self.peek(2) == ")"
        return name[0] in _CALLED or name.endswith("'") or single

    def call(self, name: str) -> Node:
        """Return an unknown function with its arguments as one symbol, named by its text."""
        parts = [name]
        depth = 0
        while True:
            token = self.take()
            parts.append(token)
            depth += (token == "(") - (token == ")")
            if depth == 0:
                return Sym("".join(parts))

    def command(self) -> Node:
        """Read a LaTeX command with its arguments."""
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
        """Return the meaning of a text macro's content: pi, a function, a symbol, a number."""
        if text == "pi":
            return PI
        if text in _FUNCTIONS:
            return self.function(_ALIASES.get(text, text))
        if len(text) == 1 and text.isalpha():
            return self.symbol(text)
        if text.isdigit():
            return Num(Fraction(integer(text)))
        raise ParseError(f"the word {text!r}")

    def fraction(self) -> Node:
        r"""Read the arguments of \frac; d/dx and the like are one symbol, no quotient of products."""
        start = self.at
        top_text = self.raw_argument() if self.peek() == "{" else ""
        bottom_text = self.raw_argument() if self.peek() == "{" else ""
        if re.match(r"(d|\\partial|\\mathrmd)(\^|[A-Za-z\\]|$)", top_text) and re.match(
            r"(d|\\partial|\\mathrmd)[A-Za-z\\]", bottom_text
        ):
            return Sym(f"{top_text}/{bottom_text}")
        self.at = start
        return divide(self.argument(), self.argument())

    def function(self, name: str) -> Node:
        """Read the index, exponent and arguments of the function `name`."""
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
            # "log" without a base is the natural one, as in sympy.
            ten = Num(Fraction(10))
            node: Node = Op(
                "log",
                (args[0],)
                if name == "ln"
                else (args[0], base or ten)
                if name == "lg"
                else (args[0], base)
                if base
                else (args[0],),
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
        """Read arguments in brackets, or one product without them."""
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
        """Return True if the next token is the name of a function."""
        return self.peek().lstrip("\\") in _FUNCTIONS or self.peek() == "\\operatorname"

    def series(self, name: str) -> Node:
        r"""Read \sum_{k=a}^{b} body, or \prod; the body is one product."""
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
    """Return `node` with the constant (i or e) replaced by the symbol of that name."""
    if isinstance(node, Op):
        return Sym(constant) if node == Op(constant) else Op(node.head, tuple(_rename(a, constant) for a in node.args))
    return node
