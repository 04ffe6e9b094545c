# problem: echo_text
# want: accepted
# why: text streams give every byte back too

import sys

sys.stdout.write(sys.stdin.read())
