"""From a spec to the parts of step keys, and from such a part back to settings; the digest of them all.

A part has what one stage reads. Fields that say how much or where (iterations, evaluation, checkpoints, placement,
store, token budget) are in none of the parts that training depends on; those that change the mathematics are. A part
has only the fields of the chosen estimator and objective: GRPO has no alpha, so all runs of a study of alpha share one
control. It is a plain JSON-able dict, in the key of its stage's steps and in their manifests. Its shape is frozen: a
renamed field keeps its old name here. Digests of what names point to (weights, datasets, tokenizer) are added by the
stage; that of a user's own code stands here, in the place of its path.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from specs.advantages import Advantage
from specs.base import USE, Member
from specs.engines import declared_engine
from specs.mixtures import Part as MixturePart
from specs.objectives import Objective
from specs.plugins import PluginMember, by_content, file_of
from specs.rewards import Reward, TermSettings, VerifierSettings
from specs.schema import Spec
from specs.sections import Data
from specs.sources import named_verifiers

Part = dict[str, Any]


def identity(spec: Spec, parts: Sequence[Part] | None = None) -> str:
    """Return 8 hex digits that name the experiment's mathematics.

    `parts`: those of the spec with the content of what they name (tasks/graph/run_name.py); default: as the spec has
    them.
    """
    own = (data_part, warm_start_part, rollout_part, reward_part, train_part)
    found = [part(spec) for part in own] if parts is None else list(parts)
    if (adapter := adapter_part(spec)) is not None:
        found.append(adapter)
    text = json.dumps(found, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def data_part(spec: Spec, data: Data | None = None) -> Part:
    """Return the settings that decide the problems: source, prompts, which of them are dropped.

    No seed: the seeds of a study share their problems and their held-out ones. What came later (`ASKED_TOO`) is in it
    where it is set. `data`: a part of a mixture, with what it inherits. Weights decide draws, not problems.
    """
    data = data or spec.data
    unset = {key for key in ASKED_TOO if not getattr(data, key)}
    return {
        **data.model_dump(mode="json", exclude=unset),
        "train": by_content(data.train) if isinstance(data.train, str) else _parts(data.train),
        "verifier": None if data.verifier is None else by_content(data.verifier),
        "tokenizer": None if spec.policy.model is None else [spec.policy.model, spec.policy.revision],
        "max_prompt_tokens": spec.rollout.max_prompt_tokens if spec.data.drop_long_prompts else None,
    }


def _parts(train: Mapping[str, MixturePart]) -> Part:
    """Return the parts of a mixture: the source and the settings of its own that each names."""
    return {
        name: {**part.own(), "source": by_content(part.source)}
        | ({} if part.verifier is None else {"verifier": by_content(part.verifier)})
        for name, part in train.items()
    }


#: Settings of `data` that change every prompt, those of suites too.
ASKED_TOO = ("system", "chat_template_kwargs")


def asked_part(data: Data) -> Part:
    """Return what a policy is asked besides each problem and the text around it; nothing where nothing is set."""
    return {key: value for key, value in data.model_dump(mode="json", include=set(ASKED_TOO)).items() if value}


def warm_start_part(spec: Spec) -> Part:
    """Return the settings of the first weights, and of the supervised steps on them."""
    policy = spec.policy.model_dump(mode="json", exclude={"adapter"})  # which is trained beside these weights
    made = spec.policy.made
    policy["architecture"] = made.model_dump(mode="json") if made is not None else None
    steps = spec.warm_start.model_dump(mode="json") if spec.warm_start is not None else None
    return {"policy": policy, "warm_start": steps, "seed": spec.seed if made or steps else None}


def adapter_part(spec: Spec) -> Part | None:
    """Return the settings of the first adapter beside the first weights; None where the whole model is trained.

    A fork's adapter is its source's, which the seed of the fork did not make.
    """
    adapter = spec.policy.adapter
    if adapter is None:
        return None
    made = isinstance(spec.policy.init, str)
    return {"adapter": adapter.model_dump(mode="json"), "seed": spec.seed if made else None}


def rollout_part(spec: Spec) -> Part:
    """Return the settings that decide a rollout's tokens, besides the policy and the problems.

    The engine, sampling, the composition of shards, seeds.
    """
    unset = {"problems"} if spec.rollout.problems is None else set()
    without = {"max_prompt_tokens"} | unset | ({"oversample"} if spec.rollout.oversample == 1 else set())
    rollout = {**spec.rollout.model_dump(mode="json", exclude=without), "engine": by_content(spec.rollout.engine)}
    mixture = {"mixture": weights} if (weights := spec.data.weights) else {}
    return {**rollout, **mixture, "dtype": spec.policy.dtype, "seed": spec.seed}


def reward_part(spec: Spec) -> Part:
    """Return the settings that decide a verdict.

    `correct_at` is not among them: verdicts are scores, and the stages that read them compare.
    """
    names = dict.fromkeys((*IN_EVERY_IDENTITY, *named_verifiers(spec.data)))
    return {"truncated": spec.reward.truncated, **verifier_parts(spec.reward, names), **terms_part(spec.reward)}


def terms_part(reward: Reward) -> Part:
    """Return the terms of a reward that are functions, without their weights; nothing where there is none.

    The verifier's term is among them where another one says what is right: then verdicts hold its score besides.
    """
    terms = {name: _term_part(term) for name, term in {**reward.functions, **reward.verifier_beside}.items()}
    outcome = {"outcome": reward.outcome} if reward.own_outcome is not None else {}
    return {"terms": terms, **outcome} if terms else {}


def _term_part(term: TermSettings) -> Part:
    return {key: value for key, value in _member_part(term).items() if key != "weight"}


#: The verifiers whose settings every identity holds, whichever one the spec names: there were no others at first. The
#: settings of another one are in the identities of the specs that name it.
IN_EVERY_IDENTITY = ("math", "code")


def verifier_parts(reward: Reward, names: Iterable[str]) -> dict[str, Part]:
    """Return, for each of the named verifiers that has any, the settings that decide its verdicts."""
    sections = {name: getattr(reward, name, None) for name in names}
    return {name: each.key_part() for name, each in sections.items() if isinstance(each, VerifierSettings)}


def train_part(spec: Spec) -> Part:
    """Return what decides an optimizer step, besides rollouts and verdicts."""
    places = {"iterations", "token_budget", "gradient_checkpointing", "zero_stage"}
    return {
        "advantage": _member_part(spec.advantage),
        "objective": {
            **_member_part(spec.objective),
            "importance_correction": _importance_part(spec),
            **_reference_part(spec),
        },
        "train": spec.train.model_dump(mode="json", exclude=places),
        "correct_at": spec.reward.correct_at,
        "temperature": spec.rollout.temperature,
        "dtype": spec.policy.dtype,
        "seed": spec.seed,
        **_weights_part(spec.reward),
        # How many of the drawn groups are trained, where they are chosen (tasks/train/dynamic_sampling.py).
        **({"dynamic_sampling": spec.rollout.prompts} if spec.rollout.oversample > 1 else {}),
    }


def _weights_part(reward: Reward) -> Part:
    """Return how the terms of a reward make one advantage; nothing where the verifier's score is the reward."""
    if reward.is_plain:
        return {}
    return {"reward": {"outcome": reward.outcome, "weights": reward.weights, "aggregate": reward.aggregate}}


def sampling_part(spec: Spec, own: Mapping[str, Any]) -> Part:
    """Return what decides an evaluation's samples, besides the policy and the problems.

    `own`: the suite's own temperature, top_p and max_response_tokens, which hold where the spec says nothing.
    """
    given = {key: getattr(spec.evaluate, key) for key in ("temperature", "top_p", "max_response_tokens")}
    return {
        **{key: own[key] if value is None else value for key, value in given.items()},
        "engine": by_content(spec.rollout.engine),
        "dtype": spec.policy.dtype,
        "seed": spec.seed,
    }


def heldout_sampling(spec: Spec) -> Part:
    """Return the sampling of a puzzle's held-out problems where the spec does not say: as in training."""
    return {"temperature": 1.0, "top_p": 1.0, "max_response_tokens": spec.rollout.max_response_tokens}


def evaluate_part(spec: Spec) -> Part:
    """Return what decides an evaluation, besides its samples and `reward_part`. Not `ks`: every Pass@k is computed."""
    return {"samples": spec.evaluate.samples, "problems": spec.evaluate.problems, "correct_at": spec.reward.correct_at}


def advantage_settings_of(part: Mapping[str, Any]) -> Advantage:
    """Return the settings that a part's `advantage` was made of, of today or from an old manifest. Raises SpecError."""
    return _ADVANTAGE.validate_python(_with_path(part))


def objective_settings_of(part: Mapping[str, Any]) -> Objective:
    """Return the settings that a part's `objective` was made of.

    A part has no mode where the correction is by tokens, and null where it is off (specs/objectives.py).
    """
    correction = part["importance_correction"]
    known = {"mode": "off"} if correction is None else {"mode": "token", **correction}
    return _OBJECTIVE.validate_python({**_with_path(part), "importance_correction": known})


_ADVANTAGE: TypeAdapter[Advantage] = TypeAdapter(Advantage)
_OBJECTIVE: TypeAdapter[Objective] = TypeAdapter(Objective)


def _member_part(member: Member) -> Part:
    """Return the fields of an estimator or objective; of a user's own code name and digest, not its path."""
    part = member.model_dump(mode="json", exclude=member.unset)
    if isinstance(member, PluginMember):
        part |= {USE: member.name, "source": member.source}
    return part


def _with_path(part: Mapping[str, Any]) -> Part:
    """Return a member's part with the path of its code, which is the file of this process's specs with that digest."""
    if USE not in part:
        return dict(part)
    known = {key: value for key, value in part.items() if key != "source"}
    return {**known, USE: f"{file_of(part['source'])}:{part[USE]}"}


def _reference_part(spec: Spec) -> Part:
    """Return the reference policy, said or by default; nothing where none is read."""
    reference = spec.objective.reads_reference
    return {} if reference is None else {"reference": reference.model_dump(mode="json")}


def _importance_part(spec: Spec) -> Part | None:
    """Return the settings of the importance weights; None where there are none.

    `auto` is what the engine's declaration says. The mode `token` is not named: it was the only one.
    """
    correction = spec.objective.importance_correction
    mode = declared_engine(spec.rollout.engine).importance if correction.mode == "auto" else correction.mode
    if mode == "off":
        return None
    return {"cap": correction.cap} if mode == "token" else {"mode": mode, "cap": correction.cap}
