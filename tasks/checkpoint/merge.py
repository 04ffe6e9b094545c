"""An adapter merged with its base: one set of weights, W + (alpha / rank) B A, for what knows no adapters."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from safetensors.torch import load_file

from tasks.checkpoint.adapter import CONFIG, STEM, pairs_of
from tasks.errors import TrainingError
from tasks.train.shards import ShardWriter, reader


def merge(base: Path, adapter: Path, folder: Path) -> None:
    """Write the merged weights, and configuration and tokenizer of `base`, into `folder`.

    They have the dtype of the adapter, which is the policy's: in it the trainer holds the base too, whatever dtype its
    files have. Products and sums are float32, rounded once. Raises TrainingError where the adapter has a tensor that
    the base has no weight for.
    """
    config = json.loads((adapter / CONFIG).read_text())
    scale = config["lora_alpha"] / config["r"]
    values = load_file(adapter / f"{STEM}.safetensors")
    pairs, dtype = pairs_of(values), next(iter(values.values())).dtype
    for path in base.iterdir():
        if not path.name.startswith(("model", "optimizer")):
            shutil.copyfile(path, folder / path.name)
    writer = ShardWriter(folder, "model", ("format", "pt"))
    with reader(base, "model") as (names, read, _):
        if strange := sorted(pairs.keys() - set(names)):
            raise TrainingError(f"{adapter}: {strange[0]} is no weight of {base}: the adapter belongs to another model")
        for name in names:
            weight = read(name)
            weight = weight.to(dtype) if weight.is_floating_point() else weight
            if name in pairs:
                a, b = pairs[name]
                weight = (weight.float() + scale * (b.float() @ a.float())).to(dtype)
            writer.add(name, weight.contiguous())
    writer.close()
