"""An engine that somebody else runs: a model behind an OpenAI-compatible server (vLLM), by /v1/completions.

Token ids in, token ids out. One request per sample, each with its own seed, so that sample i is the same however many
are drawn. The server has its own weights: there is no `load`, and its answer to /v1/models (`describe`) is all that
is known of them.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import random
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from infra.errors import EngineError
from tasks.rollout import completions
from tasks.rollout.protocol import Completion, Completions, PromptGroup, Sampling

log = logging.getLogger("armature")
T = TypeVar("T")

RETRY_S = 90.0  # of one request, from its first failure to its last attempt
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0  # pauses double from one to the other
CONNECT_S = 10.0
#: What passes: too many requests; a server, or the one before it, that is not there for a while.
BUSY = frozenset({429, 502, 503, 504})
_now, _sleep = time.monotonic, asyncio.sleep


class Endpoint:
    """A model behind a server.

    `url`: the server's, with or without /v1; `model`: a name that it serves; `deadline_s`: of one call of `generate`;
    `api_key_env`: the environment variable that holds the key (none is sent where it is not set); `at_once`: requests
    in flight. The constructor asks the server what it serves, and how it counts log-probabilities. Raises
    EngineError.
    """

    def __init__(
        self, url: str, model: str, *, deadline_s: float, api_key_env: str = "OPENAI_API_KEY", at_once: int = 64
    ) -> None:
        assert at_once >= 1, at_once
        self._base, self._model, self._deadline_s, self._at_once = base_url(url), model, deadline_s, at_once
        self._key_env, self._key = api_key_env, _key(api_key_env)
        self._waiting = False
        asyncio.run(self._within(self._meet()))

    def describe(self) -> dict[str, Any]:
        """Return what the server's /v1/models says of the model.

        `id`, `root` (what was loaded), `max_model_len` (tokens); and `logprobs`: sampled (after temperature and
        truncation) or raw.
        """
        return {**self._card, "logprobs": self._kind}

    def generate(self, groups: Sequence[PromptGroup], sampling: Sampling) -> Completions:
        """Return a sample for each seed of each group.

        `logprobs` are None where the server's are of another distribution than the one sampled from
        (raw, at a temperature other than 1 or with truncation); entropies are never given. Raises EngineError.
        """
        longest, window = max((len(group.prompt_ids) for group in groups), default=0), self._card["max_model_len"]
        if window is not None and longest + sampling.max_tokens > window:
            raise self._error(
                f"a prompt of {longest} tokens and a response of {sampling.max_tokens} exceed its max_model_len of "
                f"{window}; shorten one of them"
            )
        done: Completions = asyncio.run(self._within(self._sample(groups, sampling)))
        return done

    async def _within(self, work: Awaitable[Any]) -> Any:
        try:
            async with asyncio.timeout(self._deadline_s):
                return await work
        except TimeoutError as error:
            raise self._error(
                f"no full answer within {self._deadline_s:.0f} s; it is slow, or hangs: "
                "raise the deadline, or ask less at once"
            ) from error

    async def _meet(self) -> None:
        async with self._client() as client:
            served = await self._models(client)
            if self._model not in served:
                raise self._error(f"it does not serve this model, but {_names(served)}")
            card = served[self._model]
            self._card: dict[str, Any] = {
                "id": self._model,
                "root": card.get("root"),
                "max_model_len": card.get("max_model_len"),
            }
            probe = await self._post(client, completions.request(self._model, (0,), 0, completions.PROBE, logprobs=2))
            self._kind = self._checked(lambda: completions.probed(probe))

    async def _sample(self, groups: Sequence[PromptGroup], sampling: Sampling) -> Completions:
        self._waiting = False
        # httpx would queue them too, but looks through its whole queue at each answer: 3,000 requests took 78 s so,
        # 10 s like this.
        places = asyncio.Semaphore(self._at_once)

        async def one(client: httpx.AsyncClient, prompt_ids: tuple[int, ...], seed: int) -> Completion:
            async with places:
                reply = await self._post(client, completions.request(self._model, prompt_ids, seed, sampling))
            return self._checked(lambda: completions.completion(reply, prompt_ids, sampling, self._kind))

        async with self._client() as client:
            # The first error ends `generate`; asyncio.run cancels the others, and the server sees their connections
            # close.
            flat = await asyncio.gather(
                *(one(client, group.prompt_ids, seed) for group in groups for seed in group.seeds)
            )
        return Completions.of([flat])

    def _client(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=self._at_once, max_keepalive_connections=self._at_once)
        headers = {} if self._key is None else {"Authorization": f"Bearer {self._key}"}
        timeout = httpx.Timeout(None, connect=CONNECT_S)
        return httpx.AsyncClient(
            base_url=self._base, headers=headers, limits=limits, timeout=timeout, verify=_trusted()
        )

    async def _models(self, client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
        """Return the server's models, by name."""
        response = await self._with_retries(lambda: client.get("/v1/models"))
        if response.status_code == 404:
            raise self._error("it has no /v1/models; is this an OpenAI-compatible server?")
        body = self._json(response)
        try:
            return {str(card["id"]): card for card in body["data"]}
        except (KeyError, TypeError) as error:
            raise self._error(
                f"its /v1/models lists no models ({self._words(response)}); is this an OpenAI-compatible server?"
            ) from error

    async def _post(self, client: httpx.AsyncClient, body: dict[str, Any]) -> Any:
        response = await self._with_retries(lambda: client.post("/v1/completions", json=body))
        if response.status_code == 404:
            raise self._error(f"{self._words(response)}; it serves {_names(await self._models(client))}")
        return self._json(response)

    async def _with_retries(self, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """Return the answer, once the server is not busy. A request with a seed may be sent twice."""
        pause, first = SHORTEST_PAUSE_S, None
        while True:
            wanted = 0.0
            try:
                response = await send()
                if response.status_code not in BUSY:
                    return response
                reason, wanted = f"{response.status_code} ({self._words(response)})", _retry_after(response)
            except httpx.TransportError as error:
                reason = self._scrubbed(str(error) or type(error).__name__)
                if _untrusted(error):
                    raise self._error(f"{reason}; SSL_CERT_FILE names the certificates to trust") from None
            now = _now()
            first = now if first is None else first
            # Apart from one another, or all requests come back at the same moment.
            delay = max(pause * random.uniform(0.5, 1.0), wanted)
            if now + delay - first > RETRY_S:
                raise self._error(
                    f"{reason}, for {now - first:.0f} s; is it running, and reachable from here?"
                ) from None
            if not self._waiting:
                self._waiting = True
                log.warning("endpoint %s: %s; waiting for it, up to %.0f s", self._base, reason, RETRY_S)
            await _sleep(delay)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _json(self, response: httpx.Response) -> Any:
        if response.status_code in (401, 403):
            held = "is not set" if self._key is None else "holds a key that it refuses"
            raise self._error(
                f"{response.status_code}: {self._key_env} {held}; export {self._key_env} with a key of this server"
            )
        if response.status_code != 200:
            raise self._error(f"{response.status_code}: {self._words(response)}")
        try:
            return response.json()
        except ValueError as error:
            raise self._error(
                f"its answer is no JSON ({self._words(response)}); is this an OpenAI-compatible server?"
            ) from error

    def _words(self, response: httpx.Response) -> str:
        """Return the server's own message, on one line."""
        try:
            body = response.json()
            error = body.get("error", body)
            text = str(error["message"] if isinstance(error, dict) else error)
        except (ValueError, KeyError, AttributeError):
            text = response.text
        return " ".join(self._scrubbed(text).split())[:500] or response.reason_phrase

    def _scrubbed(self, text: str) -> str:
        return text if self._key is None else text.replace(self._key, "***")

    def _checked(self, check: Callable[[], T]) -> T:
        try:
            return check()
        except EngineError as error:
            raise self._error(self._scrubbed(str(error))) from None

    def _error(self, what: str) -> EngineError:
        return EngineError(f"endpoint {self._base} ({self._model}): {what}")


def base_url(url: str) -> str:
    """Return the server's address without /v1. EngineError, which shows no secret, where it is none or holds one."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
        shown = f"{parts.scheme}://{parts.hostname or ''}"  # without what may be a secret
        raise EngineError(
            f"endpoint {shown}...: the address of a server is needed, such as http://host:8000 "
            "(no user, password or query in it)"
        )
    return url.rstrip("/").removesuffix("/v1")


def _key(name: str) -> str | None:
    """Return the key, which no message may show.

    EngineError for one that no HTTP header can hold: the error of the HTTP library would show it.
    """
    key = os.environ.get(name)
    if key is not None and (not key.isascii() or not key.isprintable() or " " in key or not key):
        raise EngineError(
            f"{name}: is empty, or has spaces, line ends or characters outside ASCII; "
            "export it with the key alone, or unset it"
        )
    return key


def _names(served: dict[str, Any]) -> str:
    return ", ".join(sorted(served)) or "none"


def _retry_after(response: httpx.Response) -> float:
    """Return the seconds that the server asks for; 0 where it names none (or a date, which nobody does here)."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else 0.0


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates to trust, read once (20 ms)."""
    return httpx.create_ssl_context()


def _untrusted(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None
