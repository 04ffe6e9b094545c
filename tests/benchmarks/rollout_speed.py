"""Times rollouts through our engine against vLLM alone, on the same requests.

    python -m tests.benchmarks.rollout_speed MODEL [--sequences 64 256] [--tokens 64] [--pairs 5]

MODEL: a folder in Hugging Face format (tests/models/smollm2.py makes SmolLM2-135M). Ours is the resident engine as a
run uses it, from the call until the reply is in the caller's process; the other side is vllm.LLM in a process of its
own, with the same settings of scheduler and cache. A pair is one call of each, and the ratio vLLM's seconds to ours;
the first pair is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer

from infra.resident import child_environment
from tasks.engines.rollout import RolloutClient
from tasks.rollout.protocol import PromptGroup, Sampling
from tasks.rollout.vllm_engine import CPU_BLOCK_TOKENS, CPU_SEQUENCES
from tests.benchmarks.adapter import PROMPTS

RESULTS = Path(__file__).parent / "results" / "rollout_speed.json"
THREADS = 2
LONGEST = 512  # tokens of prompt and response
CACHE_GIB = 1.0


def measured(model: Path, sequences: int, tokens: int, pairs: int) -> dict[str, Any]:
    """Return both sides' seconds of `pairs` calls and the ratio of each pair."""
    tokenizer = AutoTokenizer.from_pretrained(model)
    prompts = [tokenizer(text)["input_ids"] for text in PROMPTS]
    samples = sequences // len(prompts)
    options = {
        "dtype": "float32",
        "max_model_len": LONGEST,
        "block_size": CPU_BLOCK_TOKENS,
        "kv_cache_memory_bytes": int(CACHE_GIB * 2**30),
        "enforce_eager": True,
        "enable_chunked_prefill": False,
        "max_num_seqs": CPU_SEQUENCES,
        "enable_prefix_caching": True,
        "logprobs_mode": "processed_logprobs",
    }
    asked = {
        "model": str(model.resolve()),
        "prompts": prompts,
        "samples": samples,
        "tokens": tokens,
        "options": options,
    }
    variables = {"OMP_NUM_THREADS": str(THREADS), "CUDA_VISIBLE_DEVICES": "", "VLLM_LOGGING_LEVEL": "WARNING"}
    alone = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("vllm_alone_side.py"), json.dumps(asked)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment(variables),
    )
    assert alone.stdin is not None and alone.stdout is not None
    sampling = Sampling(temperature=1.0, max_tokens=tokens, stop_token_ids=())
    groups = [
        PromptGroup(tuple(ids), tuple(range(samples * place, samples * (place + 1))))
        for place, ids in enumerate(prompts)
    ]
    with tempfile.TemporaryDirectory() as folder:
        engine = RolloutClient(
            "vllm",
            {"max_model_len": LONGEST, "dtype": "float32", "kv_cache_gib": CACHE_GIB},
            threads=THREADS,
            devices=None,
            log=Path(folder) / "vllm.log",
            deadline_s=3600,
        )
        ours, theirs = [], []
        try:
            engine.load("policy", model)
            for _ in range(pairs + 1):
                started = time.perf_counter()
                engine.generate(groups, sampling)
                ours.append(time.perf_counter() - started)
                alone.stdin.write("again\n")
                alone.stdin.flush()
                theirs.append(float(alone.stdout.readline()))
        finally:
            engine.close()
            alone.kill()
    ratios = [vllm / own for vllm, own in zip(theirs[1:], ours[1:], strict=True)]
    return {
        "ratio": statistics.median(ratios),
        "ratios": ratios,
        "vllm_s": statistics.median(theirs[1:]),
        "ours_s": statistics.median(ours[1:]),
    }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--sequences", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    found: dict[str, Any] = {"cores": os.cpu_count()}
    for sequences in options.sequences:
        found[f"{sequences} sequences"] = measured(options.model, sequences, options.tokens, options.pairs)
        options.results.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
