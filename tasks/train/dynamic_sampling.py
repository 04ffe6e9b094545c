"""Dynamic sampling: more problems are drawn than trained, and groups without a contrast are left out.

DAPO (arXiv 2503.14476, section 3.2) draws again until the batch is full. Here the number is fixed beforehand
(`rollout.oversample`), so that every step's key is known before anything runs; a batch may be smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from tasks.train.batch import GroupBatch


@dataclass(frozen=True)
class Selection:
    """The groups of `batch` that are trained, and numbers about all groups that were drawn, for the metrics."""

    batch: GroupBatch
    drawn: dict[str, float | None]


def selected(batch: GroupBatch, prompts: int, correct_at: float) -> Selection:
    """Return the first `prompts` groups with right and wrong responses, in the order of the draw.

    There may be fewer. Where there is none, the first `prompts` groups are trained as without dynamic sampling: they
    teach nothing, and the step is one of zero advantages.
    """
    rights = [[score >= correct_at for score in scores if score is not None] for scores in batch.scores]
    mixed = [g for g, right in enumerate(rights) if any(right) and not all(right)]
    chosen = mixed[:prompts] or list(range(len(rights)))[:prompts]
    judged = [right for right in rights if right]
    scores = [score for group in batch.scores for score in group if score is not None]
    return Selection(
        _only(batch, chosen),
        {
            # Of all that was drawn: those of the trained groups alone would not compare with another run's.
            "reward_mean": sum(scores) / len(scores) if scores else None,
            "all_correct_share": sum(map(all, judged)) / len(judged) if judged else None,
            "all_wrong_share": sum(not any(right) for right in judged) / len(judged) if judged else None,
            "mixed_groups": float(len(mixed)),
            "trained_groups": float(len(chosen)),
        },
    )


def _only(batch: GroupBatch, groups: Sequence[int]) -> GroupBatch:
    values = {each.name: getattr(batch, each.name) for each in fields(batch)}
    return replace(batch, **{name: [value[g] for g in groups] for name, value in values.items() if value})
