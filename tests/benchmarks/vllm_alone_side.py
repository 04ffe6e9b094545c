"""vLLM's half of rollout_speed.py: vllm.LLM as its documentation shows it, in a process of its own.

Takes its settings from the command line (JSON); for each line on stdin it answers all requests once and prints the
seconds.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"  # as in ours: one process that holds model and scheduler

import vllm


def main(asked: dict[str, Any]) -> None:
    """Answer as often as asked."""
    llm = vllm.LLM(model=asked["model"], skip_tokenizer_init=True, seed=0, disable_log_stats=True, **asked["options"])
    prompts = [{"prompt_token_ids": ids} for ids in asked["prompts"] for _ in range(asked["samples"])]
    parameters = [
        vllm.SamplingParams(
            temperature=1.0, max_tokens=asked["tokens"], seed=seed, ignore_eos=True, logprobs=0, detokenize=False
        )
        for seed in range(len(prompts))
    ]
    for _ in sys.stdin:
        llm.reset_prefix_cache()
        started = time.perf_counter()
        done = llm.generate(prompts, parameters, use_tqdm=False)
        assert all(len(each.outputs[0].token_ids) == asked["tokens"] for each in done)
        print(json.dumps(time.perf_counter() - started), file=OUT, flush=True)


if __name__ == "__main__":
    OUT, sys.stdout = sys.stdout, sys.stderr  # what vLLM prints is no answer
    main(json.loads(sys.argv[1]))
