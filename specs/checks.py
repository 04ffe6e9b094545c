"""The rules that join two keys of a spec. Each broken one is a line that names both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from specs.advantages import PassAtK
from specs.engines import declared_engine
from specs.objectives import ClipCov, PluginObjective
from specs.reward_checks import reward_rules
from specs.sections import Sections
from specs.sources import NOT_READ, DataPart, parts_of

HELDOUT = "heldout"  # the suite of the data.heldout problems; every other one is declared in a file


def broken_rules(spec: Sections) -> list[str]:
    """Return one line for each rule that `spec` breaks; empty when it is sound."""
    rules = (_policy, _data, _rollout, reward_rules, _train, _reference, _objective, _placement, _evaluate)
    return [line for rule in rules for line in rule(spec)]


def _policy(spec: Sections) -> Iterator[str]:
    policy = spec.policy
    scratch, fork = policy.init == "scratch", not isinstance(policy.init, str)
    if scratch and policy.model is not None:
        yield (
            f"policy.model: got {policy.model!r}, but policy.init is scratch; drop it, or set policy.init to "
            "pretrained to train it"
        )
    if fork and policy.model is not None:
        yield (
            f"policy.model: got {policy.model!r}, but policy.init names a run, whose model it is; drop it, or "
            "set it to null"
        )
    if fork and spec.warm_start is not None:
        yield "warm_start: not with policy.init naming a run, whose policy is trained already; set it to null"
    if not scratch and not fork and policy.model is None:
        yield "policy.model: missing; name a model, or set policy.init to scratch"
    parts = parts_of(spec.data)
    for part in [each for each in parts if scratch and each.declared.puzzle_words is False][:1]:
        yield (
            f"policy.init: scratch makes a policy on a puzzle's vocabulary, but {part.key} is {part.data.train!r}; "
            "train a model on these rows by policy.init: pretrained with policy.model (a folder or hub name), or set "
            "data.train to puzzle:<name> or to a source of your own in a puzzle's words (my_source.py:Name)"
        )
    if policy.architecture is not None:
        if not scratch:
            yield "policy.architecture: only with policy.init: scratch; drop it"
        if policy.architecture.hidden % policy.architecture.heads:
            yield (
                f"policy.architecture.hidden: {policy.architecture.hidden} is not a multiple of "
                f"policy.architecture.heads {policy.architecture.heads}"
            )
    if policy.revision is not None and policy.model is None:
        yield "policy.revision: only with policy.model; drop it"
    without = [each for each in parts if each.declared.demonstrations is False]
    for part in without[:1] if spec.warm_start is not None and not fork else ():
        yield (
            f"warm_start: needs demonstrations, which this source has not; {part.key} is {part.data.train!r}; "
            "set warm_start to null"
        )


def _data(spec: Sections) -> Iterator[str]:
    parts = parts_of(spec.data)
    for part in parts:
        yield from _source(part)
    mixture = spec.data.train if isinstance(spec.data.train, dict) else {}
    for key in ("verifier", "subset", "revision") if mixture else ():
        value, taken = getattr(spec.data, key), [part for part in parts if getattr(part.data, key) is not None]
        if value is not None and not any(getattr(mixture[part.name], key) is None for part in taken):
            yield f"data.{key}: got {value!r}, which no part of data.train takes: each has its own, or none; drop it"


def _source(part: DataPart) -> Iterator[str]:
    data, source, at = part.data, part.declared, part.at
    if re.match(r"\w+://[^/]*@", data.source):
        yield (
            f"{part.key}: holds credentials, which would be recorded with the run; give them by environment or profile"
        )
    if (suffix := next(filter(data.source.lower().endswith, NOT_READ), None)) is not None:
        yield (
            f"{part.key}: got {data.source!r}, but no source reads {suffix}; convert it to JSONL, CSV or Parquet, or "
            "read it by a source of your own: my_source.py:Name"
        )
    if source.own_verifier and data.verifier is not None:
        yield (
            f"{at}.verifier: got {data.verifier!r}, but {part.key} {data.train!r} brings its own; drop it, or use rows "
            f"of your own: {part.key}: my_rows.jsonl with policy.init: pretrained and policy.model, or {part.key}: "
            "my_source.py:Name"
        )
    if source.own_verifier is False and data.verifier is None:
        yield (
            f"{at}.verifier: missing; {part.key} {data.train!r} is no puzzle, so name its verifier (math, code, "
            "choice, my_verifier.py:name)"
        )
    if data.verifier == "code" and data.answer_after is not None:
        yield f"{at}.answer_after: got {data.answer_after!r}, but {at}.verifier code reads tests, not text; drop it"
    if not source.hub:
        for key, value in (("subset", data.subset), ("revision", data.revision)):
            if value is not None:
                yield f"{at}.{key}: only with an hf:// dataset, but {part.key} is {data.train!r}; drop it"


def _rollout(spec: Sections) -> Iterator[str]:
    rollout = spec.rollout
    if rollout.samples < 2:
        yield (
            f"rollout.samples: {rollout.samples} makes no group, which advantage.estimator {spec.advantage.estimator} "
            "needs; want >= 2"
        )
    if rollout.problems is not None and rollout.problems < rollout.drawn:
        times = f" x rollout.oversample {rollout.oversample:g}" if rollout.oversample > 1 else ""
        yield (
            f"rollout.problems: {rollout.problems} is less than the rollout.prompts {rollout.prompts}{times} of an "
            "iteration, which are all different; raise it"
        )
    truncated = [f"rollout.top_p {rollout.top_p}"] * (rollout.top_p < 1) + [f"rollout.top_k {rollout.top_k}"] * (
        rollout.top_k > 0
    )
    if truncated:
        yield (
            f"{truncated[0].replace(' ', ': ')} truncates the distribution sampled from, which the trainer does not: "
            f"the ratio of objective.kind {spec.objective.kind} and objective.importance_correction would be wrong; "
            "set rollout.top_p to 1 and rollout.top_k to 0"
        )
    if spec.policy.made is not None:
        yield from window_rule(spec, spec.policy.made.max_positions, "policy.architecture.max_positions")


def window_rule(spec: Sections, window: int, source: str) -> Iterator[str]:
    """Yield a line where the longest prompt and response exceed the model's window, in tokens, that `source` states."""
    prompt, response = spec.rollout.max_prompt_tokens, spec.rollout.max_response_tokens
    if prompt + response > window:
        yield (
            f"rollout.max_prompt_tokens: {prompt} + rollout.max_response_tokens {response} = {prompt + response} "
            f"tokens exceed the model's window of {window} ({source})"
        )


def _train(spec: Sections) -> Iterator[str]:
    if spec.policy.dtype == "bfloat16" and spec.train.zero_stage == 0:
        yield "train.zero_stage: 0 keeps no float32 master weights, which policy.dtype bfloat16 needs; use 1, 2 or 3"
    train, rollout, objective = spec.train, spec.rollout, spec.objective
    if rollout.prompts % train.minibatch_prompts:
        yield f"train.minibatch_prompts: {train.minibatch_prompts} does not divide rollout.prompts {rollout.prompts}"
    longest = rollout.max_prompt_tokens + rollout.max_response_tokens
    if train.token_budget < longest:
        yield (
            f"train.token_budget: {train.token_budget} is less than one longest row, rollout.max_prompt_tokens "
            f"{rollout.max_prompt_tokens} + rollout.max_response_tokens {rollout.max_response_tokens} = "
            f"{longest} tokens"
        )
    if train.schedule == "constant":
        if train.decay_steps is not None:
            yield "train.decay_steps: has no effect with train.schedule constant; drop it"
        if train.min_ratio != 0.0:
            yield "train.min_ratio: has no effect with train.schedule constant; drop it"
    elif train.decay_steps is None:
        yield (
            f"train.decay_steps: missing; train.schedule {train.schedule} needs it (train.iterations is no part of the "
            "mathematics)"
        )
    if isinstance(spec.advantage, PassAtK) and spec.advantage.k >= rollout.samples:
        yield (
            f"advantage.k: {spec.advantage.k} is not less than rollout.samples {rollout.samples}: every group's Pass@k "
            "would be 0 or 1, and all advantages 0"
        )
    if objective.aggregation == "constant" and objective.constant_length is None:
        yield (
            "objective.constant_length: missing; objective.aggregation constant needs it (Dr. GRPO: "
            "rollout.max_response_tokens)"
        )
    if objective.aggregation != "constant" and objective.constant_length is not None:
        yield f"objective.constant_length: has no effect with objective.aggregation {objective.aggregation}; drop it"


def _reference(spec: Sections) -> Iterator[str]:
    objective, reference = spec.objective, spec.objective.reference
    if reference is None:
        return
    if objective.kl is None and not isinstance(objective, PluginObjective):
        yield (
            "objective.reference: has no effect without objective.kl; drop it, or set objective.kl (coefficient 0: the "
            "KL is measured alone)"
        )
    if reference.policy == "base":
        if spec.policy.adapter is None:
            yield (
                "objective.reference.policy: base is the model without policy.adapter, which is not set; set it, or "
                "want start"
            )
        if reference.reset_every is not None:
            yield (
                f"objective.reference.reset_every: got {reference.reset_every}, but objective.reference.policy base "
                "stays the same; drop it, or want start"
            )


def _objective(spec: Sections) -> Iterator[str]:
    objective = spec.objective
    if (target := objective.entropy_target) is not None:
        if objective.entropy_coefficient:
            yield (
                f"objective.entropy_coefficient: {objective.entropy_coefficient} is not beside "
                "objective.entropy_target, whose coefficient adapts; drop one of them"
            )
        if target.min > target.max:
            yield (
                f"objective.entropy_target.min: {target.min} exceeds objective.entropy_target.max {target.max}; want "
                "min <= max"
            )
    if isinstance(objective, ClipCov) and objective.covariance_low >= objective.covariance_high:
        yield (
            f"objective.covariance_low: {objective.covariance_low} is not below objective.covariance_high "
            f"{objective.covariance_high}: no token would be drawn"
        )


def _placement(spec: Sections) -> Iterator[str]:
    placement = spec.placement
    gpus, ranks, tensor_parallel = placement.gpus, placement.ranks, placement.tensor_parallel
    if tensor_parallel > 1 and not declared_engine(spec.rollout.engine).tensor_parallel:
        yield f"placement.tensor_parallel: {tensor_parallel} needs rollout.engine vllm, got {spec.rollout.engine}"
    if gpus == 0:
        if tensor_parallel > 1:
            yield f"placement.tensor_parallel: {tensor_parallel} needs GPUs, but placement.gpus is 0; set it to 1"
    elif placement.layout == "colocated":
        if ranks != gpus:
            yield f"placement.ranks: {ranks} differs from placement.gpus {gpus}; colocated, each GPU has one rank"
        if gpus % tensor_parallel:
            yield f"placement.tensor_parallel: {tensor_parallel} does not divide placement.gpus {gpus}"
    elif ranks >= gpus:
        yield (
            f"placement.ranks: {ranks} leaves none of placement.gpus {gpus} to the engine; placement.layout is separate"
        )
    elif (gpus - ranks) % tensor_parallel:
        yield (
            f"placement.tensor_parallel: {tensor_parallel} does not divide the {gpus - ranks} GPUs that placement.gpus "
            f"{gpus} - placement.ranks {ranks} leave to the engine"
        )
    if placement.layout == "separate" and placement.sleep != "none":
        yield (
            f"placement.sleep: got {placement.sleep!r}, but with placement.layout separate engine and trainer share no "
            "memory; want none"
        )
    for key in ("gpu_memory_gib", "gpu_memory_utilization") if gpus == 0 else ():
        if (value := getattr(placement, key)) is not None:
            yield f"placement.{key}: got {value:g}, but placement.gpus is 0; drop it"
    for key in ("gpu_memory_utilization", "max_num_seqs", "max_num_batched_tokens"):
        if getattr(placement, key) is not None and spec.rollout.engine == "transformers":
            yield f"placement.{key}: has no effect with rollout.engine transformers; drop it"
    sequences, batched = placement.max_num_seqs, placement.max_num_batched_tokens
    if sequences is not None and batched is not None and batched < sequences:
        yield (
            f"placement.max_num_batched_tokens: {batched} is less than placement.max_num_seqs {sequences}, which take "
            "a token each in a step; raise it, or lower that"
        )
    if placement.trainer_sleeps:
        yield from (f"placement.trainer_sleeps: {reason}; set it to false" for reason in _wakeful(spec))
    if placement.offload_optimizer == "cpu" and spec.train.zero_stage == 0:
        yield "placement.offload_optimizer: cpu needs train.zero_stage 1, 2 or 3, got 0"
    if spec.rollout.prompts * spec.rollout.samples < ranks:
        yield (
            f"placement.ranks: {ranks} exceeds the responses of an iteration, rollout.prompts {spec.rollout.prompts} "
            f"x rollout.samples {spec.rollout.samples}"
        )


def _wakeful(spec: Sections) -> Iterator[str]:
    """Yield why the trainer cannot sleep."""
    if spec.placement.gpus == 0:
        yield "on the CPU (placement.gpus 0) there is no other memory to move to"
    elif spec.placement.sleep != "rollout":
        yield f"it takes turns with a rollout engine that sleeps, and placement.sleep is {spec.placement.sleep}"
    if spec.train.zero_stage != 3:
        yield f"DeepSpeed gives back a policy's memory at train.zero_stage 3, got {spec.train.zero_stage}"
    if spec.placement.offload_optimizer == "cpu":
        yield "placement.offload_optimizer cpu keeps masters and moments on the host already"
    if spec.policy.adapter is not None:
        yield "DeepSpeed moves the weights of a model that is trained as a whole, and policy.adapter trains a part"


def _evaluate(spec: Sections) -> Iterator[str]:
    evaluate = spec.evaluate
    if evaluate.samples < max(evaluate.ks):
        yield (
            f"evaluate.samples: {evaluate.samples} is less than the largest of evaluate.ks, {max(evaluate.ks)}; "
            "Pass@k needs n >= k: raise it, or shorten evaluate.ks"
        )
    if len(set(evaluate.suites)) < len(evaluate.suites):
        yield f"evaluate.suites: {list(evaluate.suites)} names one twice; name each once"
    if HELDOUT in evaluate.suites and spec.data.heldout == 0:
        yield f"evaluate.suites: {HELDOUT} needs data.heldout > 0, got 0; raise it, or name another suite, or none: []"
    if evaluate.problems is not None and evaluate.suites == (HELDOUT,) and evaluate.problems > spec.data.heldout:
        yield (
            f"evaluate.problems: {evaluate.problems} exceeds data.heldout {spec.data.heldout}; lower it, or raise that"
        )
    if evaluate.temperature == 0 and evaluate.samples > 1:
        yield (
            f"evaluate.temperature: 0 gives {evaluate.samples} times the same response (evaluate.samples); want "
            "samples 1 and ks [1], or a temperature"
        )
    if spec.policy.made is not None and evaluate.max_response_tokens is not None:
        longest = spec.rollout.max_prompt_tokens + evaluate.max_response_tokens
        if longest > spec.policy.made.max_positions:
            yield (
                f"evaluate.max_response_tokens: {evaluate.max_response_tokens} + rollout.max_prompt_tokens "
                f"{spec.rollout.max_prompt_tokens} tokens "
                f"exceed the model's window of {spec.policy.made.max_positions} (policy.architecture.max_positions)"
            )
    cron, zone = spec.schedule.nightly_eval, spec.schedule.timezone
    if cron is not None and not re.fullmatch(r"\S+( +\S+){4}", cron.strip()):
        yield f"schedule.nightly_eval: got {cron!r}, want five cron fields (minute hour day month weekday)"
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield f"schedule.timezone: got {zone!r}, want an IANA name such as Europe/Zurich"
