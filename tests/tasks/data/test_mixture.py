"""Several sources as one: ids, duplicates, held-out problems, demonstrations, and what the keys hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from specs.errors import SpecError
from specs.sections import Data, RolloutSpec
from tasks.data.encode import encode
from tasks.data.mixture import MixtureSource, by_part
from tasks.data.preview import preview
from tasks.data.prompts import PromptFormat
from tasks.data.sources.base import prompt_key
from tasks.data.sources.registry import make_source, source_of
from tasks.errors import DataError
from tasks.rollout.shards import check_mixture, shard_problems
from tests.tasks.data.test_encode import CHAT


def rows(path: Path, *prompts: str, **columns: str) -> str:
    lines = [{"prompt": prompt, "answer": str(index), **columns} for index, prompt in enumerate(prompts)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


@pytest.fixture
def parts(tmp_path: Path) -> dict[str, Any]:
    first = rows(tmp_path / "a.jsonl", *(f"a {n} clips" for n in range(30)), "the  same")
    second = rows(tmp_path / "b.jsonl", *(f"b {n} clips" for n in range(10)), "the same")
    return {"b": {"source": second, "weight": 1}, "a": {"source": first, "weight": 3}}


def data_of(parts: dict[str, Any], **settings: Any) -> Data:
    return Data.model_validate({"train": parts, "verifier": "math", **settings})


def test_ids_have_the_part_s_name_and_a_prompt_of_two_parts_is_kept_once(parts) -> None:
    loaded = make_source(data_of(parts)).problems()
    assert [each.id for each in loaded.problems] == [
        *(f"a/{n:06d}" for n in range(31)),
        *(f"b/{n:06d}" for n in range(10)),
    ]
    assert (loaded.duplicates_dropped, loaded.duplicates_conflicting) == (1, 1)
    assert len(make_source(data_of(parts, drop_duplicates=False)).problems().problems) == 42


@pytest.mark.parametrize("drop", [True, False])
def test_held_out_are_the_least_digests_of_all_parts_whatever_the_weights(parts, drop: bool) -> None:
    source = make_source(data_of(parts, heldout=12, drop_duplicates=drop))
    train, held = (source.problems(split).problems for split in ("train", "heldout"))
    assert len(held) in ((12,) if drop else (12, 13)) and len(train) + len(held) == (41 if drop else 42)
    assert not set(map(prompt_key, train)) & set(map(prompt_key, held))
    assert len(by_part(held, "ab")["b"]) in range(1, 8)
    other = {**parts, "a": {**parts["a"], "weight": 9}}
    assert make_source(data_of(other, heldout=12, drop_duplicates=drop)).problems("heldout").problems == held
    with pytest.raises(DataError, match=r"data\.train: 41 problems, too few for 41 held out"):
        make_source(data_of(parts, heldout=41)).problems()


def test_the_fingerprint_has_each_part_s_own_and_is_read_back(parts, tmp_path: Path) -> None:
    source = make_source(data_of(parts))
    fingerprint = source.fingerprint()
    assert list(json.loads(fingerprint)) == ["a", "b"]
    assert make_source(data_of(parts)).problems("train", fingerprint).problems == source.problems().problems
    rows(tmp_path / "b.jsonl", "another")
    now = json.loads(make_source(data_of(parts)).fingerprint())
    assert now["a"] == json.loads(fingerprint)["a"] and now["b"] != json.loads(fingerprint)["b"]


def test_each_part_has_its_verifier_and_its_demonstrations() -> None:
    source = make_source(Data.model_validate({"train": {n: {"source": f"puzzle:{n}"} for n in ("sums", "countdown")}}))
    assert isinstance(source, MixtureSource) and source.verifiers == ("countdown", "sums")
    problems = by_part(source.problems().problems, ("sums", "countdown"))
    for name, found in problems.items():
        assert found[0].verifier == name and source.demonstrations(found[0])


def test_a_part_without_demonstrations_says_so(parts) -> None:
    source = make_source(data_of(parts))
    with pytest.raises(DataError, match=r"warm_start: needs demonstrations, and data\.train\.b\.source .* has none"):
        source.demonstrations(source.problems().problems[-1])


OWN = """
from tasks.data.sources.base import RowSource

class Sums(RowSource):
    def rows(self, revision=None):
        for n in range(20):
            yield f"row {n}", {"prompt": f"{n} + 1 =", "answer": str(n + 1)}

    @staticmethod
    def verify(reference, response_text):
        return response_text.strip() == reference["answer"]

def plain():
    yield {"prompt": "1 + 1 =", "answer": "2"}
"""


def test_an_inherited_verifier_gives_way_to_one_that_a_source_of_ones_own_brings(tmp_path: Path, parts) -> None:
    (tmp_path / "own.py").write_text(OWN)
    own = {"source": f"{tmp_path}/own.py:Sums"}
    source = source_of(data_of({**parts, "own": own}))
    assert [name.rpartition(":")[2] for name in source.verifiers] == ["math", "Sums"]
    with pytest.raises(
        SpecError, match=r"data\.train\.own\.verifier: got 'math', but data\.train\.own\.source .* brings"
    ):
        source_of(data_of({**parts, "own": {**own, "verifier": "math"}}))
    plain = {"source": f"{tmp_path}/own.py:plain"}
    with pytest.raises(SpecError, match=r"data\.train\.own\.verifier: missing; data\.train\.own\.source"):
        source_of(data_of({"own": plain}, verifier=None))


def test_an_iteration_takes_of_each_part_by_its_weight(parts) -> None:
    data = data_of(parts)
    problems = [encode(each, CHAT, PromptFormat()) for each in make_source(data).problems().problems]
    rollout = RolloutSpec(prompts=8, shard_prompts=3)

    def drawn(iteration: int, settings: RolloutSpec = rollout) -> list[str]:
        shards = [shard_problems(problems, settings, 3, iteration, shard, data.weights) for shard in range(3)]
        return [each.problem.id for shard in shards for each in shard]

    for k in range(20):
        assert len(set(drawn(k))) == 8 and sum(name.startswith("a/") for name in drawn(k)) == 6
    assert sorted(name for k in range(5) for name in drawn(k) if name[0] == "b") == [f"b/{n:06d}" for n in range(10)]
    limited = RolloutSpec(prompts=8, shard_prompts=3, problems=16)
    found = {name for k in range(10) for name in drawn(k, limited)}
    assert found == {*(f"a/{n:06d}" for n in range(12)), *(f"b/{n:06d}" for n in range(4))}
    check_mixture(problems, rollout, data.weights, 100)
    with pytest.raises(DataError, match=r"draws 12 problems of data\.train\.b .* only 10"):
        check_mixture(problems, RolloutSpec(prompts=24), {"a": 1, "b": 1}, 100)
    with pytest.raises(
        DataError, match=r"rollout\.problems: 50 problems .* are 38 of data\.train\.a, which has 31: lower"
    ):
        check_mixture(problems, RolloutSpec(prompts=8, problems=50), data.weights, 100)
    with pytest.raises(
        DataError, match=r"8 problems of the mixture are 0 of data\.train\.b, .*: raise it, or give the part"
    ):
        check_mixture(problems, RolloutSpec(prompts=8, problems=8), {"a": 100, "b": 1}, 100)


def test_the_preview_shows_every_part(parts) -> None:
    data = data_of(parts)
    lines = preview(make_source(data), data, CHAT, (2, 0), 4).splitlines()
    assert lines[0] == "41 training problems, 0 held out; 1 dropped, whose prompt was there before"
    assert lines[1] == f"  a: 31 problems of {parts['a']['source']}, verifier math; 75.0% of the draw"
    assert lines[2] == f"  b: 10 problems of {parts['b']['source']}, verifier math; 25.0% of the draw"
    named = [line.split()[1].rstrip(",") for line in lines if line.startswith("problem ")]
    assert named == ["a/000000", "a/000001", "b/000000", "a/000002"]
