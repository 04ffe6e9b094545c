"""A rollout engine as a resident child: `python -m tasks.rollout.server --engine vllm --options JSON --address SOCKET`.

`infra.resident.Resident` starts it (and appends `--address`); its calls are the methods of `tasks.rollout.protocol.Engine`.
The engines use as many threads as OMP_NUM_THREADS says.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from infra.resident import serve
from tasks.rollout.protocol import Engine


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tasks.rollout.server", description="A rollout engine behind a Unix socket."
    )
    parser.add_argument("--engine", choices=("transformers", "vllm"), required=True)
    parser.add_argument(
        "--options", type=json.loads, default={}, metavar="JSON", help="fields of TransformersOptions or VllmOptions"
    )
    parser.add_argument("--address", required=True, metavar="SOCKET")
    arguments = parser.parse_args()
    serve(lambda: make_engine(arguments.engine, arguments.options), arguments.address)


def make_engine(kind: str, options: dict[str, Any]) -> Engine:
    """The engine called `kind`. Only that engine's library is imported. Leaves with one line on an unknown option."""
    try:
        if kind == "vllm":
            from tasks.rollout.vllm_engine import VllmEngine, VllmOptions

            return VllmEngine(VllmOptions(**options))
        from tasks.rollout.transformers_engine import TransformersEngine, TransformersOptions

        return TransformersEngine(TransformersOptions(**options))
    except TypeError as error:
        sys.exit(f"rollout engine {kind}: options {options}: {error}")


if __name__ == "__main__":
    main()
