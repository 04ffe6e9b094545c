"""The memory of one GPU, estimated before anything runs: shapes of a model and settings in, named terms in bytes out.

`shapes.py` reads a model's config.json, `trainer.py` has the terms of a trainer rank, `activations.py` those of a
micro-batch, `rollout.py` those of a vLLM engine, `fit.py` adds them up for one GPU and finds the settings that fit.

It is checked on the CPU against real ranks (tests/benchmarks/memory_model.py), within 15 %. Nothing of it was run on a
GPU: what it assumes of one stands in `gpu.py`.
"""
