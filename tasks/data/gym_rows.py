"""Make the rows of a reasoning-gym data set. Run as a script: JSON on stdin, one JSON line for each row on stdout.

Five data sets depend on the hash seed, so the process is started with PYTHONHASHSEED=0. It imports nothing of Armature.
The request is {"dataset": name, "options": {name: text}}; a line is {"row": ..., "config": ...} or {"error": reason}.
"""

from __future__ import annotations

import ast
import dataclasses
import json
import sys
from collections.abc import Mapping
from typing import Any

SIZE, SEED = 2000, 0  # unless the options say more


def main() -> None:
    """Read the request, and print the rows or why there are none."""
    request, lines = json.load(sys.stdin), sys.stdout
    sys.stdout = sys.stderr  # some data sets print
    try:
        for line in rows(request["dataset"], request["options"]):
            print(json.dumps(line), file=lines)
    except (ValueError, TypeError, AssertionError, KeyError, NotImplementedError) as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), file=lines)


def rows(name: str, options: Mapping[str, str]) -> Any:
    """Yield a line for each row. ValueError for what reasoning-gym does not know."""
    import reasoning_gym
    from reasoning_gym.factory import DATASETS

    if name not in DATASETS:
        raise ValueError(f"no data set {name!r}; there are {', '.join(sorted(DATASETS))}")
    known = [each.name for each in dataclasses.fields(DATASETS[name][1])]
    if unknown := [key for key in options if key not in known]:
        raise ValueError(f"no option {unknown[0]!r}; there are {', '.join(known)}")
    config = {"size": SIZE, "seed": SEED, **{key: _value(text) for key, text in options.items()}}
    dataset = reasoning_gym.create_dataset(name, **config)
    for index in range(len(dataset)):
        entry = dataset[index]
        stored = json.loads(json.dumps(entry))
        if stored["answer"] is not None and dataset.score_answer(entry["answer"], stored) != dataset.score_answer(
            entry["answer"], entry
        ):
            raise ValueError(f"row {index} has no JSON form that is scored alike; use another data set")
        yield {"row": stored, "config": config}


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


if __name__ == "__main__":
    main()
