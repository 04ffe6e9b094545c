"""The first policy of an experiment: given weights, or a tiny model made on the spot."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.caching import NamedStep, Step
from infra.digest_memory import DigestMemory
from infra.errors import StoreError
from infra.paths import HOME
from infra.store import Manifest, Store
from specs.paths import from_root, names_hub_model
from tasks.data.seeds import derive_seed
from tasks.errors import DataError, NotFetchedError

#: In the store, the weights of a policy lie under the first; after training, a step of the second names the policy.
POLICY_STAGE, TRAIN_STAGE = "policy", "train"
#: In the inputs of a first adapter, the key of the policy step with the weights that it stands beside.
BASE = "base"
#: How the names of files with tensors begin: weights, the optimizer's state, an adapter. What else a policy's step has,
#: configuration and tokenizer, all policies of a line share.
OPTIMIZER = "optimizer"
TENSORS = ("model", OPTIMIZER, "adapter_model")
POLICY_VERSION = 1
_KEPT = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
)


def policy_step(lineage: str, root: str | None = None) -> Step:
    """Return the step under which a policy's weights lie, named by its lineage.

    `root` is the first policy of its line, from which it was trained; None for such a one.
    """
    references = () if root in (None, lineage) else (f"{TRAIN_STAGE}/{lineage}", f"{POLICY_STAGE}/{root}")
    return NamedStep(POLICY_STAGE, POLICY_VERSION, {"policy": lineage}, references, name=lineage)


def first_of(store: Store, lineage: str) -> Manifest:
    """Return the first policy of the line that `lineage` belongs to. Raises StoreError where it is gone."""
    root = lineage
    while (step := store.find(TRAIN_STAGE, root)) is not None:
        root = step.inputs["root"]
    manifest = store.find(POLICY_STAGE, root)
    if manifest is None:
        raise StoreError(
            f"{store.uri}: the weights of policy {root[:12]}, where {lineage[:12]} began, are not there any more"
        )
    return manifest


def base_of(store: Store, first: Manifest) -> Manifest:
    """Return the step with the whole weights of a line that begins with `first`: itself, or the base of its adapter.

    Raises StoreError where that is gone.
    """
    if BASE not in first.inputs:
        return first
    base = store.find(POLICY_STAGE, first.inputs[BASE])
    if base is None:
        raise StoreError(
            f"{store.uri}: the weights {first.inputs[BASE][:12]}, beside which adapter {first.key[:12]} is trained, "
            "are not there any more; start its run again"
        )
    return base


def write_description(store: Store, first: Manifest, folder: Path) -> None:
    """Write configuration and tokenizer of the line that begins with `first` into `folder`: no tensors."""
    for name in first.files:
        if not name.startswith(TENSORS):
            (folder / name).write_bytes(store.read(first, name))


def model_folder(policy: Mapping[str, Any], *, download: bool, weights: bool = True) -> Path | None:
    """Return the local folder of `policy.model`, fetched from the hub if it is a hub name.

    None for a policy made on the spot. `weights=False` fetches configuration and tokenizer alone. Raises DataError;
    NotFetchedError without `download`, where it is not in the hub's cache.
    """
    if policy["init"] == "scratch":
        return None
    name = policy["model"]
    folder = from_root(name)
    if folder.is_dir():
        return folder
    missing = f"policy.model: no folder {folder} (a relative path starts at the repository root)"
    if not names_hub_model(name):
        hint = "; make smollm2 makes it" if "smollm2" in name.lower() else ""
        raise DataError(f"{missing}{hint}")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    from tasks.data.hub_errors import hub_reason

    try:
        patterns = [*_KEPT, *(["*.safetensors", "*.safetensors.index.json"] if weights else [])]
        cached = Path(
            snapshot_download(name, revision=policy["revision"], allow_patterns=patterns, local_files_only=not download)
        )
        if not download and weights and not any(cached.glob("*.safetensors")):  # `armature data` needs no weights
            raise NotFetchedError(f"{missing}, and the local cache has no weights of {name}: a start fetches them")
        return cached
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        if not download and isinstance(error, LocalEntryNotFoundError):
            raise NotFetchedError(
                f"{missing}, and no model {name} of the hub in the local cache: a start fetches it"
            ) from error
        reason = hub_reason(error, "give a local folder")
        raise DataError(f"{missing}, and no model {name} from the hub; {reason}") from error


def weights_digest(folder: Path) -> str:
    """Return the sha256 over the weight files' digests and the configuration, which are remembered between starts."""
    files = sorted(p for p in folder.iterdir() if p.suffix == ".safetensors" or p.name == "config.json")
    if not any(p.suffix == ".safetensors" for p in files):
        raise DataError(f"policy.model: {folder} holds no .safetensors file")
    memory = DigestMemory(HOME / "digests.json")
    digests = {path.name: memory.sha256(path) for path in files}
    memory.save()
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()


def given_files(folder: Path) -> dict[str, Path]:
    """Return the files of a given model that make a policy, by name."""
    return {
        p.name: p
        for p in sorted(folder.iterdir())
        if p.name in _KEPT or (p.name.startswith("model") and ".safetensors" in p.name)
    }


def write_scratch_model(
    folder: Path, architecture: Mapping[str, Any], vocabulary: int, eos: int, pad: int, dtype: str, seed: int
) -> None:
    """Write a Llama-style decoder with random weights: a pure function of its arguments."""
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=architecture["hidden"],
        num_hidden_layers=architecture["layers"],
        num_attention_heads=architecture["heads"],
        num_key_value_heads=architecture["heads"],
        intermediate_size=architecture["intermediate"],
        max_position_embeddings=architecture["max_positions"],
        tie_word_embeddings=architecture["tie_embeddings"],
        eos_token_id=eos,
        bos_token_id=None,
        pad_token_id=pad,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "scratch"))
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.to(getattr(torch, dtype)).save_pretrained(folder)
