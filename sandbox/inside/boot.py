"""The entry point inside a slot: enters the jail where the slot is no container, then runs the supervisor."""

from __future__ import annotations

import os
from typing import Any

from sandbox.inside import frames, namespaces, supervisor


def start(config: dict[str, Any]) -> None:
    """Run the supervisor until the host closes its end."""
    try:
        proc = (
            namespaces.enter(config["jail"])
            if config["jail"]
            else os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        )
        if config["uid"] is not None:
            os.chmod("/tmp", 0o1777)  # an engine may give the new /tmp the mode of the image's /tmp
    except OSError as error:
        os.write(1, frames.pack({"ready": False, "error": str(error)}))
        raise SystemExit(1) from error
    supervisor.main(config, proc)
