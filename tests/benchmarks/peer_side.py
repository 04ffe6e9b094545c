"""The peers' half of peer_scoring.py, run in an environment with lm_eval and math_verify, without this repository.

Reads {"gold": [answers], "text": [responses], "score": bool} from stdin and writes JSON to stdout: always the seconds
of math-verify for all responses, in this one process, without imports; with `score` also each peer's verdict and
extracted answer for each response.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any


def harness(golds: list[str], texts: list[str]) -> dict[str, list[tuple[bool, str]]]:
    """Score by lm-evaluation-harness's own gsm8k task: the filters and the metric of its YAML, by its own code.

    Return {filter: [(verdict, extracted answer)]}.
    """
    import datasets
    import lm_eval
    import yaml
    from lm_eval.api.task import ConfigurableTask

    config = yaml.safe_load((Path(lm_eval.__file__).parent / "tasks/gsm8k/gsm8k.yaml").read_text())
    config.pop("tag")
    # The task loads its own data set; this one replaces it, in the authors' form (the metric drops what precedes ####).
    documents = [{"question": "", "answer": f"#### {gold}"} for gold in golds]
    data = datasets.Dataset.from_list(documents)
    task = ConfigurableTask(
        config={**config, "custom_dataset": lambda **_: datasets.DatasetDict(train=data, test=data)}
    )
    requests = [
        task.construct_requests(doc=document, ctx="", metadata=("gsm8k", place, 1))
        for place, document in enumerate(documents)
    ]
    for place, (request, text) in enumerate(zip(requests, texts, strict=True)):
        request.doc_id = place
        request.resps.append(text)
    task._instances = requests
    task.apply_filters()
    return {
        name: [
            (
                bool(task.process_results(document, [request.filtered_resps[name]])["exact_match"]),
                request.filtered_resps[name],
            )
            for document, request in zip(documents, requests, strict=True)
        ]
        for name in requests[0].filtered_resps
    }


def math_verify(golds: list[str], texts: list[str]) -> tuple[list[tuple[bool, str]], float]:
    """Score by math-verify with its own defaults, the gold in a box; return (verdict, extracted answer)s and seconds.

    Each gold is parsed once for all its responses.
    """
    from math_verify import parse, verify

    began = time.perf_counter()
    parsed = {gold: parse(f"\\boxed{{{gold}}}") for gold in dict.fromkeys(golds)}
    answers = [parse(text) for text in texts]
    verdicts = [verify(parsed[gold], answer) for gold, answer in zip(golds, answers, strict=True)]
    seconds = time.perf_counter() - began
    return [
        (verdict, str(answer[-1]) if answer else "[none]") for verdict, answer in zip(verdicts, answers, strict=True)
    ], seconds


def main() -> None:
    logging.disable(logging.WARNING)
    asked = json.load(sys.stdin)
    math_verify(["1"], ["So it is $\\boxed{\\frac{1}{2}}$."])  # imports and compiles
    verdicts, seconds = math_verify(asked["gold"], asked["text"])
    reply: dict[str, Any] = {"math_verify_s": seconds}
    if asked["score"]:
        reply["verdicts"] = {**harness(asked["gold"], asked["text"]), "math-verify": verdicts}
        reply["versions"] = {name: version(name) for name in ("lm_eval", "math-verify", "sympy")}
    print(json.dumps(reply))


if __name__ == "__main__":
    main()
