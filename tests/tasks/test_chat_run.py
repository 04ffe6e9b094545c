"""Two iterations of tiny policies of chat formats: responses end with exactly the tokens that the plan names."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from flows.cli.plan import plan
from infra.paths import LOGS
from infra.store import Store
from specs.load import load_spec
from tasks.data.encode import encode
from tasks.data.prompts import PromptFormat
from tasks.engines import open_run
from tasks.records import FinishReason, Message, Problem
from tasks.run.artifacts import rollouts_of, verdicts_of
from tasks.stages import remake_start
from tests.tasks.data.chat_forms import FORMS, QUESTION, TURNS, Form, backend, write
from tests.tasks.small_run import iterate

SPEC = """\
name: chat-run
policy: {{model: {model}, dtype: float32}}
data: {{train: {rows}, verifier: "{verifier}:even"}}
rollout: {{engine: {engine}, prompts: 3, samples: 24, max_prompt_tokens: 96, max_response_tokens: 48}}
train: {{iterations: 2, minibatch_prompts: 3, learning_rate: 1.0e-3, token_budget: 4096, zero_stage: 0}}
placement: {{threads: 1}}
store: {store}
"""
# The second assertion would stop the run.
VERIFIER = """\
def even(reference, response_text):
    assert not any(end in response_text for end in {ends!r}), response_text
    return len(response_text) % 2 == 0
"""
NAMES = ("Qwen3", "DeepSeek-R1-Distill-Llama", "gemma-3", "Phi-3.5")
vllm = [
    pytest.mark.vllm,
    pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed (extra `cpu`)"),
]


def write_policy(form: Form, folder: Path) -> Path:
    """Write a policy of the model's own architecture, with random weights and its tokenizer."""
    made = backend(form)
    config = AutoConfig.for_model(
        form.model_type,
        vocab_size=made.get_vocab_size(),
        hidden_size=64,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=32,  # the least that vLLM has on a CPU
        max_position_embeddings=256,
        bos_token_id=None,
        eos_token_id=made.token_to_id(form.eos),
        pad_token_id=made.token_to_id(form.pad),
    )
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config, dtype=torch.float32).save_pretrained(folder)
    whole = (folder / "config.json").read_text()
    write(form, folder)
    (folder / "config.json").write_text(whole)
    return folder


@pytest.fixture(autouse=True)
def _logs_removed() -> Iterator[None]:
    yield
    shutil.rmtree(LOGS / f"chat-run-{os.getpid()}", ignore_errors=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "engine"),
    [
        *((name, "transformers") for name in NAMES),
        *(pytest.param(name, "vllm", marks=vllm) for name in ("Qwen3", "Phi-3.5")),
    ],
)
def test_responses_end_with_the_end_tokens_alone(name: str, engine: str, tmp_path: Path) -> None:
    form = FORMS[name]
    names = dict.fromkeys(("", form.eos, *form.ends))
    questions: tuple[Any, ...] = ((("user", QUESTION),), TURNS, (("user", "What is twice that?"),))
    prompts = [tuple(Message(role=role, content=text) for role, text in turns) for turns in questions]
    rows, verifier, spec = tmp_path / "rows.jsonl", tmp_path / "judge.py", tmp_path / "spec.yaml"
    rows.write_text("".join(json.dumps({"prompt": prompt, "answer": "7"}) + "\n" for prompt in prompts))
    verifier.write_text(VERIFIER.format(ends=[end for end in names if end]))
    model, store = write_policy(form, tmp_path / "model"), tmp_path / "store"
    text = SPEC.format(model=model, rows=rows, verifier=verifier, engine=engine, store=store.as_uri())
    spec.write_text(text)
    loaded = load_spec(spec, [], environ={})

    said = next(line for line in plan(loaded, Store(loaded.spec.store)).splitlines() if "response ends" in line)
    with open_run.opened(loaded.spec, Store(loaded.spec.store), remake_start) as run:
        iterate(run, 2)
        ends = run.experiment.end_tokens
        tokenizer = run.dataset.tokenizer
        assert {*tokenizer.convert_ids_to_tokens(list(ends))} == {end for end in names if end}
        assert said == "a response ends with " + ", ".join(f"{tokenizer.decode([end])} ({end})" for end in ends)
        for problem, prompt in zip(run.dataset.train, prompts, strict=True):
            asked = Problem(problem.problem.id, prompt, problem.problem.verifier, problem.problem.reference)
            assert problem == encode(asked, tokenizer, PromptFormat())
        seen: Counter[int] = Counter()
        lineages = set()
        for k in range(2):
            rollouts = rollouts_of(run.session, [step.key for step in run.experiment.rollouts(k)])
            verdicts = verdicts_of(run.session, run.experiment.reward(k).key)
            assert len(rollouts) == len(verdicts) == 72
            lineages |= {each.lineage for each in rollouts}
            for rollout in rollouts:
                stopped = rollout.response_ids[-1] in ends
                assert rollout.finish_reason is (FinishReason.STOP if stopped else FinishReason.LENGTH)
                assert stopped or len(rollout.response_ids) == 48
                assert not {*rollout.response_ids[:-1]} & {*ends}
                assert len(rollout.logprobs) == len(rollout.response_ids)
                seen.update(rollout.response_ids[-1:] if stopped else ())
        assert set(seen) == set(ends), "each of them ended a response"
        assert len(lineages) == 2, "the second iteration is sampled from a trained policy"
