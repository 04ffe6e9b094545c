"""The beginning inside a slot: walls where there are none yet, then the supervisor."""

from __future__ import annotations

import os
from typing import Any

from sandbox.inside import frames, jail, supervisor


def start(config: dict[str, Any]) -> None:
    """Never returns while the host is there."""
    try:
        proc = (
            jail.enter(config["jail"])
            if config["jail"]
            else os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        )
        if config["uid"] is not None:
            os.chmod("/tmp", 0o1777)  # an engine may give the new /tmp the mode that the image's has
    except OSError as error:
        os.write(1, frames.pack({"ready": False, "error": str(error)}))
        raise SystemExit(1) from error
    supervisor.main(config, proc)
