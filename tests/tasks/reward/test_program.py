"""The text of a response that is the program, and the programs that are the same."""

from __future__ import annotations

import pytest

from tasks.reward.canonical import canonical
from tasks.reward.program import extract

FUNCTION = {"prompt_style": "functional", "entry_point": "add", "starter_code": "def add(a, b):\n"}
STARTER = 'import math\n\n\ndef helper(x):\n    return x\n\n\ndef area(r):\n    """The area of a circle."""\n'
COMPLETION = {"prompt_style": "completion", "entry_point": "area", "starter_code": STARTER}


@pytest.mark.parametrize(
    ("response", "program"),
    [
        ("```python\nx = 1\n```", "x = 1\n"),
        ("Here:\n\n```py\nx = 1\n```\nDone.", "x = 1\n"),
        ("```Python3\r\nx = 1\r\n```\r\n", "x = 1\n"),
        ("```{.python}\nx = 1\n```", "x = 1\n"),
        ("```python title=a.py\nx = 1\n```", "x = 1\n"),
        ("~~~python\nx = 1\n~~~", "x = 1\n"),
        ("````python\ns = '''\n```\n'''\n````", "s = '''\n```\n'''\n"),
        ("```python\nx = 1\n```\nor\n```python\nx = 2\n```", "x = 2\n"),
        ("```python\nx = 1\n```\nIt prints\n```\n1\n```", "x = 1\n"),  # an output in a plain block is no program
        ("```python\nx = 1\n```\n```bash\nls\n```", "x = 1\n"),
        ("```\nx = 1\n```\nor\n```\nx = 2\n```", "x = 2\n"),
        ("<think>\n```python\nx = 1\n```\n</think>\n```\nx = 2\n```", "x = 2\n"),
        ("1. So:\n   ```python\n   if x:\n       y\n   ```", "if x:\n    y\n"),
        ("```python\nx = 1", "x = 1\n"),  # cut at the limit: judged as far as it got
        ("```python\nx = 1\n```\nBetter:\n```python\nx =", "x =\n"),
    ],
)
def test_the_last_python_block_is_the_program(response: str, program: str) -> None:
    assert extract(response, {"prompt_style": "stdin"}).text == program


@pytest.mark.parametrize(
    ("response", "how"),
    [
        ("", "no code block"),
        ("x = 1", "no code block"),
        ("Use `x = 1`.", "no code block"),
        ("```python x = 1```", "no code block"),
        ("```cpp\nint x;\n```", "no code block"),
        ("```python\n\n```", "an empty code block"),
        ("<think>```python\nx = 1\n```", "thinking never ends"),
        ("<think>a</think>```python\nx\n```<think>b", "thinking never ends"),
    ],
)
def test_elsewhere_there_is_no_program(response: str, how: str) -> None:
    found = extract(response, FUNCTION)
    assert (found.text, found.how) == (None, how)


@pytest.mark.parametrize(
    ("response", "program"),
    [
        ("    return math.pi * r * r\n", STARTER + "    return math.pi * r * r\n"),  # the text goes on
        ("```python\n    return math.pi * r * r\n```", STARTER + "    return math.pi * r * r\n"),
        # The whole function: what stood before it is still there.
        (
            "```python\ndef area(r):\n    return helper(r)\n```",
            STARTER[: STARTER.index("def area")] + "def area(r):\n    return helper(r)\n",
        ),
        ("def area(r):\n    return r", STARTER[: STARTER.index("def area")] + "def area(r):\n    return r"),
        (
            "```python\nfrom __future__ import annotations\ndef area(r): return r\n```",
            "from __future__ import annotations\ndef area(r): return r\n",
        ),
        ("   \n", None),
    ],
)
def test_a_completion_stands_behind_what_it_completes(response: str, program: str | None) -> None:
    assert extract(response, COMPLETION).text == program


def test_other_styles_are_whole_programs() -> None:
    assert extract("```python\nreturn a + b\n```", FUNCTION).text == "return a + b\n"
    method = {
        "prompt_style": "completion",
        "entry_point": "Solution.add",
        "starter_code": "class Solution:\n    def add(self, a, b):\n        ",
    }
    assert extract("return a + b", method).text == "class Solution:\n    def add(self, a, b):\n        return a + b"
    assert (
        extract("```python\n        return a + b\n```", method).text
        == "class Solution:\n    def add(self, a, b):\n        return a + b\n"
    )
    whole = "class Solution:\n    def add(self, a, b):\n        return a + b\n"
    assert extract(f"```python\n{whole}```", method).text == whole


def test_extraction_is_linear_and_never_raises() -> None:
    for text in (
        "```python\n" * 50_000,
        "`" * 200_000,
        "~~~\n" * 50_000,
        "\r" * 100_000,
        "<think>" * 50_000,
        "\ud800```python\n\ud800\x00\n```",
    ):
        extract(text, COMPLETION)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "def f(x, y):\n    # sum\n    total = x + y\n    return total",
            'def f(a: int, b: int) -> int:\n  """Sum."""\n  s=a+b\n  return s\n',
        ),
        ("n = int(input())\nprint(n)", "k = int( input() )\nprint( k )  # out"),
        ("def h(x): return x\ndef f(y): return h(y)", "def help_(a): return a\ndef f(a): return help_(a)"),
        ("n = 0\ndef f():\n  global n\n  n += 1", "m = 0\ndef f():\n  global m\n  m += 1"),
        (
            "def f(a):\n  try: g(a)\n  except E as e: return e\n",
            "def f(x):\n  try: g(x)\n  except E as err: return err\n",
        ),
        ("def f(a): return [x for x in a]", "def f(b): return [y for y in b]"),
        ("import numpy as np\ndef f(): return np.pi", "import numpy as n\ndef f(): return n.pi"),
        ("no program at all  \n", "no program at all"),
    ],
)
def test_names_comments_and_spaces_make_no_other_program(one: str, other: str) -> None:
    assert canonical(one, "f") == canonical(other, "f")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def f(x, y): return x + y", "def f(x, y): return y + x"),
        ("def f(x): return x", "def g(x): return x"),
        ("import math\ndef f(): return math.pi", "import cmath\ndef f(): return cmath.pi"),
        ("def f(x): return x.a", "def f(x): return x.b"),
        ("def f(x): return len(x)", "def f(x): return sum(x)"),
        ("class A:\n  k = 1\n  def m(self): return self.k", "class A:\n  j = 1\n  def m(self): return self.j"),
        ("def f(x): return 1", "def f(x): return 1.0"),
        ("print('a b')", "print('a  b')"),
    ],
)
def test_what_a_program_does_makes_another_one(one: str, other: str) -> None:
    assert canonical(one, "f") != canonical(other, "f")


@pytest.mark.parametrize(
    "text", ["(" * 5000, "-" * 50_000 + "1", "1" + "+1" * 40_000, "a" + ".b" * 40_000, "\ud800", "a\0b", "x" * 200_000]
)
def test_hostile_texts_have_a_canonical_form_too(text: str) -> None:
    assert len(canonical(text)) == 16


def test_a_block_that_shows_how_it_is_used_is_not_the_program() -> None:
    response = "```python\ndef f(x):\n    return x\n```\nUse it so:\n```python\nprint(f(1))\n```\n"
    found = extract(response, {"entry_point": "f", "test_type": "python"})
    assert found.text == "def f(x):\n    return x\n"
    assert extract(response, {"test_type": "stdin"}).text == "print(f(1))\n"
