"""The division of tokens into rows and micro-batches. Nothing here changes the mathematics.

A *row* is one sequence: a prompt and several of its group's responses side by side, each attending to the prompt and
itself only. So the prompt is computed once for all of them, with gradient, in one ordinary forward call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Longest row (tokens) that holds more than one response. Attention inside a row is quadratic and most of it is masked
#: away, so a longer row costs more than the shared prompt saves.
SHARED_ROW_LIMIT = 1024


@dataclass(frozen=True, slots=True)
class Row:
    """Responses `samples` of group `group` behind their prompt; `length` in tokens."""

    group: int
    samples: tuple[int, ...]
    length: int


def rows_of(
    group: int, prompt_length: int, response_lengths: dict[int, int], limit: int = SHARED_ROW_LIMIT
) -> list[Row]:
    """Return one group as rows. `response_lengths`: sample -> tokens; the longest come first, so that rows are full."""
    rows: list[Row] = []
    samples: list[int] = []
    length = prompt_length
    for sample, tokens in sorted(response_lengths.items(), key=lambda item: (-item[1], item[0])):
        if samples and length + tokens > limit:
            rows.append(Row(group, tuple(samples), length))
            samples, length = [], prompt_length
        samples.append(sample)
        length += tokens
    if samples:
        rows.append(Row(group, tuple(samples), length))
    return rows


def micro_batches(rows: Sequence[Row], token_budget: int) -> list[list[Row]]:
    """Return rows of similar length together, at most `token_budget` padded tokens each (a row alone may exceed it)."""
    batches: list[list[Row]] = []
    for row in sorted(rows, key=lambda r: (-r.length, r.group, r.samples)):
        # Sorted by falling length: the first row of a batch is its longest, so padding is known as it grows.
        if batches and batches[-1][0].length * (len(batches[-1]) + 1) <= token_budget:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


def share(rows: Sequence[Row], ranks: int, token_budget: int) -> list[list[list[Row]]]:
    """Return the micro-batches of each rank [ranks][micro-batches][rows]; every rank gets equally many, empty ones pad.

    Rows are dealt longest first to the rank with the fewest tokens.
    """
    dealt: list[list[Row]] = [[] for _ in range(ranks)]
    load = [0] * ranks
    for row in sorted(rows, key=lambda r: (-r.length, r.group, r.samples)):
        rank = load.index(min(load))
        dealt[rank].append(row)
        load[rank] += row.length
    batches = [micro_batches(part, token_budget) for part in dealt]
    most = max(1, *map(len, batches))
    return [part + [[] for _ in range(most - len(part))] for part in batches]
