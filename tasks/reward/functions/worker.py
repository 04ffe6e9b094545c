"""The fork server of a user's function and its workers: `python -m tasks.reward.functions.worker CONTROL_FD`.

The server loads the user's file, of the very source that its parent's keys name. A worker takes batches of requests
and answers each as soon as it is judged, so that its parent knows which one it hangs on.
"""

from __future__ import annotations

import os
import pickle
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from specs.errors import SpecError
from specs.plugins import expect, plugin_path
from tasks.plugins import error_line, load_plugin
from tasks.reward.functions.calling import Callee
from tasks.reward.functions.local_modules import unkeyed_modules
from tasks.reward.functions.printing import Head, capture
from tasks.reward.functions.signature import signature_of
from tasks.reward.processes.messages import receive, receive_file, send, send_bytes
from tasks.reward.processes.server import serve


def work(sock: socket.socket, callee: Callee) -> None:
    """Serve batches of requests until the parent closes."""
    os.register_at_fork(after_in_child=sock.close)  # a process that the function leaves behind holds nothing open
    head = _quiet()
    while True:
        try:
            batch = pickle.loads(receive_file(sock))
        except (EOFError, ConnectionError):
            return
        for request in batch:
            send_bytes(sock, pickle.dumps(callee.call(request, head.take), 5))


def _quiet() -> Head:
    """Let nothing reach the terminal; return what keeps the first of what Python code prints."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    return capture()


def load(request: dict[str, Any]) -> tuple[Callee, dict[str, Any]]:
    """Return the function, and what the parent has to know of it. SpecError where it cannot be loaded or called."""
    use, args, key = request["use"], request["args"], request["key"]
    path = plugin_path(use)
    expect(path, request["source"])
    function = _loaded(use, key, path)
    try:
        signature = signature_of(function, args)
    except SpecError as error:
        raise SpecError(f"{key}: {request['label']}: {error}") from None
    if unkeyed := unkeyed_modules(path):
        raise SpecError(f"{key}: {request['label']}: {unkeyed}")
    where = partial(error_line, path=path)
    return Callee(function, signature, args, where, partial(unkeyed_modules, path)), signature.told()


def _loaded(use: str, key: str, path: Path) -> Callable[..., Any]:
    try:
        found: Callable[..., Any] = load_plugin(use, key)
    except SystemExit as error:  # load_plugin takes what derives from Exception
        raise SpecError(f"{key}: the file ends the process when it is loaded: {error_line(error, path)}") from None
    return found


def main(descriptor: int) -> None:
    """Load the function that the parent asks for, greet it, and serve."""
    with socket.socket(fileno=descriptor) as control:
        request = receive(control)
        assert isinstance(request, dict)
        try:
            callee, told = load(request)
        except SpecError as error:
            send(control, {"error": str(error)})
            return
        send(control, {"error": "", **told})
        serve(control, partial(work, callee=callee))


if __name__ == "__main__":
    main(int(sys.argv[1]))
