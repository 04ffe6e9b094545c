"""Checks of a valid spec against what lies around it: store address, model's window, control."""

from __future__ import annotations

import json
from pathlib import Path

from specs.checks import window_rule
from specs.identity import adapter_part, data_part, identity, rollout_part, warm_start_part
from specs.paths import config_of, file_path, file_uri, from_root, shown
from specs.schema import Spec


def absolute_store(text: str, from_file: bool) -> tuple[str, list[str]]:
    """Return the store's absolute URI, and what is wrong with it.

    A folder without a scheme is relative to the repository root where a spec file names it, to the current directory
    where the environment or `--set` does.
    """
    scheme, found, rest = text.partition("://")
    if not found and text.startswith(("file:", "s3:")):
        return text, [f"got {text!r}, want file:///path, s3://bucket/path, or a plain folder"]
    if not found:
        folder = Path(text).expanduser()
        return file_uri(from_root(str(folder)) if from_file else folder), []
    if scheme == "file" and not rest.startswith("/"):
        return text, [f"got {text!r}, want an absolute file:///path, or a plain folder"]
    if scheme not in ("file", "s3"):
        return text, [f"got scheme {scheme!r}, want file:// or s3://, or a plain folder"]
    if "@" in rest.partition("/")[0]:
        return text, ["holds credentials; they come from the environment or a profile, never from a spec"]
    if not rest.strip("/"):
        return text, [f"got {text!r}, want a bucket or a folder after {scheme}://"]
    return file_uri(file_path(text)) if scheme == "file" else text.rstrip("/"), []


def model_problems(spec: Spec) -> list[str]:
    """Return lines where lengths or tensor parallel size do not fit a model whose config.json is at hand."""
    path = config_of(spec.policy.model) if spec.policy.model is not None else None
    return config_problems(spec, path, f"policy.model: {shown(path)}") if path is not None else []


def config_problems(spec: Spec, path: Path, source: str) -> list[str]:
    """Return lines where lengths or tensor parallel size do not fit the config.json at `path`, named as `source`."""
    config = json.loads(path.read_text(encoding="utf-8"))
    window, heads = config.get("max_position_embeddings"), config.get("num_attention_heads")
    problems = list(window_rule(spec, window, source)) if isinstance(window, int) else []
    parallel = spec.placement.tensor_parallel
    if isinstance(heads, int) and heads % parallel:
        problems.append(
            f"placement.tensor_parallel: {parallel} does not divide the {heads} attention heads of the model ({source})"
        )
    return problems


def control_problems(path: Path, control: Path | None) -> list[str]:
    """Return lines where the control is the spec itself, or no file."""
    if control is None:
        return []
    if control.resolve() == path.resolve():
        return [f"control: {shown(path)} names itself; a control of its own says `control: null`"]
    if control.is_file():
        return []
    return [f"control: no such spec file: {control.resolve()} (a relative path starts beside the file that says it)"]


def comparison_problems(spec: Spec, control: Spec, where: str) -> list[str]:
    """Return lines where a control does not begin as the experiment does, or does not differ from it."""
    problems = []
    if control.control is not None:
        problems.append(f"control: {where} names a control of its own, {control.control!r}; set it to null there")
    if control.name == spec.name:
        problems.append(f"name: {where} has the same name as the run that it is the control of, {spec.name!r}")
    if data_part(control) != data_part(spec):
        problems.append(f"control: {where} differs in data; experiment and control must train on the same problems")
    if [warm_start_part(control), adapter_part(control)] != [warm_start_part(spec), adapter_part(spec)]:
        problems.append(
            f"control: {where} differs in policy, warm_start or seed; experiment and control must start from the same "
            "policy"
        )
    if rollout_part(control) != rollout_part(spec) or _shared(control) != _shared(spec):
        problems.append(
            f"control: {where} differs in rollout, placement, train.zero_stage, train.gradient_checkpointing or store; "
            "experiment and control share engines and first rollouts"
        )
    if identity(control) == identity(spec):
        problems.append(
            f"control: {where} is the same experiment (identity {identity(spec)}); it must differ, as in "
            "advantage.estimator"
        )
    return problems


def _shared(spec: Spec) -> tuple[object, ...]:
    """Return what runs of one flow share: the settings that say where engines run and how they are built."""
    return (
        spec.placement,
        spec.store,
        spec.train.zero_stage,
        spec.train.gradient_checkpointing,
        spec.rollout.max_prompt_tokens,
    )
