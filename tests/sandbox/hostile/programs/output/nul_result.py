# problem: echo_call
# want: wrong
# why: NUL and control characters in results

class Solution:
    def echo(self, s):
        return "\x00\x1b[2J\r\n\u2028" + s
