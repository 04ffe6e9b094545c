"""The embedded rollout engine: Hugging Face transformers in this process, batched, each prompt computed once.

Same request, same weights, same number of threads: the same tokens and log-probabilities, bit for bit (on a CPU). Each
sample follows its own stream of uniform numbers, so what else is in the batch changes it by rounding only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM

from infra.errors import EngineError
from specs.schema import Spec
from tasks.checkpoint.adapter import CONFIG, copy_adapter, inject
from tasks.ragged import Ragged, concatenated, offsets_of
from tasks.rollout.kv_cache import SampleCache, bytes_per_token
from tasks.rollout.protocol import Completions, EngineOptions, PromptGroup, RolloutEngine, Sampling
from tasks.rollout.sampling import draw, uniforms
from tasks.rollout.weights import WeightsDoNotFit, copy_into, read_config

COMPACT_AT = 0.75  # unfinished rows are packed together when they are at most this share of the batch


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersOptions(EngineOptions):
    """The options of the transformers engine.

    `device`: a torch device; `cache_gib`: GiB that key-value cache and logits may take, which bounds how many samples
    run side by side.
    """

    device: str = "cpu"
    cache_gib: float = 2.0

    @classmethod
    def from_spec(cls, spec: Spec, longest_response: int) -> Self:
        """Return the options for a spec: on a GPU where the spec has any."""
        return cls(dtype=spec.policy.dtype, device="cuda" if spec.placement.gpus else "cpu")


@dataclass(frozen=True, slots=True)
class _Sample:
    prompt: tuple[int, ...]
    seed: int


class TransformersEngine(RolloutEngine):
    """An engine over AutoModelForCausalLM; gives entropies. Nothing is loaded before the first `load`."""

    Options: ClassVar[type[EngineOptions]] = TransformersOptions
    options: TransformersOptions

    def __init__(self, options: TransformersOptions) -> None:
        super().__init__(options)
        self._model: Any = None
        self._config: dict[str, Any] | None = None  # config.json of the weights in the model
        self._adapted: tuple[Path, str] | None = None  # of an adapter in the model: its base, and its configuration

    def load(self, weights: Path) -> None:
        """Copy the weights into the living model if the configuration is the same, else build a new model."""
        config = read_config(weights)
        if self._model is not None and config == self._config and self._adapted is None:
            try:
                copy_into(self._model, weights)
                return
            except WeightsDoNotFit:
                pass  # stored under other names than the model's own: transformers knows how to convert them
        self._model = self._config = self._adapted = None
        self._model = self._build(weights)
        self._config = config

    def load_adapter(self, base: Path, adapter: Path) -> None:
        """Put the adapter beside the weights, as the trainer does; into a living one of this base its values alone."""
        beside = base, (adapter / CONFIG).read_text()
        if self._model is not None and self._adapted == beside:
            copy_adapter(self._model, adapter)
            return
        self.load(base)
        inject(self._model, adapter, self._dtype())
        self._adapted = beside

    def _build(self, weights: Path) -> Any:
        try:
            config = AutoConfig.from_pretrained(weights, local_files_only=True)
            loading = AutoModelForCausalLM.from_pretrained(
                weights,
                config=config,
                dtype=self._dtype(),
                attn_implementation="sdpa",
                local_files_only=True,
                output_loading_info=True,
            )
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            reason = str(error).strip().partition("\n")[0]  # what follows is advice on the library's own calls
            raise EngineError(
                f"{weights}: transformers cannot load it ({reason}); a folder in Hugging Face format is needed"
            ) from error
        # With output_loading_info, which the function's annotation forgets.
        model, info = cast(tuple[Any, dict[str, Any]], loading)
        kinds = set(getattr(config, "layer_types", None) or ()) - {"full_attention", "sliding_attention"}
        if kinds:
            raise EngineError(
                f"{weights}: the transformers engine cannot cache layers of kind {sorted(kinds)}; "
                "use rollout.engine: vllm"
            )
        missing = sorted(map(str, (*info["missing_keys"], *info["mismatched_keys"])))
        if missing:
            raise EngineError(
                f"{weights}: {len(missing)} tensors are missing or of another shape, first {missing[0]}; "
                "write them again"
            )
        return model.to(self.options.device).eval()

    def _dtype(self) -> torch.dtype:
        dtype = getattr(torch, self.options.dtype, None)
        if not isinstance(dtype, torch.dtype):
            raise EngineError(
                f"transformers engine: dtype {self.options.dtype!r} is not one of torch's; use float32 or bfloat16"
            )
        return dtype

    def generate(self, groups: Sequence[PromptGroup], sampling: Sampling) -> Completions:
        """Sample in batches as large as `cache_gib` allows, prompts of like length together."""
        if self._model is None:
            raise EngineError("transformers engine: generate was called before load")
        prompts = [group.prompt_ids for group in groups for _ in group.seeds]
        seeds = [seed for group in groups for seed in group.seeds]
        order = sorted(range(len(seeds)), key=lambda place: len(prompts[place]))  # stable: groups stay together
        samples = [_Sample(prompts[place], seeds[place]) for place in order]
        with torch.inference_mode():
            done = [self._sample(batch, sampling) for batch in self._batches(samples, sampling.max_tokens)]
        return _in_place(done, order)

    def sleep(self) -> None:
        """Move the weights to host memory. Nothing on the CPU."""
        if self._model is not None:
            self._model.to("cpu")

    def wake(self) -> None:
        """Move the weights back to the device."""
        if self._model is not None:
            self._model.to(self.options.device)

    def close(self) -> None:
        """Drop the model."""
        self._model = self._config = self._adapted = None

    def _batches(self, samples: Sequence[_Sample], max_tokens: int) -> Iterator[Sequence[_Sample]]:
        """Cut samples, sorted by prompt length, into batches that fit `cache_gib`; one sample always fits."""
        text = self._model.config.get_text_config(decoder=True)
        token_bytes = bytes_per_token(text, self._dtype())
        logit_bytes = 32 * text.vocab_size  # logits in the model's dtype, float32 copies, a float64 cumulative sum
        window = getattr(text, "max_position_embeddings", None)
        budget = self.options.cache_gib * 2**30
        start = 0
        for end, sample in enumerate(samples, start=1):
            length = len(sample.prompt) + max_tokens
            if window is not None and length > window:
                raise EngineError(
                    f"a prompt of {len(sample.prompt)} tokens and {max_tokens} response tokens exceed the model's "
                    f"window of {window}; shorten rollout.max_prompt_tokens or rollout.max_response_tokens"
                )
            full = (end + 1 - start) * (length * token_bytes + logit_bytes) > budget
            if full or end == len(samples) or len(samples[end].prompt) > 2 * len(samples[start].prompt) + 32:
                yield samples[start:end]
                start = end

    def _sample(self, batch: Sequence[_Sample], sampling: Sampling) -> Completions:
        device = self.options.device
        count, most = len(batch), sampling.max_tokens
        prompts = list(dict.fromkeys(sample.prompt for sample in batch))
        place = {prompt: row for row, prompt in enumerate(prompts)}
        cache = SampleCache()
        logits, mask, position = self._prefill(prompts, cache)
        rows = torch.tensor([place[sample.prompt] for sample in batch], device=device)
        logits, position = logits[rows], position[rows]
        mask = None if mask is None else mask[rows]
        if most > 1:
            cache.select(rows, most - 1)
        uniform = uniforms([sample.seed for sample in batch], most).to(device)
        stops = torch.tensor(sampling.stop_token_ids, dtype=torch.int64, device=device)
        ids = torch.zeros(count, most, dtype=torch.int64, device=device)
        logprobs, entropies = (torch.zeros(count, most, device=device) for _ in range(2))
        lengths = torch.full((count,), most, device=device)
        stopped = torch.zeros(count, dtype=torch.bool, device=device)
        alive = torch.arange(count, device=device)  # rows of the results that the rows of the model's batch belong to

        for t in range(most):
            drawn = draw(logits, uniform[alive, t], sampling)
            ids[alive, t], logprobs[alive, t], entropies[alive, t] = drawn.ids, drawn.logprobs, drawn.entropies
            ended = torch.isin(drawn.ids, stops) & ~stopped[alive]
            lengths[alive[ended]] = t + 1
            stopped[alive[ended]] = True
            open_rows = (~stopped[alive]).nonzero()[:, 0]
            if t + 1 == most or len(open_rows) == 0:
                break
            tokens = drawn.ids
            if len(open_rows) <= COMPACT_AT * len(alive):
                alive, tokens, position = alive[open_rows], tokens[open_rows], position[open_rows]
                mask = None if mask is None else mask[open_rows]
                cache.select(open_rows, most - 1 - t)
            if mask is not None:
                mask = torch.cat([mask, mask.new_ones(len(alive), 1)], dim=1)
            logits = self._forward(tokens[:, None], mask, position[:, None], cache)
            position = position + 1
        return _completions(ids, logprobs, entropies, lengths, stopped)

    def _prefill(self, prompts: Sequence[tuple[int, ...]], cache: SampleCache) -> tuple[Tensor, Tensor | None, Tensor]:
        """Compute the prompts, padded on the left.

        Returns the logits of the first response token [prompts, vocabulary], the mask of real tokens [prompts, longest]
        (None: all are real) and the next position [prompts].
        """
        longest = max(map(len, prompts))
        padded = torch.tensor(
            [(0,) * (longest - len(prompt)) + prompt for prompt in prompts], device=self.options.device
        )
        next_position = torch.tensor([len(prompt) for prompt in prompts], device=self.options.device)
        position = torch.arange(longest, device=self.options.device) - (longest - next_position)[:, None]
        mask = None if bool((next_position == longest).all()) else (position >= 0).long()
        return self._forward(padded, mask, position.clamp(min=0), cache), mask, next_position

    def _forward(self, ids: Tensor, mask: Tensor | None, position: Tensor, cache: SampleCache) -> Tensor:
        """Return the logits [rows, vocabulary] after the last of ids [rows, tokens]."""
        output = self._model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=position,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: Tensor = output.logits[:, -1]
        return logits


def _completions(ids: Tensor, logprobs: Tensor, entropies: Tensor, lengths: Tensor, stopped: Tensor) -> Completions:
    """Return the rows [samples, tokens], each cut at its length [samples]."""
    real = torch.arange(ids.shape[1], device=ids.device) < lengths[:, None]
    tokens, values, nats = (each[real].cpu().numpy() for each in (ids, logprobs, entropies))
    responses = Ragged(tokens.astype(np.int32), offsets_of(lengths.cpu().numpy()))
    return Completions(responses, values, stopped.cpu().numpy(), nats)


def _in_place(batches: Sequence[Completions], order: Sequence[int]) -> Completions:
    """Return the samples of several batches in the order of the seeds; sample i of them all is that of `order[i]`."""
    back = np.argsort(np.asarray(order, np.int64))
    responses = concatenated([Ragged.of([], np.int32), *(each.responses for each in batches)])
    parts = [
        Ragged(np.concatenate([np.zeros(0, np.float32), *columns]), responses.offsets).take(back).values
        for columns in ([each.logprobs for each in batches], [each.entropies for each in batches])
    ]
    stopped = np.concatenate([np.zeros(0, bool), *(each.stopped for each in batches)])
    return Completions(responses.take(back), parts[0], stopped[back], parts[1])


ENGINE = TransformersEngine
