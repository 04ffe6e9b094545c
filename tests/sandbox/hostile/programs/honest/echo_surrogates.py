# problem: echo_call
# want: accepted
# why: strings with surrogates, NUL and line ends come back as they were

class Solution:
    def echo(self, s):
        return s
