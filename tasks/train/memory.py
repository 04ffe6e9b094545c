"""A step that runs out of memory is tried again with half the token budget, which gives the same gradient."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from specs.keys import key_name
from specs.sections import Placement, RolloutSpec, Train
from tasks.errors import OutOfMemory
from tasks.train.layout import Row, share

log = logging.getLogger("armature")

_RANKS = key_name(Placement, "ranks")
_CHECKPOINTING = key_name(Train, "gradient_checkpointing")
_BUDGET = key_name(Train, "token_budget")
_LONGEST = key_name(RolloutSpec, "max_response_tokens")

T = TypeVar("T")

#: The words of torch's allocators, CUDA's libraries and the C++ runtime, which have no type of their own for it.
_SIGNS = (
    "out of memory",
    "not enough memory",
    "can't allocate memory",
    "Cannot allocate memory",
    "std::bad_alloc",
    "STATUS_ALLOC_FAILED",
)


def ran_out(error: BaseException) -> bool:
    """Return whether an error means that memory ran out. torch.OutOfMemoryError is a RuntimeError with these words."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)
    )


def largest(steps: Sequence[Sequence[Row]], ranks: int, token_budget: int) -> int:
    """Return the padded tokens of the largest micro-batch that any rank gets in any of some steps."""
    parts = (part for rows in steps for batches in share(rows, ranks, token_budget) for part in batches)
    return max((len(part) * max(row.length for row in part) for part in parts if part), default=0)


def smaller(steps: Sequence[Sequence[Row]], ranks: int, token_budget: int) -> int | None:
    """Return the first half, quarter, ... of the budget that makes the largest micro-batch smaller.

    None where that micro-batch is one row already.
    """
    now = largest(steps, ranks, token_budget)
    while token_budget > 1:
        token_budget //= 2
        if largest(steps, ranks, token_budget) < now:
            return token_budget
    return None


class TokenBudget:
    """The token budget that fits. What had to shrink stays small, else each later step would fail first."""

    def __init__(self) -> None:
        self.fits: int | None = None  # the budget that fitted after memory had run out; None: it never has
        self._ran_out_at: int | None = None  # the smallest budget that did not fit

    def run(
        self, attempt: Callable[[int], T], passes: Callable[[], Sequence[Sequence[Row]]], ranks: int, wanted: int
    ) -> tuple[T, dict[str, int]]:
        """Call `attempt(token budget)` until it fits; return its result, and what its manifest is to record.

        Ranks end with an attempt that fails, so that each begins with getting its policy. `passes`: the rows of each
        pass in it. Raises OutOfMemory where no smaller budget is left.
        """
        budget = wanted if self.fits is None else min(wanted, self.fits)
        while True:
            try:
                done = attempt(budget)
                break
            except OutOfMemory as error:
                less = smaller(passes(), ranks, budget)
                if less is None:
                    raise OutOfMemory(
                        f"{error}; nothing smaller is left, its largest micro-batch is one row of "
                        f"{largest(passes(), ranks, budget)} tokens: give it more memory, more ranks ({_RANKS}) or "
                        f"{_CHECKPOINTING}: true, or shorten {_LONGEST}"
                    ) from error
                log.warning(
                    "%s; from here on this run takes %d, which gives the same gradient (%s sets it)",
                    error,
                    less,
                    _BUDGET,
                )
            self._ran_out_at, self.fits, budget = budget, less, less
        reason = {"out_of_memory_at": self._ran_out_at} if self._ran_out_at is not None and budget < wanted else {}
        return done, {"token_budget": budget, **reason}
