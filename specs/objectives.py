"""The section `objective`: one model for each objective, with exactly the fields that it reads.

The class of an objective stands in `tasks/train/objectives/<kind>.py`. To add one: a member here, a file there, a test.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, Tag

from specs.base import USE, Member, Positive, Section, tagged_by
from specs.plugins import PluginMember


class ImportanceCorrection(Section):
    """Importance weights between engine and trainer."""

    mode: Literal["auto", "token", "sequence_mask", "off"] = Field(
        default="auto",
        description="token: truncated at `cap`, token by token. sequence_mask: a response's tokens weigh the product "
        "of its ratios, and nothing where that exceeds `cap` (TRL). auto: token for vllm, off for transformers.",
    )
    cap: float = Field(default=2.0, gt=0, description="Largest weight.")


class Kl(Section):
    """A penalty on the KL divergence of the policy from a reference policy, estimated on the sampled tokens.

    With d = log pi_ref - log pi under logits / T: k1 = -d, k2 = d^2 / 2, k3 = exp(d) - d - 1 (Schulman 2020,
    http://joschu.net/blog/kl-approx.html).
    """

    coefficient: float = Field(
        default=1e-3, ge=0, description="Weight in a token's loss; 0: measured alone. verl's default."
    )
    estimator: Literal["k1", "k2", "k3"] = Field(default="k3", description="Of a token's KL. GRPO: k3.")
    with_ratio: bool = Field(
        default=True,
        description="Multiply by pi / pi_old of the token, gradient included, so that k1 and k3 have the gradient of "
        "the KL. DeepSeek-V3.2 (arXiv 2512.02556), TRL; false: GRPO (arXiv 2402.03300), verl.",
    )


class Reference(Section):
    """The reference policy, whose log-probabilities an objective reads: one forward pass more in an iteration."""

    policy: Literal["start", "base"] = Field(
        default="start",
        description="start: the policy that training begins with (after a warm start, or a fork's source), as a frozen "
        "copy on the ranks. base: the model without its policy.adapter, which needs no copy.",
    )
    reset_every: Positive | None = Field(
        default=None,
        description="Iterations; the policy after each so many becomes the reference, and its checkpoint stays. ProRL "
        "(arXiv 2505.24864), which resets the optimizer too. null: never.",
    )

    def taken_at(self, iteration: int) -> int:
        """Return after how many iterations the policy that is the reference in `iteration` was taken."""
        return 0 if self.reset_every is None else iteration // self.reset_every * self.reset_every


class EntropyTarget(Section):
    """An entropy bonus whose coefficient follows the entropy (Skywork-OR1, arXiv 2505.22312). Defaults: TRL."""

    target: float = Field(
        gt=0,
        description="Nats per token, as the report's entropy: the bonus is on while the entropy of the last step is at "
        "most this. Skywork-OR1: 0.2.",
    )
    delta: float = Field(
        default=0.005, gt=0, description="Added to the coefficient after a step at or below the target, or taken off."
    )
    min: float = Field(default=0.0, ge=0, description="Smallest coefficient, and the first.")
    max: float = Field(default=1.0, gt=0, description="Largest coefficient.")


class ObjectiveSettings(Member):
    """The fields that every objective has."""

    TAG: ClassVar[str] = "kind"
    ADDED: ClassVar[frozenset[str]] = frozenset({"kl", "reference", "entropy_target", "high_entropy_share"})

    aggregation: Literal["token_mean", "sequence_mean", "constant"] = Field(
        default="token_mean", description="How token losses become one. DAPO. (GSPO's paper: sequence_mean.)"
    )
    constant_length: Positive | None = Field(
        default=None, description="Tokens; divisor of a response's sum, with `aggregation: constant` only. Dr. GRPO."
    )
    entropy_coefficient: float = Field(default=0.0, ge=0, description="Weight of an entropy bonus; the paper has none.")
    entropy_target: EntropyTarget | None = Field(
        default=None, description="In the place of `entropy_coefficient`: one that adapts."
    )
    high_entropy_share: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Only this share of an optimizer step's tokens, those with the largest entropy, have a policy "
        "gradient; null: all. arXiv 2506.01939: 0.2.",
    )
    importance_correction: ImportanceCorrection = ImportanceCorrection()
    kl: Kl | None = Field(default=None, description="Penalty on the KL from a reference policy; null: none.")
    reference: Reference | None = Field(
        default=None,
        description="The reference policy; null: with `kl` the policy at the start, else none. An objective of your "
        "own reads its log-probabilities as tokens.reference.",
    )

    @property
    def reads_reference(self) -> Reference | None:
        """Return the reference policy whose log-probabilities an iteration computes; None for none."""
        return self.reference or (Reference() if self.kl is not None else None)


class PpoClip(ObjectiveSettings):
    """PPO's clipped ratio of a token (arXiv 1707.06347). Defaults: DAPO (arXiv 2503.14476), as ProGRPO."""

    ADDED: ClassVar[frozenset[str]] = ObjectiveSettings.ADDED | {"dual_clip"}

    kind: Literal["ppo_clip"] = Field(
        default="ppo_clip", description="Two-sided clipped ratio of a token. arXiv 1707.06347."
    )
    clip_low: float = Field(default=0.2, ge=0, lt=1, description="Ratio clipped below at 1 - clip_low. DAPO.")
    clip_high: float = Field(default=0.28, ge=0, description="Ratio clipped above at 1 + clip_high. DAPO.")
    dual_clip: float | None = Field(
        default=None,
        gt=1,
        description="Where the advantage is negative, the ratio is clipped above here; null: it is not. arXiv "
        "1912.09729; verl: 3.",
    )


class Gspo(ObjectiveSettings):
    """GSPO (arXiv 2507.18071)."""

    kind: Literal["gspo"] = Field(
        default="gspo", description="Clipped ratio of a whole response, length-normalised. arXiv 2507.18071."
    )
    clip_low: float = Field(default=3e-4, ge=0, lt=1, description="Ratio clipped below at 1 - clip_low. GSPO.")
    clip_high: float = Field(default=4e-4, ge=0, description="Ratio clipped above at 1 + clip_high. GSPO.")


class Cispo(ObjectiveSettings):
    """CISPO (arXiv 2506.13585), which has no lower clip."""

    kind: Literal["cispo"] = Field(
        default="cispo",
        description="Clipped ratio, constant in the gradient, times log-probability. arXiv 2506.13585.",
    )
    clip_high: float = Field(
        default=0.28, ge=0, description="Ratio clipped above at 1 + clip_high. As DAPO: the paper states none."
    )


class ClipCov(ObjectiveSettings):
    """Clip-Cov (arXiv 2505.22617). Defaults: its authors' recipe, in which PPO's clip hardly acts."""

    kind: Literal["clip_cov"] = Field(
        default="clip_cov",
        description="PPO's clip, and no gradient for some tokens whose log-probability and advantage vary together. "
        "arXiv 2505.22617.",
    )
    clip_low: float = Field(default=1.0, ge=0, le=1, description="Ratio clipped below at 1 - clip_low. Clip-Cov.")
    clip_high: float = Field(default=1.0, ge=0, description="Ratio clipped above at 1 + clip_high. Clip-Cov.")
    covariance_share: float = Field(
        default=2e-4,
        gt=0,
        le=1,
        description="Of an optimizer step's tokens, how many are drawn; at least one. Clip-Cov.",
    )
    covariance_low: float = Field(default=1.0, description="Drawn are tokens with a covariance above this. verl.")
    covariance_high: float = Field(default=5.0, description="Drawn are tokens with a covariance below this. verl.")


class KlCov(ObjectiveSettings):
    """KL-Cov (arXiv 2505.22617), which has no clip."""

    kind: Literal["kl_cov"] = Field(
        default="kl_cov",
        description="Ratio of a token without a clip, and a KL penalty on the tokens whose log-probability and "
        "advantage vary together most. arXiv 2505.22617.",
    )
    covariance_share: float = Field(
        default=2e-4,
        gt=0,
        le=1,
        description="Of an optimizer step's tokens, how many have the penalty; at least one. KL-Cov: 2e-4 to 2e-3.",
    )
    kl_coefficient: float = Field(default=1.0, ge=0, description="Weight of |log pi - log pi_old| there. KL-Cov.")


class PluginObjective(PluginMember, ObjectiveSettings):
    """An objective from a file of the user's: a subclass of tasks.train.objectives.base.Objective."""

    @property
    def kind(self) -> str:
        """Return the class's name."""
        return self.name


Objective = Annotated[
    Annotated[PpoClip, Tag("ppo_clip")]
    | Annotated[Gspo, Tag("gspo")]
    | Annotated[Cispo, Tag("cispo")]
    | Annotated[ClipCov, Tag("clip_cov")]
    | Annotated[KlCov, Tag("kl_cov")]
    | Annotated[PluginObjective, Tag(USE)],
    tagged_by(ObjectiveSettings.TAG, default="ppo_clip"),
]
