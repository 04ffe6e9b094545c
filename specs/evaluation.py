"""The sections `evaluate` and `schedule`: what is evaluated, how, and when."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from specs.base import Count, Positive, Section


class Evaluate(Section):
    """Evaluation during a run, and of its start and end."""

    every: Count = Field(default=0, description="Iterations; 0: start and end only.")
    suites: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(),
        strict=False,
        description="`heldout` (data.heldout problems), benchmarks by name, or suites of your own by the path of their "
        "YAML file; none: no evaluation.",
    )
    samples: Positive = Field(default=32, description="n, responses a problem. ProGRPO reports Pass@32.")
    ks: tuple[Positive, ...] = Field(
        default=(1, 8, 32), strict=False, min_length=1, description="Pass@k shown in tables."
    )
    temperature: float | None = Field(
        default=None, ge=0, description="Sampling temperature; 0: greedy; null: the suite's own (heldout: 1)."
    )
    top_p: float | None = Field(
        default=None, gt=0, le=1, description="Nucleus; 1: off; null: the suite's own (heldout: 1)."
    )
    max_response_tokens: Positive | None = Field(
        default=None,
        description="Longer ones are truncated; null: the suite's own (heldout: rollout.max_response_tokens).",
    )
    problems: Positive | None = Field(default=None, description="Only the first so many of each suite; null: all.")
    stand_ins: str | None = Field(
        default=None,
        min_length=1,
        description="Folder of JSONL files that are read instead of the hub (relative to the repository root); null: "
        "the hub.",
    )


class Schedule(Section):
    """The runs that are started by the clock."""

    nightly_eval: str | None = Field(
        default=None, min_length=1, description="Cron line (minute hour day month weekday); null: never."
    )
    timezone: str = Field(default="UTC", min_length=1, description="IANA name, for the cron line.")
