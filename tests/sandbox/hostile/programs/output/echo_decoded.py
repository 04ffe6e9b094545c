# problem: echo
# want: wrong, runtime_error
# why: reads bytes as text and writes them with losses

import sys

sys.stdout.write(sys.stdin.buffer.read().decode("utf-8", "replace").replace("\x00", ""))
