"""Evaluations in the layout of EleutherAI's lm-evaluation-harness, for the tools that read its results.

The layout is that of lm_eval 0.4.13: `result_schema.py` (keys), `evaluator.py` (a line per document, its hashes),
`loggers/evaluation_tracker.py` (files). What it has no key for stands under the one key `armature`. The functions are
pure; the caller writes the files.

- A document is a problem. Its one request was repeated n times: `resps` [[n texts]], `filtered_resps` [[n canonical
  answers]], with "[invalid]" for a response without an answer, as in the harness's own filters. The filter is called
  none: extraction is part of judging.
- `arguments` hold the chat messages as a JSON string, as for the harness's chat models: the chat template belongs to
  the policy.
- A problem without a judged sample has null metrics and counts in `original` only.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tasks.evaluate.judged_sample import JudgedSample
from tasks.evaluate.metrics.pass_at_k import pass_at_k
from tasks.records import Problem

LAYOUT = "lm_eval 0.4.13"
OWN = "armature"
FILTER = "none"
NO_ANSWER = "[invalid]"
NO_ERROR = "N/A"  # the harness's word for a standard error that is not computed

# The fields of a sample that the layout has no key for.
_PER_SAMPLE = ("sample", "score", "kind", "detail", "finish_reason", "response_tokens", "entropy", "surprisal")


@dataclass(frozen=True, slots=True)
class Document:
    """A problem of a suite and its bare question; `about` holds its level, subject and source."""

    problem: Problem
    question: str
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """One evaluated suite.

    `documents` are the problems that were sampled, in the suite's order; `original` is the number of problems that the
    suite has. `samples` are those of all documents, correct from score `correct_at`; `summary` is their EvalSummary as
    JSON. `version` names the suite's content, `generation` holds the sampling settings; both are written as they are.
    """

    name: str
    version: str
    origin: str
    original: int
    documents: Sequence[Document]
    samples: Sequence[JudgedSample]
    summary: Mapping[str, Any]
    correct_at: float
    generation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HarnessRun:
    """The facts that all tasks of one results file share.

    `model` names the policy and the folder of the files; `settings` are its own (dtype, revision, ...); `started` and
    `ended` are UNIX seconds; `versions` are those of libraries by name; `about` is written under `armature`.
    """

    model: str
    settings: Mapping[str, str]
    seed: int
    started: float
    ended: float
    git_hash: str | None
    versions: Mapping[str, str]
    about: Mapping[str, Any]


def files(run: HarnessRun, tasks: Sequence[Task], now: datetime) -> dict[str, str]:
    """Return {path: text} of every file: MODEL/results_TIME.json and MODEL/samples_TASK_TIME.jsonl.

    ValueError for a number that is not finite.
    """
    folder, stamp = sanitised(run.model), now.isoformat().replace(":", "-")
    lines = {task.name: sample_lines(task) for task in tasks}
    texts = {
        f"{folder}/results_{stamp}.json": json.dumps(results(run, tasks), indent=2, ensure_ascii=False, allow_nan=False)
    }
    for name, documents in lines.items():
        texts[f"{folder}/samples_{name}_{stamp}.jsonl"] = "".join(
            json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n" for line in documents
        )
    return texts


def results(run: HarnessRun, tasks: Sequence[Task]) -> dict[str, Any]:
    """Return the content of results_TIME.json."""
    model_args = ",".join(f"{name}={value}" for name, value in {"pretrained": run.model, **run.settings}.items())
    return {
        "results": {task.name: _numbers(task) for task in tasks},
        "group_subtasks": {},
        "configs": {task.name: _config(task) for task in tasks},
        "versions": {task.name: task.version for task in tasks},
        "n-shot": {task.name: 0 for task in tasks},
        "higher_is_better": {task.name: {name: True for name, _, _ in _metrics(task)} for task in tasks},
        "n-samples": {task.name: {"original": task.original, "effective": _effective(task)} for task in tasks},
        "config": {
            "model": OWN,
            "model_args": model_args,
            "batch_size": None,
            "batch_sizes": [],
            "device": None,
            "use_cache": None,
            "limit": None,
            "bootstrap_iters": 0,
            "gen_kwargs": None,
            "random_seed": run.seed,
            "numpy_seed": None,
            "torch_seed": None,
            "fewshot_seed": None,
        },
        "git_hash": run.git_hash,
        "date": run.started,
        "pretty_env_info": ", ".join(f"{name} {version}" for name, version in run.versions.items()),
        "transformers_version": run.versions.get("transformers", "N/A"),
        "upper_git_hash": None,
        "task_hashes": {task.name: _task_hash(task) for task in tasks},
        "model_source": OWN,
        "model_name": run.model,
        "model_name_sanitized": sanitised(run.model),
        "system_instruction": None,
        "system_instruction_sha": None,
        "fewshot_as_multiturn": None,
        "chat_template": None,
        "chat_template_sha": None,
        "start_time": run.started,
        "end_time": run.ended,
        "total_evaluation_time_seconds": str(run.ended - run.started),
        OWN: {
            **run.about,
            "layout": LAYOUT,
            "versions": dict(run.versions),
            "summaries": {task.name: dict(task.summary) for task in tasks},
        },
    }


def sample_lines(task: Task) -> list[dict[str, Any]]:
    """Return the lines of samples_TASK_TIME.jsonl, one for each document."""
    of: dict[str, list[JudgedSample]] = {document.problem.id: [] for document in task.documents}
    for each in sorted(task.samples, key=lambda each: each.sample):
        of[each.problem_id].append(each)
    return [_line(task, number, document, of[document.problem.id]) for number, document in enumerate(task.documents)]


def sanitised(model: str) -> str:
    """Return a model's name as the name of a folder (lm_eval.utils.sanitize_model_name)."""
    return re.sub(r"[\"<>:/|\\?*\[\]]+", "__", model)


def _line(task: Task, number: int, document: Document, samples: Sequence[JudgedSample]) -> dict[str, Any]:
    """Return the line of one document with its samples in their order."""
    doc, prompt, target = _doc(document), _prompt(document.problem), _target(document.problem)
    judged = [each.score >= task.correct_at for each in samples if each.score is not None]
    metrics = {f"pass@{k}": pass_at_k(len(judged), sum(judged), k) if judged else None for k in _ks(task)}
    return {
        "doc_id": number,
        "doc": doc,
        "target": target,
        "arguments": {"gen_args_0": {"arg_0": prompt, "arg_1": dict(task.generation)}},
        "resps": [[each.text for each in samples]],
        "filtered_resps": [[NO_ANSWER if each.answer is None else each.answer for each in samples]],
        "filter": FILTER,
        "metrics": list(metrics),
        "doc_hash": _sha256(json.dumps(doc, indent=2, ensure_ascii=False)),
        "prompt_hash": _sha256(prompt),
        "target_hash": _sha256(target),
        **metrics,
        OWN: {name: [getattr(each, name) for each in samples] for name in _PER_SAMPLE if samples},
    }


def _doc(document: Document) -> dict[str, Any]:
    problem = document.problem
    return {
        "id": problem.id,
        "question": document.question,
        "verifier": problem.verifier,
        "reference": dict(problem.reference),
        **document.about,
    }


def _prompt(problem: Problem) -> str:
    return json.dumps([dict(message) for message in problem.prompt], ensure_ascii=False)


def _target(problem: Problem) -> str:
    """Return the gold answer, or the whole reference as JSON if it has none."""
    answer = problem.reference.get("answer")
    return (
        answer if isinstance(answer, str) else json.dumps(dict(problem.reference), ensure_ascii=False, sort_keys=True)
    )


def _numbers(task: Task) -> dict[str, Any]:
    """Return a task's numbers under the harness's `metric,filter` keys."""
    numbers: dict[str, Any] = {"name": task.name, "alias": task.name, "sample_len": _effective(task)}
    for name, value, error in _metrics(task):
        numbers[f"{name},{FILTER}"] = value
        numbers[f"{name}_stderr,{FILTER}"] = NO_ERROR if error is None else error
    return numbers


def _metrics(task: Task) -> list[tuple[str, float, float | None]]:
    """Return (name, value, standard error) of the summary's metrics that the layout can hold.

    Errors are clustered by problem, None where the summary has none.
    """
    summary = task.summary
    found: list[tuple[str, float, float | None]] = [
        (f"pass@{k}", summary["pass_at"][str(k)], summary["pass_at_se"][str(k)]) for k in _ks(task)
    ]
    if summary["maj"] is not None:
        found.append((f"maj@{summary['samples']}", summary["maj"], None))
    return found


def _ks(task: Task) -> list[int]:
    """Return 1, 2, 4, ... and the largest k; the summary under `armature` has every k."""
    largest = int(task.summary["samples"])
    return sorted({2**power for power in range(largest.bit_length())} | {largest}) if largest else []


def _effective(task: Task) -> int:
    """Return the number of problems with a judged sample, over which Pass@k is the mean."""
    return len({each.problem_id for each in task.samples if each.score is not None})


def _config(task: Task) -> dict[str, Any]:
    return {
        "task": task.name,
        "dataset_path": task.origin,
        "output_type": "generate_until",
        "metric_list": [{"metric": f"pass@{k}", "aggregation": "mean", "higher_is_better": True} for k in _ks(task)],
        "generation_kwargs": dict(task.generation),
        "repeats": max((each.sample + 1 for each in task.samples), default=0),
        "num_fewshot": 0,
        "should_decontaminate": False,
        "metadata": {"version": task.version, "correct_at": task.correct_at},
    }


def _task_hash(task: Task) -> str:
    return _sha256("".join(line["doc_hash"] + line["prompt_hash"] + line["target_hash"] for line in sample_lines(task)))


def _sha256(text: str) -> str:
    """Return the SHA-256 of a text in hexadecimal (lm_eval.utils.hash_string)."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
