"""Sources: what is read from where, how a bad row is named, duplicates, and a digest that is the content's."""

from __future__ import annotations

import gzip
import json
import re
import socket
from decimal import Decimal

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import errors

from specs.paths import REPOSITORY_ROOT
from tasks.data.columns import number_as_text
from tasks.data.hub_errors import hub_reason
from tasks.errors import DataError
from tests.tasks.data.tools import load

GOOD = [
    {"id": "a", "prompt": "1 + 1?", "answer": "2"},
    {
        "id": "b",
        "prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 2?"}],
        "answer": "4",
    },
]


def write(path, rows) -> str:
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return str(path)


def test_jsonl_by_path_uri_and_compressed_are_the_same_problems(tmp_path):
    plain = write(tmp_path / "rows.jsonl", GOOD)
    packed = tmp_path / "rows.jsonl.gz"
    packed.write_bytes(gzip.compress((tmp_path / "rows.jsonl").read_bytes()))
    fsspec.filesystem("memory").pipe("/test_sources/rows.jsonl", (tmp_path / "rows.jsonl").read_bytes())
    loaded = [load(s) for s in (plain, f"file://{plain}", str(packed), "memory://test_sources/rows.jsonl")]
    assert all(data == loaded[0] for data in loaded)
    first, second = loaded[0].problems
    assert (first.id, first.verifier, first.reference) == ("a", "math", {"answer": "2"})
    assert first.prompt == ({"role": "user", "content": "1 + 1?"},)
    assert [message["role"] for message in second.prompt] == ["system", "user"]


def test_the_digest_is_the_contents(tmp_path):
    digest = load(write(tmp_path / "a.jsonl", GOOD)).digest
    assert load(write(tmp_path / "b.jsonl", ["", *GOOD, "  "])).digest == digest
    changed = [GOOD[0] | {"answer": "3"}, GOOD[0] | {"prompt": "1 + 2?"}, GOOD[0] | {"id": "c"}]
    digests = {load(write(tmp_path / "c.jsonl", [row, GOOD[1]])).digest for row in changed}
    digests.add(load(write(tmp_path / "c.jsonl", GOOD[::-1])).digest)
    assert len(digests | {digest}) == 5


def test_duplicate_prompts_are_dropped_and_counted(tmp_path):
    rows = [
        {"id": "a", "prompt": "Caf\u00e9: 1 + 1?", "answer": "2"},
        {"id": "b", "prompt": "  Cafe\u0301:  1 + 1?\n", "answer": "2"},  # composed otherwise, other white space
        {"id": "c", "prompt": "Caf\u00e9: 1 + 1?", "answer": "3"},
        {"id": "d", "prompt": "caf\u00e9: 1 + 1?", "answer": "2"},  # another text
    ]
    path = write(tmp_path / "rows.jsonl", rows)
    data = load(path)
    assert [problem.id for problem in data.problems] == ["a", "d"]
    assert (data.duplicates_dropped, data.duplicates_conflicting) == (2, 1)
    assert [p.id for p in load(path, drop_duplicates=False).problems] == ["a", "b", "c", "d"]


def test_column_mapping_reaches_into_records_and_behind_markers(tmp_path):
    path = write(
        tmp_path / "rows.jsonl", [{"question": "1 + 1?", "reward_model": {"ground_truth": "so #### no #### 2 "}}]
    )
    columns = {"prompt_column": "question", "answer_column": "reward_model.ground_truth", "answer_after": "####"}
    (problem,) = load(path, **columns, verifier="sums").problems
    assert (problem.id, problem.verifier, problem.reference) == ("000000", "sums", {"answer": "2"})


@pytest.mark.parametrize(
    ("row", "columns", "message"),
    [
        ({"prompt": "p"}, {}, "no key 'answer'; the row has prompt"),
        ({"prompt": "p", "answer": ""}, {}, "answer: it is empty, given ''"),
        ({"prompt": "p", "answer": True}, {}, "answer: input should be a valid string, given True"),
        ({"prompt": "p", "answer": [2]}, {}, "answer: input should be a valid string, given [2]"),
        ('{"prompt": "p", "answer": NaN}', {}, "answer: input should be a valid string, given nan"),
        ('{"prompt": "p", "answer": -Infinity}', {}, "answer: input should be a valid string, given -inf"),
        ({"prompt": "p", "answer": 2}, {"answer_after": "####"}, "answer: no '####' (data.answer_after) in it"),
        (
            '{"prompt": "\\ud835 hi", "answer": "2"}',
            {},
            "prompt: it holds half of a surrogate pair, which is no character: mend the text where it was cut, given "
            "'\\ud835 hi'",
        ),
        ('{"prompt": "p", "answer": "2\\udc00"}', {}, "answer: it holds half of a surrogate pair"),
        ('{"prompt": "p", "answer": "2", "id": "\\udfff"}', {}, "id: it holds half of a surrogate pair"),
        ('{"prompt": "\\udc00\\ud835", "answer": "2"}', {}, "prompt: it holds half of a surrogate pair"),
        (
            '{"prompt": [{"role": "system", "content": "\\ud800"}, {"role": "user", "content": "x"}], "answer": "2"}',
            {},
            "prompt[0].content: it holds half of a surrogate pair",
        ),
        (
            {"prompt": [{"role": "system", "content": ""}, {"role": "user", "content": ""}], "answer": "2"},
            {},
            "prompt[1].content: it is empty",
        ),
        (
            {"prompt": [{"role": "assistant", "content": " "}, {"role": "user", "content": "x"}], "answer": "2"},
            {},
            "prompt[0].content: it is empty",
        ),
        (
            {"prompt": [{"role": "system", "content": ""}], "answer": "2"},
            {},
            "prompt: its last message is the system's",
        ),
        (
            {"prompt": [{"role": "system", "content": None}, {"role": "user", "content": "x"}], "answer": "2"},
            {},
            "prompt[0].content: input should be a valid string, given None",
        ),
        ({"prompt": "p", "answer": None}, {}, "answer: input should be a valid string, given None"),
        ({"prompt": " ", "answer": "2"}, {}, "prompt: it is empty, given ' '"),
        ({"prompt": [], "answer": "2"}, {}, "prompt: list should have at least 1 item"),
        (
            {"prompt": [{"role": "tool", "content": "x"}], "answer": "2"},
            {},
            "prompt[0].role: input should be 'system'",
        ),
        ({"prompt": [{"role": "user"}], "answer": "2"}, {}, "prompt[0].content: field required"),
        (
            {"prompt": [{"role": "assistant", "content": "x"}], "answer": "2"},
            {},
            "prompt: its last message is the assistant's",
        ),
        ({"prompt": "p", "answer": "2", "id": 1.5}, {}, "id: input should be a valid string, given 1.5"),
        ({"prompt": "p", "answer": "2", "id": "first"}, {}, "id: 'first' is taken by FILE:1"),
        ({"q": "", "a": {"b": "2"}}, {"prompt_column": "q", "answer_column": "a.b"}, "q: it is empty"),
        (
            {"q": "p", "a": {"b": {}}},
            {"prompt_column": "q", "answer_column": "a.b"},
            "a.b: input should be a valid string",
        ),
        ({"q": "p", "a": {"c": "2"}}, {"prompt_column": "q", "answer_column": "a.b"}, "no key 'a.b'; the row has q, a"),
        ({"prompt": "p", "answer": "2"}, {"answer_after": "####"}, "answer: no '####' (data.answer_after) in it"),
        ({"prompt": "p", "answer": "2 ####"}, {"answer_after": "####"}, "answer: it is empty"),
        ('{"prompt": "p", ', {}, "not JSON"),
        ("[1, 2]", {}, "a JSON list, not an object"),
        ("[" * 100_000, {}, "not JSON"),
    ],
)
def test_a_bad_row_names_file_line_and_key_in_one_line(tmp_path, row, columns, message):
    first = {"id": "first", "prompt": "x", "answer": "#### 1", "q": "x", "a": {"b": "1"}}
    path = write(tmp_path / "rows.jsonl", [first, "", row])
    with pytest.raises(DataError) as caught:
        load(path, **columns)
    text = str(caught.value)
    assert text.startswith(f"{path}:3: {message.replace('FILE', path)}"), text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("2", "2"),
        ("-7", "-7"),
        ("0", "0"),
        ("12345678901234567890", "12345678901234567890"),
        ("0.5", "0.5"),
        ("72.0", "72.0"),
        ("-0.1", "-0.1"),
        ("1e22", "10000000000000000000000"),
        ("1e-7", "0.0000001"),
        ("3.141592653589793", "3.141592653589793"),
        ('"2"', "2"),
    ],
)
def test_a_number_is_an_answer_digit_by_digit(tmp_path, written, text):
    path = write(tmp_path / "rows.jsonl", [f'{{"prompt": "p", "reward_model": {{"ground_truth": {written}}}}}'])
    (problem,) = load(path, answer_column="reward_model.ground_truth", verifier="math").problems
    assert problem.reference == {"answer": text}


def test_a_number_of_numpy_is_one_too():
    assert [number_as_text(each) for each in (np.int64(2), np.float64(0.5), np.bool_(True))] == ["2", "0.5", True]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array([2, 30], pa.int64()), ["2", "30"]),
        (pa.array([2, 30], pa.uint8()), ["2", "30"]),
        (pa.array([2.0, 0.25], pa.float64()), ["2.0", "0.25"]),
        (pa.array([Decimal("2.50"), Decimal("1E+3")], pa.decimal128(10, 2)), ["2.50", "1000.00"]),
    ],
)
def test_a_column_of_numbers_holds_answers(tmp_path, hub_cache, values, texts):
    folder = tmp_path / "set"
    folder.mkdir()
    pq.write_table(pa.table({"problem": ["1 + 1?", "2 + 2?"], "answer": values}), folder / "train.parquet")
    problems = load(f"hf://{folder}", prompt_column="problem", verifier="math").problems
    assert [problem.reference["answer"] for problem in problems] == texts


@pytest.mark.parametrize("content", ["", " ", "\n\n"])
def test_an_empty_system_message_is_kept(tmp_path, content):
    prompt = [{"role": "system", "content": content}, {"role": "user", "content": "1 + 1?"}]
    (problem,) = load(write(tmp_path / "rows.jsonl", [{"prompt": prompt, "answer": "2"}])).problems
    assert list(problem.prompt) == prompt


def test_whole_pairs_of_surrogates_are_characters(tmp_path):
    (problem,) = load(write(tmp_path / "rows.jsonl", ['{"prompt": "\\ud835\\udc00 \\u00e9", "answer": "2"}'])).problems
    assert problem.prompt[0]["content"] == "\U0001d400 é"


def test_files_that_cannot_be_read_say_so(tmp_path):
    with pytest.raises(
        DataError, match=r"nowhere.jsonl: no such file /.*nowhere.jsonl \(a relative path starts at the "
    ):
        load("nowhere.jsonl")
    with pytest.raises(DataError, match=r"holds no problem"):
        load(write(tmp_path / "empty.jsonl", []))
    with pytest.raises(DataError, match="Protocol not known"):
        load("sea://bucket/rows.jsonl")
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(b'{"prompt": "p", "answer": "2"}\n' * 1000)[:40])
    with pytest.raises(DataError, match=r"cut.jsonl.gz: cannot be read"):
        load(str(tmp_path / "cut.jsonl.gz"))
    (tmp_path / "latin.jsonl").write_bytes(b'{"prompt": "caf\xe9", "answer": "2"}\n')
    with pytest.raises(DataError, match=r"latin.jsonl:1: not UTF-8 at byte 15"):
        load(str(tmp_path / "latin.jsonl"))


@pytest.fixture
def hub_cache(tmp_path, monkeypatch):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


@pytest.mark.parametrize("form", ["parquet", "json"])
def test_a_local_data_set_folder_gives_the_same_problems_as_jsonl(tmp_path, hub_cache, form):
    rows = [
        {
            "id": f"{i}",
            "prompt": [{"role": "user", "content": f"{i} + 1?"}],
            "reward_model": {"ground_truth": f"{i + 1}"},
        }
        for i in range(1500)
    ]
    folder = tmp_path / "set"
    folder.mkdir()
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), folder / "train.parquet")
        pq.write_table(pa.Table.from_pylist(rows[:3]), folder / "test.parquet")
    else:
        write(folder / "train.jsonl", rows)
        write(folder / "test.jsonl", rows[:3])
    columns = {"answer_column": "reward_model.ground_truth"}
    data = load(f"hf://{folder}", **columns)
    assert data == load(write(tmp_path / "rows.jsonl", rows), **columns)
    assert data.revision is None
    assert len(load(f"hf://{folder}?split=test", **columns).problems) == 3
    assert len(load(f"hf://{folder}", split="test", **columns).problems) == 3
    with pytest.raises(DataError, match="split 'valid' cannot be loaded"):
        load(f"hf://{folder}?split=valid", **columns)
    with pytest.raises(
        DataError, match=re.escape(f"hf://{folder}:0: no key 'answer'; the row has id, prompt, reward_model")
    ):
        load(f"hf://{folder}")


def test_a_hub_name_is_resolved_to_a_commit_and_read_there(tmp_path, hub_cache, monkeypatch):
    import datasets
    import huggingface_hub

    asked = []
    commit = "c" * 40

    def info(self, name, *, revision, timeout):
        asked.append((name, revision))
        return huggingface_hub.hf_api.DatasetInfo(id=name, sha=commit, private=False, downloads=0, likes=0, tags=[])

    def load_dataset(name, config, *, split, revision):
        asked.append((name, config, split, revision))
        return datasets.Dataset.from_list([{"question": "1 + 1?", "answer": "so #### 2"}])

    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", info)
    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    columns = {"prompt_column": "question", "answer_after": "####"}
    data = load("hf://openai/gsm8k/main@v1?split=test", **columns)
    assert (data.revision, data.problems[0].reference) == (commit, {"answer": "2"})
    assert load("hf://openai/gsm8k", subset="main", revision="v1", split="test", **columns) == data
    assert asked == [("openai/gsm8k", "v1"), ("openai/gsm8k", "main", "test", commit)] * 2
    load(f"hf://openai/gsm8k@{'d' * 40}", **columns)
    assert asked[4:] == [("openai/gsm8k", None, "train", "d" * 40)]  # a commit needs no question


@pytest.mark.parametrize(
    ("offline", "why"),
    [(False, "the hub does not answer: check the network"), (True, "HF_HUB_OFFLINE is set: unset it")],
)
def test_without_a_network_one_line_says_what_to_do(monkeypatch, offline, why):
    def refuse(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", offline)
    with pytest.raises(DataError) as caught:
        load("hf://openai/gsm8k/main")
    assert str(caught.value) == (
        f"hf://openai/gsm8k: its commit cannot be found; {why}, or give a cached data set's 40-digit commit "
        "(data.revision), a local folder (hf:///folder) or a .jsonl file"
    )


def refused(kind, status=404):
    """An error of the hub's client, as an answer with `status` makes it."""
    import httpx

    request = httpx.Request("GET", "https://huggingface.co/api/models/a/b")
    return kind("pass 'local_files_only=False' as input", response=httpx.Response(status, request=request))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            refused(errors.RepositoryNotFoundError),
            "the hub shows none of this name: correct it, give a token (HF_TOKEN)",
        ),
        (refused(errors.GatedRepoError, 403), "it is gated: accept its terms on the hub, and give a token (HF_TOKEN)"),
        (refused(errors.RevisionNotFoundError), "the hub has no such revision of it: correct the revision"),
        (refused(errors.HfHubHTTPError, 503), "the hub answers with status 503: try again later, or take a file"),
        (
            errors.LocalEntryNotFoundError("pass 'local_files_only=False'"),
            "the hub does not answer: check the network, ",
        ),
        (
            ConnectionError("Couldn't reach 'a/b' (LocalEntryNotFoundError)"),
            "the hub does not answer: check the network",
        ),
        (
            OSError(28, "No space left on device"),
            "OSError: [Errno 28] No space left on device; correct that, or take a ",
        ),
    ],
)
def test_hints_on_the_client_s_own_calls_are_not_passed_on(error, reason):
    assert hub_reason(error, "take a file").startswith(reason)
    if isinstance(error, errors.HfHubHTTPError):
        wrapped = errors.LocalEntryNotFoundError("check your internet connection")
        wrapped.__cause__ = error
        assert hub_reason(wrapped, "take a file").startswith(reason)


def test_puzzles_and_their_options():
    train, heldout = load("puzzle:countdown", heldout=200), load("puzzle:countdown?split=heldout", heldout=200)
    assert heldout == load("puzzle:countdown", "heldout", heldout=200)
    assert (len(train.problems), len(heldout.problems)) == (16_670, 200)
    assert not {p.id for p in train.problems} & {p.id for p in heldout.problems}
    assert train.digest != heldout.digest
    graphs = load("puzzle:graph_colouring?vertices=5&count=50")
    assert len(graphs.problems) == 50
    for source, message in [
        ("puzzle:graph_colouring?vertices", "write options as"),
        ("hf://name", "write hf://owner/name"),
        ("hf:///nowhere/at/all", r"no folder /nowhere/at/all \(a relative path starts at the repository root\)"),
        ("hf://./nowhere", rf"no folder {REPOSITORY_ROOT}/nowhere \(a relative"),
        ("hf://a/b?shard=1", "no option 'shard'"),
    ]:
        with pytest.raises(DataError, match=message):
            load(source)
