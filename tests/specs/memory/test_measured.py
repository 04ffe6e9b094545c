"""The memory model against the peak of real ranks, of a small model: within 15 %. More: tests/benchmarks."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import LlamaConfig

from specs.memory.shapes import shapes
from tests.benchmarks.memory_model import Case, measured, write_weights

SMALL = LlamaConfig(
    vocab_size=16384,
    hidden_size=256,
    intermediate_size=704,
    num_hidden_layers=8,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=2048,
    tie_word_embeddings=True,
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [
        Case(token_budget=2176, length=1024),
        Case(token_budget=2176, length=1024, gradient_checkpointing=True, zero_stage=2, ranks=2),
    ],
    ids=["whole", "checkpointed"],
)
def test_a_rank_takes_what_the_model_says(case: Case, tmp_path: Path) -> None:
    weights = write_weights(SMALL, case.dtype, tmp_path / "weights")
    terms = case.predicted(shapes(SMALL))
    assert sum(terms.values()) == pytest.approx(measured(case, weights)["peak"], rel=0.15), terms
