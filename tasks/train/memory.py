"""Out of memory is a retry with half the token budget: design rule 8 says that it gives the same gradient."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from tasks.errors import OutOfMemory
from tasks.train.layout import Row, share

log = logging.getLogger("armature")

T = TypeVar("T")

#: How torch's allocators, CUDA's libraries and the C++ runtime say it, where they have no type of their own for it.
_SIGNS = (
    "out of memory",
    "not enough memory",
    "can't allocate memory",
    "Cannot allocate memory",
    "std::bad_alloc",
    "STATUS_ALLOC_FAILED",
)


def ran_out(error: BaseException) -> bool:
    """Whether an error of a step means that memory ran out. torch.OutOfMemoryError is a RuntimeError, with these words."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)
    )


def largest(steps: Sequence[Sequence[Row]], ranks: int, token_budget: int) -> int:
    """Padded tokens of the largest micro-batch that any rank gets in any of some steps."""
    parts = (part for rows in steps for batches in share(rows, ranks, token_budget) for part in batches)
    return max((len(part) * max(row.length for row in part) for part in parts if part), default=0)


def smaller(steps: Sequence[Sequence[Row]], ranks: int, token_budget: int) -> int | None:
    """The first half, quarter, ... of the budget that makes the largest micro-batch smaller; None where that is one row already."""
    now = largest(steps, ranks, token_budget)
    while token_budget > 1:
        token_budget //= 2
        if largest(steps, ranks, token_budget) < now:
            return token_budget
    return None


class TokenBudget:
    """Runs steps with the token budget that fits. What had to shrink stays small, else each later step would fail first."""

    def __init__(self) -> None:
        self.fits: int | None = None  # the budget that fitted after memory had run out; None: it never has
        self._ran_out_at: int | None = None  # the smallest budget that did not fit

    def run(
        self, attempt: Callable[[int], T], passes: Callable[[], Sequence[Sequence[Row]]], ranks: int, wanted: int
    ) -> tuple[T, dict[str, int]]:
        """`attempt(token budget)` until it fits, and what its manifest is to record. Ranks end with an attempt that fails, so that each begins
        with getting its policy. `passes`: the rows of each pass in it. Raises OutOfMemory where no smaller budget is left."""
        budget = wanted if self.fits is None else min(wanted, self.fits)
        while True:
            try:
                done = attempt(budget)
                break
            except OutOfMemory as error:
                less = smaller(passes(), ranks, budget)
                if less is None:
                    raise OutOfMemory(
                        f"{error}; nothing smaller is left, its largest micro-batch is one row of {largest(passes(), ranks, budget)} tokens: give it more "
                        "memory, more ranks (placement.ranks) or train.gradient_checkpointing: true, or shorten rollout.max_response_tokens"
                    ) from error
                log.warning(
                    "%s; from here on this run takes %d, which gives the same gradient (train.token_budget sets it)",
                    error,
                    less,
                )
            self._ran_out_at, self.fits, budget = budget, less, less
        reason = {"out_of_memory_at": self._ran_out_at} if self._ran_out_at is not None and budget < wanted else {}
        return done, {"token_budget": budget, **reason}
