"""Problems of reasoning-gym: `gym:countdown?size=2000&seed=7`, options of the data set's configuration behind `?`.

The rows are made in a process of their own under PYTHONHASHSEED=0, since five data sets depend on it. Needs the extra
`gym`; the version is in the key.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from specs.identity import ASKED_TOO
from specs.paths import REPOSITORY_ROOT
from specs.sections import Data
from tasks.data.sources.base import Row, RowSource
from tasks.errors import DataError

PACKAGE = "reasoning-gym"
VERSION = "0.1.25"  # of which it is known which scorers execute answers (tasks/reward/gym_scorer.py)
INSTALL = "pip install 'armature[gym]'"
SCRIPT = Path(__file__).parents[1] / "gym_rows.py"
_KEY_PART = ("train", "heldout", "prompt", "drop_duplicates", "drop_long_prompts", "max_prompt_tokens")


class GymSource(RowSource):
    """A procedural data set of reasoning-gym, which brings its own scorer."""

    def __init__(self, data: Data, folder: Path = REPOSITORY_ROOT, key: str = "data.train") -> None:
        columns = {"prompt_column": "prompt", "answer_column": "reference", "answer_after": None}
        super().__init__(data.model_copy(update=columns), folder, key)

    @property
    def own_verifier(self) -> str:
        """Return the verifier's name."""
        return "gym"

    def fingerprint(self) -> str:
        """Return name, options and the version of reasoning-gym, which say all. DataError where it is missing."""
        return f"{self.data.source} {PACKAGE} {gym_version(self.key)}"

    def rows(self, revision: str | None = None) -> Iterator[Row]:
        """Yield the rows. DataError for a data set or an option that there is not."""
        gym_version(self.key)
        name = self.body.removeprefix("gym:")
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        request = json.dumps({"dataset": name, "options": self.options})
        # -P: no module beside the script (code.py) stands for one of the standard library.
        command = [sys.executable, "-P", str(SCRIPT)]
        done = subprocess.run(command, input=request, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
            raise DataError(f"{self.key}: {self.body}: reasoning-gym failed: {reason}")
        for index, line in enumerate(map(json.loads, done.stdout.splitlines())):
            if "error" in line:
                raise DataError(f"{self.key}: {self.data.source}: {line['error']}")
            entry = line["row"]
            reference = {"dataset": name, "config": line["config"], "entry": entry}
            row = {"id": f"{name}/{index:06d}", "prompt": entry["question"], "reference": reference}
            yield f"{self.body}:{index}", row

    def key_part(self, part: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings that made problems depend on: no columns, no verifier."""
        return {key: part[key] for key in (*_KEY_PART, *ASKED_TOO) if key in part}


def gym_version(key: str) -> str:
    """Return the version of reasoning-gym. DataError, which opens with `key`, where another or none is installed."""
    try:
        found = version(PACKAGE)
    except PackageNotFoundError:
        raise DataError(f"{key}: gym: needs reasoning-gym, which is not installed here: {INSTALL}") from None
    if found != VERSION:
        raise DataError(f"{key}: gym: needs reasoning-gym {VERSION}, and {found} is installed here: {INSTALL}")
    return found


SOURCE = GymSource
