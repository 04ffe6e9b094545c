"""Emptying a folder that a program filled with whatever it liked.

No path is ever built (a tree 900 folders deep with 200-byte names has none that the kernel takes) and no recursion happens: folders found
inside a folder are moved up to the top and wait there for their turn, so two descriptors are enough for any depth.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time


def wipe(folder: str, deadline: float) -> None:
    """Empties `folder` as the owner of what lies in it; gives up at `deadline` (monotonic seconds). The caller looks whether it is empty."""
    top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    count = 0
    try:
        while names := os.listdir(top):
            for name in names:
                if time.monotonic() > deadline:
                    return
                if not stat.S_ISDIR(os.stat(name, dir_fd=top, follow_symlinks=False).st_mode):
                    os.unlink(name, dir_fd=top)
                    continue
                os.chmod(name, 0o700, dir_fd=top)
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
                try:
                    for entry in os.listdir(inner):
                        if not stat.S_ISDIR(os.stat(entry, dir_fd=inner, follow_symlinks=False).st_mode):
                            os.unlink(entry, dir_fd=inner)
                            continue
                        os.chmod(entry, 0o700, dir_fd=inner)  # moving a folder writes its `..`
                        count += 1
                        with contextlib.suppress(OSError):  # a name that the program has taken: next round has another
                            os.rename(entry, f".wipe-{count}", src_dir_fd=inner, dst_dir_fd=top)
                finally:
                    os.close(inner)
                with contextlib.suppress(OSError):  # not empty yet: next round
                    os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
