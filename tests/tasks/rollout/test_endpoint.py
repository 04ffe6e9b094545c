"""Against a small HTTP server that speaks the protocol and fails on demand; and once against vLLM's own server."""

from __future__ import annotations

import importlib.util
import json
import logging
import math
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from infra.errors import EngineError
from infra.resident import child_environment
from tasks.data.tokenizer import puzzle_tokenizer
from tasks.records import FinishReason
from tasks.rollout import endpoint as module
from tasks.rollout.endpoint import Endpoint
from tasks.rollout.protocol import PromptGroup, Sampling
from tasks.rollout.transformers_engine import TransformersEngine, TransformersOptions
from tests.one_line import one_line
from tests.tasks.rollout.tools import sampled

Body = dict[str, Any]
CANARY = "sk-canary-0123456789"
STOP = 7
PLAIN = Sampling(temperature=1.0, max_tokens=12, stop_token_ids=(STOP,))
GROUPS = [PromptGroup(tuple(range(10, 13 + g)), tuple(100 * g + s for s in range(5))) for g in range(4)]


class Fake:
    """A server of one model whose tokens follow from prompt and seed. `alter` changes a reply; `refuse` gives
    (status, body, headers) or None.
    """

    def __init__(self) -> None:
        self.kind, self.window = "sampled", 64
        self.alter: Callable[[Body, Body], Any] = lambda body, reply: reply
        self.refuse: Callable[[str, Body], tuple[int, Any, dict[str, str]] | None] = lambda path, body: None
        self.bodies: list[Body] = []
        self.headers: list[dict[str, str]] = []
        self.in_flight = self.most_in_flight = 0
        self.lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                self.answer({})

            def do_POST(self) -> None:
                self.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def answer(self, body: Body) -> None:
                status, reply, headers = fake.reply(self.path, body, dict(self.headers))
                data = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
                if status == 0:  # the connection breaks
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(data))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_: object) -> None:  # a client that has gone
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def reply(self, path: str, body: Body, headers: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        with self.lock:
            self.headers.append(headers)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if (refused := self.refuse(path, body)) is not None:
                return refused
            if path == "/v1/models":
                card = {"id": "tiny", "root": "/models/tiny", "max_model_len": self.window}
                return 200, {"object": "list", "data": [card, {"id": "other", "root": "x", "max_model_len": 8}]}, {}
            assert path == "/v1/completions"
            if body["top_k"] != 2:  # the question about log-probabilities
                self.bodies.append(body)
            return 200, self.alter(body, self.complete(body)), {}
        finally:
            with self.lock:
                self.in_flight -= 1

    def complete(self, body: Body) -> Body:
        draw = random.Random(f"{body['prompt']} {body['seed']}")
        ids: list[int] = []
        while len(ids) < body["max_tokens"] and (not ids or ids[-1] not in body["stop_token_ids"]):
            ids.append(draw.randrange(20))
        high = 0.7 if self.kind == "sampled" else 0.5  # two survivors: 0.7 + 0.3, or what else there was counted too
        names = [f"token_id:{each}" for each in ids]
        return {
            "model": "tiny",
            "choices": [
                {
                    "index": 0,
                    "text": "",
                    "token_ids": ids,
                    "prompt_token_ids": body["prompt"],
                    "finish_reason": "stop" if ids[-1] in body["stop_token_ids"] else "length",
                    "logprobs": {
                        "tokens": names,
                        "token_logprobs": [math.log(high)] * len(ids),
                        "top_logprobs": [{name: math.log(high), "token_id:999": math.log(0.3)} for name in names],
                    },
                }
            ],
            "usage": {"prompt_tokens": len(body["prompt"]), "completion_tokens": len(ids)},
        }

    def ids(self, prompt: tuple[int, ...], seed: int, sampling: Sampling) -> tuple[int, ...]:
        body = {
            "prompt": list(prompt),
            "seed": seed,
            "max_tokens": sampling.max_tokens,
            "stop_token_ids": list(sampling.stop_token_ids),
        }
        return tuple(self.complete(body)["choices"][0]["token_ids"])


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr(module, "SHORTEST_PAUSE_S", 0.01)
    monkeypatch.setattr(module, "RETRY_S", 0.5)
    server = Fake()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses of one request at a time, which pass on a clock of their own; limits are the module's."""
    taken: list[float] = []

    async def sleep(seconds: float) -> None:
        taken.append(seconds)

    monkeypatch.setattr(module, "_sleep", sleep)
    monkeypatch.setattr(module, "_now", lambda: sum(taken))
    monkeypatch.setattr(module, "RETRY_S", 90.0)
    monkeypatch.setattr(module, "SHORTEST_PAUSE_S", 0.2)
    return taken


def endpoint(fake: Fake, **settings: Any) -> Endpoint:
    return Endpoint(**{"url": fake.url, "model": "tiny", "deadline_s": 200.0, **settings})


class TestSamples:
    def test_each_group_gets_its_samples_in_the_order_of_its_seeds(self, fake: Fake) -> None:
        got = sampled(endpoint(fake), GROUPS, PLAIN)
        assert [[c.response_ids for c in row] for row in got] == [
            [fake.ids(g.prompt_ids, s, PLAIN) for s in g.seeds] for g in GROUPS
        ]
        for completion in (c for row in got for c in row):
            ended = completion.response_ids[-1] == STOP
            assert completion.finish_reason is (FinishReason.STOP if ended else FinishReason.LENGTH)
            values = (float(np.float32(math.log(0.7))),) * len(completion.response_ids)
            assert completion.logprobs == values and completion.entropies is None
        assert {c.finish_reason for row in got for c in row} == {FinishReason.STOP, FinishReason.LENGTH}

    def test_a_sample_does_not_depend_on_how_many_there_are(self, fake: Fake) -> None:
        engine = endpoint(fake)
        [row] = sampled(engine, [PromptGroup((1, 2), tuple(range(8)))], PLAIN)
        assert sampled(engine, [PromptGroup((1, 2), (5,))], PLAIN) == [[row[5]]]
        assert sampled(engine, [], PLAIN) == [] and sampled(engine, [PromptGroup((1,), ())], PLAIN) == [[]]

    def test_everything_that_decides_a_sample_is_sent(self, fake: Fake) -> None:
        sampling = Sampling(0.6, 12, (STOP, 9), top_p=0.95, top_k=20)
        sampled(endpoint(fake), [PromptGroup((4, 5), (2**63 - 1,))], sampling)
        [body] = fake.bodies
        asked = {
            "model": "tiny",
            "prompt": [4, 5],
            "seed": 2**63 - 1,
            "n": 1,
            "temperature": 0.6,
            "top_p": 0.95,
            "top_k": 20,
            "max_tokens": 12,
            "stop_token_ids": [STOP, 9],
            "ignore_eos": True,
            "add_special_tokens": False,
            "return_token_ids": True,
            "logprobs": 0,
            # off, and said: vLLM would take them from the model's generation_config.json
            "min_p": 0.0,
            "repetition_penalty": 1.0,
            "presence_penalty": 0.0,
            "frequency_penalty": 0.0,
        }
        assert {name: body.get(name) for name in asked} == asked

    def test_as_many_requests_are_in_flight_as_was_said(self, fake: Fake) -> None:
        slow = fake.complete
        fake.complete = lambda body: (time.sleep(0.05), slow(body))[1]  # type: ignore[method-assign]
        sampled(endpoint(fake, at_once=6), GROUPS, PLAIN)
        assert fake.most_in_flight == 6

    def test_the_address_may_end_in_v1(self, fake: Fake) -> None:
        assert endpoint(fake, url=fake.url + "/v1/").describe() == {
            "id": "tiny",
            "root": "/models/tiny",
            "max_model_len": 64,
            "logprobs": "sampled",
        }


class TestLogProbabilities:
    @pytest.mark.parametrize(
        ("kind", "sampling", "kept"),
        [
            ("sampled", Sampling(0.6, 12, (STOP,), top_p=0.9), True),
            ("raw", PLAIN, True),
            ("raw", Sampling(0.6, 12, (STOP,)), False),
            ("raw", Sampling(1.0, 12, (STOP,), top_p=0.9), False),
            ("raw", Sampling(1.0, 12, (STOP,), top_k=5), False),
        ],
    )
    def test_those_of_another_distribution_are_left_out(
        self, fake: Fake, kind: str, sampling: Sampling, kept: bool
    ) -> None:
        fake.kind = kind
        engine = endpoint(fake)
        assert engine.describe()["logprobs"] == kind
        for completion in (c for row in sampled(engine, GROUPS, sampling) for c in row):
            assert len(completion.logprobs) == (len(completion.response_ids) if kept else 0)

    def test_greedy_is_a_point(self, fake: Fake) -> None:
        fake.kind = "raw"
        [[completion]] = sampled(endpoint(fake), [PromptGroup((1,), (1,))], Sampling(0.0, 12, (STOP,)))
        assert completion.logprobs == (0.0,) * len(completion.response_ids)

    @pytest.mark.parametrize(
        "top",
        [
            None,
            {},
            {"tokens": []},
            {"top_logprobs": [None]},
            {"top_logprobs": [{"token_id:1": 14.5, "token_id:2": 9.0}]},
        ],
    )
    def test_a_server_that_gives_logits_or_none_is_refused_at_once(self, fake: Fake, top: Any) -> None:
        fake.alter = lambda body, reply: {**reply, "choices": [{**reply["choices"][0], "logprobs": top}]}
        with pytest.raises(EngineError, match="--logprobs-mode processed_logprobs"):
            endpoint(fake)


def changed(**fields: Any) -> Callable[[Body, Body], Body]:
    return lambda body, reply: {**reply, "choices": [{**reply["choices"][0], **fields}]}


class TestCounts:
    """A server whose counts do not fit is no record; each message says what was expected and what to do."""

    @pytest.mark.parametrize(
        ("alter", "expected"),
        [
            (
                lambda _, r: {**r, "usage": {**r["usage"], "prompt_tokens": 4}},
                r"usage\.prompt_tokens: expected 3, got 4; another tokenizer",
            ),
            (
                lambda _, r: {**r, "usage": {**r["usage"], "completion_tokens": 99}},
                r"usage\.completion_tokens: expected \d+, got 99; another tokenizer",
            ),
            (lambda _, r: {**r, "usage": None}, r"usage\.prompt_tokens: expected 3, got None"),
            (changed(prompt_token_ids=[1, 2, 3]), r"prompt_token_ids: expected \[10, 11, 12\], got \[1, 2, 3\]"),
            (changed(token_ids=None), "no token ids .*return_token_ids.*vLLM"),
            (changed(finish_reason="abort"), "finish_reason 'abort'"),
            (lambda _, r: {**r, "choices": []}, "no completion of one choice"),
            (lambda _, r: ["what"], "no completion of one choice"),
        ],
    )
    def test_a_mismatch_is_an_error(self, fake: Fake, alter: Callable[[Body, Body], Any], expected: str) -> None:
        engine = endpoint(fake)
        fake.alter = alter
        with one_line(EngineError, rf"^endpoint {fake.url} \(tiny\): ", expected):
            sampled(engine, GROUPS[:1], PLAIN)

    @pytest.mark.parametrize(
        ("ids", "reason", "expected"),
        [
            ([1, 2, 3], "length", r"3 of 12 tokens, the last 3, finish_reason 'length'.*--max-model-len"),
            ([1, 2, 3], "stop", "end tokens of its own.*--generation-config vllm"),
            ([1, STOP], "length", "finish_reason 'length'"),
            ([STOP, 2], "stop", "goes on after an end token"),
        ],
    )
    def test_finish_reasons_agree_with_the_tokens(self, fake: Fake, ids: list[int], reason: str, expected: str) -> None:
        engine = endpoint(fake)
        logprobs = {"tokens": [f"token_id:{each}" for each in ids], "token_logprobs": [-1.0] * len(ids)}
        fake.alter = lambda body, reply: {
            **changed(token_ids=ids, finish_reason=reason, logprobs=logprobs)(body, reply),
            "usage": {"prompt_tokens": 3, "completion_tokens": len(ids)},
        }
        with pytest.raises(EngineError, match=expected):
            sampled(engine, GROUPS[:1], PLAIN)

    @pytest.mark.parametrize("values", [[-1.0], [float("nan")] * 99, [3.0] * 99, None])
    def test_log_probabilities_are_one_a_token_and_finite(self, fake: Fake, values: list[float] | None) -> None:
        engine = endpoint(fake)

        def alter(body: Body, reply: Body) -> Body:
            given = reply["choices"][0]["logprobs"]
            count = len(given["tokens"])
            return changed(
                logprobs={**given, "token_logprobs": values if values is None or len(values) == 1 else values[:count]}
            )(body, reply)

        fake.alter = alter
        with pytest.raises(EngineError, match="log-probabilities were asked for"):
            sampled(engine, [PromptGroup((1, 2), (3,))], Sampling(1.0, 12, ()))


class TestFaults:
    @pytest.mark.parametrize("status", [0, 429, 502, 503, 504])
    def test_what_passes_is_waited_out_and_gives_the_same_samples(
        self, fake: Fake, status: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        expected = sampled(endpoint(fake), GROUPS, PLAIN)
        failed: set[str] = set()

        def refuse(path: str, body: Body) -> tuple[int, Any, dict[str, str]] | None:
            name = f"{path} {body.get('prompt')} {body.get('seed')}"
            first = name not in failed
            failed.add(name)
            return (status, {"error": {"message": "slow down"}}, {}) if first else None

        fake.refuse = refuse
        assert sampled(endpoint(fake), GROUPS, PLAIN) == expected
        assert (
            sum("waiting for it" in record.message for record in caplog.records) == 2
        )  # once for meeting it, once for the samples

    def test_retries_end(self, fake: Fake, pauses: list[float]) -> None:
        engine = endpoint(fake)
        fake.refuse = lambda path, body: (503, b"<html>away\nfor lunch</html>", {})
        with pytest.raises(EngineError, match=r"503 \(<html>away for lunch</html>\), for \d+ s; is it running"):
            sampled(engine, [PromptGroup((1,), (1,))], PLAIN)
        assert len(pauses) == len(fake.headers) - 3, (
            "a pause before each attempt but the first; two requests to meet it"
        )
        assert sum(pauses) <= module.RETRY_S < sum(pauses) + 2 * pauses[-1], "no longer, and as long as that"
        for number, pause in enumerate(pauses):
            doubled = min(module.SHORTEST_PAUSE_S * 2**number, module.LONGEST_PAUSE_S)
            assert doubled / 2 <= pause <= doubled

    def test_a_server_that_is_not_there(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "RETRY_S", 0.3)
            with pytest.raises(EngineError, match="is it running, and reachable from here"):
                Endpoint("http://127.0.0.1:9", "tiny", deadline_s=200.0)

    def test_it_comes_back_no_sooner_than_it_is_asked_to(self, fake: Fake, pauses: list[float]) -> None:
        engine = endpoint(fake)
        asked: list[str] = []

        def refuse(path: str, body: Body) -> tuple[int, Any, dict[str, str]] | None:
            asked.append(path)
            return (429, {}, {"Retry-After": "7"}) if len(asked) == 1 else None

        fake.refuse = refuse
        sampled(engine, [PromptGroup((1,), (1,))], PLAIN)
        assert (pauses, len(asked)) == ([7.0], 2)

    @pytest.mark.parametrize("status", [401, 403])
    @pytest.mark.parametrize("key", [None, CANARY])
    def test_a_wrong_key_ends_at_once(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch, status: int, key: str | None
    ) -> None:
        if key is not None:
            monkeypatch.setenv("SOME_KEY", key)
        fake.refuse = lambda path, body: (status, {"error": f"Incorrect API key provided: {key}"}, {})
        with pytest.raises(EngineError, match="export SOME_KEY with a key of this server") as caught:
            endpoint(fake, api_key_env="SOME_KEY")
        assert ("is not set" if key is None else "holds a key that it refuses") in str(caught.value)
        assert len(fake.headers) == 1

    def test_an_unknown_model_says_what_is_served(self, fake: Fake) -> None:
        with pytest.raises(EngineError, match=r"\(big\): it does not serve this model, but other, tiny$"):
            endpoint(fake, model="big")
        engine = endpoint(fake)
        fake.refuse = lambda path, body: (
            (404, {"error": {"message": "The model `tiny` does not exist."}}, {}) if body else None
        )
        with pytest.raises(EngineError, match=r"The model `tiny` does not exist.; it serves other, tiny$"):
            sampled(engine, GROUPS, PLAIN)

    def test_a_refusal_passes_on_the_servers_words(self, fake: Fake) -> None:
        engine = endpoint(fake)
        fake.refuse = lambda path, body: (
            400,
            {"error": {"message": "maximum context length is 64 tokens,\nyour prompt 70"}},
            {},
        )
        with pytest.raises(EngineError, match=r"400: maximum context length is 64 tokens, your prompt 70$"):
            sampled(engine, GROUPS, PLAIN)
        assert not fake.bodies

    def test_what_cannot_fit_is_not_sent(self, fake: Fake) -> None:
        engine = endpoint(fake)
        with pytest.raises(
            EngineError, match="a prompt of 53 tokens and a response of 12 exceed its max_model_len of 64"
        ):
            sampled(engine, [PromptGroup(tuple(range(1, 54)), (1,))], PLAIN)
        assert not fake.bodies and sampled(engine, [PromptGroup(tuple(range(1, 53)), (1,))], PLAIN)

    @pytest.mark.parametrize(
        ("status", "reply"), [(404, b"nothing here"), (200, b"<html>"), (200, {"models": []}), (302, b"")]
    )
    def test_another_kind_of_server(self, fake: Fake, status: int, reply: Any) -> None:
        fake.refuse = lambda path, body: (status, reply, {})
        with pytest.raises(EngineError, match=r"OpenAI-compatible server\?|302: "):
            endpoint(fake)

    def test_the_deadline_is_of_the_whole_call(self, fake: Fake) -> None:
        engine = endpoint(fake)
        engine._deadline_s = 0.5
        released = threading.Event()
        fake.refuse = lambda path, body: released.wait(600) and None
        with pytest.raises(EngineError, match="no full answer within"):
            sampled(engine, GROUPS, PLAIN)
        assert not fake.bodies, "no request was answered, and none is any more"
        released.set()

    def test_the_first_error_ends_the_call_while_others_hang(self, fake: Fake) -> None:
        engine = endpoint(fake)
        released = threading.Event()
        fake.refuse = lambda path, body: (
            (400, {"message": "no"}, {}) if body.get("seed") == 103 else (released.wait(600) and None)
        )
        with pytest.raises(EngineError, match="400: no"):
            sampled(engine, GROUPS, PLAIN)
        assert not fake.bodies, "the others hang still"
        released.set()

    @pytest.mark.parametrize(
        "url", ["127.0.0.1:8000", "ftp://host", "http://user:hush@host:80", "http://host?key=hush", ""]
    )
    def test_an_address_that_is_none_or_holds_a_secret(self, url: str) -> None:
        with pytest.raises(EngineError, match="http://host:8000") as caught:
            Endpoint(url, "tiny", deadline_s=1.0)
        assert "hush" not in str(caught.value)


class TestKey:
    def test_it_is_sent_and_never_shown(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", CANARY)
        caplog.set_level(logging.DEBUG)
        engine = endpoint(fake)
        sampled(engine, GROUPS, PLAIN)
        assert fake.headers and all(each["Authorization"] == f"Bearer {CANARY}" for each in fake.headers)
        shown = [repr(engine), str(engine.describe())]
        faults: list[tuple[int, Any, dict[str, str]]] = [
            (status, {"error": {"message": f"you sent {CANARY}"}}, {"Retry-After": "0"})
            for status in (400, 401, 403, 404, 418, 429, 500, 503)
        ]
        faults += [
            (200, CANARY.encode(), {}),
            (0, b"", {}),
            (200, {"choices": [CANARY]}, {}),
            (200, {"choices": [{"token_ids": CANARY}]}, {}),
        ]
        for fault in faults:
            fake.refuse = lambda path, body, fault=fault: fault  # type: ignore[misc]
            with pytest.raises(EngineError) as caught:
                sampled(engine, GROUPS[:1], PLAIN)
            shown += [str(caught.value), repr(caught.value), repr(caught.value.__cause__)]
        assert not [text for text in (*shown, caplog.text) if "canary" in text]

    @pytest.mark.parametrize("key", [f"{CANARY}\n", f"{CANARY} x", f"{CANARY}é", ""])
    def test_one_that_no_header_can_hold(self, fake: Fake, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", key)
        with pytest.raises(EngineError, match="OPENAI_API_KEY: is empty, or has spaces") as caught:
            endpoint(fake)
        assert "canary" not in str(caught.value) and not fake.headers

    def test_none_is_sent_where_none_is_set(self, fake: Fake) -> None:
        endpoint(fake)
        assert all("Authorization" not in each for each in fake.headers)


@pytest.fixture(scope="module")
def served(llama: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """vLLM's server with a tiny random model, a tokenizer, and a key: its address, the model's folder."""
    folder = tmp_path_factory.mktemp("served") / "model"
    shutil.copytree(llama(0), folder)
    puzzle_tokenizer().save_pretrained(folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as free:
        port = free.server_port
    log = folder.parent / "vllm.log"
    argv = [
        sys.executable,
        "-m",
        "vllm.entrypoints.openai.api_server",
        "--model",
        str(folder),
        "--served-model-name",
        "tiny",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--dtype",
        "float32",
        "--max-model-len",
        "64",
        "--block-size",
        "32",
        "--enforce-eager",
        "--max-num-seqs",
        "16",
        "--kv-cache-memory-bytes",
        str(2**27),
        "--logprobs-mode",
        "processed_logprobs",
    ]
    env = child_environment(
        {"OMP_NUM_THREADS": "1", "TORCHDYNAMO_DISABLE": "1", "VLLM_NO_USAGE_STATS": "1", "VLLM_API_KEY": CANARY}
    )
    with log.open("wb") as out:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, start_new_session=True
        )
    try:
        deadline = time.monotonic() + 300
        while True:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-4000:]
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health", timeout=5.0).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1", folder
    finally:
        process.terminate()
        try:
            process.wait(30)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, 9)


@pytest.mark.vllm
@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed (extra `cpu`)")
@pytest.mark.turn
def test_a_real_server(served: tuple[str, Path], teacher: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    url, folder = served
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(EngineError, match="401: OPENAI_API_KEY is not set"):
        Endpoint(url, "tiny", deadline_s=60.0)
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    with pytest.raises(EngineError, match="does not serve this model, but tiny"):
        Endpoint(url, "big", deadline_s=60.0)
    engine = Endpoint(url, "tiny", deadline_s=120.0)
    assert engine.describe() == {"id": "tiny", "root": str(folder), "max_model_len": 64, "logprobs": "sampled"}

    local = TransformersEngine(TransformersOptions())
    local.load(folder)
    groups = [
        PromptGroup(tuple(range(10 + g, 10 + g + n)), tuple(100 * g + s for s in range(4)))
        for g, n in enumerate((3, 40, 40, 9))
    ]
    greedy = Sampling(0.0, 12, (5, 6, 7))
    ours, theirs = sampled(engine, groups, greedy), sampled(local, groups, greedy)
    assert [[c.response_ids for c in row] for row in ours] == [[c.response_ids for c in row] for row in theirs]

    # As many end tokens as it takes to see both reasons to finish; 1 is the model's own, which ends nothing here.
    for sampling in (
        Sampling(1.0, 12, tuple(range(2, 20))),
        Sampling(0.6, 12, tuple(range(2, 20)), top_p=0.8, top_k=20),
    ):
        rows = sampled(engine, groups, sampling)
        for group, row in zip(groups, rows, strict=True):
            for completion in row:
                expected, _ = teacher(folder, group.prompt_ids, completion.response_ids, sampling)
                assert completion.logprobs == pytest.approx(expected, abs=5e-4)
        ends = {c.finish_reason: c.response_ids[-1] in sampling.stop_token_ids for row in rows for c in row}
        assert ends == {FinishReason.STOP: True, FinishReason.LENGTH: False}
        [alone] = sampled(engine, [PromptGroup(groups[0].prompt_ids, groups[0].seeds[2:3])], sampling)
        assert alone[0].response_ids == rows[0][2].response_ids

    engine._card["max_model_len"] = None  # what another server might not say
    with pytest.raises(EngineError, match="4 of 12 tokens"):  # vLLM cuts max_tokens without a word
        sampled(engine, [PromptGroup(tuple(range(10, 70)), (1,))], greedy)
    with pytest.raises(EngineError, match=r"400: .*maximum context length.*64"):
        sampled(engine, [PromptGroup(tuple(range(10, 80)), (1,))], greedy)
