# problem: sum
# want: time_limit
# limits: cpu_s=0.5
# why: every signal is ignored and blocked, and then a loop

import signal

for number in signal.valid_signals():
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
while True:
    pass
