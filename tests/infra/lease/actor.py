"""A process that takes run locks on command: `python actor.py URI BEAT_S [HOST]`, a JSON list in, a JSON value out.

HOST: the name that it takes for its host's, so that other processes take it for one on another host.
"""

import json
import logging
import socket
import sys
import time

from infra.caching import Step
from infra.errors import StoreError
from infra.files import Files
from infra.lease import RunLock
from infra.store import Store


def main() -> None:
    uri, beat_s, *host = sys.argv[1:]
    if host:
        socket.gethostname = lambda: host[0]
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    files, locks = Files(uri), dict[str, RunLock]()
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        verb, *arguments = json.loads(line)
        answer = None
        try:
            if verb == "acquire":  # [run, moment of the monotonic clock to start at]
                run, moment = arguments
                locks[run] = RunLock(files, run, float(beat_s))
                time.sleep(max(0.0, moment - time.monotonic()))
                locks[run].acquire()
                answer = "acquired"
            elif verb == "release":
                locks[arguments[0]].release()
            elif verb == "check":
                locks[arguments[0]].check()
            elif verb == "lost":
                answer = locks[arguments[0]].lost
            elif verb == "commit":  # [text]: of one and the same step
                answer = (
                    Store(uri)
                    .commit(Step("train", 1, {"k": 1}), {"weights": arguments[0].encode()}, kind="weights")
                    .folder
                )
        except StoreError as error:
            answer = f"{type(error).__name__}: {error}"
        print(json.dumps(answer), flush=True)


main()
