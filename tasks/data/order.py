"""The problems that an iteration takes: drawn without replacement, computed from (seed, iteration), never stored.

An epoch is a permutation of all problems keyed by (seed, epoch); iteration k takes positions k * prompts onward and
may cross from one epoch into the next. There a problem could come twice in one iteration, as two groups with the same
seeds: so the new epoch first takes problems that the iteration does not have yet, and those passed over right after
them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import islice
from math import gcd

from tasks.errors import DataError


def check_enough(drawn: int, n: int) -> None:
    """Raise DataError where an iteration draws more than the `n` problems there are."""
    if drawn > n:
        raise DataError(
            f"an iteration draws {drawn} problems (rollout.prompts x rollout.oversample), but there are only {n}: "
            "lower them or give more data"
        )


def positions(seed: int, iteration: int, prompts: int, n: int) -> list[int]:
    """Return the indices (below `n`) of the `prompts` problems of iteration `iteration` (from 0).

    All different, and a pure function of the arguments. DataError where there are fewer problems than that.
    """
    check_enough(prompts, n)
    assert iteration >= 0 and prompts >= 1, (iteration, prompts)
    epoch, start = divmod(iteration * prompts, n)
    taken = _epoch(seed, epoch, prompts, n)[start : start + prompts]
    return (
        list(taken + _epoch(seed, epoch + 1, prompts, n)[: prompts - len(taken)])
        if len(taken) < prompts
        else list(taken)
    )


@lru_cache(maxsize=64)
def _hashed(seed: int, epoch: int, n: int) -> tuple[int, ...]:
    """Return all indices below `n`, sorted by a hash: the same whatever library draws random numbers."""
    return tuple(sorted(range(n), key=lambda i: hashlib.sha256(f"{seed}/{epoch}/{i}".encode()).digest()))


@lru_cache(maxsize=4)
def _epoch(seed: int, epoch: int, prompts: int, n: int) -> tuple[int, ...]:
    """Return the order of one epoch: the hashed one, with what the crossing iteration already has moved behind it."""
    order: tuple[int, ...] = ()
    period = prompts // gcd(
        n, prompts
    )  # every so many epochs one begins with an iteration, and depends on none before it
    for current in range(epoch - epoch % period, epoch + 1):
        left = current * n % prompts  # problems that the crossing iteration took from the end of the epoch before
        tail = frozenset(order[len(order) - left :]) if left else frozenset()
        order = behind(_hashed(seed, current, n), tail, prompts - left if left else 0)
    return order


def behind(hashed: Sequence[int], tail: Collection[int], wanted: int) -> tuple[int, ...]:
    """Return the order of an epoch that begins within an iteration, which took `tail` from the end of the one before.

    The first `wanted` problems, which the same iteration takes, are others than those.
    """
    head = list(islice((i for i in hashed if i not in tail), wanted))
    first = frozenset(head)
    return (*head, *(i for i in hashed if i not in first))
