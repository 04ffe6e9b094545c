"""What a policy is asked, and how its responses end: suites as they are declared, tokenizer, longest response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast

from infra.caching import Step
from infra.store import Store
from specs.checks import HELDOUT
from specs.errors import SpecError
from specs.identity import warm_start_part
from specs.paths import from_root
from specs.policy import Fork
from specs.schema import Spec
from tasks.checkpoint.fork import find_source
from tasks.checkpoint.weights import model_folder
from tasks.data.dataset import tokenizer_of
from tasks.data.end_tokens import end_tokens
from tasks.errors import DataError
from tasks.evaluate.suites.declare import SuiteDeclaration, read_suite
from tasks.evaluate.suites.load import suite_fingerprint


@dataclass(frozen=True)
class SuiteStep:
    """The step that keeps a suite's problems, and what of its declaration decides its evaluation."""

    step: Step
    template: str
    verifier: str
    sampling: Mapping[str, Any]


def declarations(suites: Sequence[str]) -> dict[str, SuiteDeclaration | None]:
    """Return the declaration of each suite by its name; None for held-out problems, which no file declares."""
    found: dict[str, SuiteDeclaration | None] = {}
    for text in suites:
        try:
            declared = None if text == HELDOUT else read_suite(text)
        except DataError as error:
            raise SpecError(f"evaluate.suites: {error}") from None
        name = HELDOUT if declared is None else declared.name
        if name in found:
            raise SpecError(f"evaluate.suites: two suites are called {name}; give one of them another `name`")
        found[name] = declared
    return found


def suite_step(declared: SuiteDeclaration, spec: Spec, version: int) -> SuiteStep:
    """Return the step that keeps a suite's problems. `version`: the stage's."""
    inputs = {"suite": declared.name, "source": suite_fingerprint(declared, stand_ins(spec))}
    step = Step("suite", version, inputs)
    return SuiteStep(step, declared.prompt, declared.verifier_name, declared.sampling.model_dump())


def prompting(spec: Spec, store: Store) -> tuple[PreTrainedTokenizerFast, tuple[int, ...]]:
    """Return the tokenizer of a spec's policy and the tokens that end its responses, without its weights."""
    if isinstance(spec.policy.init, Fork):
        model: Path | None = find_source(spec, store).folder
    else:
        model = model_folder(warm_start_part(spec)["policy"], download=True, weights=False)
    tokenizer = tokenizer_of(model)
    return tokenizer, end_tokens(tokenizer, model, spec.data.chat_template_kwargs)


def longest_response(spec: Spec) -> int:
    """Return how many tokens a response may have, in training or in an evaluation: the engine must hold it."""
    if spec.evaluate.max_response_tokens:
        return max(spec.rollout.max_response_tokens, spec.evaluate.max_response_tokens)
    own = [read_suite(name).sampling.max_response_tokens for name in spec.evaluate.suites if name != HELDOUT]
    return max(spec.rollout.max_response_tokens, *own, 0)


def stand_ins(spec: Spec) -> Path | None:
    """Return the folder that is read instead of the hub, where the spec names one."""
    return None if spec.evaluate.stand_ins is None else from_root(spec.evaluate.stand_ins)
