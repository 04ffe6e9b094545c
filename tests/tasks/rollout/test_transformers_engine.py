from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from infra.errors import EngineError
from tasks.records import FinishReason
from tasks.rollout.kv_cache import SPARE
from tasks.rollout.protocol import Completion, PromptGroup, Sampling
from tasks.rollout.transformers_engine import TransformersEngine, TransformersOptions
from tests.tasks.rollout.conftest import adapted
from tests.tasks.rollout.tools import sampled

Make = Callable[..., Path]
Teacher = Callable[..., tuple[list[float], list[float]]]


def groups(*lengths: int, samples: int = 4, seed: int = 0) -> list[PromptGroup]:
    draw = random.Random(seed)
    return [
        PromptGroup(tuple(draw.randrange(2, 131) for _ in range(n)), tuple(1000 * g + s for s in range(samples)))
        for g, n in enumerate(lengths)
    ]


def engine(folder: Path, **options: object) -> TransformersEngine:
    made = TransformersEngine(TransformersOptions(**options))  # type: ignore[arg-type]
    made.load(folder)
    return made


def far(a: Completion, b: Completion) -> float:
    assert a.response_ids == b.response_ids and a.finish_reason == b.finish_reason
    return max(abs(x - y) for x, y in zip(a.logprobs, b.logprobs, strict=True))


SAMPLINGS = [
    Sampling(temperature=1.0, max_tokens=20, stop_token_ids=(5, 6, 7)),
    Sampling(temperature=0.6, max_tokens=20, stop_token_ids=(5,), top_p=0.8, top_k=20),
    Sampling(temperature=0.0, max_tokens=20, stop_token_ids=(5,)),
]


@pytest.mark.parametrize("sampling", SAMPLINGS, ids=["plain", "truncated", "greedy"])
@pytest.mark.parametrize("settings", [{}, {"tied": False, "kv_heads": 4}], ids=["tied-gqa", "untied"])
def test_log_probabilities_and_entropies_are_those_of_a_full_forward(
    llama: Make, teacher: Teacher, sampling: Sampling, settings: dict[str, object]
) -> None:
    folder = llama(**settings)
    asked = groups(3, 11, 11, 1, 17)
    for group, completions in zip(asked, sampled(engine(folder), asked, sampling), strict=True):
        assert len(completions) == len(group.seeds)
        for completion in completions:
            logprobs, entropies = teacher(folder, group.prompt_ids, completion.response_ids, sampling)
            assert completion.logprobs == pytest.approx(logprobs, abs=1e-4)
            assert completion.entropies == pytest.approx(entropies, abs=1e-4)


def test_the_same_request_gives_the_same_bits_again_also_in_a_new_engine(llama: Make) -> None:
    asked, sampling = groups(5, 9, 9), SAMPLINGS[0]
    first = engine(llama())
    assert (
        sampled(first, asked, sampling) == sampled(first, asked, sampling) == sampled(engine(llama()), asked, sampling)
    )


def test_a_sample_does_not_depend_on_its_companions(llama: Make) -> None:
    living, sampling = engine(llama()), SAMPLINGS[0]
    asked = groups(4, 16, 9)
    together = sampled(living, asked, sampling)
    for group, completions in zip(asked, together, strict=True):
        for seed, completion in zip(group.seeds, completions, strict=True):
            [[alone]] = sampled(living, [PromptGroup(group.prompt_ids, (seed,))], sampling)
            assert far(alone, completion) < 1e-4


def test_small_batches_give_what_one_batch_gives(llama: Make) -> None:
    asked, sampling = groups(4, 60, 9, 9), SAMPLINGS[0]
    whole, cut = sampled(engine(llama()), asked, sampling), sampled(engine(llama(), cache_gib=1e-5), asked, sampling)
    assert all(far(a, b) < 1e-4 for x, y in zip(whole, cut, strict=True) for a, b in zip(x, y, strict=True))


def test_other_seeds_give_other_samples_and_the_same_seed_the_same(llama: Make) -> None:
    [completions] = sampled(engine(llama()), [PromptGroup((9, 8), (1, 2, 3, 4, 1))], Sampling(1.0, 12, ()))
    assert len({c.response_ids for c in completions}) == 4
    assert completions[0].response_ids == completions[4].response_ids


def test_a_response_ends_with_its_first_end_token_or_at_the_limit(llama: Make) -> None:
    sampling = Sampling(temperature=1.5, max_tokens=8, stop_token_ids=tuple(range(2, 30)))
    seen = set()
    for completion in sampled(engine(llama()), [PromptGroup((40, 41), tuple(range(64)))], sampling)[0]:
        ends = [t in sampling.stop_token_ids for t in completion.response_ids]
        assert not any(ends[:-1])
        assert completion.finish_reason is (FinishReason.STOP if ends[-1] else FinishReason.LENGTH)
        assert ends[-1] or len(ends) == 8
        assert len(completion.logprobs) == len(completion.entropies or ()) == len(ends)
        seen.add((completion.finish_reason, len(ends)))
    assert {reason for reason, _ in seen} == set(FinishReason) and len(seen) > 3


def test_responses_longer_than_the_spare_room_of_the_cache(llama: Make, teacher: Teacher) -> None:
    folder, sampling = llama(), Sampling(1.0, SPARE + 12, ())
    [[completion]] = sampled(engine(folder), [PromptGroup((9, 8, 7), (1,))], sampling)
    assert completion.logprobs == pytest.approx(
        teacher(folder, (9, 8, 7), completion.response_ids, sampling)[0], abs=1e-4
    )


@pytest.mark.parametrize("tied", [True, False])
def test_new_weights_are_copied_into_the_living_model(llama: Make, tied: bool) -> None:
    asked, sampling = groups(5, 9), SAMPLINGS[0]
    living = engine(llama(0, tied=tied))
    model = living._model
    living.load(llama(1, tied=tied))
    assert living._model is model, "rebuilt"
    assert sampled(living, asked, sampling) == sampled(engine(llama(1, tied=tied)), asked, sampling)


def test_adapters_follow_each_other_beside_weights_that_stay(llama: Make, teacher: Teacher, tmp_path: Path) -> None:
    living, asked = engine(llama()), groups(3, 11)
    modules = []
    for seed in (1, 2):
        adapter, merged = adapted(llama(), tmp_path / str(seed), seed)
        living.load_adapter(llama(), adapter)
        modules.append(living._model)
        for group, completions in zip(asked, sampled(living, asked, SAMPLINGS[0]), strict=True):
            for each in completions:
                logprobs, _ = teacher(merged, group.prompt_ids, each.response_ids, SAMPLINGS[0])
                assert each.logprobs == pytest.approx(logprobs, abs=1e-3)
    assert modules[0] is modules[1], "the second adapter goes into the living model"
    living.load(llama(1))
    assert sampled(living, asked, SAMPLINGS[0]) == sampled(engine(llama(1)), asked, SAMPLINGS[0])


def test_another_architecture_is_built_anew(llama: Make) -> None:
    asked, sampling = groups(5), SAMPLINGS[0]
    living = engine(llama(0))
    living.load(llama(0, hidden=32))
    assert sampled(living, asked, sampling) == sampled(engine(llama(0, hidden=32)), asked, sampling)


def test_bfloat16_stays_near_float32(llama: Make, teacher: Teacher) -> None:
    asked, sampling = groups(5), Sampling(1.0, 6, ())
    [completions] = sampled(engine(llama(), dtype="bfloat16"), asked, sampling)
    for completion in completions:
        assert completion.logprobs == pytest.approx(
            teacher(llama(), asked[0].prompt_ids, completion.response_ids, sampling)[0], abs=0.5
        )


def test_weights_that_do_not_do_are_refused_in_one_line(llama: Make, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"config\.json: cannot be read"):
        engine(tmp_path)
    (tmp_path / "config.json").write_text((llama() / "config.json").read_text())
    tensors = load_file(llama() / "model.safetensors")
    dropped = sorted(tensors)[3]
    save_file(
        {name: t for name, t in tensors.items() if name != dropped}, tmp_path / "model.safetensors", {"format": "pt"}
    )
    with pytest.raises(EngineError, match=dropped):
        engine(tmp_path)
    living = engine(llama())
    with pytest.raises(EngineError, match=dropped):
        living.load(tmp_path)
    with pytest.raises(EngineError, match="before load"):
        sampled(living, groups(3), SAMPLINGS[0])
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 100)
    with pytest.raises(EngineError, match=str(tmp_path)):
        engine(llama()).load(tmp_path)
    with pytest.raises(EngineError, match="bfloat17"):
        engine(llama(), dtype="bfloat17")
    (tmp_path / "config.json").write_text('{"model_type": "nope"}')
    with pytest.raises(EngineError, match="has model type `nope`") as caught:
        engine(tmp_path)
    assert "pip install" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_request_beyond_the_window_is_refused(llama: Make) -> None:
    with pytest.raises(EngineError, match="window of 96"):
        sampled(engine(llama()), groups(90), Sampling(1.0, 7, ()))
    assert len(sampled(engine(llama()), groups(90, samples=1), Sampling(1.0, 6, ()))[0][0].response_ids) == 6


def test_sleep_and_wake_change_nothing_on_the_cpu(llama: Make) -> None:
    living = engine(llama())
    before = sampled(living, groups(5), SAMPLINGS[0])
    living.sleep()
    living.wake()
    assert sampled(living, groups(5), SAMPLINGS[0]) == before
