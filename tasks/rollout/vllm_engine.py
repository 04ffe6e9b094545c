"""The production rollout engine: vLLM, in this process.

In-process (no engine-core process) because scheduling is then a function of the requests alone. One request per sample,
each with its own seed: a request for n samples would give sample i the seed `seed + i`. The group's prompt is computed
once all the same, through vLLM's prefix cache, which is emptied before each call, so that what a call computes does not
depend on the calls before it.

Run here on the CPU. The GPU path is vLLM's own (`sleep`, `wake_up`, tensor parallelism) and has not been run on a GPU.
"""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Self, get_args

import numpy as np
import torch

from infra.errors import EngineError
from specs.memory.fit import share_of, utilization_of
from specs.memory.gpu import GIB
from specs.memory.rollout import Engine, Share
from specs.memory.shapes import shapes
from specs.memory.trainer import State
from specs.schema import Spec
from tasks.ragged import Ragged
from tasks.rollout.protocol import Completions, EngineOptions, PromptGroup, RolloutEngine, Sampling
from tasks.rollout.weights import read_config, tensor_shapes

# The CPU's default of 128 would share no prompt shorter than that; GPUs keep vLLM's choice.
CPU_BLOCK_TOKENS = 32
CPU_SEQUENCES = 256  # samples side by side on the CPU, where nothing derives them

_INSTALL = "run: pip install -e '.[cpu]' (on a GPU machine: '.[gpu]')"
_UNINSTALL = "run: pip uninstall -y torchvision torchaudio torchcodec (text needs none of them)"


@dataclass(frozen=True, slots=True, kw_only=True)
class VllmOptions(EngineOptions):
    """The options of the vLLM engine.

    `adapter_rank`: of the adapters that `load_adapter` gives, 0 for none; they are applied as they are, beside the
    weights. `max_model_len`: prompt and response tokens together, at most. `kv_cache_gib`: GiB of key-value cache on
    the CPU. `tensor_parallel_size`: GPUs per model. Of a GPU, as in `placement`, null where it is derived: the share
    `gpu_memory_utilization` of its memory `gpu_memory_gib`, `max_num_seqs` samples side by side, and
    `max_num_batched_tokens` of a step. `beside`: what a trainer on the same GPU holds meanwhile (specs/memory: State).
    On the CPU the number of threads is OMP_NUM_THREADS of this process (VLLM_CPU_OMP_THREADS_BIND has no effect
    in-process).
    """

    max_model_len: int
    dtype: str
    adapter_rank: int = 0
    kv_cache_gib: float = 2.0
    tensor_parallel_size: int
    gpu_memory_gib: float | None = None
    gpu_memory_utilization: float | None = None
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    beside: dict[str, Any] | None = None

    @classmethod
    def from_spec(cls, spec: Spec, longest_response: int) -> Self:
        """Return the options for a spec; colocated, the trainer's weights and optimizer stay on the same GPU."""
        placement = spec.placement
        return cls(
            max_model_len=spec.rollout.max_prompt_tokens + longest_response,
            dtype=spec.policy.dtype,
            adapter_rank=spec.policy.adapter.rank if spec.policy.adapter else 0,
            tensor_parallel_size=placement.tensor_parallel,
            gpu_memory_gib=placement.gpu_memory_gib,
            gpu_memory_utilization=utilization_of(placement),
            max_num_seqs=placement.max_num_seqs,
            max_num_batched_tokens=placement.max_num_batched_tokens,
            beside=asdict(State.of(spec)) if placement.layout == "colocated" else None,
        )

    def share(self, weights: Path, total: int) -> Share:
        """Return the settings of an engine for the model in the folder `weights`, on GPUs of `total` bytes."""
        from transformers import AutoConfig

        width = torch.finfo(getattr(torch, self.dtype)).bits // 8
        model = shapes(AutoConfig.from_pretrained(weights))
        return share_of(
            Engine(model, width, self.tensor_parallel_size, self.max_model_len),
            int((self.gpu_memory_gib or total / GIB) * GIB),
            None if self.beside is None else State(**self.beside),
            utilization=self.gpu_memory_utilization,
            sequences=self.max_num_seqs,
            batched=self.max_num_batched_tokens,
        )


class VllmEngine(RolloutEngine):
    """An engine over vllm.LLM; gives no entropies. vLLM starts at the first `load`, whose model it keeps."""

    Options: ClassVar[type[EngineOptions]] = VllmOptions
    options: VllmOptions

    def __init__(self, options: VllmOptions) -> None:
        super().__init__(options)
        self._vllm: Any = None
        self._llm: Any = None
        self._base: Path | None = None  # the folder of the weights in vLLM, where an adapter stands beside them
        self._adapter: Any = None  # the request that names the adapter held
        self._adapters = 0  # counts them: vLLM knows each by a number of its own
        self._on_cpu = False
        self._asleep = False
        #: Configuration and tensor shapes of the weights that vLLM was started with.
        self._model: tuple[dict[str, Any], dict[str, tuple[int, ...]]] | None = None

    def load(self, weights: Path) -> None:
        """Start vLLM on the folder, or hand its weights to the living vLLM (same configuration and tensors only)."""
        model = (read_config(weights), tensor_shapes(weights))
        if self._llm is None:
            self._llm = self._start(weights)
        elif model != self._model:
            raise EngineError(
                f"{weights}: its config.json or tensors are not those that this vLLM was started with; "
                "start a new engine"
            )
        else:
            self._reload(weights)
            self._base = None
        self._model = model
        self._drop_adapter()
        self._wake_cache()
        self._reset_prefix_cache()

    def load_adapter(self, base: Path, adapter: Path) -> None:
        """Take the adapter as it is, beside weights that are loaded once; merged where vLLM was started without."""
        if not self.options.adapter_rank:
            super().load_adapter(base, adapter)
            return
        if self._base != base:
            self.load(base)
            self._base = base
        self._drop_adapter()
        self._adapters += 1
        request = self._vllm.lora.request.LoRARequest(f"adapter-{self._adapters}", self._adapters, str(adapter))
        # Now, and not with the first request: the folder goes after this call.
        if not self._llm.llm_engine.add_lora(request):
            raise EngineError(f"{adapter}: vLLM did not take the adapter")
        self._adapter = request
        self._wake_cache()
        self._reset_prefix_cache()

    def _reload(self, weights: Path) -> None:
        missing = {name for names in self._llm.collective_rpc("load_folder", args=(str(weights),)) for name in names}
        if missing:
            raise EngineError(
                f"{weights}: vLLM kept the older weights of {len(missing)} parameters (first {min(missing)}): "
                "what it sampled would be of no policy; report it with the model's name"
            )

    def _drop_adapter(self) -> None:
        if self._adapter is not None:
            self._llm.llm_engine.remove_lora(self._adapter.lora_int_id)
            self._adapter = None

    def _start(self, weights: Path) -> Any:
        options = self.options
        self._vllm = _import_vllm()
        self._on_cpu = self._vllm.platforms.current_platform.is_cpu()
        if self._on_cpu:
            # vLLM compiles small functions (a count beside the log-probabilities) even when eager: 20 s of g++ at
            # first.
            torch._dynamo.config.disable = True
        place = self._on_a_cpu() if self._on_cpu else self._on_a_gpu(weights)
        ranks = sorted(rank for rank in get_args(self._vllm.config.lora.MaxLoRARanks) if rank >= options.adapter_rank)
        adapters = {"enable_lora": True, "max_lora_rank": ranks[0]} if options.adapter_rank else {}
        return self._vllm.LLM(
            model=str(weights),
            skip_tokenizer_init=True,  # token ids in, token ids out
            generation_config="vllm",  # nothing of the folder's generation_config.json
            dtype=options.dtype,
            max_model_len=options.max_model_len,
            tensor_parallel_size=options.tensor_parallel_size,
            # of the logits after temperature and truncation; vLLM's default (raw_logprobs) ignores both
            logprobs_mode="processed_logprobs",
            enable_prefix_caching=True,
            worker_extension_cls="tasks.rollout.vllm_worker.WeightUpdates",
            seed=0,
            disable_log_stats=True,
            **adapters,
            **place,
        )

    def _on_a_cpu(self) -> dict[str, Any]:
        options, batched = self.options, self.options.max_num_batched_tokens
        return {
            "block_size": CPU_BLOCK_TOKENS,
            "kv_cache_memory_bytes": int(options.kv_cache_gib * 2**30),
            # eager: compiling costs a minute at each start here and gains nothing for small models.
            "enforce_eager": True,
            # no chunked prefill: after a piece of a prompt vLLM winds the request's generator back, which torch's
            # generators on the CPU cannot do.
            "enable_chunked_prefill": False,
            "max_num_seqs": options.max_num_seqs or CPU_SEQUENCES,
            **({} if batched is None else {"max_num_batched_tokens": batched}),
        }

    def _on_a_gpu(self, weights: Path) -> dict[str, Any]:
        # Asked without a CUDA context of this process, which workers could not be forked beside.
        total = self._vllm.platforms.current_platform.get_device_total_memory()
        return {"enable_sleep_mode": True, **asdict(self.options.share(weights, total))}

    def generate(self, groups: Sequence[PromptGroup], sampling: Sampling) -> Completions:
        """Sample all groups in one call to vLLM."""
        if self._llm is None:
            raise EngineError("vllm engine: generate was called before load")
        if self._asleep:
            raise EngineError("vllm engine: generate was called after sleep, before the load that follows it")
        longest = max((len(group.prompt_ids) for group in groups), default=0) + sampling.max_tokens
        if longest > self.options.max_model_len:
            raise EngineError(
                f"prompt and response need {longest} tokens, the engine was started for {self.options.max_model_len}; "
                "shorten rollout.max_prompt_tokens or rollout.max_response_tokens"
            )
        self._reset_prefix_cache()
        prompts = [{"prompt_token_ids": list(group.prompt_ids)} for group in groups for _ in group.seeds]
        parameters = [self._parameters(seed, sampling) for group in groups for seed in group.seeds]
        replies = self._llm.generate(prompts, parameters, use_tqdm=False, lora_request=self._adapter)
        return _completions([each.outputs[0] for each in replies], sampling)

    def _parameters(self, seed: int, sampling: Sampling) -> Any:
        return self._vllm.SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            max_tokens=sampling.max_tokens,
            seed=seed,
            stop_token_ids=list(sampling.stop_token_ids),
            ignore_eos=True,  # `stop_token_ids` says all
            logprobs=0,  # of the sampled token only
            flat_logprobs=True,
            detokenize=False,
        )

    def _reset_prefix_cache(self) -> None:
        if not self._llm.reset_prefix_cache():
            raise EngineError(
                "vLLM did not empty its prefix cache (requests are still running?): "
                "what it holds belongs to older weights"
            )

    def sleep(self) -> None:
        """Give up the GPU's memory until `wake`. Nothing on the CPU.

        Weights are dropped with the cache, for the next load brings others; those beside which adapters stand go to
        host memory (vLLM's level 1).
        """
        if self._llm is not None and not self._on_cpu and not self._asleep:
            self._llm.sleep(level=2 if self._base is None else 1)
            self._asleep = True

    def wake(self) -> None:
        """Take back the memory of the weights, for the load that follows, which takes that of the cache."""
        if self._asleep:
            self._llm.wake_up(tags=["weights"])

    def _wake_cache(self) -> None:
        """Take back the memory of the key-value cache, which has not to be there while weights are loaded."""
        if self._asleep:
            self._llm.wake_up(tags=["kv_cache"])
            self._asleep = False

    def close(self) -> None:
        """End vLLM; its memory is free when this process ends."""
        if self._llm is not None:
            self._llm.llm_engine.engine_core.shutdown()
        self._llm = self._model = self._base = self._adapter = None
        self._asleep = False


def _completions(outputs: Sequence[Any], sampling: Sampling) -> Completions:
    """Return vLLM's CompletionOutputs as columns."""
    responses = Ragged.of([each.token_ids for each in outputs], np.int32)
    entries = Ragged.of([each.logprobs.token_ids for each in outputs], np.int32)
    assert np.array_equal(entries.values, responses.values), "logprobs=0: one entry a position, the sampled token's"
    reasons = [each.finish_reason for each in outputs]
    assert {*reasons} <= {"stop", "length"}, {*reasons}
    # At temperature 0 vLLM gives log-probabilities at temperature 1, not those of the point that was sampled from.
    logprobs = (
        Ragged.of([each.logprobs.logprobs for each in outputs], np.float32).values
        if sampling.temperature > 0.0
        else np.zeros(len(responses.values), np.float32)
    )
    return Completions(responses, logprobs, np.array([reason == "stop" for reason in reasons], bool))


def _import_vllm() -> Any:
    """Import vLLM, and return it. EngineError, with the command that mends the environment, where it cannot be."""
    if importlib.util.find_spec("vllm") is None:
        raise EngineError(f"vLLM is not installed; {_INSTALL}, or use rollout.engine: transformers")
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "WARNING")
    # It warms up a chat template even where there is no tokenizer, and logs the traceback of its failure.
    logging.getLogger("vllm.renderers.base").setLevel(logging.ERROR)
    try:
        import vllm
        import vllm.config.lora
        import vllm.lora.request
        import vllm.platforms
    except (ImportError, RuntimeError) as error:
        if "torchvision" in f"{error}{error.__cause__}{error.__context__}":
            raise EngineError(f"torchvision does not fit torch, which breaks vLLM; {_UNINSTALL}") from error
        raise EngineError(f"vLLM cannot be imported ({error}); {_INSTALL}") from error
    return vllm


ENGINE = VllmEngine
