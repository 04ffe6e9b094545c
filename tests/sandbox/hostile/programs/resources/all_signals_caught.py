# problem: sum
# want: time_limit
# limits: wall_s=0.4
# why: every signal has a handler that goes on, and then sleep

import signal
import time

for number in signal.valid_signals():
    try:
        signal.signal(number, lambda *x: None)
    except (OSError, ValueError):
        pass
while True:
    try:
        time.sleep(600)
    except BaseException:
        pass
