r"""The mathematics verifier: compares a model's output with a gold answer, exactly where possible.

    with MathVerifier(deadline_s=5.0, workers=2) as verifier:
        verdicts = verifier.verify([(problem, response_text), ...])

Nothing is ever passed to eval. The layers, in the order in which an answer passes them:

| module | content |
|---|---|
| `extract` | the text of the final answer in a model's output |
| `statements`, `second_thoughts` | answers stated without a box, and what behind them takes them back |
| `normalise`, `synonyms` | one spelling for each thing |
| `answer_parser`, `interval_parser`, `matrix_parser`, `text_answers` | the type of the answer (`answer_types`) |
| `word_answers`, `number_words`, `frames`, `harmless_words` | words: sets, numbers, sentences around a value |
| `quantity`, `units` | a value with its unit and its magnitude |
| `expression_parser`, `primary`, `tokens` | the tree of a scalar (`expression`) |
| `asked` | equations: the thing asked for, or an operation that leaves it to be found |
| `vectors` | dot and cross products |
| `conditions`, `residues` | conditions behind an answer, congruences |
| `equivalence`, `compare`, `compare_scalars`, `compare_intervals` | by type, member by member, down to scalars |
| `exact`, `normal_form` | the cheap oracle: rational arithmetic, radicals, logarithms, polynomials |
| `factored` | values too large to be written out, as products of prime powers |
| `tolerance` | the absolute tolerance that a reference may state |
| `numeric`, `symbolic` | the strong oracle, in workers: 60 to 300 digits at points; math-verify |
| `canonical_form` | one text for equal answers, for votes and counts |
| `pool`, `worker` | the worker processes |

Rules without a choice
- The last `\boxed{}` of the visible text counts. One value is wanted if gold is one value. Exact golds want equality.
- Units, degree signs, text macros, currency signs and thousands separators are not significant. Words beside a value
  are read from closed lists; with any other word (thirteen, squared, not, about) the text is no value.
- An unusable gold gives no reward and no punishment (not judged).

Rules where there is a choice
- No box: the last of `#### x`, "answer is x", "Answer: x", "答案是 x", <answer>, a heading "Final Answer" above x. What
  stands in its sentence has to be harmless, and no sentence behind may take x back or state another value. An
  exclamation mark behind "answer is 12" is no factorial. A `\boxed` that prose names is no box. An unclosed last box,
  one behind "not" or in front of "is wrong", or thinking that never ends, is no answer.
- A sentence in the box, or a choice's label in front of a value, is its value: "There are 12 ways", "(E) 12".
- Boxes joined by a comma, "and" or "or" are one list: parts of one answer, or a hedge that equals no single value.
- Decimals: a literal of at least six places and five significant digits that is rounded or cut off correctly stands for
  a value without finite decimal expansion (in both directions). Shorter ones do not; a rounded gold is compared as
  written. `exact \approx decimal`: the exact value counts, and the decimal if it is the exact value's rounding.
  Numbers far from each other, and choices, joined by `\approx` are no answer.
- Percent: 50% is 0.5, and also 50 (if the bare number is above 1). 0.5% is not 0.5.
- Units are compared only if both sides name one, in one dimension by size (1 m = 100 cm, N m = J, 5 ft 6 in = 66 in). A
  currency other than the dollar, and cents, are refused for a bare gold, unless the problem's text names them. Degrees
  and radians name the same angle; a unit is never a percentage. Magnitudes multiply (12 thousand, 42万).
- Conditions: "2x for all real x" is 2x, "12 (when x = 3)" is 12, "12 if n is odd" is not; the gold's own condition has
  to be the answer's. Cases are compared in any order. C in the gold is a constant of integration, of any usual name.
- A chain of equations whose middle hides more than its last side gives nothing.
- `x = 5` gives 5, `a + b = 10` gives 10, `2 + 2 = 5` gives nothing. An equation to solve gives nothing: `x^2 - 1 = 0`,
  and an operation with a number on what is asked (`2x = 10`, `x^2 = 10`, `|x| = 10`, `log x = 10`, `2(a + b) = 10`).
  Another name for the unknown is another answer; equations are equal up to a factor.
- A list is unordered; a list and a set, `\pm` and the two values are the same. "or" and "," are the same between
  values of one thing (numbers, `x = 1 or x = 2`), not between symbols or different names. A tuple is ordered, and a
  bare list in its order is the same, as is a column vector; a set is no tuple and {3} is not 3. `x = 1, y = 2` is the
  pair (1, 2). `\land` is not `\lor`; a dot product of vectors is no cross product, which changes sign when turned. Bold
  and underlined letters, and letters with an arrow or a hat, are vectors where a dot or a cross stands between them.
- `2,5` is 2.5 for a gold with a decimal point; a gold `2,5` is a list.
- An inequality of one variable is its interval, `x \ne 0` the punctured line; `x > 1, x \ne 2` is what both leave, if
  neither is idle. A bracket closed at infinity is another set. `]a, b[` is French for (a, b); (a, b) is
  an open interval if the other side is a set of reals.
- Symbols are real and case-sensitive; expressions are equal where both have real values (so a cancelled factor, and
  sqrt(1/n) = 1/sqrt(n), but |x| is not x). `x2` is a name. `log` without a base is natural on both sides. A bare
  `3 1/4` is mixed; `a/bc` is (a/b) c.
- Ratios may be reduced and equal their quotient; h:mm is a clock time (3:45 p.m. is 15:45). Numbers in a base want base
  and digits; base 10 is none. 19 mod 12 is 7 mod 12, and 7 mod 12 is 7.
- Words: case, articles and full stops do not matter; "Yes, it is" is yes. Choices: B, (b), "Option B", "B. text"; e and
  i are numbers; the text of one choice counts if the reference lists the `choices`, and behind the letter of another
  choice it refuses both. Where a letter is wanted and the
  last box holds none, an "Answer: D" behind the box counts.
- A tolerance of the reference is absolute and of one value, in its unit. It has to be finite and no larger than the
  answer.
- The answer of a verdict is the gold's canonical form if it is accepted, and only then.
- An answer too large to compare exactly, or that ends its worker twice, is wrong (kind: time or memory limit). Control
  characters in the box, or more than 20,000 characters, are no answer.
"""

from __future__ import annotations

from tasks.reward.math.canonical_form import canonical
from tasks.reward.math.verifier import MathVerifier

__all__ = ["MathVerifier", "canonical"]
