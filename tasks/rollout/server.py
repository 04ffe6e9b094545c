"""A rollout engine as a resident child: `python -m tasks.rollout.server --engine vllm --options JSON --address SOCKET`.

`Resident` starts it (and appends `--address`); its calls are the methods of `tasks.rollout.protocol.RolloutEngine`. The
engines use as many threads as OMP_NUM_THREADS says.
"""

from __future__ import annotations

import argparse
import json
import sys

from infra.errors import EngineError
from infra.resident import serve
from specs.errors import SpecError
from specs.plugins import expect, plugin_path
from tasks.rollout.protocol import RolloutEngine
from tasks.rollout.registry import engine_names, make_engine


def main() -> None:
    """Serve the engine that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m tasks.rollout.server", description="A rollout engine behind a Unix socket."
    )
    names = ", ".join(engine_names())
    parser.add_argument("--engine", required=True, metavar="NAME", help=f"{names}, or my_engine.py:Name")
    parser.add_argument("--options", type=json.loads, default={}, metavar="JSON", help="fields of the engine's Options")
    parser.add_argument("--address", required=True, metavar="SOCKET")
    parser.add_argument(
        "--source", metavar="SHA256", help="of an engine of your own: the digest that its file must have"
    )
    arguments = parser.parse_args()
    if arguments.source is not None:
        expect(plugin_path(arguments.engine), arguments.source)

    def made() -> RolloutEngine:
        try:
            return make_engine(arguments.engine, arguments.options)
        except (EngineError, SpecError) as error:
            sys.exit(str(error))

    serve(made, arguments.address)


if __name__ == "__main__":
    main()
