# problem: plus
# want: wrong
# why: a string of lone surrogates, which JSON and UTF-8 do not agree about

class Solution:
    def plus(self, a, b):
        return "\ud800\udc00\udfff"
