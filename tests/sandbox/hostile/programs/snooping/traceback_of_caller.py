# problem: he_plus
# want: wrong, runtime_error
# why: reads the source line of its caller

import linecache
import re
import sys


def plus(a, b):
    frame = sys._getframe(1)
    while frame:
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        found = re.search(r"== *(-?\d+)", line)
        if found:
            return int(found[1])
        frame = frame.f_back
    return 0
