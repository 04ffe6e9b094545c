# problem: plus
# want: wrong, runtime_error
# why: a thread that prints and repairs forever while the call runs

import threading


def watch():
    while True:
        for thread in threading.enumerate():
            thread.name = "passed"


threading.Thread(target=watch, daemon=True).start()


class Solution:
    def plus(self, a, b):
        return 0
