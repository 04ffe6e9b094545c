"""The layout of lm-evaluation-harness, whose own tools read these files too (checked by hand: it is no dependency)."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import pytest

from tasks.evaluate.harness import Document, HarnessRun, Task, files, results, sample_lines, sanitised
from tasks.evaluate.judged_sample import JudgedSample
from tasks.evaluate.summary import summarise
from tasks.records import Problem

NOW = datetime(2026, 11, 26, 20, 30, 15, 123456)
GENERATION = {"do_sample": True, "temperature": 0.6, "top_p": 0.95, "max_gen_toks": 2048}
RUN = HarnessRun(
    model="runs/qwen7b:40", settings={"dtype": "bfloat16"}, seed=17, started=1000.0, ended=1090.5, git_hash="644f8f4",
    versions={"transformers": "5.19.0", "vllm": "0.32.0"}, about={"lineage": "ab12"},
)  # fmt: skip
# By problem: score and answer of each sample; r was never judged, and of s one sample was not.
SEEN: dict[str, list[tuple[float | None, str | None]]] = {
    "p": [(1.0, "72"), (0.0, "7"), (1.0, "72"), (0.0, None)],
    "q": [(0.0, "1"), (0.0, "2"), (0.0, "3"), (0.0, "1")],
    "r": [(None, None)] * 4,
    "s": [(1.0, "5"), (1.0, "5"), (None, None), (0.0, "6")],
}


def samples() -> list[JudgedSample]:
    return [
        JudgedSample(
            problem_id=problem,
            sample=sample,
            score=score,
            kind="infrastructure" if score is None else "accepted" if score else "wrong",
            answer=answer,
            text=f"Antwort für {problem}: \\boxed{{{answer}}}",
            finish_reason="stop",
            response_tokens=9,
            entropy=0.5,
            surprisal=0.4,
        )
        for problem, seen in SEEN.items()
        for sample, (score, answer) in enumerate(seen)
    ]


def task(name: str = "amc_23", **changes: Any) -> Task:
    judged = changes.pop("samples", samples())
    documents = []
    for each in SEEN:
        reference = {"answer": "72"} if each == "p" else {"tests": [each], "a": 1}
        problem = Problem(each, ({"role": "user", "content": f"How much is {each}? ü"},), "math", reference)
        documents.append(Document(problem, f"How much is {each}?", {"level": "3", "source": None}))
    settled: dict[str, Any] = {
        "name": name, "version": "9f3c01d2", "origin": "hf://owner/amc", "original": 40, "documents": documents,
        "samples": judged, "summary": summarise(judged, 1.0).to_json(), "correct_at": 1.0, "generation": GENERATION,
    }  # fmt: skip
    return Task(**{**settled, **changes})


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_numbers_are_the_summarys_and_the_mean_of_the_lines() -> None:
    one = task()
    numbers = results(RUN, [one])["results"]["amc_23"]
    assert (numbers["name"], numbers["alias"], numbers["sample_len"]) == ("amc_23", "amc_23", 3)
    assert one.summary["samples"] == 3 and set(numbers) == {
        "name", "alias", "sample_len",
        *(f"{m}{e},none" for m in ("pass@1", "pass@2", "pass@3", "maj@3") for e in ("", "_stderr")),
    }  # fmt: skip
    for k in (1, 2, 3):
        assert numbers[f"pass@{k},none"] == one.summary["pass_at"][str(k)]
        assert numbers[f"pass@{k}_stderr,none"] == one.summary["pass_at_se"][str(k)] > 0
        values = [line[f"pass@{k}"] for line in sample_lines(one)]
        assert values[2] is None and math.fsum(v for v in values if v is not None) / 3 == pytest.approx(
            numbers[f"pass@{k},none"]
        )
    assert (numbers["pass@1,none"], numbers["maj@3,none"], numbers["maj@3_stderr,none"]) == (
        pytest.approx((1 / 2 + 0 + 2 / 3) / 3),
        one.summary["maj"],
        "N/A",
    )


def test_every_key_that_the_harness_writes_is_there_and_one_of_ours() -> None:
    tasks = [task(), task("minerva")]
    found = results(RUN, tasks)
    names = {"amc_23", "minerva"}
    for key in ("results", "configs", "versions", "n-shot", "higher_is_better", "n-samples", "task_hashes"):
        assert set(found[key]) == names, key
    # lm_eval/result_schema.py EvalResults without groups, samples and the keys that only its own models have
    # (tokenizer_*, eot_token_id, max_length)
    assert set(found) == {
        "results", "group_subtasks", "configs", "versions", "n-shot", "higher_is_better", "n-samples", "config",
        "git_hash", "date", "pretty_env_info", "transformers_version", "upper_git_hash", "model_source", "model_name",
        "model_name_sanitized", "system_instruction", "system_instruction_sha", "fewshot_as_multiturn",
        "chat_template", "chat_template_sha", "task_hashes", "total_evaluation_time_seconds", "start_time", "end_time",
        "armature",
    }  # fmt: skip
    assert found["n-samples"]["amc_23"] == {"original": 40, "effective": 3}
    assert found["higher_is_better"]["amc_23"] == dict.fromkeys(("pass@1", "pass@2", "pass@3", "maj@3"), True)
    assert (
        found["config"]["model_args"] == "pretrained=runs/qwen7b:40,dtype=bfloat16"
        and found["config"]["random_seed"] == 17
    )
    assert found["total_evaluation_time_seconds"] == "90.5" and found["date"] == 1000.0
    config = found["configs"]["amc_23"]
    assert (
        config["repeats"] == 4
        and config["generation_kwargs"] == GENERATION
        and config["metadata"]["version"] == found["versions"]["amc_23"] == "9f3c01d2"
    )
    # zeno_visualize and the wandb logger look up each of these in each line
    assert all(metric["metric"] in line for metric in config["metric_list"] for line in sample_lines(tasks[0]))
    assert found["armature"]["lineage"] == "ab12" and found["armature"]["summaries"]["minerva"] == tasks[1].summary


def test_a_line_holds_all_samples_of_its_document_in_their_order() -> None:
    lines = sample_lines(task(samples=list(reversed(samples()))))
    assert [line["doc_id"] for line in lines] == [0, 1, 2, 3] and [line["doc"]["id"] for line in lines] == list(SEEN)
    first = lines[0]
    assert first["resps"] == [[f"Antwort für p: \\boxed{{{answer}}}" for _, answer in SEEN["p"]]]
    assert first["filtered_resps"] == [["72", "7", "72", "[invalid]"]] and first["filter"] == "none"
    assert first["metrics"] == ["pass@1", "pass@2", "pass@3"] and first["pass@1"] == 0.5 and first["pass@3"] == 1.0
    assert first["doc"] == {
        "id": "p",
        "question": "How much is p?",
        "verifier": "math",
        "reference": {"answer": "72"},
        "level": "3",
        "source": None,
    }
    assert json.loads(first["arguments"]["gen_args_0"]["arg_0"]) == [{"role": "user", "content": "How much is p? ü"}]
    assert first["arguments"]["gen_args_0"]["arg_1"] == GENERATION
    assert first["target"] == "72" and json.loads(lines[1]["target"]) == {"tests": ["q"], "a": 1}
    assert first["armature"]["score"] == [1.0, 0.0, 1.0, 0.0] and first["armature"]["surprisal"] == [0.4] * 4


def test_hashes_are_the_harness_s_also_of_what_was_read_back() -> None:
    one = task()
    written = files(RUN, [one], NOW)
    lines = [
        json.loads(line)
        for line in written["runs__qwen7b__40/samples_amc_23_2026-11-26T20-30-15.123456.jsonl"].splitlines()
    ]
    for line in lines:
        assert line["doc_hash"] == sha(json.dumps(line["doc"], indent=2, ensure_ascii=False))
        assert line["prompt_hash"] == sha(line["arguments"]["gen_args_0"]["arg_0"])
        assert line["target_hash"] == sha(line["target"])
    assert len({line["doc_hash"] for line in lines}) == 4
    read = json.loads(written["runs__qwen7b__40/results_2026-11-26T20-30-15.123456.json"])
    assert read["task_hashes"]["amc_23"] == sha(
        "".join(line["doc_hash"] + line["prompt_hash"] + line["target_hash"] for line in lines)
    )
    # one folder that the harness would give this model, and what its tools take from a name
    [folder] = {PurePosixPath(path).parent.name for path in written}
    assert folder == read["model_name_sanitized"] == re.sub(r"[\"<>:/|\\?*\[\]]+", "__", "runs/qwen7b:40")
    [name] = [PurePosixPath(path).name for path in written if "samples" in path]
    assert (
        name[name.find("_") + 1 : name.rfind("_")] == "amc_23"
        and name[name.rfind("_") + 1 :] == "2026-11-26T20-30-15.123456.jsonl"
    )


def test_what_is_read_is_what_was_written() -> None:
    one = task()
    texts = list(files(RUN, [one], NOW).values())
    assert json.loads(texts[0]) == results(RUN, [one])
    assert [json.loads(line) for line in texts[1].split("\n")[:-1]] == sample_lines(one)
    assert not any(word in text for text in texts for word in ("NaN", "Infinity"))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_not_written(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        files(RUN, [task(samples=[replace(each, entropy=value) for each in samples()])], NOW)


def test_nothing_judged_is_no_number() -> None:
    one = task(samples=[replace(each, score=None, kind="infrastructure") for each in samples()])
    found = results(RUN, [one])
    assert found["results"]["amc_23"] == {"name": "amc_23", "alias": "amc_23", "sample_len": 0}
    assert found["n-samples"]["amc_23"] == {"original": 40, "effective": 0}
    assert all(line["metrics"] == [] for line in sample_lines(one))


def test_many_samples_are_shown_at_powers_of_two() -> None:
    many = [
        replace(each, sample=4 * block + each.sample, score=float(each.answer == "72"))
        for block in range(5)
        for each in samples()
    ]
    assert sample_lines(task(samples=many))[0]["metrics"] == [
        "pass@1",
        "pass@2",
        "pass@4",
        "pass@8",
        "pass@16",
        "pass@20",
    ]


def test_a_model_name_makes_one_folder() -> None:
    assert sanitised("Qwen/Qwen2.5-7B") == "Qwen__Qwen2.5-7B" and "/" not in sanitised("/a//b:c|d")
