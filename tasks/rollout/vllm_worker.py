"""Methods for vLLM's workers: `worker_extension_cls` mixes this class into each. Only vLLM imports this file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from unittest.mock import patch

from torch import Tensor
from vllm.model_executor.layers.utils import dispatch_cpu_unquantized_gemm
from vllm.model_executor.layers.vocab_parallel_embedding import VocabParallelEmbedding
from vllm.platforms import current_platform


class WeightUpdates:
    """Methods that `collective_rpc` calls by name; `self` is the worker."""

    model_runner: Any

    def load_folder(self, folder: str) -> list[str]:
        """Read the weights of a Hugging Face folder into the living model; return the parameters that it left alone.

        vLLM itself only warns of those. None are returned of a model that does not say what it loaded.

        On the CPU, vLLM multiplies by a packed copy of each matrix. Its reload renews the copies of the layers that
        it reloads, but a head tied to the embeddings is not among them: it would go on answering with the old
        policy's logits, and nothing would complain. So the packed copies of embeddings and heads are made again.
        """
        model = self.model_runner.get_model()
        load = model.load_weights
        loaded: set[str] | None = None

        def noted(weights: Iterable[tuple[str, Tensor]]) -> set[str] | None:
            nonlocal loaded
            loaded = load(weights)
            return loaded

        with patch.object(model, "load_weights", noted):
            self.reload_weights(weights_path=folder)  # type: ignore[attr-defined]  # the worker's
        if current_platform.is_cpu():
            for module in model.modules():
                if isinstance(module, VocabParallelEmbedding):
                    dispatch_cpu_unquantized_gemm(module, remove_weight=False)
        # With adapters vLLM wraps the layers that they go to.
        wanted = {name.replace(".base_layer.", ".") for name, _ in model.named_parameters()}
        return [] if loaded is None else sorted(wanted - loaded)
