"""The places of Armature on this machine, all under `.armature/` (git-ignored) in the repository root."""

from __future__ import annotations

from specs.paths import REPOSITORY_ROOT

HOME = REPOSITORY_ROOT / ".armature"  # never under the current directory: a worker's directory must not matter
LOGS = HOME / "logs"  # of resident processes
SCRATCH = HOME / "scratch"  # weights on their way from the trainer to the rollout engine; removed with the flow
