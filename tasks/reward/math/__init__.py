"""The mathematics verifier: model output against gold answer, exactly where it can, in killable workers where it must.

    with MathVerifier(deadline_s=5.0, workers=2) as verifier:
        verdicts = verifier.judge([(problem, response_text), ...])

Layers: `extract` (the final answer's text), `normalise` (one spelling for each thing), `parse` (an expression tree),
`answer` (what kind of answer it is), `compare` (by kind, member by member), `exact` (rational arithmetic, radicals,
polynomials: the cheap oracle), and in worker processes `numeric` (60 to 300 digits, at points) and `symbolic`
(math-verify, for what our parser does not read). `pool` and `worker` are the processes. Nothing is ever eval'ed.

Policies. Rules without a choice: the last `\\boxed{}` of the visible text counts; one value is wanted where gold is one
value; exact golds want exact equality; units, degree signs, text macros, currency signs and thousands separators are
not significant; an unusable gold gives no reward and no punishment (not judged). Where there is a choice:

- No box: `#### x`, then the last "answer is x" / "Answer: x". An unclosed last box, or thinking that never ends, is no answer.
- Boxes joined by a comma, "and" or "or" are one list: parts of one answer, or a hedge that equals no single value.
- Decimals: a literal of at least six places and five significant digits that is rounded or cut off correctly stands for
  a value without finite decimal expansion (in both directions). Shorter ones do not; a rounded gold is compared as written.
  `exact \\approx decimal`: the exact value counts, and the decimal if it is the exact value's rounding.
- Percent: 50% is 0.5, and also 50 (where the bare number is above 1). 0.5% is not 0.5.
- Units: compared only where both sides name one, in one dimension by size (1 m = 100 cm). A currency other than the
  dollar is refused for a bare gold, unless the problem's text speaks of it. Degrees and radians name the same angle.
- `x = 5` gives 5, `a + b = 10` gives 10, `2 + 2 = 5` gives nothing, an equation to solve (`x^2 - 1 = 0`) gives nothing.
  Another name for the unknown is another answer; equations are equal up to a factor.
- A list is unordered; a list and a set, `\\pm` and the two values, "or" and "," are the same. A tuple is ordered, and a
  bare list in its order is the same; a set is no tuple and {3} is not 3. `x = 1, y = 2` is the pair (1, 2).
- An inequality of one variable is its interval, `x \\ne 0` the punctured line; `]a, b[` is French for (a, b); (a, b) is an
  open interval wherever the other side is a region.
- Symbols are real, are case-sensitive, and expressions are equal where both have real values (so a cancelled factor, and
  sqrt(1/n) = 1/sqrt(n), but |x| is not x). `x2` is a name. `log` without a base is natural on both sides. A bare
  `3 1/4` is mixed; `a/bc` is (a/b) c.
- Ratios may be reduced and equal their quotient; h:mm is a clock time. Numbers in a base want base and digits.
- Words: case, articles and full stops do not matter; "Yes, it is" is yes. Choices: B, (b), "Option B", "B. text"; e and i
  are numbers; the text of one choice counts where the reference lists the `choices`.
- What is too large to evaluate, or ends its worker twice, is wrong (kind: time or memory limit). Control characters in
  the box, or more than 20,000 characters, are no answer.
"""

from __future__ import annotations

from tasks.reward.math.verifier import MathVerifier, canonical

__all__ = ["MathVerifier", "canonical"]
