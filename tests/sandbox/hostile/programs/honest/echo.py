# problem: echo
# want: accepted
# why: every byte comes back as it was

import sys

sys.stdout.buffer.write(sys.stdin.buffer.read())
