"""A data source from a user's own file: its problems, its part of the key, and its faults in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from specs.errors import SpecError
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT
from specs.plugins import by_content, note
from specs.schema import Spec
from specs.sections import Data
from tasks.data.dataset import prepare, source_fingerprint
from tasks.data.sources.registry import data_key_part, source_of
from tasks.data.table import from_bytes
from tasks.data.tokenizer import puzzle_tokenizer
from tasks.errors import DataError, VerifierError
from tests.one_line import one_line
from tests.tasks.data.tools import load

ROWS = """\
from beside import answer

def sums(count="10"):
    for n in range(int(count)):
        yield {"id": f"sum-{n}", "prompt": f"{n} + 1 =", "answer": answer(n)}
"""
BESIDE = "def answer(n):\n    return str(n + 1)\n"
WHOLE = """\
from tasks.data.sources.base import RowSource

class Sums(RowSource):
    def rows(self, revision=None):
        for n in range(20):
            yield f"row {n}", {"prompt": f"{n} + 1 =", "answer": str(n + 1)}

    def demonstrations(self, problem):
        return [problem.reference["answer"]]

    @staticmethod
    def verify(reference, response_text):
        return response_text.strip() == reference["answer"]
"""


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text(BESIDE)
    (tmp_path / "mine.py").write_text(ROWS)
    return tmp_path / "mine.py"


def spec(train: str, *overrides: str) -> Spec:
    changes = (f"data.train={train}", "data.heldout=0", "evaluate.suites=[]", "control=null", "warm_start=null")
    return load_spec(REPOSITORY_ROOT / "specs/quickstart.yaml", [*changes, *overrides], {}).spec


def key(train: str) -> tuple[object, str]:
    settings = spec(train, "data.verifier=math")
    return data_key_part(settings), source_fingerprint(settings.data)


def test_a_function_that_yields_rows_is_a_source(rows: Path) -> None:
    problems = load(f"{rows}:sums?count=3", verifier="math").problems
    assert [(p.id, p.prompt[0]["content"], p.reference) for p in problems] == [
        (f"sum-{n}", f"{n} + 1 =", {"answer": str(n + 1)}) for n in range(3)
    ]
    split = [load(f"{rows}:sums", part, verifier="math", heldout=4).problems for part in ("train", "heldout")]
    assert [len(each) for each in split] == [6, 4]
    assert sorted(each.id for each in split[1] + split[0]) == [f"sum-{n}" for n in range(10)]


def test_the_data_step_takes_it_from_the_spec(rows: Path) -> None:
    data = Data(train=f"{rows}:sums?count=5", verifier="math", heldout=2)
    files, counts = prepare(data, source_fingerprint(data), puzzle_tokenizer(), 16)
    assert (counts["train"]["problems"], counts["heldout"]["problems"]) == (3, 2)
    held = load(data.train, "heldout", verifier="math", heldout=2).problems
    assert [each.problem for each in from_bytes(files["heldout.parquet"], "heldout")] == held


LOTS = """\
import random
from tasks.data.sources.base import RowSource, Source, LoadedData, digest
from tasks.records import Problem

def drawn():
    numbers = list(range(20))
    random.shuffle(numbers)
    return numbers

def rows():
    for n in drawn():
        yield {"prompt": f"{n} + 1 =", "answer": str(n + 1)}

class Whole(Source):
    HELDOUT = True

    def problems(self, split="train", fingerprint=None):
        made = [Problem(f"{split}-{n}", ({"role": "user", "content": f"{n} + 1 ="},), "math", {"answer": str(n + 1)})
                for n in drawn()]
        made = made[:8] if split == "heldout" else made[8:]
        return LoadedData(made, 0, 0, digest(made))
"""


def test_a_source_that_draws_its_order_leaks_no_held_out_problem(tmp_path: Path) -> None:
    (tmp_path / "lots.py").write_text(LOTS)
    data = Data(train=f"{tmp_path}/lots.py:rows", verifier="math", heldout=8)
    files, _ = prepare(data, source_fingerprint(data), puzzle_tokenizer(), 16)
    train, heldout = (
        {each.problem.prompt[0]["content"] for each in from_bytes(files[f"{split}.parquet"], split)}
        for split in ("train", "heldout")
    )
    assert train | heldout == {f"{n} + 1 =" for n in range(20)} and not train & heldout
    data = Data(train=f"{tmp_path}/lots.py:Whole", verifier="math", heldout=8)
    message = (
        r"data\.train: .*lots\.py:Whole: \d+ problems are both held out and trained on .* a fixed seed, or not at all"
    )
    with one_line(DataError, message):
        prepare(data, source_fingerprint(data), puzzle_tokenizer(), 16)


def test_its_key_is_its_content_and_not_its_place(rows: Path, tmp_path: Path) -> None:
    first = key(f"{rows}:sums")
    assert str(tmp_path) not in str(first)
    (tmp_path / "elsewhere").mkdir()
    for name in ("mine.py", "beside.py"):
        (tmp_path / "elsewhere" / name).write_text((tmp_path / name).read_text())
    assert key(f"{tmp_path}/elsewhere/mine.py:sums") == first
    others = [key(f"{rows}:sums?count=3")]
    (tmp_path / "beside.py").write_text(BESIDE.replace("n + 1", "n + 2"))
    others.append(key(f"{rows}:sums"))
    rows.write_text(ROWS.replace("sum-", "total-"))
    others.append(key(f"{rows}:sums"))
    assert len({str(each) for each in [first, *others]}) == 4


def test_a_verifier_is_its_content_in_the_key_of_the_data(rows: Path, tmp_path: Path) -> None:
    keys = []
    for folder, body in (("one", "True"), ("two", "True"), ("three", "False")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "v.py").write_text(f"def same(reference, response_text):\n    return {body}\n")
        keys.append(data_key_part(spec(f"{rows}:sums", f"data.verifier={tmp_path}/{folder}/v.py:same")))
    assert keys[0] == keys[1] != keys[2] and str(tmp_path) not in str(keys)


def test_a_verifier_class_without_verify_fails_before_anything_runs(rows: Path, tmp_path: Path) -> None:
    (tmp_path / "v.py").write_text("class Same:\n    pass\n")
    with one_line(VerifierError, r"^data\.verifier: .*v\.py:Same is a class without a method verify\(reference, resp"):
        data_key_part(spec(f"{rows}:sums", f"data.verifier={tmp_path}/v.py:Same"))


def test_a_class_may_bring_verifier_demonstrations_and_held_out_problems(tmp_path: Path) -> None:
    file = tmp_path / "whole.py"
    file.write_text(WHOLE)
    settings = spec(f"{file}:Sums", "data.heldout=5", "warm_start={}", "evaluate.suites=[heldout]")
    source = source_of(settings.data)
    problems = source.problems("heldout").problems
    assert source.verifier == by_content(f"{file}:Sums") == problems[0].verifier
    assert (len(problems), len(source.problems().problems)) == (5, 15)
    assert source.demonstrations(problems[2]) == [problems[2].reference["answer"]]
    assert data_key_part(settings)["verifier"] == source.verifier, "the problems name it"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("data.verifier=null",), r"data\.verifier: missing; data\.train .*mine\.py:sums' brings none"),
        (("data.verifier=nobody",), r"no verifier 'nobody'; there are choice, code, gym, math, countdown.*or your own"),
    ],
)
def test_what_the_settings_lack_is_said_before_anything_runs(
    rows: Path, overrides: tuple[str, ...], message: str
) -> None:
    with pytest.raises((SpecError, RuntimeError), match=message):
        data_key_part(spec(f"{rows}:sums", *overrides))


def test_a_verifier_beside_its_own_is_refused(tmp_path: Path) -> None:
    (tmp_path / "whole.py").write_text(WHOLE.replace("(RowSource):", "(RowSource):\n    HELDOUT = False"))
    with pytest.raises(SpecError) as caught:
        source_of(Data(train=f"{tmp_path}/whole.py:Sums", verifier="math", heldout=3))
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == ["data.verifier", "data.heldout"]


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("def f():\n    yield 3\n", "f", r"data\.train: .*own\.py:f failed: TypeError: row 0 is a int, not a mapping"),
        ("def f():\n    x = {}\n    yield x['a']\n", "f", r"own\.py:f failed: KeyError: 'a' \(.*own\.py:3\)$"),
        ("class C:\n    pass\n", "C", r"own\.py:C is a class that derives neither from Source nor from RowSource"),
        ("def f():\n    return\n", "g", r"data\.train: got .*own\.py:g', but .*own\.py defines no .* g; it defines f$"),
        ("def f(:\n", "f", r"data\.train: .*own\.py cannot be loaded: SyntaxError: .* \(.*own\.py:1\)$"),
        ("import nowhere\n", "f", r"cannot be loaded: ModuleNotFoundError: No module named 'nowhere' \(.*own\.py:1\)$"),
        ("def f(n):\n    yield {}\n", "f", r"own\.py:f failed: TypeError: f\(\) missing 1 required .*'n'"),
    ],
)
def test_a_fault_of_the_file_is_one_line_with_its_place(tmp_path: Path, text: str, name: str, message: str) -> None:
    (tmp_path / "own.py").write_text(text)
    with one_line((DataError, SpecError), message):
        load(f"{tmp_path}/own.py:{name}", verifier="math")


def test_a_file_that_is_not_there_is_named_with_the_place_that_paths_start_at() -> None:
    with pytest.raises(
        SpecError, match=r"data\.train: got 'no/where\.py:f', but there is no file .*the repository root"
    ):
        load("no/where.py:f", verifier="math")


def test_files_with_modules_of_one_name_beside_them_have_each_its_own(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "twin.py").write_text(f"WORD = {folder!r}\n")
        (tmp_path / folder / "own.py").write_text(
            "from twin import WORD\ndef f():\n    yield {'prompt': WORD, 'answer': WORD}\n"
        )
    for folder in ("one", "two", "one"):
        (problem,) = load(f"{tmp_path}/{folder}/own.py:f", verifier="math").problems
        assert problem.reference == {"answer": folder}
    (tmp_path / "two" / "twin.py").write_text("WORD = 'six'\n")
    with one_line(SpecError, r"^data\.train: .*own\.py has changed since the run began"):
        load(f"{tmp_path}/two/own.py:f", verifier="math")
    note(tmp_path / "two" / "own.py")  # as each load of a spec does
    (problem,) = load(f"{tmp_path}/two/own.py:f", verifier="math").problems
    assert problem.reference == {"answer": "six"}
