# problem: plus
# want: wrong, runtime_error
# why: settrace and setprofile see each frame and change its variables

import sys
import threading


def look(frame, event, argument):
    for name in ("expected", "want", "result", "results", "out", "exp", "value"):
        if name in frame.f_locals:
            frame.f_locals[name] = True
    return look


sys.settrace(look)
sys.setprofile(look)
threading.settrace(look)
frame = sys._getframe()
while frame:
    frame.f_trace = look
    frame.f_trace_opcodes = True
    frame = frame.f_back


class Solution:
    def plus(self, a, b):
        return 0
