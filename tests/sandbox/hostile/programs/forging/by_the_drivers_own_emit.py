# problem: plus
# want: wrong, runtime_error
# why: finds the driver's emit in its frames and uses it

import os
import sys


class Solution:
    def plus(self, a, b):
        frame = sys._getframe()
        while frame:
            for name, thing in list(frame.f_locals.items()):
                if "emit" in name and callable(thing):
                    for k in range(4):
                        thing(b'{"i":%d,"v":0,"passed":true}\n' % k)
            frame = frame.f_back
        os._exit(0)
