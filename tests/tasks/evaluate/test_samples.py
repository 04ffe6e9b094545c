"""Stored samples are exact, survive damage to their files, and only missing ones are drawn."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.files import Files
from tasks.data.seeds import derive_seed
from tasks.evaluate import sampling as module
from tasks.evaluate.samples import Name, Sample, SampleSet, set_key
from tasks.evaluate.sampling import draw, missing
from tasks.records import EncodedProblem, FinishReason, Problem
from tasks.rollout.protocol import Completion, Completions, PromptGroup, Sampling

PART = {
    "temperature": 0.6,
    "top_p": 0.95,
    "max_response_tokens": 9,
    "engine": "transformers",
    "dtype": "float32",
    "seed": 17,
}
ABOUT: dict[str, Any] = {"policy": "ab" * 32, "problems": "cd" * 32, "suite": "heldout", "part": PART}
STOP = (3, 5)
SAMPLING = Sampling(0.6, 9, STOP, top_p=0.95)  # of PART


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files((tmp_path / "store").as_uri())


def problems(count: int) -> list[EncodedProblem]:
    return [EncodedProblem(Problem(f"p/{n}", (), "countdown", {}), (10, 11, n), ()) for n in range(count)]


def all_of(count: int, samples: int) -> set[Name]:
    return {(f"p/{n}", s) for n in range(count) for s in range(samples)}


def sample(problem: str = "p/0", index: int = 0, **changes: Any) -> Sample:
    made = Sample(problem, index, (4, 2**31 - 1, 3), (-0.5, -(2.0**-20), 0.0), FinishReason.STOP, 0.1 + 0.2, 2**63 - 1)
    return replace(made, **changes)


class Fake:
    """A source whose samples follow from prompt and seed; its float64 log-probabilities are rounded by the store."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.calls: list[list[PromptGroup]] = []
        self.sampling: set[Sampling] = set()
        self.fails_at = fails_at

    def generate(self, groups: Sequence[PromptGroup], sampling: Sampling) -> Completions:
        if len(self.calls) == self.fails_at:
            raise KeyboardInterrupt
        self.calls.append(list(groups))
        self.sampling.add(sampling)
        return Completions.of([self._one(group.prompt_ids, seed) for seed in group.seeds] for group in groups)

    @staticmethod
    def _one(prompt: tuple[int, ...], seed: int) -> Completion:
        digest = hashlib.sha256(f"{prompt} {seed}".encode()).digest()
        ids = tuple(digest[: 1 + digest[0] % 8])
        reason = FinishReason.STOP if digest[1] % 2 else FinishReason.LENGTH
        return Completion(ids, tuple(-each / 7 for each in ids), reason, tuple(each / 3 for each in ids))

    @property
    def seeds(self) -> list[int]:
        return [seed for call in self.calls for group in call for seed in group.seeds]


def drawn(
    source: Fake, files: Files, count: int, samples: int, about: dict[str, Any] = ABOUT
) -> tuple[dict[Name, Sample], int]:
    """Draw as a process that starts here; return the samples that it then has, and how many it drew."""
    into = SampleSet(files, about)
    stored = into.read()
    part = about["part"]
    settings = Sampling(part["temperature"], part["max_response_tokens"], STOP, top_p=part["top_p"])
    number = draw(source, into, stored, problems(count), samples, settings, part["seed"], about["suite"], lambda: None)
    return stored, number


def parts(files: Files) -> list[str]:
    return [name for name in files.list(SampleSet(files, ABOUT).folder) if name.endswith(".parquet")]


class TestKept:
    def test_what_was_appended_is_read_exactly(self, files: Files) -> None:
        first = [sample(), sample(index=1, entropy=None, finish_reason=FinishReason.LENGTH, seed=0)]
        second = [sample("p/1", logprobs=()), sample("ü/2", 7, response_ids=(1,), logprobs=(-1.5,), entropy=0.0)]
        into = SampleSet(files, ABOUT)
        assert into.read() == {}
        for batch in (first, second):
            into.append(batch)
        assert SampleSet(files, ABOUT).read() == {each.name: each for each in first + second}
        assert json.loads(files.read(f"{into.folder}/SET.json")) == {**ABOUT, "references": [f"policy/{'ab' * 32}"]}
        assert len(parts(files)) == 2

    def test_a_damaged_file_is_left_out_and_said_and_what_it_held_is_drawn_again(
        self, files: Files, caplog: pytest.LogCaptureFixture
    ) -> None:
        whole, _ = drawn(Fake(), files, 3, 2)
        [part] = parts(files)
        name = f"{SampleSet(files, ABOUT).folder}/{part}"
        good = files.read(name)
        for bad in (good[:-1], good[:50] + bytes([good[50] ^ 1]) + good[51:], b"", b"not Parquet"):
            files.write(name, bad)
            caplog.clear()
            with caplog.at_level(logging.WARNING, "armature"):
                again, number = drawn(Fake(), files, 3, 2)
            assert number == 6 and again == whole
            assert len(caplog.messages) == 1 and name in caplog.messages[0]
            assert files.read(name) == good

    def test_reading_alone_removes_nothing_and_bytes_altered_on_their_way_are_read_again(
        self, files: Files, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole, _ = drawn(Fake(), files, 3, 2)
        [part] = parts(files)
        read, altered = files.read, [part]

        def once_altered(name: str) -> bytes:
            if altered and name.endswith(altered[0]):
                altered.pop()
                return b"altered"
            return read(name)

        with monkeypatch.context() as patch:
            patch.setattr(files, "read", once_altered)
            assert SampleSet(files, ABOUT).read() == whole and not altered
        files.write(f"{SampleSet(files, ABOUT).folder}/{part}", b"damaged")
        assert SampleSet(files, ABOUT).read() == {} and parts(files) == [part]

    def test_only_what_a_damaged_file_held_is_drawn_again(self, files: Files) -> None:
        drawn(Fake(), files, 2, 2)
        [first] = parts(files)
        whole, _ = drawn(Fake(), files, 4, 2)
        files.write(f"{SampleSet(files, ABOUT).folder}/{first}", b"damaged")
        source = Fake()
        again, number = drawn(source, files, 4, 2)
        assert number == 4 and again == whole == SampleSet(files, ABOUT).read()
        assert [group.prompt_ids[-1] for call in source.calls for group in call] == [0, 1]

    def test_what_is_no_file_of_samples_is_nobodys_business(
        self, files: Files, caplog: pytest.LogCaptureFixture
    ) -> None:
        whole, _ = drawn(Fake(), files, 2, 2)
        folder = SampleSet(files, ABOUT).folder
        for name in (
            f"{'0' * 64}.parquet.0123abcd.tmp",
            "notes.txt",
            "samples.parquet",
            f"{'0' * 63}g.parquet",
            "SET.json.0123abcd.tmp",
        ):
            files.write(f"{folder}/{name}", b"x")
        files.write(f"{folder}/below/{'0' * 64}.parquet", b"x")
        before = files.list(folder)
        assert SampleSet(files, ABOUT).read() == whole
        assert caplog.messages == [] and files.list(folder) == before, "and stays"

    @pytest.mark.parametrize("turned", [False, True])
    def test_of_what_two_writers_drew_the_file_whose_name_comes_first_counts(self, files: Files, turned: bool) -> None:
        """Engines that round differently: both wrote all of p/0."""
        ones = [sample(index=s, response_ids=(1,), logprobs=(-1.0,)) for s in range(2)]
        twos = [sample(index=s, response_ids=(2,), logprobs=(-2.0,)) for s in range(3)]
        for batch in (twos, ones) if turned else (ones, twos):
            SampleSet(files, ABOUT).append(batch)
        read = SampleSet(files, ABOUT).read()
        assert set(read) == {("p/0", s) for s in range(3)} and read["p/0", 2] == twos[2]
        folder = SampleSet(files, ABOUT).folder
        first, second = parts(files)
        files.remove(f"{folder}/{second}")
        of_first = SampleSet(files, ABOUT).read()
        assert of_first in ({each.name: each for each in ones}, {each.name: each for each in twos})
        assert first < second and {name: read[name] for name in of_first} == of_first

    def test_the_same_samples_written_twice_are_one_file(self, files: Files) -> None:
        for _ in range(2):
            SampleSet(files, ABOUT).append([sample(), sample(index=1)])
        assert len(parts(files)) == 1

    @pytest.mark.parametrize(
        "other",
        [
            {"policy": "ba" * 32},
            {"problems": "dc" * 32},
            {"suite": "gsm8k"},
            *({"part": {**PART, key: 0}} for key in PART),
        ],
    )
    def test_another_policy_suite_or_sampling_is_another_set(self, files: Files, other: dict[str, Any]) -> None:
        drawn(Fake(), files, 1, 1)
        assert set_key({**ABOUT, **other}) != set_key(ABOUT) == set_key(dict(reversed(ABOUT.items())))
        assert SampleSet(files, {**ABOUT, **other}).read() == {}

    def test_surprisal_is_the_mean_of_minus_log_p(self) -> None:
        assert sample(logprobs=(-1.0, -2.0, 0.0)).surprisal == 1.0
        assert sample(logprobs=()).surprisal is None


class TestDrawn:
    @pytest.fixture(autouse=True)
    def _small_calls(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "SEQUENCES_AT_ONCE", 8)

    def test_all_is_drawn_once_and_what_the_process_holds_is_what_the_store_gives(self, files: Files) -> None:
        source = Fake()
        stored, number = drawn(source, files, 7, 3)
        assert set(stored) == all_of(7, 3) and number == 21 == len(source.seeds)
        assert [len(call) for call in source.calls] == [2, 2, 2, 1], "8 // 3 problems a call"
        assert SampleSet(files, ABOUT).read() == stored, "else an evaluation that goes on would end with other numbers"
        assert (
            not missing(stored, problems(7), 3) and missing(stored, problems(8), 3) and missing(stored, problems(7), 4)
        )
        again = Fake()
        assert drawn(again, files, 7, 3) == (stored, 0) and again.calls == []

    def test_a_sample_is_what_the_source_gave_under_its_name(self, files: Files) -> None:
        source = Fake()
        stored, _ = drawn(source, files, 3, 4)
        for problem in problems(3):
            for s in range(4):
                seed = derive_seed(17, "evaluate", "heldout", problem.problem.id, s)
                given, kept = Fake._one(problem.prompt_ids, seed), stored[problem.problem.id, s]
                assert (kept.seed, tuple(kept.response_ids), kept.finish_reason) == (
                    seed,
                    given.response_ids,
                    given.finish_reason,
                )
                assert kept.logprobs == pytest.approx(given.logprobs, rel=1e-7)
                assert given.entropies is not None
                assert kept.entropy == pytest.approx(sum(given.entropies) / len(given.entropies), rel=1e-7)
        assert source.sampling == {SAMPLING}

    def test_a_seed_depends_on_spec_seed_suite_problem_and_sample_alone(self, files: Files, tmp_path: Path) -> None:
        stored, _ = drawn(Fake(), files, 3, 2)
        others = {
            "policy": "ee" * 32,
            "problems": "ff" * 32,
            "part": {**PART, "temperature": 1.0, "engine": "server", "dtype": None},
        }
        same, _ = drawn(Fake(), files, 5, 4, {**ABOUT, **others})
        assert all(same[name].seed == each.seed for name, each in stored.items())
        changes: list[dict[str, Any]] = [{"suite": "gsm8k"}, {"part": {**PART, "seed": 18}}]
        for number, changed in enumerate(changes):
            other, _ = drawn(Fake(), Files((tmp_path / str(number)).as_uri()), 3, 2, {**ABOUT, **changed})
            assert not {each.seed for each in other.values()} & {each.seed for each in stored.values()}
        assert len({each.seed for each in same.values()}) == 20

    def test_killed_between_two_calls_it_goes_on_with_the_calls_that_are_left(
        self, files: Files, tmp_path: Path
    ) -> None:
        uninterrupted = Fake()
        whole, _ = drawn(uninterrupted, Files((tmp_path / "other").as_uri()), 7, 3)
        killed = Fake(fails_at=1)
        with pytest.raises(KeyboardInterrupt):
            drawn(killed, files, 7, 3)
        kept = SampleSet(files, ABOUT).read()
        assert set(kept) == all_of(2, 3)
        second = Fake()
        stored, number = drawn(second, files, 7, 3)
        assert killed.calls + second.calls == uninterrupted.calls and number == 15
        assert stored == whole == SampleSet(files, ABOUT).read()

    def test_what_stops_it_between_two_calls_loses_nothing(self, files: Files) -> None:
        asked = 0

        def between() -> None:
            nonlocal asked
            asked += 1
            if asked == 3:
                raise InterruptedError

        source, stored = Fake(), dict[Name, Sample]()
        with pytest.raises(InterruptedError):
            draw(source, SampleSet(files, ABOUT), stored, problems(7), 3, SAMPLING, 17, "heldout", between)
        assert len(source.calls) == 2 and SampleSet(files, ABOUT).read() == stored and set(stored) == all_of(4, 3)

    def test_more_samples_add_to_those_that_are_there(self, files: Files) -> None:
        two, _ = drawn(Fake(), files, 3, 2)
        source = Fake()
        four, number = drawn(source, files, 3, 4)
        assert number == 6 and {name: four[name] for name in two} == two
        assert source.seeds == [derive_seed(17, "evaluate", "heldout", f"p/{n}", s) for n in range(3) for s in (2, 3)]
        less = Fake()
        assert drawn(less, files, 3, 1) == (four, 0) and less.calls == []

    def test_more_problems_add_to_those_that_are_there(self, files: Files) -> None:
        few, _ = drawn(Fake(), files, 3, 2)
        source = Fake()
        more, number = drawn(source, files, 6, 2)
        assert number == 6 and {name: more[name] for name in few} == few and set(more) == all_of(6, 2)
        assert [group.prompt_ids[-1] for call in source.calls for group in call] == [3, 4, 5]

    def test_more_samples_than_a_call_holds_are_a_problem_a_call(self, files: Files) -> None:
        source = Fake()
        assert drawn(source, files, 2, 9)[1] == 18 and [len(call) for call in source.calls] == [1, 1]
