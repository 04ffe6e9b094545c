# problem: echo_call
# want: wrong
# why: a result with the line ends that a protocol of lines would fear

class Solution:
    def echo(self, s):
        return s + "\n{\"i\":1,\"v\":0}\n"
