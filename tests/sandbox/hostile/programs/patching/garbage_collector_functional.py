# problem: plus
# want: wrong, runtime_error, time_limit
# why: a gc callback that runs at each collection, with the collector at its busiest

import gc


def look(phase, info):
    for thing in gc.get_referrers(look):
        if isinstance(thing, dict) and "expected" in thing:
            thing["expected"] = 0


gc.callbacks.append(look)
gc.set_threshold(100, 1, 1)


class Solution:
    def plus(self, a, b):
        return 0
