"""The body of a request to a server's /v1/completions for one sample, and the checks of its reply.

vLLM's fields (`return_token_ids`, `stop_token_ids`, `ignore_eos`, ...) are not OpenAI's. Every setting is sent, also
those that are off: vLLM takes a setting that is left out from the model's generation_config.json. Its `token_ids`
hold the sampled end token (only the text leaves it out): seen on 0.32.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from infra.errors import EngineError
from tasks.records import FinishReason
from tasks.rollout.protocol import Completion, Sampling

PLACEHOLDER = "token_id:"  # what vLLM puts before a token's id where its text would be (return_tokens_as_token_ids)
SHARP = 1e-3  # natural log-probabilities of one token may exceed 0 by rounding only; a logit exceeds it by far more
NORMALISED = 1e-5  # two float32 probabilities that sum to 1

# Two survivors at temperature 2: their probabilities sum to 1 if the server's log-probabilities are of the
# distribution sampled from.
PROBE = Sampling(temperature=2.0, max_tokens=8, stop_token_ids=(), top_k=2)

Kind = Literal["sampled", "raw"]  # log-probabilities after temperature and truncation, or before both


def request(
    model: str, prompt_ids: Sequence[int], seed: int, sampling: Sampling, *, logprobs: int = 0
) -> dict[str, Any]:
    """Return the body for one sample of a prompt [prompt tokens].

    `logprobs`: the number of the likeliest tokens, beside the sampled one, whose log-probabilities are asked for.
    """
    return {
        "model": model,
        "prompt": list(prompt_ids),
        "add_special_tokens": False,
        "n": 1,
        "seed": seed,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "max_tokens": sampling.max_tokens,
        "stop_token_ids": list(sampling.stop_token_ids),
        "ignore_eos": True,  # `stop_token_ids` says all
        "logprobs": logprobs,
        "return_token_ids": True,
        "return_tokens_as_token_ids": True,
    }


def completion(reply: Any, prompt_ids: Sequence[int], sampling: Sampling, kind: Kind) -> Completion:
    """Return the reply as a completion, checked against what was asked for.

    `kind`: of the server's log-probabilities (`probed`); those of another distribution than the one sampled from are
    left out. Raises EngineError.
    """
    choice = _choice(reply)
    ids, prompt = choice.get("token_ids"), choice.get("prompt_token_ids")
    if not isinstance(ids, list) or not ids:
        raise EngineError(
            f"the reply has no token ids (token_ids: {ids!r}); token ids are the record here and text is never "
            "tokenised again: a server is needed that honours `return_token_ids`, such as vLLM"
        )
    usage = reply.get("usage") or {}
    _same("usage.prompt_tokens", len(prompt_ids), usage.get("prompt_tokens"))
    if prompt is not None:
        _same("prompt_token_ids", list(prompt_ids), prompt)
    _same("usage.completion_tokens", len(ids), usage.get("completion_tokens"))
    logprobs = _logprobs(choice, ids)
    finish = _finish_reason(choice, ids, sampling)
    if sampling.temperature == 0.0:
        return Completion(tuple(ids), (0.0,) * len(ids), finish)
    plain = sampling.temperature == 1.0 and sampling.top_p == 1.0 and sampling.top_k == 0
    return Completion(tuple(ids), tuple(logprobs) if plain or kind == "sampled" else (), finish)


def probed(reply: Any) -> Kind:
    """Return the kind of the server's log-probabilities, from its reply to `request(..., PROBE, logprobs=2)`.

    Raises EngineError where they are none.
    """
    choice = _choice(reply)
    try:
        rows = [list(row.values()) for row in choice["logprobs"]["top_logprobs"]]
        sums = [math.fsum(math.exp(value) for value in row) for row in rows if len(row) >= 2]
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise _not_logprobs(choice.get("logprobs")) from error
    if not sums or any(not total <= 1.0 + SHARP for total in sums):
        raise _not_logprobs(rows)
    return "sampled" if all(abs(total - 1.0) <= NORMALISED for total in sums) else "raw"


def _choice(reply: Any) -> Mapping[str, Any]:
    choices = reply.get("choices") if isinstance(reply, dict) else None
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        raise EngineError(
            f"the reply is no completion of one choice ({_short(reply)}); is this an OpenAI-compatible server?"
        )
    return choices[0]


def _same(what: str, expected: object, got: object) -> None:
    if expected != got:
        raise EngineError(
            f"{what}: expected {_short(expected)}, got {_short(got)}; another tokenizer or another model is behind "
            "this name, or something between alters requests: give the name and folder of the model that the prompts "
            "were encoded for"
        )


def _logprobs(choice: Mapping[str, Any], ids: Sequence[int]) -> list[float]:
    """Return those of the sampled tokens. Their ids stand beside them, and must be those of the response."""
    given = choice.get("logprobs")
    if not isinstance(given, dict):
        raise _not_logprobs(given)
    _same("logprobs.tokens", [f"{PLACEHOLDER}{each}" for each in ids], given.get("tokens"))
    values = given.get("token_logprobs")
    if (
        not isinstance(values, list)
        or len(values) != len(ids)
        or not all(isinstance(v, (int, float)) and math.isfinite(v) and v <= SHARP for v in values)
    ):
        raise _not_logprobs(values)
    return [float(value) for value in values]


def _not_logprobs(got: object) -> EngineError:
    return EngineError(
        f"log-probabilities were asked for, got {_short(got)}; start vLLM with --logprobs-mode processed_logprobs "
        "(or raw_logprobs)"
    )


def _finish_reason(choice: Mapping[str, Any], ids: Sequence[int], sampling: Sampling) -> FinishReason:
    reason, stops = choice.get("finish_reason"), sampling.stop_token_ids
    where = f"{len(ids)} of {sampling.max_tokens} tokens, the last {ids[-1]}, finish_reason {reason!r}"
    if any(each in stops for each in ids[:-1]):
        raise EngineError(
            f"{where}: the response goes on after an end token; the server ignores stop_token_ids {list(stops)}"
        )
    if reason == FinishReason.STOP and ids[-1] in stops:
        return FinishReason.STOP
    if reason == FinishReason.LENGTH and len(ids) == sampling.max_tokens and ids[-1] not in stops:
        return FinishReason.LENGTH
    raise EngineError(
        f"{where}, where stop at one of {list(stops)}, or length, was asked for: the server has limits or end tokens "
        "of its own (start vLLM with --generation-config vllm, and a --max-model-len that holds prompt and response)"
    )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:120]} ... {text[-30:]}"
