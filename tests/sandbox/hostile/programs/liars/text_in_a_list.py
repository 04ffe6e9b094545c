# problem: echo_call
# want: wrong
# why: the answer in a list is not the answer

class Solution:
    def echo(self, s):
        return [s]
