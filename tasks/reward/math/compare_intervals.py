"""Comparison of two sets of reals, interval by interval."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.reward.math.answer_types import Collection, Piece, Region, Scalar
from tasks.reward.math.interval_parser import end_key
from tasks.reward.math.oracle import Oracle, Truth, both, pairing


def compare_regions(gold: Region, given: Region, oracle: Oracle) -> Truth:
    """Compare two sets of reals; inequalities in different variables are different."""
    if gold.name and given.name and gold.name != given.name:
        return False
    g, a = merged(gold.pieces), merged(given.pieces)
    if len(g) != len(a):
        return False

    def same(p: Piece, q: Piece) -> Truth:
        return both(
            p.low_open == q.low_open,
            p.high_open == q.high_open,
            oracle.equal(p.low, q.low),
            oracle.equal(p.high, q.high),
        )

    table = [[same(p, q) for q in a] for p in g]
    return pairing(table)


def merged(pieces: Sequence[Piece]) -> list[Piece]:
    """Return pieces whose ends have known values in order, joined where they touch; others as they are."""
    if len(pieces) < 2:
        return list(pieces)
    ends = {n: end_key(n) for p in pieces for n in (p.low, p.high)}
    if any(v is None for v in ends.values()):
        return list(pieces)
    value = {n: v for n, v in ends.items() if v is not None}
    merged: list[Piece] = []
    for piece in sorted(pieces, key=lambda p: (value[p.low], p.low_open)):
        last = merged[-1] if merged else None
        if last and (
            value[piece.low] < value[last.high]
            or (value[piece.low] == value[last.high] and not (piece.low_open and last.high_open))
        ):
            further = value[piece.high] > value[last.high] or (value[piece.high] == value[last.high] and last.high_open)
            high = piece if further else last
            merged[-1] = Piece(last.low, high.high, last.low_open, high.high_open)
        else:
            merged.append(piece)
    return merged


def points_region(collection: Collection) -> Region | None:
    """Return a finite set of expressions as a set of reals, None for anything else."""
    nodes = [i.node for i in collection.items if isinstance(i, Scalar)]
    if collection.kind != "set" or len(nodes) != len(collection.items) or any(n is None for n in nodes):
        return None
    return Region(tuple(Piece(n, n, False, False) for n in nodes if n is not None))
