"""The section `advantage`: one model for each estimator, with exactly the fields that it reads.

The function of an estimator stands in `tasks/train/advantages/<estimator>.py`. To add one: a member here, a file
there, a test.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, Tag

from specs.base import USE, Member, Positive, tagged_by
from specs.plugins import PluginMember


class AdvantageSettings(Member):
    """The fields that every estimator has: reports show both confidences, so that a control has the same curves."""

    TAG: ClassVar[str] = "estimator"

    low_probability_fraction: float = Field(
        default=0.2,
        gt=0,
        le=1,
        description="T_low: this share of a response's tokens, the least likely ones. ProGRPO.",
    )
    prompt_confidence: Literal["mean", "low", "group_mean", "none"] = Field(
        default="mean",
        description="c(q). mean: all tokens of the prompt. low: its least likely ones. group_mean: mean c(o) of the "
        "correct responses. none: 0.",
    )


class ScaledSettings(AdvantageSettings):
    """The fields of an estimator that divides by the standard deviation of a group."""

    eps: float = Field(default=1e-6, gt=0, description="Added to a group's std, which may be 0. verl.")
    ddof: Literal[0, 1] = Field(default=1, description="Of a group's std; 1 is unbiased. verl, TRL, OpenRLHF.")


class Grpo(ScaledSettings):
    """GRPO (arXiv 2402.03300): score minus the group's mean, over the group's standard deviation."""

    estimator: Literal["grpo"] = Field(default="grpo", description="GRPO: (R - mean) / (std + eps). arXiv 2402.03300.")


class Arm(ScaledSettings):
    """ARM-GRPO (ProGRPO, arXiv 2602.05281). Defaults: as two independent descriptions of the paper agree."""

    estimator: Literal["arm"] = Field(
        default="arm", description="ARM-GRPO: GRPO's advantage plus alpha (c(q) - c(o)). arXiv 2602.05281."
    )
    alpha: float = Field(
        default=0.3,
        ge=0,
        description="ARM's weight. The paper's value is unknown; 0.3 is a public adaptation's. "
        "Below 1 / sqrt(samples) no sign flips.",
    )
    scope: Literal["any_correct", "mixed_only", "correct_only"] = Field(
        default="any_correct", description="Which responses get ARM's term."
    )


class DrGrpo(AdvantageSettings):
    """Dr. GRPO (arXiv 2503.20783): no division by the standard deviation."""

    estimator: Literal["dr_grpo"] = Field(default="dr_grpo", description="Dr. GRPO: R - mean. arXiv 2503.20783.")


class Rloo(AdvantageSettings):
    """RLOO (arXiv 2402.14740): the baseline is the mean of the other responses."""

    estimator: Literal["rloo"] = Field(default="rloo", description="RLOO: R - mean of the others. arXiv 2402.14740.")


class ReinforcePpBaseline(AdvantageSettings):
    """REINFORCE++-baseline (arXiv 2501.03262)."""

    estimator: Literal["reinforce_pp_baseline"] = Field(
        default="reinforce_pp_baseline",
        description="R - mean, then whitened over the tokens of the rollout batch. arXiv 2501.03262.",
    )


class PassAtK(AdvantageSettings):
    """Pass@k training (arXiv 2508.10751)."""

    estimator: Literal["pass_at_k"] = Field(
        default="pass_at_k", description="Advantages of Pass@k instead of Pass@1. arXiv 2508.10751."
    )
    k: Positive = Field(
        description="Responses, of which one must be correct; less than rollout.samples. arXiv 2508.10751."
    )


class WeightedReinforce(AdvantageSettings):
    """W-REINFORCE (arXiv 2506.01347): no baseline, and correct responses count less than wrong ones."""

    estimator: Literal["weighted_reinforce"] = Field(
        default="weighted_reinforce",
        description="W-REINFORCE: positive_weight of the correct, -1 of the wrong. arXiv 2506.01347.",
    )
    positive_weight: float = Field(
        default=0.1, ge=0, description="Advantage of a correct response; 0: wrong ones alone (NSR). arXiv 2506.01347."
    )


class PluginAdvantage(PluginMember, AdvantageSettings):
    """An estimator from a file of the user's: a function of tasks.train.advantages.groups.Groups and `args`."""

    @property
    def estimator(self) -> str:
        """Return the function's name."""
        return self.name


Advantage = Annotated[
    Annotated[Grpo, Tag("grpo")]
    | Annotated[Arm, Tag("arm")]
    | Annotated[DrGrpo, Tag("dr_grpo")]
    | Annotated[Rloo, Tag("rloo")]
    | Annotated[ReinforcePpBaseline, Tag("reinforce_pp_baseline")]
    | Annotated[PassAtK, Tag("pass_at_k")]
    | Annotated[WeightedReinforce, Tag("weighted_reinforce")]
    | Annotated[PluginAdvantage, Tag(USE)],
    tagged_by(AdvantageSettings.TAG, default="arm"),
]
