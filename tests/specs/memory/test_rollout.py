"""The settings that are derived for vLLM, and what they leave."""

from __future__ import annotations

import pytest

from specs.load import load_spec
from specs.memory.gpu import CONTEXT, GIB, GRAPHS
from specs.memory.rollout import SEQUENCES, Engine, share, terms
from specs.size import model_shapes
from tests.specs.conftest import MODEL, Write


@pytest.fixture
def engine(write: Write) -> Engine:
    return Engine(model_shapes(load_spec(write(MODEL), (), {}).spec), 2, tensor_parallel=1, longest=10240)


def test_a_token_s_cache_is_key_and_value_of_each_layer(engine: Engine) -> None:
    assert engine.cache_per_token == 2 * 28 * 4 * 128 * 2  # layers, heads of 128, bfloat16
    split = [Engine(engine.shapes, 2, gpus, 10240).cache_per_token for gpus in (2, 4, 8)]
    assert split == [engine.cache_per_token // 2, engine.cache_per_token // 4, engine.cache_per_token // 4]


@pytest.mark.parametrize("total", [24, 48, 80])
@pytest.mark.parametrize("taken", [0, 4, 16])
def test_what_is_derived_fits_beside_the_trainer(engine: Engine, total: int, taken: int) -> None:
    settings = share(engine, total * GIB, taken * GIB)
    used = settings.gpu_memory_utilization * total * GIB + GRAPHS + taken * GIB
    assert used <= total * GIB
    assert settings.gpu_memory_utilization == 0.92 or used > 0.99 * total * GIB - 1
    found = terms(engine, settings, total * GIB)
    assert sum(found.values()) == int(settings.gpu_memory_utilization * total * GIB) + GRAPHS
    assert found["context and graphs"] == CONTEXT + GRAPHS
    half_grown = settings.max_num_seqs * (engine.longest // 2) * engine.cache_per_token
    if found["KV cache"] > engine.longest * engine.cache_per_token:
        assert half_grown <= found["KV cache"]
        assert settings.max_num_seqs == SEQUENCES or half_grown > 0.9 * found["KV cache"]


def test_more_memory_and_shorter_samples_let_more_be_drawn_side_by_side(engine: Engine) -> None:
    def sequences(total: int, longest: int) -> int:
        return share(Engine(engine.shapes, 2, 1, longest), total * GIB, 0).max_num_seqs

    assert sequences(24, 10240) < sequences(40, 10240) < sequences(40, 5120) <= SEQUENCES


def test_what_the_spec_gives_stays(engine: Engine) -> None:
    settings = share(engine, 80 * GIB, 0, utilization=0.3, sequences=64, batched=2048)
    assert (settings.gpu_memory_utilization, settings.max_num_seqs, settings.max_num_batched_tokens) == (0.3, 64, 2048)
    assert share(engine, 80 * GIB, 0, sequences=9000).max_num_batched_tokens == 9000  # vLLM wants no fewer
