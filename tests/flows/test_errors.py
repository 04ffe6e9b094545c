"""What a user gets wrong is one line on stderr that says what, where and what to do, and a non-zero exit: never a
traceback.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import s3fs
import typer
from tokenizers import Tokenizer, decoders, pre_tokenizers, trainers
from tokenizers.models import BPE

from flows.cli.errors import USER_ERRORS, reported
from infra.lease import RunLock
from infra.store import Store
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks.engines.open_run import OpenRun
from tasks.graph.experiment import Experiment
from tasks.run.session import Session
from tasks.stages import data, remake_start
from tests.flows.runs import NAME, TINY, Run, Server, clean_environment, settings, status_of
from tests.tasks.stand_ins import StandInEngines

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
MODEL_SPEC = """\
name: {name}
policy: {{model: {model}, dtype: float32}}
data: {{train: {data}, verifier: math}}
rollout: {{engine: transformers, prompts: 2, samples: 2, max_prompt_tokens: 48, max_response_tokens: 8}}
train: {{iterations: 1, minibatch_prompts: 2, zero_stage: 0}}
placement: {{threads: 1}}
store: {store}
"""


Refused = Callable[..., str]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chat model of 50k random parameters with a byte-level tokenizer, in Hugging Face format."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("model")
    backend = Tokenizer(BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    backend.train_from_iterator(["user assistant\nWhat is 1 + 1?"] * 4, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        unk_token="<|endoftext|>",
        chat_template=CHATML,
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=96,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=2,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def error_of(run: Run, *arguments: str, env: dict[str, str] | None = None) -> str:
    """The one line of a run that fails."""
    done = run(*arguments, env=env, timeout=180)
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: "), done.stderr
    assert "Traceback" not in done.stdout, done.stdout
    return lines[0]


@pytest.fixture()
def logger_kept() -> Iterator[None]:
    """Leaves our logger as it was before a command in this process."""
    logger = logging.getLogger("armature")
    before = (logger.handlers[:], logger.level, logger.propagate)
    yield
    logger.handlers[:], logger.level, logger.propagate = before


@pytest.fixture()
def refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, logger_kept: None) -> Refused:
    """The one line of a command that is refused before any flow starts, in this process: importing all there is takes
    seconds.
    """

    def no_flow(**_: Any) -> dict[str, Any]:
        raise AssertionError("a flow was started")

    monkeypatch.setattr("flows.arm_train.arm_train", no_flow)

    def call(*arguments: str) -> str:
        assert status_of(*arguments) == 1
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert line.startswith("error: ")
        return line

    return call


def spec_with(tmp_path: Path, model: Path | str, rows: list[object]) -> str:
    (tmp_path / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    spec = tmp_path / "experiment.yaml"
    store = (tmp_path / "store").as_uri()
    spec.write_text(MODEL_SPEC.format(name=NAME, model=model, data=tmp_path / "problems.jsonl", store=store))
    return str(spec)


GOOD: list[dict[str, str]] = [{"prompt": f"What is {n} + {n}?", "answer": str(2 * n)} for n in range(4)]


def test_a_misspelt_key(refused: Refused) -> None:
    line = refused("specs/quickstart.yaml", "--set", "train.learnin_rate=1e-6")
    assert "train.learnin_rate" in line and "learning_rate" in line and "--set" in line


def test_a_spec_that_is_not_there(refused: Refused, tmp_path: Path) -> None:
    assert "nowhere.yaml" in refused(str(tmp_path / "nowhere.yaml"))


def test_a_run_that_is_not_there(refused: Refused, tmp_path: Path) -> None:
    assert "no run nosuch" in refused(
        "export", "nosuch", str(tmp_path / "out"), "--store", (tmp_path / "store").as_uri()
    )


def no_hub(*_: Any, **__: Any) -> None:
    raise AssertionError("the hub was asked")


def test_a_data_file_that_is_not_there(refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", no_hub)
    spec = spec_with(tmp_path, "nobody/Qwen2.5-7B", GOOD)
    (tmp_path / "problems.jsonl").unlink()
    assert f"no such file {tmp_path / 'problems.jsonl'} (a relative path starts at the repository" in refused(spec)


OWN = "def limited(groups, limit): ...\ndef same(reference, text): ...\n"


@pytest.mark.parametrize("command", [["plan"], []], ids=["plan", "train"])
@pytest.mark.parametrize(
    ("text", "setting", "line"),
    [
        (
            OWN,
            "advantage={{use: '{own}:limited', args: {{limt: 1}}}}",
            "advantage.args.limt: no such argument of limited",
        ),
        (OWN, "data.verifier={own}:smae", "data.verifier: no smae in"),
        (f"import nowhere\n{OWN}", "data.verifier={own}:same", "own.py cannot be loaded: ModuleNotFoundError"),
    ],
)
def test_a_slip_in_a_user_s_own_code_is_said_before_the_hub_is_asked(
    refused: Refused,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    text: str,
    setting: str,
    line: str,
) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", no_hub)
    own = tmp_path / "own.py"
    own.write_text(text)
    found = refused(*command, spec_with(tmp_path, "nobody/Qwen2.5-7B", GOOD), "--set", setting.format(own=own))
    assert line in found


#: What is wrong -> the rows of the data, overrides, and a part of the line. `None` for rows: there is no file.
WRONG: dict[str, tuple[list[object] | None, tuple[str, ...], str]] = {
    "no file": (None, (), "problems.jsonl: no such file"),
    "an empty file": ([], (), "problems.jsonl: it holds no problem"),
    "no answer": ([*GOOD, {"prompt": "What is 2 + 2?", "answer": " "}], (), "problems.jsonl:5: answer: it is empty"),
    "no prompt": ([*GOOD, {"answer": "4"}], (), "problems.jsonl:5: no key 'prompt'"),
    "no object": ([*GOOD, 7], (), "problems.jsonl:5: a JSON int"),
    "half a character": (
        [*GOOD, {"prompt": "\ud835 hi", "answer": "4"}],
        (),
        "problems.jsonl:5: prompt: it holds half of a surrogate pair",
    ),
    "ids that repeat": ([{"id": "a", **GOOD[0]}, {"id": "a", **GOOD[1]}], (), "ids must differ"),
    "a gold that cannot be read": ([*GOOD, {"prompt": "x", "answer": "\\frac{"}], (), "the gold answer"),
    "an unknown verifier": (GOOD, ("data.verifier=mathh",), "no verifier 'mathh'"),
    "tests that are none": (GOOD, ("data.verifier=code",), "no key 'tests'"),
    "a prompt that is too long": (
        [*GOOD, {"id": "endless", "prompt": "very " * 40, "answer": "1"}],
        (),
        "problem endless: its prompt has",
    ),
    "too few problems": (GOOD, ("rollout.problems=5",), "rollout.problems is 5, but there are only 4"),
    "too few to draw": (GOOD, ("rollout.oversample=16",), "problems (rollout.prompts x rollout.oversample), but there"),
    "a suite that is not there": (GOOD, ("evaluate.suites=[nosuch]",), "evaluate.suites"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_plan_fails_as_the_run_would(refused: Refused, tmp_path: Path, model: Path, what: str) -> None:
    rows, overrides, part = WRONG[what]
    spec = spec_with(tmp_path, model, rows or [])
    if rows is None:
        (tmp_path / "problems.jsonl").unlink()
    line = refused("plan", spec, *settings(*overrides))
    assert part in line and line == f"error: {failure_of_a_run(spec, overrides)}"
    assert not any(tmp_path.glob("store/steps/*")), "it made nothing"


def failure_of_a_run(spec: str, overrides: tuple[str, ...]) -> str:
    """Return the error of a run that begins: its data, and the data set that its first rollout reads."""
    try:
        loaded = load_spec(spec, overrides, environ={}).spec
    except USER_ERRORS as error:
        return str(error)
    loaded = loaded.model_copy(update={"store": f"{loaded.store}-of-the-run"})
    session = Session(Store(loaded.store))
    try:
        run = OpenRun(loaded, session, cast(Any, StandInEngines()), remake_start)
        try:
            data.plain(run)
            assert run.dataset.train
        finally:
            run.close()
    except USER_ERRORS as error:
        return str(error)
    finally:
        session.close()
    raise AssertionError("the run fails nowhere")


@pytest.mark.parametrize(
    ("gone", "part"),
    [
        (("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"), "no folder"),
        (("tokenizer.json", "tokenizer_config.json"), "tokenizer:"),
        (("model.safetensors",), "holds no .safetensors file"),
    ],
)
def test_a_plan_fails_where_a_models_files_are_not_there(
    refused: Refused, tmp_path: Path, model: Path, gone: tuple[str, ...], part: str
) -> None:
    copy = tmp_path / "model"
    shutil.copytree(model, copy)
    for name in gone:
        (copy / name).unlink()
    if "no folder" in part:
        shutil.rmtree(copy)
    spec = spec_with(tmp_path, copy, GOOD)
    line = refused(spec, "--plan")
    assert part in line and str(copy) in line and line == refused(spec)


def test_a_plan_of_what_works_says_so_and_fails_once_the_stored_data_does_not_fit(
    refused: Refused, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = spec_with(tmp_path, model, GOOD)
    assert status_of("plan", spec) == 0
    assert "first to run: data" in capsys.readouterr().out
    loaded = load_spec(spec, [], environ={}).spec
    session = Session(Store(loaded.store))
    run = OpenRun(loaded, session, cast(Any, StandInEngines()), remake_start)
    data.plain(run)
    run.close()
    assert status_of("plan", spec) == 0
    assert "first to run: start" in capsys.readouterr().out
    assert "rollout.problems is 5" in refused("plan", spec, *settings("rollout.problems=5"))


def test_a_plan_of_a_hub_model_checks_what_is_here_and_leaves_the_rest_to_the_start(
    refused: Refused, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    spec = spec_with(tmp_path, "Qwen/Qwen2.5-7B", GOOD)
    assert status_of("plan", spec) == 0
    out = capsys.readouterr().out
    assert "no model Qwen/Qwen2.5-7B of the hub in the local cache: a start fetches it" in out and "parameters" in out
    assert "no verifier 'mathh'" in refused("plan", spec, *settings("data.verifier=mathh"))
    (tmp_path / "problems.jsonl").unlink()
    assert "problems.jsonl: no such file" in refused("plan", spec)


STUDY = """\
name: {name}
base: experiment.yaml
seeds: [1, 2]
control: grpo
set: {{evaluate.suites: [{suite}]}}
settings: {{small: {{label: Small}}}}
variants: {{arm: {{label: ARM}}, grpo: {{label: GRPO, set: {{advantage.estimator: grpo}}}}}}
"""
SUITE = """\
title: Own problems
source: {{at: {at}}}
columns: {{question: prompt}}
size: 1
answers: 1
licence: mine
prompt: none
verifier: math
sampling: {{temperature: 1.0, top_p: 1.0, max_response_tokens: 8}}
"""


def test_a_studys_plan_fails_as_its_cells_would(refused: Refused, tmp_path: Path, model: Path) -> None:
    spec_with(tmp_path, model, GOOD)
    suite, file, rows = tmp_path / "own.yaml", tmp_path / "study.yaml", tmp_path / "own.jsonl"
    suite.write_text(SUITE.format(at=rows))
    file.write_text(STUDY.format(name=NAME, suite=suite))
    assert "own.jsonl: no such file" in refused("study", str(file), "--plan")
    rows.write_text('{"prompt": "x", "answer": "1"}\n{"prompt": "y", "answer": "1"}\n')
    assert "2 rows in" in refused("study", str(file), "--plan")
    rows.write_text('{"prompt": "x", "answer": "1"}\n')
    assert status_of("study", str(file), "--plan") == 0
    (tmp_path / "problems.jsonl").write_text("")
    assert "holds no problem" in refused("study", str(file), "--plan")


@pytest.mark.slow
@pytest.mark.turn
def test_a_temporary_server_that_does_not_come_up_is_one_line(run: Run, tmp_path: Path) -> None:
    """It has no time at all here, so that no machine is fast enough."""
    env = clean_environment(PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="0")
    line = error_of(run, "specs/quickstart.yaml", *settings(f"name={NAME}", f"store={tmp_path.as_uri()}"), env=env)
    assert "Prefect's temporary server did not come up" in line and "PREFECT_API_URL=http" in line
    assert "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS" in line


@pytest.mark.parametrize(
    ("error", "url", "part"),
    [
        (RuntimeError("Timed out while attempting to connect to ephemeral Prefect API server."), None, "did not come"),
        (RuntimeError("Timed out while attempting to connect to ephemeral Prefect API server. stdout: x"), None, "did"),
        (RuntimeError("Unable to find an available port after multiple attempts"), None, "available port"),
        (RuntimeError("Failed to reach API at http://127.0.0.1:1/api/"), "http://127.0.0.1:1/api", "unset"),
        (httpx.ConnectError("refused"), None, "(refused)"),
        (httpx.ReadTimeout(""), None, "(ReadTimeout)"),
        (httpx.ConnectError("refused"), "http://127.0.0.1:1/api", "http://127.0.0.1:1/api does not answer (refused)"),
    ],
)
def test_a_server_that_is_not_there_is_told_from_a_fault(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    logger_kept: None,
    error: Exception,
    url: str | None,
    part: str,
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    if url is not None:
        monkeypatch.setenv("PREFECT_API_URL", url)
    for other in (RuntimeError("mine"), ValueError("Timed out while attempting")):
        with pytest.raises(type(other), match=str(other)), reported():
            raise other
    with pytest.raises(typer.Exit), reported():
        raise error
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ") and part in line and ("unset PREFECT_API_URL" in line) is (url is not None)


def test_a_store_that_cannot_be_reached(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "canary-secret",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    }
    for name, text in keys.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setattr("infra.files.FIRST_CONTACT_S", 0.5)
    s3fs.S3FileSystem.clear_instance_cache()
    line = refused(str(ROOT / "specs" / "quickstart.yaml"), "--set", "store=s3://bucket/armature")
    assert "s3://bucket/armature" in line and "endpoint" in line and "canary" not in line


@pytest.mark.slow
@pytest.mark.turn
def test_a_bad_row_names_its_file_and_line(run: Run, tmp_path: Path, model: Path) -> None:
    line = error_of(run, spec_with(tmp_path, model, [*GOOD, {"prompt": "What is 2 + 2?", "answer": " "}]))
    assert f"{tmp_path / 'problems.jsonl'}:5" in line and "answer" in line and "empty" in line


@pytest.mark.slow
@pytest.mark.turn
def test_a_prompt_that_is_too_long_names_the_limit(run: Run, tmp_path: Path, model: Path) -> None:
    line = error_of(run, spec_with(tmp_path, model, [*GOOD, {"id": "endless", "prompt": "very " * 40, "answer": "1"}]))
    assert "endless" in line and "rollout.max_prompt_tokens is 48" in line


@pytest.mark.slow
@pytest.mark.turn
def test_a_hub_model_without_a_network(run: Run, tmp_path: Path, prefect_server: Server) -> None:
    offline = {**prefect_server.environment, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hub")}
    line = error_of(run, spec_with(tmp_path, "nobody/nothing-7b", GOOD), env=offline)
    assert "nobody/nothing-7b" in line and "local folder" in line


@pytest.mark.slow
@pytest.mark.turn
def test_a_second_run_of_the_same_experiment_says_who_holds_it(run: Run, tmp_path: Path, model: Path) -> None:
    spec = spec_with(tmp_path, model, GOOD)
    loaded = load_spec(Path(spec), [], environ={}).spec
    name = Experiment(loaded).run
    with RunLock(Store(loaded.store).files, name) as lock:
        line = error_of(run, spec)
        assert f"run {name} is held by" in line and f"kill {os.getpid()}" in line and "last beat" in line
        lock.check()
    assert not any(tmp_path.glob("store/steps/*")), "it stopped before it did anything"


@pytest.mark.slow()
@pytest.mark.turn
def test_an_engine_that_cannot_work_is_one_line_in_an_embedded_run_too(run: Run, tmp_path: Path) -> None:
    """The whole flow fails after Prefect has started: its own tracebacks stay out of the way."""
    overrides = settings(
        *TINY, f"name={NAME}", "control=null", "audit.max_mean.float32=1e-12", f"store={tmp_path.as_uri()}"
    )
    line = error_of(run, "specs/quickstart.yaml", *overrides, env=clean_environment())
    assert "iteration 0" in line and "audit" in line
