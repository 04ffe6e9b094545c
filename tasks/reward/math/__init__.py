r"""The mathematics verifier: compares a model's output with a gold answer, exactly where possible.

    with MathVerifier(deadline_s=5.0, workers=2) as verifier:
        verdicts = verifier.verify([(problem, response_text), ...])

Nothing is ever passed to eval. The layers, in the order in which an answer passes them:

| module | content |
|---|---|
| `extract` | the text of the final answer in a model's output |
| `normalise`, `synonyms` | one spelling for each thing |
| `answer_parser`, `interval_parser`, `text_answers`, `units` | the type of the answer (`answer_types`) |
| `expression_parser`, `primary`, `tokens` | the tree of a scalar (`expression`) |
| `equivalence`, `compare`, `compare_scalars`, `compare_intervals` | by type, member by member, down to scalars |
| `exact`, `normal_form` | the cheap oracle: rational arithmetic, radicals, polynomials |
| `numeric`, `symbolic` | the strong oracle, in workers: 60 to 300 digits at points; math-verify |
| `canonical_form` | one text for equal answers, for votes and counts |
| `pool`, `worker` | the worker processes |

Rules without a choice
- The last `\boxed{}` of the visible text counts. One value is wanted if gold is one value. Exact golds want equality.
- Units, degree signs, text macros, currency signs and thousands separators are not significant.
- An unusable gold gives no reward and no punishment (not judged).

Rules where there is a choice
- No box: `#### x`, then the last "answer is x" / "Answer: x". An unclosed last box, or thinking that never ends, is no
  answer.
- Boxes joined by a comma, "and" or "or" are one list: parts of one answer, or a hedge that equals no single value.
- Decimals: a literal of at least six places and five significant digits that is rounded or cut off correctly stands for
  a value without finite decimal expansion (in both directions). Shorter ones do not; a rounded gold is compared as
  written. `exact \approx decimal`: the exact value counts, and the decimal if it is the exact value's rounding.
- Percent: 50% is 0.5, and also 50 (if the bare number is above 1). 0.5% is not 0.5.
- Units are compared only if both sides name one, in one dimension by size (1 m = 100 cm). A currency other than the
  dollar is refused for a bare gold, unless the problem's text names it. Degrees and radians name the same angle.
- `x = 5` gives 5, `a + b = 10` gives 10, `2 + 2 = 5` gives nothing, an equation to solve (`x^2 - 1 = 0`) gives nothing.
  Another name for the unknown is another answer; equations are equal up to a factor.
- A list is unordered; a list and a set, `\pm` and the two values, "or" and "," are the same. A tuple is ordered, and a
  bare list in its order is the same; a set is no tuple and {3} is not 3. `x = 1, y = 2` is the pair (1, 2).
- An inequality of one variable is its interval, `x \ne 0` the punctured line; `]a, b[` is French for (a, b); (a, b) is
  an open interval if the other side is a set of reals.
- Symbols are real and case-sensitive; expressions are equal where both have real values (so a cancelled factor, and
  sqrt(1/n) = 1/sqrt(n), but |x| is not x). `x2` is a name. `log` without a base is natural on both sides. A bare
  `3 1/4` is mixed; `a/bc` is (a/b) c.
- Ratios may be reduced and equal their quotient; h:mm is a clock time. Numbers in a base want base and digits.
- Words: case, articles and full stops do not matter; "Yes, it is" is yes. Choices: B, (b), "Option B", "B. text"; e and
  i are numbers; the text of one choice counts if the reference lists the `choices`.
- An answer too large to evaluate, or that ends its worker twice, is wrong (kind: time or memory limit). Control
  characters in the box, or more than 20,000 characters, are no answer.
"""

from __future__ import annotations

from tasks.reward.math.canonical_form import canonical
from tasks.reward.math.verifier import MathVerifier

__all__ = ["MathVerifier", "canonical"]
