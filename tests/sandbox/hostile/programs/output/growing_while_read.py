# problem: upto
# want: wrong, runtime_error, time_limit, memory_limit, output_limit
# why: a thread appends to the list while it is written

import threading


class Solution:
    def upto(self, n):
        x = [1]

        def grow():
            while True:
                x.append(1)

        threading.Thread(target=grow, daemon=True).start()
        return x
