"""The peers' half of peer_scoring.py: runs in an environment of its own that has lm_eval and math_verify, and nothing of this repository.

Reads {"gold": [answers], "text": [responses], "score": bool} from stdin; writes JSON to stdout: with `score`, each peer's verdict and extracted
answer for each response; always the seconds of math-verify for all, in this one process, imports not counted.
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
    """lm-evaluation-harness's own gsm8k task: the filters and the metric of its YAML, by its own code. By filter: (verdict, what it extracted)."""
    import datasets
    import lm_eval
    import yaml
    from lm_eval.api.task import ConfigurableTask

    config = yaml.safe_load((Path(lm_eval.__file__).parent / "tasks/gsm8k/gsm8k.yaml").read_text())
    config.pop("tag")
    # The task wants its data set; ours stands in, in the authors' form (the metric drops what is in front of "#### ").
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
    """Hugging Face's math-verify with its own defaults, the gold in a box: verdicts, and seconds. Each gold is parsed once for all its responses."""
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
    math_verify(["1"], ["So it is $\\boxed{\\frac{1}{2}}$."])  # what is compiled and imported at the first call
    verdicts, seconds = math_verify(asked["gold"], asked["text"])
    reply: dict[str, Any] = {"math_verify_s": seconds}
    if asked["score"]:
        reply["verdicts"] = {**harness(asked["gold"], asked["text"]), "math-verify": verdicts}
        reply["versions"] = {name: version(name) for name in ("lm_eval", "math-verify", "sympy")}
    print(json.dumps(reply))


if __name__ == "__main__":
    main()
