# problem: plus
# want: wrong
# why: leaves word for the next test in files, environment and modules

import os
import sys


class Solution:
    def plus(self, a, b):
        with open("/tmp/calls", "a+") as file:
            file.seek(0)
            known = file.read()
            file.write(f"{a} {b}\n")
        os.environ["CALLS"] = known
        sys.modules["calls"] = known
        return len(known)
