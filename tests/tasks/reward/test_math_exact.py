"""The cheap layers against Fraction and mpmath, on random expressions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.reward.math import canonical, exact, normal_form, numeric
from tasks.reward.math.equivalence import equivalent_latex
from tasks.reward.math.expression import ParseError, TooLarge
from tasks.reward.math.expression_parser import parse
from tasks.reward.math.oracle import CHEAP
from tasks.reward.math.symbolic import STRONG

Pair = tuple[str, Fraction]


@pytest.fixture(autouse=True, scope="module")
def _time_enough() -> Iterator[None]:
    """Raise the budget of CPU time for one value: a garbage collection of the whole test process may fall into it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(normal_form.clock, "budget_s", 10.0)
        patch.setattr(normal_form.clock, "answer_s", 10.0)
        yield


LITERALS = st.one_of(
    st.integers(0, 50).map(lambda n: (str(n), Fraction(n))),
    st.tuples(st.integers(0, 30), st.integers(1, 30)).map(lambda p: (rf"\frac{{{p[0]}}}{{{p[1]}}}", Fraction(*p))),
    st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda p: (f"{p[0]}.{p[1]:02d}", p[0] + Fraction(p[1], 100))),
)


def combine(children: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    return st.one_of(
        st.tuples(children, children).map(lambda p: (f"({p[0][0]}) + {p[1][0]}", p[0][1] + p[1][1])),
        st.tuples(children, children).map(lambda p: (f"({p[0][0]}) - \\left({p[1][0]}\\right)", p[0][1] - p[1][1])),
        st.tuples(children, children).map(lambda p: (f"({p[0][0]}) \\cdot ({p[1][0]})", p[0][1] * p[1][1])),
        st.tuples(children, children)
        .filter(lambda p: p[1][1] != 0)
        .map(lambda p: (rf"\dfrac{{{p[0][0]}}}{{{p[1][0]}}}", p[0][1] / p[1][1])),
        st.tuples(children, st.integers(0, 3))
        .filter(lambda p: p[0][1] != 0)
        .map(lambda p: (f"({p[0][0]})^{{{p[1]}}}", p[0][1] ** p[1])),
        children.map(lambda p: (f"-({p[0]})", -p[1])),
        children.map(lambda p: (rf"\left|{p[0]}\right|", abs(p[1]))),
    )


RATIONALS = st.recursive(LITERALS, combine, max_leaves=6)


@given(RATIONALS)
@settings(max_examples=300, deadline=None)
def test_rational_expressions_have_their_exact_value(pair: Pair) -> None:
    text, value = pair
    wanted = str(value.numerator) if value.denominator == 1 else rf"\frac{{{value.numerator}}}{{{value.denominator}}}"
    assert equivalent_latex(wanted, text, CHEAP) is True
    assert canonical(text) == canonical(wanted)


@given(RATIONALS, st.integers(7, 40), st.sampled_from([-1, 1]))
@settings(max_examples=200, deadline=None)
def test_a_rational_that_differs_by_a_hair_is_another(pair: Pair, digits: int, sign: int) -> None:
    text, value = pair
    near = value + Fraction(sign, 10**digits)
    assert equivalent_latex(text, rf"\frac{{{near.numerator}}}{{{near.denominator}}}", CHEAP) is False
    assert equivalent_latex(text, rf"\frac{{{near.numerator}}}{{{near.denominator}}}", STRONG) is False


SURDS = st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 60)), min_size=1, max_size=4)


@given(SURDS, SURDS)
@settings(max_examples=300, deadline=None)
def test_sums_of_square_roots_are_decided_as_their_values_say(
    one: list[tuple[int, int]], two: list[tuple[int, int]]
) -> None:
    texts = ["+".join(rf"({c})\sqrt{{{n}}}" for c, n in side) for side in (one, two)]
    with mpmath.workdps(60):
        values = [mpmath.fsum(c * mpmath.sqrt(n) for c, n in side) for side in (one, two)]
        same = abs(values[0] - values[1]) < mpmath.mpf(10) ** -50
    assert equivalent_latex(texts[0], texts[1], CHEAP) is bool(same)
    assert numeric.equal(parse(texts[0]), parse(texts[1])) is bool(same)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=4), st.lists(st.integers(-5, 5), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_products_of_polynomials_equal_their_expansion_and_nothing_near(a: list[int], b: list[int]) -> None:
    def text(coefficients: list[int]) -> str:
        return "+".join(f"({c}) x^{{{k}}}" for k, c in enumerate(coefficients))

    product = [0] * (len(a) + len(b) - 1)
    for i, p in enumerate(a):
        for j, q in enumerate(b):
            product[i + j] += p * q
    factored = f"({text(a)})({text(b)})"
    assert equivalent_latex(text(product), factored, CHEAP) is True
    product[0] += 1
    assert equivalent_latex(text(product), factored, CHEAP) is False
    assert equivalent_latex(text(product), factored, STRONG) is False


@given(
    st.text(alphabet="0123456789xyei+-*/^_(){}[]|!,.=<>\\ fracsqrtpmthobxd$%\"'&~", max_size=60),
    st.sampled_from(["5", "x", "(1,2)", "\\text{Yes}", "[0,1)"]),
)
@settings(max_examples=500, deadline=None)
def test_no_text_raises(text: str, gold: str) -> None:
    assert equivalent_latex(gold, text, CHEAP) in (True, False, None)
    canonical(text)


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_no_unicode_raises(text: str) -> None:
    equivalent_latex("5", text, CHEAP)
    equivalent_latex(text, text, CHEAP)


@pytest.mark.parametrize(
    "text",
    ["2^{2^{100}}", "10^{100000}", "100000!", "\\binom{10^9}{10^8}", "\\prod_{k=1}^{100000000} k", "9^{9^{9^9}}"],
)
def test_what_is_too_large_is_refused_before_it_is_computed(text: str) -> None:
    with pytest.raises(TooLarge):
        exact.exact(parse(text))


@pytest.mark.parametrize("text", ["", "1 2", "+", "\\frac{1}", "(1", "x^", "\\foo", "1)", "2^3^4"])
def test_what_is_no_expression_is_a_parse_error(text: str) -> None:
    with pytest.raises(ParseError):
        parse(text)


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("0.75", "\\frac{6}{8}", True),
        ("2, 1", "1 \\text{ and } 2", True),
        ("x = 5", "5", True),
        ("\\sqrt{12}", "2\\sqrt{3}", True),
        ("(1,2)", "(2,1)", False),
        ("5", "6", False),
        ("50\\%", "50", False),
        ("\\text{Yes}", "yes", True),
    ],
)
def test_canonical_forms_are_equal_where_answers_are(one: str, two: str, same: bool) -> None:
    assert (canonical(one) == canonical(two)) is same
