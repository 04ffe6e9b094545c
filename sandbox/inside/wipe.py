"""Removal of everything that a program may have left in a folder.

No path is ever built (the path of a tree 900 folders deep with names of 200 bytes is too long for the kernel), and
there is no recursion: a folder inside a folder is moved up to the top and removed later, so two descriptors are enough
for any depth.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time


def wipe(folder: str, deadline: float) -> None:
    """Empty `folder`, as the owner of its contents. Give up at `deadline` (monotonic seconds).

    The caller checks whether the folder is empty.
    """
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
                        with contextlib.suppress(
                            OSError
                        ):  # the program has taken this name: try another in the next round
                            os.rename(entry, f".wipe-{count}", src_dir_fd=inner, dst_dir_fd=top)
                finally:
                    os.close(inner)
                with contextlib.suppress(OSError):  # not empty yet: left to the next round
                    os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
