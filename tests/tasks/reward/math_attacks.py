r"""Answers by which one tried to get a false reward, and right ones near them: (gold, model output, expected)."""

from __future__ import annotations

ATTACKS = [
    ("12", '\\boxed{13""}', False),  # empty words behind a number once ended the verifier
    ("12", '\\boxed{5"" + 7}', False),
    ("12", "\\boxed{12\\text{ is NOT the answer}}", False),
    ("12", "\\boxed{\\text{NOT the answer: }12}", False),
    ("12", "\\boxed{\\text{HALF the answer is }12}", False),
    ("12", "\\boxed{\\text{The LOG of the answer is }12}", False),
    ("12", "\\boxed{12\\text{ is LESS}}", False),
    ("12", "\\boxed{\\text{NEG: }12}", False),
    ("12", "\\boxed{\\text{TWO: }12}", False),
    ("12", "#### NOT the answer is 12", False),
    ("-5", "\\boxed{-5\\pmod 7}", False),
    ("12.5", "\\boxed{12.5\\pmod 7}", False),
    ("1,9", "\\boxed{1,9\\pmod 7}", False),
    ("2x", "\\boxed{2x\\pmod 3}", False),
    ("n^2", "\\boxed{n^2\\pmod 7}", False),
    ("x>1", "\\boxed{x>1, x\\ne 2}", False),
    ("x>1", "\\boxed{x>1\\ (x\\ne 2)}", False),
    ("x>1", "\\boxed{x>1, x\\in\\mathbb Z}", False),
    ("(1,\\infty)", "\\boxed{x\\in(1,\\infty), x\\ne 2}", False),
    ("\\mathbb R", "\\boxed{x\\in\\mathbb R, x\\ne 0}", False),
    ("n\\ge3", "\\boxed{n\\ge3, n\\ne5}", False),
    ("k<5", "\\boxed{k<5, k\\ne0}", False),
    ("\\mathbb R", "\\boxed{\\mathbb R\\text{ for all }x>0}", False),
    ("x\\ne0", "\\boxed{x\\ne0, x\\ne1}", False),
    ("2x", "\\boxed{2x\\text{ if }x>0}", False),
    ("2x", "\\boxed{2x\\text{ when }x>0}", False),
    ("2x", "\\boxed{2x\\text{ provided }x>5}", False),
    ("2x", "\\boxed{2x\\text{ for }x\\ge3}", False),
    ("2x", "\\boxed{2x\\text{ if }x\\in\\mathbb Z}", False),
    ("n^2", "\\boxed{n^2\\text{ if }n>3}", False),
    ("5", "\\boxed{5\\text{ for all }n>1}", False),
    ("5", "\\boxed{5\\text{ where }x=2\\text{ or }6}", False),
    ("A", "\\boxed{\\text{A. no, B}}", False),
    ("A", "\\boxed{\\text{A. But B is right}}", False),
    ("A", "\\boxed{\\text{(A) wrong}}", False),
    ("A", "\\boxed{\\text{A) is incorrect}}", False),
    ("A", "\\boxed{\\text{A. D}}", False),
    ("A", "\\boxed{\\text{A: D}}", False),
    ("A", "\\boxed{\\text{(A) D}}", False),
    ("A", "\\boxed{A.B}", False),
    ("A", "\\boxed{\\text{A. Actually C}}", False),
    ("A", "\\boxed{\\text{(A) versus B}}", False),
    ("C", "\\boxed{\\text{(C) Wait, D}}", False),
    ("C", "\\boxed{(C)\\to D}", False),
    ("C", "\\boxed{\\text{(C) is eliminated}}", False),
    ("C", "\\boxed{\\text{C. It is B that is right}}", False),
    ("C", "\\boxed{\\text{(C) with B}}", False),
    ("D", "\\boxed{\\text{D: false}}", False),
    ("D", "\\boxed{\\text{D) No}}", False),
    ("D", "\\boxed{\\text{(D) 8 is not right}}", False),
    ("B", "\\boxed{(B)+1}", False),
    ("B", "\\boxed{(B)^2}", False),
    ("12", "Wrong answer: 12", False),
    ("12", "The incorrect answer is 12.", False),
    ("12", "One wrong answer is 12.", False),
    ("12", "The answer to the wrong question is 12", False),
    ("D", "\\boxed{12}\nWrong answer: D", False),
    ("D", "\\boxed{12} The incorrect option is D.", False),
    ("D", "\\boxed{12}\nThe wrong choice is D", False),
    ("D", "\\boxed{12}\nEliminated option: D", False),
    ("D", "Not the answer: D", False),
    ("D", "\\boxed{B or D}\nAnswer: D", False),
    ("Yes", "\\boxed{\\text{Yes, maybe}}", False),
    ("Yes", "\\boxed{\\text{Yes: never}}", False),
    ("Yes", "\\boxed{\\text{Yes, it cannot be}}", False),
    ("Yes", "\\boxed{\\text{Yes, it doesn't}}", False),
    ("Yes", "\\boxed{\\text{yes, impossible}}", False),
    ("Yes", "\\boxed{\\text{Yes, except}}", False),
    ("No", "\\boxed{\\text{No, always}}", False),
    ("No", "\\boxed{\\text{No, one can}}", False),
    ("12", "The answer is $12$; wait, $13$.", False),
    ("12", "The answer is $12$ so it's wrong", False),
    ("12", "The answer is 12 which is wrong", False),
    ("12", "The answer is 12 because no, actually 13", False),
    ("12", "\\boxed{\\text{The length of side AB is }12}", True),
    ("12", "\\boxed{\\text{The area of triangle ABC is } 12}", True),
    ("7", "\\boxed{7\\pmod{12}}", True),
    ("2x", "\\boxed{2x\\text{ for all real }x}", True),
    ("2x", "\\boxed{2x, x\\ne 3}", True),
    ("A", "\\boxed{\\text{A. text of it}}", True),
    ("B", "\\boxed{\\text{B. A polygenic score}}", True),
    ("D", "\\boxed{\\text{D. 5}}", True),
    ("E", "\\boxed{\\text{(E) the area}}", True),
    ("12", "The correct answer is 12.", True),
    ("12", "The final answer is 12.", True),
    ("D", "So \\boxed{12}. The correct option is D.", True),
    ("Yes", "\\boxed{\\text{Yes, it is}}", True),
    ("Yes", "The answer is yes.", True),
    ("No", "\\boxed{\\text{No.}}", True),
    ("12", "The answer is $12$, since $3 \\cdot 4 = 12$.", True),
    ("12", "Answer: 12", True),
    # Infinity is no number, however small the difference from it is made by its size.
    *(
        (gold, f"\\boxed{{{text}}}", False)
        for gold in ("12", "\\frac12", "\\sqrt2", "(1,2)")
        for text in (
            "\\lim_{x\\to\\infty} x", "\\lim_{x\\to0}\\frac1x", "\\lim_{x\\to0}\\frac{1}{x^2}",
            "\\frac{1}{\\lim_{x\\to0} x}", "\\int_0^1 \\infty dx", "\\infty 2-\\sqrt3", "3$\\infty",
            "$\\frac13$\\infty", "(\\lim_{x\\to\\infty} x, \\lim_{x\\to\\infty} x)",
        )
    ),
    ("x=5", "\\boxed{x=\\lim_{x\\to\\infty}x}", False),
    ("-\\infty", "\\boxed{\\lim_{x\\to\\infty} x}", False),
    ("\\infty", "\\boxed{\\lim_{x\\to-\\infty} x}", False),
    ("\\infty", "\\boxed{\\lim_{x\\to\\infty} x}", True),
    ("-\\infty", "\\boxed{\\lim_{x\\to-\\infty} x}", True),
    ("12", "\\boxed{\\lim_{x\\to\\infty} 12}", True),
    ("12", "\\boxed{\\int_0^1 12 dx}", True),
    # A chain of equations that hides another value in its middle.
    *(
        (gold, f"\\boxed{{x=2{sign}x=1}}", False)
        for gold in ("1", "x=1")
        for sign in (
            "\\to ", "\\implies ", "\\text{ oder }", "\\text{ maybe }", " \\quad ", "\\,", "\\\\", "?", "|", "\\sim ",
            "\\cup ", "\\text{ OR }", "&", "→", "\u200b", "",
        )
    ),
    ("12", "\\boxed{x=13\\to y=12}", False),
    ("12", "\\boxed{x = 13 ? = 12}", False),
    ("12", "\\boxed{x = \\int_0^1 13 dx = 12}", False),
    ("12", "\\boxed{x = \\int_0^1 12 dx = 12}", True),
    ("12", "\\boxed{P = \\frac{\\text{favorable}}{\\text{total}} = 12}", True),
    ("5", "\\boxed{d = \\sqrt{3^2+4^2} = \\sqrt{25} = 5}", True),
    ("12", "\\boxed{m + n = 5 + 7 = 12}", True),
    # Approximations that are none, two choices, and signs that one of the parsers passes over.
    ("12", "\\boxed{12\\approx 13}", False),
    ("12", "\\boxed{12 ≈ 13}", False),
    ("\\sqrt2", "\\boxed{\\sqrt2\\approx\\sqrt3}", False),
    ("\\sqrt2", "\\boxed{\\sqrt2≅\\sqrt3}", False),
    ("\\frac x2", "\\boxed{\\frac x3≅\\frac x2}", False),
    ("\\sqrt2", "\\boxed{\\sqrt2\\approx 3}", False),
    ("\\frac12", "\\boxed{\\frac12\\simeq\\frac13}", False),
    ("A", "\\boxed{A\\approx B}", False),
    ("B", "\\boxed{A\\approx B}", False),
    ("B", "\\boxed{B\\simeq A}", False),
    ("[0,1]", "\\boxed{[0,1]\\\\[0,2]}", False),
    ("\\sqrt2", "\\boxed{\\sqrt2\\approx 1.41}", True),
    ("\\frac13", "\\boxed{\\frac13\\approx 0.33}", True),
    ("1234567", "\\boxed{1234567\\approx 1.23\\times10^6}", True),
    ("12", "\\boxed{x\\approx 12}", True),
    ("(1,2)", "\\boxed{\\begin{pmatrix}1\\\\[2pt]2\\end{pmatrix}}", True),
    # Boxes and tags that are denied.
    ("12", "\\boxed{12} (wrong)", False),
    ("12", "\\boxed{12} ❌", False),
    ("12", "\\boxed{12} can't be right", False),
    ("12", "\\boxed{12} cannot be right", False),
    ("12", "The answer is ~~12~~.", False),
    ("12", "not <answer>12</answer>", False),
    ("12", "It isn't <answer>12</answer>", False),
    ("12", "<answer>12 or 13</answer>", False),
    ("12", "<answer>12</answer><answer>13</answer>", False),
    ("12", "<answer>12</answer> No, it is 13.", False),
    ("12", "<answer>12</answer>\n#### 13", False),
    ("12", "<answer>12\n13</answer>", False),
    ("12", "<answer>12", False),
    ("12", "<answer>12</answer>", True),
    ("12", "<answer>\n$12$\n</answer>", True),
    ("\\frac12", "<think>13</think>\n<answer>\\frac{1}{2}</answer>", True),
    ("12", "<answer>The answer is 12.</answer>", True),
    ("12", "**Final Answer: 12** ✅", True),
    ("12", "Answer: 12 🎉", True),
    ("12", "The answer is $12$ (in simplest form).", True),
    ("12", "\\boxed{12} ✅", True),
]  # fmt: skip

#: Sentences that state an answer.
STATEMENTS = [
    "The answer is {}.",
    "So the final answer is **{}**.",
    "The answer is ${}$.",
    "**Answer:** {}",
    "#### {}",
    "### Final Answer\n\n{}",
    "Final Answer: The final answer is ${}$.",
]
#: What behind an answer (12, C) takes it back, or states another (13, D).
TAKEN_BACK = """
No, it is {}. | Wait, that's wrong. | Actually {}. | Actually, {}. | Hmm, no. | Hmm, {}. | Scratch that: {}. | Oops, {}.
Sorry, {}. | My bad, {}. | I take that back. | On second thought, {}. | Correction: {}. | Edit: {} | Make that {}.
Let me recheck... {}. | That is not right. | That isn't right; it should be {}. | But that is wrong. | Nope. | No.
However, this is incorrect. | Never mind, it's {}. | I meant {}. | Rather {}. | It is {}. | Or {}. | Maybe {}. | {}
I made a mistake. | The correct value is {}. | The real answer is {}. | In fact {}. | Hold on, {}. | Nein, es ist {}.
Nein, das ist falsch. | Non, c'est faux. | No, es incorrecto. | 不对，是{}。 | 等等，错了。 | Checking again gives {}.
Upon review the result is wrong. | Ignore the above. | The above is wrong. | Strike that. | **{}** | I was wrong.
I now think {}. | We should have subtracted, giving {}. | {} is right. | {} is better. | Thus, {} it is. | => {} | → {}
One can see it's {}. | Turns out {}. | A closer look gives {}. | The grand total is then {}. | Let's go with {}.
The question asks for something else. | We still need to double, giving {}. | Doch nicht. | for a total of {}.
Dismiss that. | Forget it. | This is a guess. | Not quite. | I don't know. | That was the wrong sign. | Final: {}
Unless n is odd. | If n is even. | Only if n is even. | Provided n is even. | Times 2. | Give or take one. | ❌ | ✗ | 👎
Plus or minus one. | Up to a factor of two. | With probability one half. | 非也。
"""
#: What states another number behind a number.
OTHER_NUMBERS = """
So altogether there are {} of them. | Thus there are {} ways. | There are {} ways. | This gives {} in total. | ≠ {}
So x = {}. | x = {} | $x = {}$ | So m + n = {}. | So m+n = 5+8 = {}. | So 11 + 1 = {}. | {}です。 | {}才对。
"""
#: What may stand behind one.
KEPT = """
I hope it is correct. | Let me know if you have questions! | This is because the order is free. | </answer> | <|im_end|>
Note that the order does not matter. | **Explanation:** The two factors are multiplied. | QED
The train needs 3 hours for the whole way. | Verification: 3 * 4 = 12. | Here each pair is counted once.
She sold 5 of the 17 in the first week. | The other values are too large for the box.
I hope this helps! | Hope that helps! 😊 | So she sold them altogether. | Natalia sold 48 clips in April and 24 in May.
Check: 3 * 4 = 12. | I used the formula for the sum. | I have checked this. | $\\blacksquare$ | There are 12 of them.
Check: 12 - 7 = 5. | We have a^2 + b^2 = c^2. | The general formula is n(n-1)/2. | ✅
If you have any questions, feel free to ask.
"""
#: Sentences that state no answer, another quantity than it, or more than one.
NO_STATEMENTS = r"""
Half the answer is {}. | Twice the answer is {}. | The root of the answer is {}. | The degree of the answer is {}.
The square of the answer is {}. | The number of digits of the answer is {}. | One more than the answer is {}.
The answer's square is {}. | My friend's answer is {}. | A common wrong answer is {}. | The naive answer is {}.
The first answer is {}. | Nobody says the answer is {}. | I doubt the answer is {}. | I don't think the answer is {}.
It is not true that the answer is {}. | If x = 1, the answer is {}. | Suppose the answer is {}. | The answer is {}?
Is it true that the answer is {}? | The answer is never {}. | The answer is at most {}. | The answer is {} or so.
The answer is {} perhaps. | The answer is {} squared. | The answer is {} thousand. | The answer is {} -- no, 99.
The answer is {} — no, 99. | The answer is {}; no, 99. | The answer is {} (wrong). | The answer is {}... no, 99.
The answer to another question is {}. | The answer to a different problem is {}. | The answer is twice {}.
The answer is far from {}. | Answer: not {} | Answer: {} is wrong | Answer: {}? | 2*answer = {} | √answer = {}
-answer = {} | #### not {} | #### {} (wrong) | #### Half answer: {} | Wrong answer: {} | 错误答案：{} | 答案的一半是{}。
The answer is {}--99. | The answer is not \boxed{{{}}}. | \boxed{{{}}} is wrong. | It isn't $\boxed{{{}}}$.
"""
#: Sentences that do.
STATED = r"""
So, the answer is {} | Since 3 * 4 = 12, the answer is {}. | Thus the correct answer is {}. | The answer is **{}**!
In conclusion, the answer is: {} | Hence, the final answer is \({}\). | Result: {} | The answer is {}!
The answer to the question is {}. | - **Answer:** {} | > **Answer: {}** | 1. Answer: {} | ✅ Answer: {}
A: The answer is {}. | Step 3: The answer is {}. | <answer>The answer is {}</answer> | The answer is\n\n$${}$$
I think the answer is 99. No, wait. The answer is {}. | Answer: 99\nAnswer: {} | 答案：{} | 所以答案是{}。
### Final Answer\n{} | ### Final Answer\n\n**{}** | **Final answer**\n\n{} | ## Answer\n\n${}$ | # Answer\n{}
**Answer**\n{} | #### Final Answer\n\n{} | ## final answer\n{} | ### **Final Answer**\n\n{} | ### Answer:\n{}
"""


def entries(table: str) -> list[str]:
    return [entry.replace("\\n", "\n") for line in table.strip().splitlines() for entry in line.split(" | ")]


#: Right and wrong contents of a box (12, B), beyond the rows above.
BOXES = [
    *(("12", text, True) for text in (
        "12\\text{ inches tall}", "12 \\text{ feet long}",
        "\\text{12 years old}", "12\\text{ miles away}", "12\\text{ m wide}",
        "12\\text{ cm thick}", "12\\text{ kg heavy}",
        "12\\text{ hours long}", "12\\text{ meters deep}", "12\\text{ km apart}",
        "\\text{12 inches tall.}", "\\text{The value of the answer is }12",
    )),
    *(("12", text, False) for text in (
        "12\\text{ inches short}", "12\\text{ apples tall}", "12\\text{ kg tall}", "12\\text{ feet too long}",
        "12\\text{ inches long or }13", "12\\text{ thousand feet long}",
        "12\\text{ maybe thirteen}", "12\\text{ maybe}",
        "12\\text{ hopefully}", "\\text{The mean of the answer is }12", "\\text{The answer's rank is }12",
        "\\text{The degree of the result is }12", "\\text{cost of the answer: }12",
        "12\\text{ -- 13}", "12\\text{ -- no}",
        "12\\text{--}", "\\text{12--13}", "12\\text{---}13", "\\text{-- }12", "12 \\text{ -- } 13", "\\text{--12}",
    )),
    ("8", "3\\text{--}5", False),
    ("8", "\\text{3--5}", False),
    ("25", "12\\text{ -- }13", False),
    ("-5", "\\text{--5}", True),
    ("5", "\\text{--5}", False),
    *(("B", text, True) for text in (
        "\\text{B. }\\frac{3}{4}", "(B)\\ \\frac{3}{4}", "B. -5",
        "B) -5", "\\text{(B) } x+1", "\\text{B. } \\sqrt{2}",
        "(B) \\pi", "\\text{(B) [1, 2]}", "\\text{B) }(1,2)", "\\text{B. the rather large error}", "\\text{B. OH}",
    )),
    *(("B", text, False) for text in (
        "\\text{(B)} thousand", "\\text{(B) million}",
        "\\text{(B) dozen}", "(B) is wrong", "\\text{(B) was eliminated}",
        "\\text{(B) can be excluded}", "\\text{B or C}", "\\text{(B) oops}",
        "\\text{(B) hmm, C}", "(B)!", "\\text{B. I pick C}",
        "\\text{B. Hence C}", "\\text{B) would be false}", "(B)\\cup(C)",
        "(B)\\to C", "B-1", "\\text{B?}", "\\text{B: sorry, C}",
    )),
]  # fmt: skip
