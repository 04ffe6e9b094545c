"""One iteration of policy optimisation on rollouts: the algorithm, over any engine that accumulates and applies.

Every rank runs this with the same batch; each works on its share of the rows, and the statistics that advantages need
are gathered, so that all ranks agree on every number.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from tasks.errors import TrainingError
from tasks.train.advantages import base_advantages
from tasks.train.batch import GroupBatch, MicroBatch, rank_micro_batches
from tasks.train.forward import TokenStats
from tasks.train.layout import share
from tasks.train.measures import audit, dynamics, response_rows
from tasks.train.objective import aggregation_weights, importance_weights, sequence_mask_weights, token_losses
from tasks.train.passes import Advantages, Passed, Ranks, advantages_of
from tasks.train.schedule import learning_rate
from tasks.train.settings import StepSpec


class StepEngine(Protocol):
    """What an iteration needs of DeepSpeed (TrainingEngine), or of a test's plain torch."""

    steps: int  # optimiser steps so far

    @property
    def device(self) -> torch.device: ...
    def forward(self, **inputs: Any) -> TokenStats: ...
    def accumulate(self, losses: Sequence[Callable[[], Tensor]]) -> list[int]: ...
    def apply(self, learning_rate: float) -> float: ...


class Iteration:
    """Old policy's pass where it is needed, then one optimiser step a minibatch."""

    def __init__(self, engine: StepEngine, ranks: Ranks, batch: GroupBatch, spec: StepSpec, number: int) -> None:
        self.engine, self.ranks, self.batch, self.spec, self.number = engine, ranks, batch, spec, number
        self.scores, self.judged = batch.score_tensors()
        self.lengths = torch.tensor([[len(r) for r in group] for group in batch.response_ids])
        self.base = base_advantages(self.scores, self.judged, self.lengths, spec)
        if spec.prompt_confidence in ("mean", "low"):
            for name, content in zip(batch.problem_ids, batch.content, strict=True):
                if not any(position > 0 for position in content):
                    raise TrainingError(
                        f"problem {name}: its prompt has no content token with a predecessor, so c(q) is not defined; drop it, or set "
                        "advantage.prompt_confidence to group_mean or none"
                    )
        self.old: Passed | None = None  # statistics under the old policy, once they are complete
        self.advantages: Advantages | None = None
        self.seen = Passed()  # this rank's, from the training pass itself
        self.forward_calls = 0
        self.tally = torch.zeros(4, dtype=torch.float64)  # loss, clipped tokens, tokens, sum of -log ratio

    def run(self) -> dict[str, Any]:
        """{"metrics": numbers, "responses": a row each, "seconds": of the two passes}. Raises TrainingError before a step is
        applied where a number is not finite, or where engine and trainer disagree beyond the audit's limits."""
        started = time.monotonic()
        minibatches = torch.arange(len(self.batch.prompt_ids)).split(self.spec.minibatch_prompts)
        # With one step a batch the old log-probabilities are those of the training pass itself: ARM costs no extra pass.
        # (`group_mean` needs whole groups before the first loss.)
        if len(minibatches) > 1 or self.spec.prompt_confidence == "group_mean":
            self._settle(self._old_pass())
        passed_s = time.monotonic() - started
        norms = []
        for index, groups in enumerate(minibatches):
            rate = self._accumulate(index, groups.tolist())
            if self.old is None:
                self._settle(self.seen)
            norms.append(self.engine.apply(rate))
        assert self.old is not None and self.advantages is not None
        loss, clipped, tokens, kl = torch.stack(self.ranks.gather(self.tally)).sum(0).tolist()
        metrics = {
            "loss": loss / len(minibatches),
            "clip_fraction": clipped / max(1.0, tokens),
            "approximate_kl": kl / max(1.0, tokens),
            "grad_norm": sum(norms) / len(norms),
            "learning_rate": rate,
            "optimiser_steps": len(minibatches),
            "forward_calls": self.forward_calls,
            **self.audited,
            **dynamics(self.old, self.batch, self.scores, self.judged, self.advantages, self.spec),
        }
        seconds = {"old_pass": passed_s, "steps": time.monotonic() - started - passed_s}
        return {
            "metrics": metrics,
            "responses": response_rows(self.old, self.batch, self.judged, self.advantages),
            "seconds": seconds,
        }

    def _settle(self, passed: Passed) -> None:
        """The old policy's statistics are complete on this rank: gather, audit, and fix the advantages."""
        self.old = passed.gathered(self.ranks)
        self.audited = audit(self.old, self.batch, self.spec, self.number)
        self.advantages = advantages_of(self.old, self.base, self.scores, self.judged, self.spec)

    def _micro_batches(self, groups: Sequence[int]) -> list[MicroBatch]:
        """This rank's share of the judged responses of `groups`; every rank gets equally many micro-batches."""
        shares = share(self.batch.rows(groups), self.ranks.size, self.spec.token_budget)
        return rank_micro_batches(shares, self.ranks.rank, self.batch)

    def _forward(self, micro: MicroBatch) -> TokenStats:
        self.forward_calls += 1
        return self.engine.forward(
            **micro.inputs(self.engine.device),
            temperature=self.spec.temperature,
            entropy_gradient=self.spec.entropy_coefficient != 0,
        )

    def _old_pass(self) -> Passed:
        passed = Passed()
        with torch.no_grad():
            for micro in self._micro_batches(range(len(self.batch.prompt_ids))):
                passed.add(micro, self._forward(micro))
        return passed

    def _accumulate(self, index: int, groups: list[int]) -> float:
        """Forward and backward passes of one minibatch; returns the learning rate of its step."""
        spec = self.spec
        # The weight of each token is known before the first forward pass, over all ranks and micro-batches.
        weights = torch.zeros(self.lengths.shape, dtype=torch.float64)
        weights[groups] = aggregation_weights(
            self.lengths[groups].flatten(),
            self.judged[groups].flatten(),
            aggregation=spec.aggregation,
            constant_length=spec.constant_length,
        ).reshape(len(groups), -1)
        micros = self._micro_batches(groups)
        places = [
            f"iteration {self.number}, minibatch {index}, micro-batch {m} of rank {self.ranks.rank}"
            for m in range(len(micros))
        ]
        broken = self.engine.accumulate(
            [
                lambda micro=micro, place=place: self._loss(micro, weights, place)  # type: ignore[misc]
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
            peak=spec.learning_rate,
            warmup_steps=spec.warmup_steps,
            schedule=spec.schedule,
            decay_steps=spec.decay_steps,
            min_ratio=spec.min_ratio,
        )

    def _names(self, responses: Sequence[tuple[int, int, int, int]]) -> str:
        names = [f"{self.batch.problem_ids[g]}#{s}" for g, s, *_ in responses]
        return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")

    def _loss(self, micro: MicroBatch, weights: Tensor, place: str) -> Tensor:
        """This micro-batch's share of the minibatch's loss."""
        spec, stats = self.spec, self._forward(micro)
        if not micro.responses:  # padding: reaches every parameter, weighs nothing
            return 0.0 * stats.log_probs.sum()
        local = Passed()
        local.add(micro, stats)
        self.seen.update(local)
        old = self.old or local
        advantages = self.advantages or advantages_of(local, self.base, self.scores, self.judged, spec)

        pieces = [(g, s, slice(start, stop)) for g, s, start, stop in micro.responses]
        lengths = [stop - start for *_, start, stop in micro.responses]
        now = torch.cat([stats.log_probs[part] for _, _, part in pieces])

        def per_token(values: Callable[[int, int], Tensor]) -> Tensor:
            return torch.cat([values(g, s) for g, s, _ in pieces]).to(now.device, now.dtype)

        advantage = per_token(lambda g, s: advantages.total[g, s].expand(int(self.lengths[g, s])))
        weight = per_token(lambda g, s: weights[g, s].expand(int(self.lengths[g, s])))
        before = per_token(lambda g, s: old.log_probs[g, s]) if self.old else now.detach()
        log_ratio = now - before
        clips = {"clip_low": spec.clip_low, "clip_high": spec.clip_high}
        token_loss, clipped = token_losses(spec.objective, now, log_ratio, advantage, lengths, **clips)
        if spec.importance_cap is not None:
            sampled = per_token(lambda g, s: torch.tensor(self.batch.engine_log_probs[g][s], dtype=now.dtype))
            if spec.importance_mode == "sequence_mask":
                token_loss = token_loss * sequence_mask_weights(before, sampled, lengths, cap=spec.importance_cap)
            else:
                token_loss = token_loss * importance_weights(before, sampled, cap=spec.importance_cap)
        if (
            spec.entropy_coefficient
        ):  # unweighted: a response that sequence_mask leaves out loses its policy gradient, not its share of the bonus
            token_loss = token_loss - spec.entropy_coefficient * torch.cat(
                [stats.entropies[part] for _, _, part in pieces]
            )
        loss = (token_loss * weight).sum()
        if not torch.isfinite(loss):
            guilty = [
                r
                for r, part in zip(micro.responses, token_loss.split(lengths), strict=True)
                if not torch.isfinite(part).all()
            ]
            raise TrainingError(
                f"{place}: the loss is {loss.item()} on samples {self._names(guilty or micro.responses)}; the step was not applied"
            )
        self.tally += torch.tensor(
            [loss.item(), clipped.sum().item(), len(now), -log_ratio.detach().double().sum().item()],
            dtype=torch.float64,
        )
        return loss
