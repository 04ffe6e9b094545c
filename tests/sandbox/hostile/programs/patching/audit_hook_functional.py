# problem: plus
# want: wrong, runtime_error
# why: an audit hook that refuses everything from now on

import sys


def no(event, arguments):
    raise RuntimeError("no")


sys.addaudithook(no)


class Solution:
    def plus(self, a, b):
        return 0
