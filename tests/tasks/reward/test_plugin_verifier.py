"""A verifier from a user's own file: its verdicts, its part of the key, and its faults, which are never a reward of
0.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from specs.errors import SpecError
from specs.plugins import by_content, note
from specs.rewards import Reward
from tasks.data.columns import Columns
from tasks.errors import VerifierError
from tasks.records import FinishReason, Problem, Verdict, VerdictKind
from tasks.reward.verification import Verifiers
from tasks.reward.verifiers.registry import make_verifier, reader_key_part, reader_of, verifier_key_part
from tests.one_line import one_line
from tests.tasks.data.tools import load

FORMS = {
    "function": "def name(reference, text):\n    return text.strip() == reference['answer']\n",
    "class": (
        "class name:\n    def __init__(self):\n        self.seen = 0\n"
        "    def verify(self, reference, text):\n        return text.strip() == reference['answer']\n"
    ),
    "static": (
        "class name:\n    def __init__(self, what):\n        raise RuntimeError\n    @staticmethod\n"
        "    def verify(reference, text):\n        return text.strip() == reference['answer']\n"
    ),
    "derived": (
        "from tasks.records import Verdict, VerdictKind\nfrom tasks.reward.verifiers.base import Verifier\n"
        "class name(Verifier):\n    def verify(self, items):\n        return [\n"
        "            Verdict(1.0, VerdictKind.ACCEPTED) if text.strip() == problem.reference['answer']\n"
        "            else Verdict(0.0, VerdictKind.WRONG) for problem, text in items]\n"
    ),
}


def own(folder: Path, text: str) -> str:
    (folder / "mine.py").write_text(text)
    note(folder / "mine.py")  # as each load of a spec does
    return f"{folder}/mine.py:name"


def problem(verifier: str, answer: str = "2") -> Problem:
    return Problem("p", ({"role": "user", "content": "1 + 1"},), verifier, {"answer": answer})


def judged(verifier: str, *texts: str) -> list[Verdict]:
    verifiers = Verifiers(Reward())
    items = [(problem(verifier), text, FinishReason.STOP) for text in texts]
    try:
        return verifiers.verify(items, mask_truncated=False)
    finally:
        verifiers.close()


@pytest.mark.parametrize("form", FORMS)
def test_a_function_or_a_class_judges_the_problems_that_name_it(tmp_path: Path, form: str) -> None:
    verifier = own(tmp_path, FORMS[form])
    verdicts = judged(verifier, " 2\n", "3")
    assert [(v.score, v.kind) for v in verdicts] == [(1.0, VerdictKind.ACCEPTED), (0.0, VerdictKind.WRONG)]


def test_problems_of_several_verifiers_are_one_batch_in_order(tmp_path: Path) -> None:
    verifier, verifiers = own(tmp_path, FORMS["function"]), Verifiers(Reward())
    items = [(problem(verifier), "2"), (problem("math"), "\\boxed{2}"), (problem(verifier), "1"), (problem("math"), "")]
    verifiers.check([each for each, _ in items])
    verdicts = verifiers.verify([(*item, FinishReason.STOP) for item in items], mask_truncated=True)
    verifiers.close()
    assert [v.score for v in verdicts] == [1.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("True", (1.0, "accepted")),
        ("0", (0.0, "wrong")),
        ("0.25", (0.25, "wrong")),
        ("numpy.float32(1)", (1.0, "accepted")),
        ("numpy.bool_(False)", (0.0, "wrong")),
        ("Verdict(None, VerdictKind.INFRASTRUCTURE, 'no answer from the server')", (None, "infrastructure")),
    ],
)
def test_what_it_may_return(tmp_path: Path, given: str, expected: tuple[float | None, str]) -> None:
    head = "import numpy\nfrom tasks.records import Verdict, VerdictKind\n"
    (verdict,) = judged(own(tmp_path, f"{head}def name(reference, text):\n    return {given}\n"), "2")
    assert (verdict.score, str(verdict.kind)) == expected


@pytest.mark.parametrize("given", ["None", "'yes'", "2", "-0.1", "float('nan')", "[1.0]"])
def test_anything_else_stops_the_run(tmp_path: Path, given: str) -> None:
    with pytest.raises(
        VerifierError, match=r"mine\.py:name: problem p: it returned .*, want a Verdict, a score from 0"
    ):
        judged(own(tmp_path, f"def name(reference, text):\n    return {given}\n"), "2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "def name(reference, text):\n    return reference['gold'] == text\n",
            r"^data\.verifier: .*mine\.py:name failed on problem p: KeyError: 'gold' \(.*mine\.py:2\)$",
        ),
        ("def name(text):\n    return True\n", r"failed on problem p: TypeError: name\(\) takes 1 positional argument"),
        ("class name:\n    pass\n", r"mine\.py:name is a class without a method verify\(reference, response_text\)$"),
        (
            "class name:\n    def __init__(self, x):\n        pass\n    def verify(self, a, b):\n        return True\n",
            r"cannot be made without arguments: TypeError: .*'x'",
        ),
        (
            "from tasks.reward.verifiers.base import Verifier\nclass name(Verifier):\n    def verify(self, items):\n"
            "        return []\n",
            r"^verifier .*mine\.py:name: 0 verdicts on 1 responses$",
        ),
    ],
)
def test_its_own_faults_stop_the_run_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    with one_line(VerifierError, message):
        judged(own(tmp_path, text), "2")


def test_a_file_that_does_not_load_is_named_by_the_spec_s_key() -> None:
    with pytest.raises(SpecError, match=r"data\.verifier: got 'no/where\.py:name', but there is no file"):
        judged("no/where.py:name", "2")


@pytest.mark.parametrize("name", ["file", "content"])
def test_edited_since_the_run_began_it_judges_nothing(tmp_path: Path, name: str) -> None:
    verifier = own(tmp_path, FORMS["function"])
    named = by_content(verifier) if name == "content" else verifier
    assert judged(named, "2")[0].score == 1.0
    (tmp_path / "mine.py").write_text("def name(reference, text):\n    return False\n")
    with one_line(SpecError, r"^data\.verifier: .*mine\.py has changed since the run began; put it back, or start"):
        judged(named, "2")
    (tmp_path / "mine.py").write_text(FORMS["function"])
    assert judged(named, "2")[0].score == 1.0


def test_problems_name_it_by_content_and_are_judged_where_it_lies_now(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    named = by_content(own(tmp_path / "one", FORMS["function"]))
    (tmp_path / "one" / "mine.py").unlink()
    assert by_content(own(tmp_path / "two", FORMS["function"])) == named
    assert judged(named, "2")[0].score == 1.0


def test_its_key_is_its_content(tmp_path: Path) -> None:
    verifier = own(tmp_path, FORMS["function"])
    first = verifier_key_part(verifier, Reward())
    assert str(tmp_path) not in str(first) and set(first) == {"plugin"}
    (tmp_path / "elsewhere").mkdir()
    assert verifier_key_part(own(tmp_path / "elsewhere", FORMS["function"]), Reward()) == first
    assert verifier_key_part(own(tmp_path, FORMS["class"]), Reward()) != first


def test_a_derived_class_may_read_references_which_is_then_in_the_key_of_the_data(tmp_path: Path) -> None:
    text = FORMS["derived"] + (
        "    @staticmethod\n    def read(row, columns, where, prompt):\n"
        "        return {'answer': row['gold'].upper()}, prompt\n"
    )
    verifier = own(tmp_path, text)
    (tmp_path / "rows.jsonl").write_text('{"prompt": "p", "gold": "a"}\n')
    (read,) = load(str(tmp_path / "rows.jsonl"), verifier=verifier).problems
    assert (read.reference, read.verifier) == ({"answer": "A"}, by_content(verifier))
    assert set(reader_key_part(verifier)) == {"reader"}
    assert reader_key_part(own(tmp_path, FORMS["function"])) == {}
    assert reader_of(own(tmp_path, FORMS["class"]))({"answer": "x"}, Columns(), "row", ())[0] == {"answer": "x"}


def test_what_a_derived_class_holds_is_closed(tmp_path: Path) -> None:
    text = FORMS["derived"] + (
        "    def start(self):\n        self.alive = True\n    def close(self):\n        self.alive = False\n"
    )
    verifier = make_verifier(own(tmp_path, text), Reward())
    verifier.start()
    assert verifier.alive is True  # type: ignore[attr-defined]
    verifier.close()
    assert verifier.alive is False  # type: ignore[attr-defined]
