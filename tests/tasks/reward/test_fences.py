"""Fences and tags, as models write them around a program."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tasks.reward.fences import scan, tags_masked, unmasked
from tasks.reward.program import extract

STDIN: dict[str, Any] = {"test_type": "stdin", "prompt_style": "stdin"}
FUNCTION: dict[str, Any] = {"test_type": "functional", "prompt_style": "functional", "entry_point": "f"}
METHOD: dict[str, Any] = {**FUNCTION, "entry_point": "Solution.f"}
STARTER = 'def f(x):\n    """Return x + 1."""\n'
COMPLETION: dict[str, Any] = {
    "test_type": "python",
    "prompt_style": "completion",
    "entry_point": "f",
    "starter_code": STARTER,
}

FENCES: list[tuple[str, str | None]] = [
    # opened behind prose, closed behind code
    ("Sure. ```python\nprint(1)\n```", "print(1)\n"),
    ("The program: ```py\nprint(1)\n```\nDone.", "print(1)\n"),
    ("Answer:```Python3\nprint(1)\n```", "print(1)\n"),
    ("**Code** ````python\nprint(1)\n````", "print(1)\n"),
    ("```python\nprint(1)```", "print(1)\n"),
    ("```python\nx = 1\nprint(x) ```\nIt prints\n```\n1\n```", "x = 1\nprint(x) \n"),
    ("So: ```python\nprint(1)```", "print(1)\n"),
    ("```python\nprint('```')\n```", "print('```')\n"),
    ("```python\nx = 1  # as ```\nprint(x)\n```", "x = 1  # as ```\nprint(x)\n"),
    ("Use ```python for Python.\nprint(1)", None),
    ("In ```c\nint x;\n```", None),
    ("Write ```x``` or `y`.", None),
    ("```python print(1)\n```", None),
    ("```print(1)```", None),
    # never closed
    ("```python\nprint(1)\n\n```python\nprint(2)\n```", "print(2)\n"),
    ("```python\nprint(1)\n```text\n1\n```", "print(1)\n"),
    ("```cpp\nint x;\n\n```python\nprint(1)\n```", "print(1)\n"),
    ("```\nprint(1)\n\n```python\nprint(2)\n```", "print(2)\n"),
    ("```markdown\n# Answer\n```python\nprint(1)\n```\n```", "print(1)\n"),
    ("~~~python\nprint(1)\n```\n2\n```\n~~~", "print(1)\n```\n2\n```\n"),
    # a text of the program holds a fence
    ("```python\ns = '''\n```\n'''\nprint(s)\n```", "s = '''\n```\n'''\nprint(s)\n"),
    ('```python\nprint("""\n```python\n1\n```\n""")\n```\nDone.', 'print("""\n```python\n1\n```\n""")\n'),
    ('```python\ns = r"""a\\"""\n```\n2\n```', 's = r"""a\\"""\n'),
    ("```python\n# it's\nprint(1)\n```\nDon't\n```\n1\n```", "# it's\nprint(1)\n"),
    ("```python\ns = 'it\\'s'\nprint(s)\n```", "s = 'it\\'s'\nprint(s)\n"),
    ('```python\ns = """never ends\n```\nDone.', 's = """never ends\n'),
    ("```python\nd = {'''a''': 1}\nprint(d)\n```\n'''\n```\n1\n```", "d = {'''a''': 1}\nprint(d)\n"),
    # names of the language
    ("```python3.11\nprint(1)\n```", "print(1)\n"),
    ("```PYTHON\nprint(1)\n```", "print(1)\n"),
    ("```ipython\nprint(1)\n```", "print(1)\n"),
    ("```python:main.py\nprint(1)\n```", "print(1)\n"),
    ("```python {linenos=true}\nprint(1)\n```", "print(1)\n"),
    ("```{.python .numberLines}\nprint(1)\n```", "print(1)\n"),
    ("```{python}\nprint(1)\n```", "print(1)\n"),
    ("```python, runnable\nprint(1)\n```", "print(1)\n"),
    ("``` python \nprint(1)\n```", "print(1)\n"),
    ("```pypy\nprint(1)\n```", None),
    ("```pythonic\nprint(1)\n```", None),
    ("```js\nprint(1)\n```", None),
    # quotations and indentation
    ("> ```python\n> print(1)\n> ```", "print(1)\n"),
    ("> > ```python\n> > print(1)\n> > ```", "print(1)\n"),
    (">```python\n>if 1:\n>    print(1)\n>```", "if 1:\n    print(1)\n"),
    ("> ```python\n> if 1:\n>\n>     print(1)\n> ```", "if 1:\n\n    print(1)\n"),
    ("- So:\n\n      ```python\n      print(1)\n      ```", "print(1)\n"),
    ("```python\n    x = 1\n    print(x)\n```", "x = 1\nprint(x)\n"),
    ("```python\n\tprint(1)\n\t```", "print(1)\n"),
]


@pytest.mark.parametrize(("response", "program"), FENCES)
def test_a_program_is_found_as_models_fence_it(response: str, program: str | None) -> None:
    assert extract(response, STDIN).text == program


F = "def f(x):\n    return x + 1"
#: Responses that go on in a block that the prompt has opened.
OPENED: list[tuple[str, dict[str, Any], str | None]] = [
    (f"{F}\n```", FUNCTION, F),
    (f"{F}\n```\n", FUNCTION, F),
    (f"{F}\n```\nIt adds one.", FUNCTION, F),
    (f"{F}\n```\nIt prints\n```\n2\n```\n", FUNCTION, F),
    (f"{F}\n```\nUse it so:\n```python\nprint(f(1))\n```", FUNCTION, F),
    (f"import math\n\n{F}\n```", FUNCTION, f"import math\n\n{F}"),
    (
        "class Solution:\n    def f(self, x):\n        return x\n```",
        METHOD,
        "class Solution:\n    def f(self, x):\n        return x",
    ),
    ("f = lambda x: x\n```", FUNCTION, "f = lambda x: x"),
    ("print(int(input()) + 1)\n```", STDIN, "print(int(input()) + 1)"),
    ("n = int(input())\nprint(n)\n```\nThis reads n.", STDIN, "n = int(input())\nprint(n)"),
    ("    return x + 1\n```", COMPLETION, STARTER + "    return x + 1"),
    ("    return x + 1\n```\nDone.", COMPLETION, STARTER + "    return x + 1"),
    (f"{F}\n```", COMPLETION, F),
    # no such block
    ("I cannot do it.\n```", FUNCTION, None),
    ("Sure\n```\nprint(1)", STDIN, "print(1)\n"),
    ("Answer: 5\n```\nprint(1)", STDIN, "print(1)\n"),
    ("def g(x):\n    return x\n```", FUNCTION, None),
    (f"Here it is:\n```\n{F}", FUNCTION, f"{F}\n"),
    (f"def f(x): as follows\n```\n{F}", FUNCTION, f"{F}\n"),
    (f"{F}\n```python\n{F} + 1\n```", FUNCTION, f"{F} + 1\n"),
    (f"x = 1\n```\n{F}\n```", FUNCTION, f"{F}\n"),
    ("```", FUNCTION, None),
    ("\n```\n", FUNCTION, None),
]


@pytest.mark.parametrize(("response", "reference", "program"), OPENED)
def test_a_fence_may_close_what_the_prompt_has_opened(
    response: str, reference: dict[str, Any], program: str | None
) -> None:
    assert extract(response, reference).text == program


USE = "\n```\nUse:\n```python\nprint(f(1))\n```"


@pytest.mark.parametrize(
    ("definition", "defines"),
    [
        ("f: object = lambda a: a", True),
        ("f: Callable[[int], int] = lambda a: a", True),
        ("f = lambda a: a", True),
        ("f=g", True),
        ("async def f(a): return a", True),
        ("def  f (a): return a", True),
        ("@cache\ndef f(a): return a", True),
        ("class f:\n    pass", True),
        ("f == 1", False),
        ("f: object", False),
        ("def f2(a): return a", False),
        ("ff = 1", False),
        ("print(f)", False),
    ],
)
def test_the_block_that_defines_the_entry_point_is_the_program(definition: str, defines: bool) -> None:
    found = extract(f"```python\n{definition}{USE}", FUNCTION)
    assert found.text == (f"{definition}\n" if defines else "print(f(1))\n")


P = "```python\nprint(1)\n```"
TAGS: list[tuple[str, str | None]] = [
    # a tag in a text of the program is no tag
    ("<think>a</think>\n```python\nprint('</think>')\n```", "print('</think>')\n"),
    ("<think>a</think>\n```python\nprint('<think>')\n```", "print('<think>')\n"),
    ('<think>a</think>\n```python\ns = """\n<think>\n"""\nprint(s)\n```', 's = """\n<think>\n"""\nprint(s)\n'),
    ("```python\nprint('</think>')\n```", "print('</think>')\n"),
    (
        "```python\ns = input().split('<think>')[1].split('</think>')\nprint(s[0])\n```",
        "s = input().split('<think>')[1].split('</think>')\nprint(s[0])\n",
    ),
    ("<think>a</think>\n```\nprint('</think>')\n```", "print('</think>')\n"),
    ("<think>a</think>\n```python\nprint(1)  # no <think>\n```", "print(1)  # no <think>\n"),
    ("<think>a</think>\n```python\n# </think>\nprint(1)\n```", "# </think>\nprint(1)\n"),
    ('<think>a</think>\n```python\ns = f"<think>{1}</think>"\n```', 's = f"<think>{1}</think>"\n'),
    (f"<think>\n```python\nprint(2)\n# Answer</think>\n{P}", "print(1)\n"),
    ("<think>I print '</think>' so:\n```python\nprint('</think>')\n```\nYes.</think>\n" + P, "print(1)\n"),
    # elsewhere it is one
    (f"<think>\n{P}\n</think>\n```python\nprint(2)\n```", "print(2)\n"),
    (f"<think>\n{P}\n</think>\nDone.", None),
    (f"<think>\n{P}\nthat is wrong", None),
    (f"<think>\n{P}", None),
    ("<think>\n```python\nprint(2)", None),
    (f"a</think>\n{P}", "print(1)\n"),
    (f"<think>a</think>{P}\n<think>b", None),
    (f"<think>\n```python\nprint(2)\nThat's it.</think>\n{P}", "print(1)\n"),
    (f"<think>\n```\nIt's what's wanted.</think>\n{P}", "print(1)\n"),
    (f'<think>\n```python\ns = """\nno end</think>\n{P}', "print(1)\n"),
    (f"<think>It's</think>\n{P}\n<think>", None),
    (f"<think>\n{P}\nand then `</think>` comes, or", None),
]


@pytest.mark.parametrize(("response", "program"), TAGS)
def test_a_program_in_a_thought_is_no_answer_and_a_text_of_a_program_no_tag(response: str, program: str | None) -> None:
    assert extract(response, STDIN).text == program


def test_a_thought_that_the_prompt_has_opened_is_one() -> None:
    """The reward stage hands it over with the tag that the prompt ends with."""
    for rest in (
        "I try\n```python\nprint(2)\n```\nbut wait, that is wrong",
        P,
        f"{P}\nHm, ```python\nprint('</think>')\n```",
    ):
        assert extract(f"<think>\n{rest}", STDIN).text is None
        assert extract(f"<think>\n{rest}\n</think>\n```python\nprint(3)\n```", STDIN).text == "print(3)\n"


@pytest.mark.parametrize(
    "text", ["a\n```python\nx = '<a>[b]'\n```\n<c>", "\x00```python\n'<'", "", "```python\n'''<\n", "```\n"]
)
def test_masks_come_off(text: str) -> None:
    masked = tags_masked(text)
    assert len(masked) == len(text)
    assert unmasked(masked) == text or "\x00" in text


def test_the_scan_is_linear() -> None:
    size = 4_000
    for piece in (
        "```python\n", "```\n", "> " * 3 + "```\n", " " * 50 + "`\n", "'''\n```\n", '"""\n```python\n', "`", "'", "\\",
        "```python\n'''\n", "```python ", "x```\n", "<think>```python\n'</think>'\n", "</think>```\n", "<think",
        '```python\n"""\n```\n\'\'\'\n', "> ", "<thinkthink",
    ):  # fmt: skip
        for text in (piece * size, piece * size + "```", "```python\n" + piece * size + "</think>", " " * size + piece):
            start = time.process_time()
            scan(text)
            extract(text, COMPLETION)
            assert time.process_time() - start < 20, piece  # CPU seconds; 0.1 on two cores
