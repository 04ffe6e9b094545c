"""Evaluations in the layout of EleutherAI's lm-evaluation-harness, so that what reads its results reads these.

Checked against lm_eval 0.4.13: `result_schema.py` (keys), `evaluator.py` (a line per document, its hashes), `loggers/evaluation_tracker.py` (files).
Where the layout has no word for something, it stands under the one key `armature`. Pure: the caller writes `files`.

- A document is a problem; its one request was repeated n times: `resps` [[n texts]], `filtered_resps` [[n canonical answers]] ("[invalid]", as the
  harness's own filters say, where none was found). The filter is called none: extraction is part of judging.
- `arguments` hold the chat messages as a JSON string, as for the harness's chat models: the chat template belongs to the policy.
- A problem without a judged sample has null metrics, and counts in `original` only.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tasks.evaluate.metrics.pass_at_k import pass_at_k
from tasks.records import Problem

LAYOUT = "lm_eval 0.4.13"
OWN = "armature"
FILTER = "none"
NO_ANSWER = "[invalid]"
NO_ERROR = "N/A"  # the harness's word for a standard error that cannot be had

# Of a sample row, what the layout has no place for.
_PER_SAMPLE = ("sample", "score", "kind", "detail", "finish_reason", "response_tokens", "entropy", "surprisal")


@dataclass(frozen=True, slots=True)
class Document:
    """A problem of a suite and its bare question; `about`: what else is known of it (level, subject, source)."""

    problem: Problem
    question: str
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """A suite, evaluated. `documents` in the suite's order, those that were sampled; `original`: how many the suite has. `summary`: EvalSummary's
    JSON; `rows`: judged samples (tasks.table.SAMPLES) of all documents, a sample being correct from score `correct_at`. `version` names the
    suite's content, `generation` says how responses were drawn; both are kept as they are.
    """

    name: str
    version: str
    origin: str
    original: int
    documents: Sequence[Document]
    rows: Sequence[Mapping[str, Any]]
    summary: Mapping[str, Any]
    correct_at: float
    generation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the tasks have in common. `model` names the policy and the folder of the files; `settings` how it was run (dtype, revision, ...);
    `started`, `ended`: UNIX seconds; `versions`: of libraries, by name, transformers among them; `about`: anything, kept under `armature`.
    """

    model: str
    settings: Mapping[str, str]
    seed: int
    started: float
    ended: float
    git_hash: str | None
    versions: Mapping[str, str]
    about: Mapping[str, Any]


def files(evaluation: Evaluation, tasks: Sequence[Task], now: datetime) -> dict[str, str]:
    """Every file's text by its path, as the harness names them: MODEL/results_TIME.json and MODEL/samples_TASK_TIME.jsonl.

    Raises ValueError where a number is not finite.
    """
    folder, stamp = sanitised(evaluation.model), now.isoformat().replace(":", "-")
    lines = {task.name: sample_lines(task) for task in tasks}
    texts = {
        f"{folder}/results_{stamp}.json": json.dumps(
            results(evaluation, tasks), indent=2, ensure_ascii=False, allow_nan=False
        )
    }
    for name, documents in lines.items():
        texts[f"{folder}/samples_{name}_{stamp}.jsonl"] = "".join(
            json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n" for line in documents
        )
    return texts


def results(evaluation: Evaluation, tasks: Sequence[Task]) -> dict[str, Any]:
    """The content of results_TIME.json."""
    model_args = ",".join(
        f"{name}={value}" for name, value in {"pretrained": evaluation.model, **evaluation.settings}.items()
    )
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
            "random_seed": evaluation.seed,
            "numpy_seed": None,
            "torch_seed": None,
            "fewshot_seed": None,
        },
        "git_hash": evaluation.git_hash,
        "date": evaluation.started,
        "pretty_env_info": ", ".join(f"{name} {version}" for name, version in evaluation.versions.items()),
        "transformers_version": evaluation.versions.get("transformers", "N/A"),
        "upper_git_hash": None,
        "task_hashes": {task.name: _task_hash(task) for task in tasks},
        "model_source": OWN,
        "model_name": evaluation.model,
        "model_name_sanitized": sanitised(evaluation.model),
        "system_instruction": None,
        "system_instruction_sha": None,
        "fewshot_as_multiturn": None,
        "chat_template": None,
        "chat_template_sha": None,
        "start_time": evaluation.started,
        "end_time": evaluation.ended,
        "total_evaluation_time_seconds": str(evaluation.ended - evaluation.started),
        OWN: {
            **evaluation.about,
            "layout": LAYOUT,
            "versions": dict(evaluation.versions),
            "summaries": {task.name: dict(task.summary) for task in tasks},
        },
    }


def sample_lines(task: Task) -> list[dict[str, Any]]:
    """The lines of samples_TASK_TIME.jsonl: one for each document."""
    rows: dict[str, list[Mapping[str, Any]]] = {document.problem.id: [] for document in task.documents}
    for row in sorted(task.rows, key=lambda row: int(row["sample"])):
        rows[row["problem_id"]].append(row)
    return [_line(task, number, document, rows[document.problem.id]) for number, document in enumerate(task.documents)]


def sanitised(model: str) -> str:
    """A model's name as the name of a folder (lm_eval.utils.sanitize_model_name)."""
    return re.sub(r"[\"<>:/|\\?*\[\]]+", "__", model)


def _line(task: Task, number: int, document: Document, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    doc, prompt, target = _doc(document), _prompt(document.problem), _target(document.problem)
    judged = [row["score"] >= task.correct_at for row in rows if row["score"] is not None]
    metrics = {f"pass@{k}": pass_at_k(len(judged), sum(judged), k) if judged else None for k in _ks(task)}
    return {
        "doc_id": number,
        "doc": doc,
        "target": target,
        "arguments": {"gen_args_0": {"arg_0": prompt, "arg_1": dict(task.generation)}},
        "resps": [[row["text"] for row in rows]],
        "filtered_resps": [[NO_ANSWER if row["answer"] is None else row["answer"] for row in rows]],
        "filter": FILTER,
        "metrics": list(metrics),
        "doc_hash": _sha256(json.dumps(doc, indent=2, ensure_ascii=False)),
        "prompt_hash": _sha256(prompt),
        "target_hash": _sha256(target),
        **metrics,
        OWN: {name: [row[name] for row in rows] for name in _PER_SAMPLE if rows and name in rows[0]},
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
    """The answer, or what else the verifier judges by."""
    answer = problem.reference.get("answer")
    return (
        answer if isinstance(answer, str) else json.dumps(dict(problem.reference), ensure_ascii=False, sort_keys=True)
    )


def _numbers(task: Task) -> dict[str, Any]:
    """A task's numbers, in the harness's `metric,filter` keys."""
    numbers: dict[str, Any] = {"name": task.name, "alias": task.name, "sample_len": _effective(task)}
    for name, value, error in _metrics(task):
        numbers[f"{name},{FILTER}"] = value
        numbers[f"{name}_stderr,{FILTER}"] = NO_ERROR if error is None else error
    return numbers


def _metrics(task: Task) -> list[tuple[str, float, float | None]]:
    """Name, value and standard error (clustered by problem; None: not to be had) of what the summary says and the layout can hold."""
    summary = task.summary
    found: list[tuple[str, float, float | None]] = [
        (f"pass@{k}", summary["pass_at"][str(k)], summary["pass_at_se"][str(k)]) for k in _ks(task)
    ]
    if summary["maj"] is not None:
        found.append((f"maj@{summary['samples']}", summary["maj"], None))
    return found


def _ks(task: Task) -> list[int]:
    """1, 2, 4, ... and the largest: all are in the summary, under `armature`."""
    largest = int(task.summary["samples"])
    return sorted({2**power for power in range(largest.bit_length())} | {largest}) if largest else []


def _effective(task: Task) -> int:
    """Problems with a judged sample: those that Pass@k is the mean over."""
    return len({row["problem_id"] for row in task.rows if row["score"] is not None})


def _config(task: Task) -> dict[str, Any]:
    return {
        "task": task.name,
        "dataset_path": task.origin,
        "output_type": "generate_until",
        "metric_list": [{"metric": f"pass@{k}", "aggregation": "mean", "higher_is_better": True} for k in _ks(task)],
        "generation_kwargs": dict(task.generation),
        "repeats": max((int(row["sample"]) + 1 for row in task.rows), default=0),
        "num_fewshot": 0,
        "should_decontaminate": False,
        "metadata": {"version": task.version, "correct_at": task.correct_at},
    }


def _task_hash(task: Task) -> str:
    return _sha256("".join(line["doc_hash"] + line["prompt_hash"] + line["target_hash"] for line in sample_lines(task)))


def _sha256(text: str) -> str:
    """lm_eval.utils.hash_string."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
