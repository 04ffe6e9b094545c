# problem: sum
# want: time_limit, runtime_error, wrong, memory_limit
# limits: wall_s=2
# why: threads that start threads

import threading


def more():
    for _ in range(2000):
        try:
            threading.Thread(target=more).start()
        except (RuntimeError, MemoryError):
            pass


more()
