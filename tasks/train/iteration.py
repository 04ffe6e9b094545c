"""One iteration of policy optimisation on rollouts: the algorithm, over any engine that accumulates and applies.

Every rank runs this with the same batch; each works on its share of the rows, and the statistics that advantages need
are gathered, so that all ranks agree on every number.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import torch
from torch import Tensor

from tasks.data.seeds import derive_seed
from tasks.errors import TrainingError
from tasks.ragged import spans
from tasks.train import memory
from tasks.train.advantages.arm import check_prompts
from tasks.train.advantages.groups import Groups
from tasks.train.advantages.registry import Advantages, estimator_of
from tasks.train.batch import GroupBatch, MicroBatch, rank_micro_batches
from tasks.train.forward import TokenStats
from tasks.train.layout import share
from tasks.train.measures import audit, dynamics, response_rows, score_mean
from tasks.train.objectives.base import Minibatch, Tokens
from tasks.train.objectives.kl import kl_estimate, kl_losses
from tasks.train.objectives.registry import USE, objective_of
from tasks.train.objectives.weights import aggregation_weights, correction_weights
from tasks.train.own_code import member_error, own_code
from tasks.train.rewards import decoupled, rewarded
from tasks.train.schedule import learning_rate
from tasks.train.settings import StepSettings
from tasks.train.statistics import Ranks, TokenStatistics, TokenValues, gathered, merged


class StepEngine(Protocol):
    """The part of DeepSpeed (TrainingEngine), or of a test's plain torch, that an iteration needs."""

    steps: int  # optimizer steps so far
    scalars: dict[str, float]  # the objective's numbers that a checkpoint keeps

    @property
    def device(self) -> torch.device:
        """Return the device of the policy."""
        ...

    def forward(self, **inputs: Any) -> TokenStats:
        """Return what PolicyModule.forward gives."""
        ...

    def reference_log_probs(self, *, base: bool, **inputs: Any) -> Tensor:
        """Return log pi_ref of the predictions [M], without gradient; inputs are those of `forward`.

        `base`: the reference is the policy without its adapter.
        """
        ...

    def accumulate(self, losses: Sequence[Callable[[], Tensor]]) -> list[int]:
        """Run forward and backward passes; return the indices of those with a gradient that is not finite."""
        ...

    def apply(self, learning_rate: float) -> float:
        """Take the optimizer step; return the gradient's norm."""
        ...


class Iteration:
    """The old policy's pass where it is needed, then one optimizer step for each minibatch."""

    def __init__(
        self, engine: StepEngine, ranks: Ranks, batch: GroupBatch, settings: StepSettings, number: int
    ) -> None:
        self.engine, self.ranks, self.batch, self.settings, self.number = engine, ranks, batch, settings, number
        check_prompts(batch.problem_ids, batch.content, settings.advantage)
        self.lengths = torch.tensor([[len(r) for r in group] for group in batch.response_ids])
        self.outcomes = Groups.of(*batch.score_tensors(), self.lengths, correct_at=settings.correct_at)
        reward = settings.reward
        self.groups = self.outcomes if reward is None else rewarded(batch, self.outcomes, reward)
        self.estimator = estimator_of(settings.advantage)
        self.objective = objective_of(settings.objective)
        with own_code(settings.objective, USE):
            scalars = self.objective.scalars()
        self.scalars = {name: engine.scalars.get(name, value) for name, value in scalars.items()}
        self.old: TokenStatistics | None = None  # statistics under the old policy, once they are complete
        self.advantages: Advantages | None = None
        self.seen: list[TokenStatistics] = []  # this rank's, from the training pass itself
        self.reference: TokenValues | None = None  # log pi_ref of the tokens of the judged responses, if it is read
        self.forward_calls = 0
        self.tally = torch.zeros(6, dtype=torch.float64)  # loss, clipped tokens, tokens, sums of -log ratio, k1, k3

    def run(self) -> dict[str, Any]:
        """Return {"metrics": numbers, "responses": a row each, "seconds": of the two passes}.

        Raises TrainingError before a step is applied where a number is not finite, or where engine and trainer disagree
        beyond the audit's limits; and where a user's own code fails.
        """
        try:
            return self._run()
        except Exception as error:
            if memory.ran_out(error):
                raise
            found = member_error(error, self.settings.advantage, self.settings.objective)
            if found is error:
                raise
            raise found from error

    @cached_property
    def base(self) -> Tensor:
        """Return the advantages that the rewards alone give [prompts, samples]."""
        reward = self.settings.reward
        if reward is not None and reward.aggregate == "normalize_then_sum":
            return decoupled(self.estimator, self.batch, self.outcomes, reward)
        return self.estimator.base(self.groups)

    def _run(self) -> dict[str, Any]:
        started = time.monotonic()
        minibatches = torch.arange(len(self.batch.prompt_ids)).split(self.settings.minibatch_prompts)
        if (reference := self.settings.objective.reads_reference) is not None:
            self.reference = self._reference_pass(base=reference.policy == "base")
        # With one step a batch the old log-probabilities are those of the training pass itself: ARM costs no extra
        # pass. (`group_mean`, and statistics of a minibatch, need whole groups before the first loss.)
        if len(minibatches) > 1 or self.estimator.reads_whole_groups or self.objective.reads_minibatch:
            self._settle(self._old_pass())
        passed_s = time.monotonic() - started
        norms = []
        for index, groups in enumerate(minibatches):
            rate = self._accumulate(index, groups.tolist())
            if self.old is None:
                self._settle(self.seen)
            norms.append(self.engine.apply(rate))
            self._update_scalars(index, groups.tolist())
        assert self.old is not None and self.advantages is not None
        loss, clipped, tokens, kl, k1, k3 = torch.stack(self.ranks.gather(self.tally)).sum(0).tolist()
        distances = {} if self.reference is None else {"reference_kl": k3, "reference_kl_k1": k1}
        metrics = {
            "loss": loss / len(minibatches),
            "clip_fraction": clipped / max(1.0, tokens),
            "approximate_kl": kl / max(1.0, tokens),
            **{name: total / max(1.0, tokens) for name, total in distances.items()},
            "grad_norm": sum(norms) / len(norms),
            "learning_rate": rate,
            "optimiser_steps": len(minibatches),
            "forward_calls": self.forward_calls,
            **self.audited,
            **dynamics(self.old, self.outcomes, self.advantages),
            **({} if self.settings.reward is None else {"reward_sum_mean": score_mean(self.groups)}),
            **{f"objective_{name}": value for name, value in self.scalars.items()},
        }
        seconds = {"old_pass": passed_s, "steps": time.monotonic() - started - passed_s}
        return {
            "metrics": metrics,
            "responses": response_rows(self.old, self.batch, self.groups.judged, self.advantages),
            "seconds": seconds,
        }

    def _settle(self, passed: Sequence[TokenStatistics]) -> None:
        """Gather the old policy's statistics, which are complete on this rank; audit them, and fix the advantages."""
        self.old = gathered(passed, self.ranks)
        self.audited = audit(self.old, self.batch, self.settings, self.number)
        self.advantages = self.estimator.advantages(self.base, self.old, self.groups)

    def _micro_batches(self, groups: Sequence[int]) -> list[MicroBatch]:
        """Return this rank's share of the judged responses of `groups`; every rank gets equally many micro-batches."""
        shares = share(self.batch.rows(groups), self.ranks.size, self.settings.token_budget)
        return rank_micro_batches(shares, self.ranks.rank, self.batch)

    def _forward(self, micro: MicroBatch, *, head: bool = False) -> TokenStats:
        self.forward_calls += 1
        return self.engine.forward(
            **micro.inputs(self.engine.device),
            temperature=self.settings.temperature,
            entropy_gradient=self._entropy_coefficient != 0,
            **({"prompt_lengths": micro.prompt_lengths} if head else {}),
        )

    @property
    def _entropy_coefficient(self) -> float:
        with own_code(self.settings.objective, USE):
            return self.objective.entropy_coefficient(self.scalars)

    def _old_pass(self) -> list[TokenStatistics]:
        with torch.no_grad():
            micros = self._micro_batches(range(len(self.batch.prompt_ids)))
            return [TokenStatistics.of(micro, self._forward(micro)) for micro in micros]

    def _reference_pass(self, *, base: bool) -> TokenValues:
        """Return log pi_ref of the tokens of each judged response, of all ranks: steps deal them out in another way."""
        mine = []
        for micro in self._micro_batches(range(len(self.batch.prompt_ids))):
            self.forward_calls += 1
            inputs = micro.inputs(self.engine.device)
            found = self.engine.reference_log_probs(base=base, **inputs, temperature=self.settings.temperature)
            mine.append(TokenValues.of(micro.responses, found[None]))
        return merged(self.ranks.gather(merged(mine)))

    def _minibatch(self, index: int, groups: Sequence[int], entropy: float | None = None) -> Minibatch:
        assert self.old is not None and self.advantages is not None
        chosen = self.old.responses.of_groups(groups)
        return Minibatch(
            lengths=chosen.lengths,
            advantages=self.advantages.total[tuple(chosen.parts.T)],
            log_probs=chosen.values[0],
            entropies=chosen.values[2],
            seed=derive_seed(self.settings.seed, "objective", self.number, index),
            entropy=entropy,
        )

    def _entropy(self, groups: Sequence[int]) -> float | None:
        """Return the mean entropy of a minibatch's tokens in its own passes on all ranks; None without a token."""
        mine = [seen.responses.of_groups(groups).values[2].double() for seen in self.seen]
        sums = torch.tensor([float(sum(x.sum() for x in mine)), sum(map(len, mine))], dtype=torch.float64)
        total, count = torch.stack(self.ranks.gather(sums)).sum(0).tolist()
        return total / count if count else None

    def _update_scalars(self, index: int, groups: Sequence[int]) -> None:
        """Take the objective's scalars after a step, which the next checkpoint keeps."""
        if self.scalars:
            minibatch = self._minibatch(index, groups, self._entropy(groups))
            with own_code(self.settings.objective, USE):
                found: Mapping[str, float] = self.objective.updated(self.scalars, minibatch)
            if found.keys() != self.scalars.keys() or not all(map(math.isfinite, found.values())):
                raise TrainingError(
                    f"objective {self.settings.objective.kind}: its scalars after minibatch {index} of iteration "
                    f"{self.number} are {dict(found)}, want finite numbers named {', '.join(self.scalars)}"
                )
            self.scalars = {name: float(value) for name, value in found.items()}
        self.engine.scalars = self.scalars

    def _accumulate(self, index: int, groups: list[int]) -> float:
        """Run forward and backward passes of one minibatch; return the learning rate of its step."""
        settings = self.settings
        # The weight of each token is known before the first forward pass, over all ranks and micro-batches.
        weights = torch.zeros(self.lengths.shape, dtype=torch.float64)
        weights[groups] = aggregation_weights(
            self.lengths[groups].flatten(), self.groups.judged[groups].flatten(), settings.objective
        ).reshape(len(groups), -1)
        statistics, chosen = None, None
        if self.objective.reads_minibatch:
            assert self.old is not None
            chosen = self.old.responses.of_groups(groups)
            minibatch = self._minibatch(index, groups)
            with own_code(settings.objective, USE):
                statistics = self.objective.statistics(minibatch)
        micros = self._micro_batches(groups)
        places = [
            f"iteration {self.number}, minibatch {index}, micro-batch {m} of rank {self.ranks.rank}"
            for m in range(len(micros))
        ]
        broken = self.engine.accumulate(
            [
                lambda micro=micro, place=place: self._loss(micro, weights, statistics, chosen, place)  # type: ignore[misc]
                for micro, place in zip(micros, places, strict=True)
            ]
        )
        reasons = [
            f"{places[m]}: a gradient is not finite on samples {self._names(micros[m].responses)}" for m in broken
        ]
        reasons = [reason for part in self.ranks.gather(reasons) for reason in part]
        if reasons:
            raise TrainingError("; ".join(reasons) + "; the step was not applied")
        return learning_rate(
            self.engine.steps,
            peak=settings.learning_rate,
            warmup_steps=settings.warmup_steps,
            schedule=settings.schedule,
            decay_steps=settings.decay_steps,
            min_ratio=settings.min_ratio,
        )

    def _names(self, responses: Sequence[tuple[int, int, int, int]]) -> str:
        names = [f"{self.batch.problem_ids[g]}#{s}" for g, s, *_ in responses]
        return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")

    def _loss(
        self, micro: MicroBatch, weights: Tensor, statistics: Any, chosen: TokenValues | None, place: str
    ) -> Tensor:
        """Return this micro-batch's share of the minibatch's loss; `chosen` is what `statistics` were taken of."""
        stats = self._forward(micro, head=self.objective.has_head)
        local = TokenStatistics.of(micro, stats)
        self.seen.append(local)
        if not micro.responses:  # padding: reaches every parameter, weighs nothing
            nothing = 0.0 * stats.log_probs.sum()
            return nothing if stats.head is None else nothing + 0.0 * stats.head.sum()
        # With one minibatch nothing was settled before: what this micro-batch has of its responses is enough.
        advantages = self.advantages or self.estimator.advantages(self.base, local, self.groups)

        groups, samples, starts, stops = torch.tensor(micro.responses).T
        parts, lengths = torch.stack([groups, samples], dim=-1), stops - starts
        predictions = torch.from_numpy(spans(starts.numpy(), lengths.numpy())).to(stats.log_probs.device)
        now = stats.log_probs.index_select(0, predictions)

        def like_now(values: Tensor) -> Tensor:
            return values.to(now.device, now.dtype)

        def per_token(values: Tensor) -> Tensor:
            """Return what each token's response has of `values` [prompts, samples]."""
            return like_now(values[groups, samples].repeat_interleave(lengths))

        def under(values: TokenValues) -> Tensor:
            """Return the tokens' log-probabilities under the old policy or the reference policy."""
            return like_now(values.values[0, values.places(parts)])

        weight = per_token(weights)
        before = under(self.old.responses) if self.old else now.detach()
        log_ratio = now - before
        reference = None if self.reference is None else under(self.reference)
        tokens = Tokens(
            log_prob=now,
            log_ratio=log_ratio,
            advantage=per_token(advantages.total),
            responses=[(g, s) for g, s, *_ in micro.responses],
            lengths=lengths.tolist(),
            head=None if stats.head is None else stats.head[list(micro.response_rows)],
            reference=reference,
            statistics=statistics,
            places=None if chosen is None else chosen.places(parts),
            scalars=self.scalars,
        )
        with own_code(self.settings.objective, USE):
            token_loss, clipped = self.objective.token_losses(tokens)
        if token_loss.shape != now.shape or clipped.shape != now.shape:
            raise TrainingError(
                f"objective {self.settings.objective.kind}: token_losses gave losses {list(token_loss.shape)} and "
                f"clipped {list(clipped.shape)}, want [tokens] = {list(now.shape)} of both"
            )
        correction = self.settings.objective.importance_correction
        if correction.mode != "off":
            sampled = torch.tensor(
                [x for g, s in tokens.responses for x in self.batch.engine_log_probs[g][s]], dtype=now.dtype
            ).to(now.device)
            token_loss = token_loss * correction_weights(before, sampled, tokens.lengths, correction)
        # Not weighted: a response that sequence_mask leaves out loses its policy gradient, not its bonus and its KL.
        if coefficient := self._entropy_coefficient:
            token_loss = token_loss - coefficient * stats.entropies.index_select(0, predictions)
        kl, measured = self.settings.objective.kl, [0.0, 0.0]
        if reference is not None:
            measured = [kl_estimate(now.detach(), reference, each).double().sum().item() for each in ("k1", "k3")]
            if kl is not None and kl.coefficient:
                token_loss = token_loss + kl_losses(now, log_ratio, reference, kl)
        loss = (token_loss * weight).sum()
        if not torch.isfinite(loss):
            guilty = [
                r
                for r, part in zip(micro.responses, token_loss.split(lengths.tolist()), strict=True)
                if not torch.isfinite(part).all()
            ]
            raise TrainingError(
                f"{place}: the loss is {loss.item()} on samples {self._names(guilty or micro.responses)}; the step was "
                "not applied"
            )
        self.tally += torch.tensor(
            [loss.item(), clipped.sum().item(), len(now), -log_ratio.detach().double().sum().item(), *measured],
            dtype=torch.float64,
        )
        return loss
