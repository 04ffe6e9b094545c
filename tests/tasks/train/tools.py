"""A tiny policy, random rollouts, and an iteration over plain torch on one or several threads as ranks."""

from __future__ import annotations

import copy
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM

from specs.advantages import Arm
from specs.keys import choice_at, fields_at
from specs.objectives import ImportanceCorrection, PpoClip
from tasks.checkpoint.adapter import without_adapter
from tasks.engines.trainer import TrainerOptions
from tasks.train.batch import GroupBatch
from tasks.train.forward import PolicyModule, TokenStats
from tasks.train.iteration import Iteration
from tasks.train.settings import StepSettings
from tasks.train.statistics import TokenStatistics, TokenValues

VOCABULARY = 37

SPEC = StepSettings(
    advantage=Arm(),
    objective=PpoClip(importance_correction=ImportanceCorrection(mode="off")),
    temperature=1.0,
    correct_at=1.0,
    seed=17,
    minibatch_prompts=100,
    learning_rate=0.05,
    warmup_steps=0,
    schedule="constant",
    decay_steps=None,
    min_ratio=0.0,
    token_budget=256,
    audit_max_mean=1e9,
    audit_min_effective_share=0.0,
)
#: Of real ranks, on the CPU.
OPTIONS = TrainerOptions(
    ranks=1,
    threads=1,
    devices=None,
    dtype="float32",
    zero_stage=0,
    offload_optimizer=False,
    gradient_checkpointing=False,
    step_deadline_s=600,
)
#: Several optimizer steps: from the second on the policy is not the one sampled from, and the loss is far from zero.
OFF_POLICY = replace(SPEC, minibatch_prompts=2)


def changed(settings: StepSettings, **changes: Any) -> StepSettings:
    """Return the settings with some fields changed, flat: `estimator` and `objective` choose a member by name.

    A field that the new member shares with the old one keeps its value; one that neither member has, but some other,
    is left out. `importance_mode` and `importance_cap` (None: off) are the correction's.
    """
    correction = settings.objective.importance_correction.model_dump()
    if "importance_cap" in changes:
        cap = changes.pop("importance_cap")
        correction = {"mode": "off"} if cap is None else {"mode": "token", "cap": cap}
    if "importance_mode" in changes:
        correction["mode"] = changes.pop("importance_mode")
    advantage = _member(settings.advantage, ("advantage",), changes.pop("estimator", None), changes)
    objective = _member(
        settings.objective,
        ("objective",),
        changes.pop("objective", None),
        {"importance_correction": correction, **changes},
    )
    known = {name for section in ("advantage", "objective") for name in fields_at((section,))}
    flat = {name: value for name, value in changes.items() if name not in known}
    return replace(settings, advantage=advantage, objective=objective, **flat)


def flat(settings: StepSettings) -> SimpleNamespace:
    """Return the settings as flat names, as `changed` takes them; None for a field that the members lack."""
    names = {name: None for section in ("advantage", "objective") for name in fields_at((section,))}
    correction = settings.objective.importance_correction
    return SimpleNamespace(
        **{
            **names,
            **{name: getattr(settings, name) for name in StepSettings.__slots__},
            **settings.advantage.model_dump(),
            **settings.objective.model_dump(),
            "objective": settings.objective.kind,
            "importance_mode": correction.mode,
            "importance_cap": None if correction.mode == "off" else correction.cap,
        }
    )


def _member(old: Any, section: tuple[str], name: str | None, changes: dict[str, Any]) -> Any:
    choice = choice_at(section)
    assert choice is not None
    model = choice.members[name] if name else type(old)
    named = {old.TAG: name} if name else {}
    values = {**old.model_dump(), **changes, **named}
    return model.model_validate({field: value for field, value in values.items() if field in model.model_fields})


def llama(*, seed: int = 0, tied: bool = False, hidden: int = 32) -> LlamaForCausalLM:
    """A random 2-layer Llama, float32, with probabilities far from uniform."""
    torch.manual_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=hidden,
            intermediate_size=2 * hidden,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=512,
            tie_word_embeddings=tied,
            attn_implementation="sdpa",
        )
    )
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(10.0)
    return model


def policy(dtype: torch.dtype = torch.float64, *, seed: int = 0) -> PolicyModule:
    """Return `llama` in `dtype`. Its norm goes through float32 whatever the dtype: here it is torch's, in the dtype."""
    model = llama(seed=seed)
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if type(child).__name__ == "LlamaRMSNorm":
                setattr(module, name, nn.RMSNorm(child.weight.shape[0], eps=child.variance_epsilon))
    return PolicyModule(model.to(dtype))


def nearby(module: PolicyModule, *, by: float = 0.05, seed: int = 7) -> PolicyModule:
    """A policy whose matrices differ by noise, `by` in their own standard deviations: a reference policy."""
    moved, draw = copy.deepcopy(module), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for matrix in [each for each in moved.parameters() if each.ndim == 2]:
            matrix.add_(torch.randn(matrix.shape, generator=draw).to(matrix.dtype), alpha=by * float(matrix.std()))
    return moved


def rollouts(
    *, prompts: int = 6, samples: int = 5, seed: int = 0, not_judged: float = 0.15, longest: int = 14
) -> GroupBatch:
    """Return random groups: responses of different lengths, right, wrong and not judged; some reach the longest."""
    draw = random.Random(seed)

    def tokens(count: int) -> list[int]:
        return [draw.randrange(VOCABULARY) for _ in range(count)]

    lengths = [draw.randint(3, 12) for _ in range(prompts)]
    responses = [
        [tokens(longest if draw.random() < 0.2 else draw.randint(1, longest)) for _ in range(samples)]
        for _ in range(prompts)
    ]
    scores = [
        [None if draw.random() < not_judged else float(draw.random() < 0.5) for _ in range(samples)]
        for _ in range(prompts)
    ]
    return GroupBatch(
        problem_ids=[f"p{i}" for i in range(prompts)],
        prompt_ids=[tokens(n) for n in lengths],
        # Content begins at the very first token in some prompts: that one has no predecessor.
        content=[list(range(draw.randint(0, 1), n - 1)) for n in lengths],
        response_ids=responses,
        engine_log_probs=[[[-draw.uniform(0.1, 4.0) for _ in r] for r in group] for group in responses],
        scores=scores,
    )


def with_engine_log_probs(
    batch: GroupBatch, values: dict[tuple[int, int], Tensor], noise: float, seed: int = 1
) -> GroupBatch:
    """The batch as an engine would have given it that agrees with the trainer up to `noise` (nats, uniform)."""
    draw = random.Random(seed)
    groups = [
        [[float(x) + draw.uniform(-noise, noise) for x in values[p, g]] for g in range(len(group))]
        for p, group in enumerate(batch.response_ids)
    ]
    return replace(batch, engine_log_probs=groups)


def log_probs_of(old: TokenStatistics | None) -> dict[tuple[int, int], Tensor]:
    """The log-probabilities of each response (group, sample)."""
    assert old is not None
    parts = old.log_probs.split(old.responses.lengths.tolist())
    return {(g, s): part for (g, s), part in zip(old.responses.parts.tolist(), parts, strict=True)}


def statistics_of(
    responses: Mapping[tuple[int, int], Sequence[Sequence[float]]], prompts: Mapping[int, Sequence[float]]
) -> TokenStatistics:
    """Statistics from the three numbers of each response's tokens [3][tokens], and the one of a prompt's, float64."""

    def values(parts: Sequence[tuple[int, int]], numbers: Sequence[Tensor], count: int) -> TokenValues:
        lengths = torch.tensor([part.shape[1] for part in numbers], dtype=torch.long)
        flat = torch.cat([torch.zeros(count, 0, dtype=torch.float64), *numbers], dim=1)
        return TokenValues(torch.tensor(parts, dtype=torch.long).reshape(-1, 2), lengths, flat)

    of_responses = [torch.tensor(each, dtype=torch.float64) for each in responses.values()]
    of_prompts = [torch.tensor([each], dtype=torch.float64) for each in prompts.values()]
    return TokenStatistics(
        values(list(responses), of_responses, 3), values([(group, 0) for group in prompts], of_prompts, 1)
    )


class OneRank:
    """The only rank."""

    rank, size = 0, 1

    def gather(self, value: Any) -> list[Any]:
        return [value]


class Meeting:
    """Where threads exchange values; a rank that fails releases the others."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._slots: list[Any] = [None] * size
        self._barrier = threading.Barrier(size, timeout=600)

    def exchange(self, rank: int, value: Any) -> list[Any]:
        self._slots[rank] = value
        self._barrier.wait()
        everything = list(self._slots)
        self._barrier.wait()
        return everything

    def abort(self) -> None:
        self._barrier.abort()


@dataclass
class ThreadRank:
    rank: int
    size: int
    meeting: Meeting

    def gather(self, value: Any) -> list[Any]:
        return self.meeting.exchange(self.rank, value)


@dataclass
class PlainEngine:
    """A StepEngine of plain torch: gradients are summed over ranks, a step is plain gradient descent.

    (Adam's first steps would blow the smallest gradients' rounding up to the size of the others.)
    """

    module: PolicyModule
    ranks: Any
    steps: int = 0
    scalars: dict[str, float] = field(default_factory=dict)
    path: Sequence[dict[str, Tensor]] = ()  # weights to take before each step, if not those that the steps lead to
    reference: PolicyModule | None = None
    micro_batches: int = 0
    gradients: list[Tensor] = field(default_factory=list)  # flat, one a step
    weights: list[dict[str, Tensor]] = field(default_factory=list)  # before each step
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def forward(self, **inputs: Any) -> TokenStats:
        stats: TokenStats = self.module(**inputs)
        return stats

    def reference_log_probs(self, *, base: bool, **inputs: Any) -> Tensor:
        reference = self.module if base else self.reference
        assert reference is not None
        with without_adapter(reference) if base else nullcontext(), torch.no_grad():
            found: Tensor = reference(**inputs).log_probs
        return found

    def accumulate(self, losses: Sequence[Callable[[], Tensor]]) -> list[int]:
        if self.path:
            self.module.load_state_dict(self.path[self.steps])
        self.weights.append(copy.deepcopy(self.module.state_dict()))
        self.module.zero_grad(set_to_none=True)
        self.micro_batches += len(losses)
        for index, loss in enumerate(losses):
            loss().backward()
            if not flat_gradient(self.module).isfinite().all():
                return [index]
        return []

    def apply(self, learning_rate: float) -> float:
        mine = flat_gradient(self.module)
        whole = torch.stack(self.ranks.gather(mine)).sum(0)
        self.gradients.append(whole)
        with torch.no_grad():
            start = 0
            for p in self.module.parameters():
                p -= learning_rate * whole[start : start + p.numel()].reshape(p.shape)
                start += p.numel()
        self.steps += 1
        return float(whole.norm())


def flat_gradient(module: nn.Module) -> Tensor:
    return torch.cat(
        [(torch.zeros_like(p) if p.grad is None else p.grad.detach()).flatten() for p in module.parameters()]
    )


@dataclass(frozen=True)
class Done:
    result: dict[str, Any]
    engine: PlainEngine  # of rank 0
    iteration: Iteration  # of rank 0
    micro_batches: list[int]  # of each rank

    @property
    def token_loss_scale(self) -> float:
        """Mean |advantage| of the judged: the size of one token's loss."""
        assert self.iteration.advantages is not None
        return float(self.iteration.advantages.total[self.iteration.groups.judged].abs().mean())


def run(
    module: PolicyModule,
    batch: GroupBatch,
    spec: StepSettings = SPEC,
    ranks: int = 1,
    path: Sequence[dict[str, Tensor]] = (),
    reference: PolicyModule | None = None,
    scalars: Mapping[str, float] | None = None,
) -> Done:
    """One iteration on copies of `module`, each rank a thread. `path`, `scalars`: as in PlainEngine.

    `reference`: None for `nearby(module)`.
    """
    reference, before = reference or nearby(module), dict(scalars or {})
    if ranks == 1:
        engine = PlainEngine(copy.deepcopy(module), OneRank(), path=path, scalars=before, reference=reference)
        iteration = Iteration(engine, OneRank(), batch, spec, 0)
        return Done(iteration.run(), engine, iteration, [engine.micro_batches])
    meeting = Meeting(ranks)
    done: list[Done | BaseException | None] = [None] * ranks

    def work(rank: int) -> None:
        mine = ThreadRank(rank, ranks, meeting)
        try:
            held = copy.deepcopy(reference)
            engine = PlainEngine(copy.deepcopy(module), mine, path=path, scalars=before, reference=held)
            iteration = Iteration(engine, mine, batch, spec, 0)
            result = iteration.run()
            done[rank] = Done(result, engine, iteration, meeting.exchange(rank, engine.micro_batches))
        except BaseException as error:
            done[rank] = error
            meeting.abort()

    threads = [threading.Thread(target=work, args=(r,)) for r in range(ranks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    errors = [d for d in done if isinstance(d, BaseException)]
    for error in errors:
        if not isinstance(error, threading.BrokenBarrierError):
            raise error
    assert not errors, errors
    results = [d for d in done if isinstance(d, Done)]
    assert all(d.result == results[0].result or d.result["metrics"] == results[0].result["metrics"] for d in results), (
        "ranks disagree on the metrics"
    )
    return results[0]


def difference(a: Tensor, b: Tensor) -> float:
    """||a - b|| / ||b|| in float64."""
    assert b.norm() > 0
    return float((a.double() - b.double()).norm() / b.double().norm())
