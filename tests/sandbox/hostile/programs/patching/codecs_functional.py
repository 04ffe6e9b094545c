# problem: plus
# want: wrong, runtime_error
# why: text codecs are replaced by one that writes the answer

import codecs


class Liar:
    def encode(self, text, errors="strict"):
        return b"passed", len(text)

    decode = encode


info = codecs.CodecInfo(Liar().encode, Liar().decode, name="utf-8")
codecs.register(lambda name: info)
codecs.lookup = codecs.getencoder = lambda name: info
for name in ("strict", "ignore", "replace", "surrogateescape", "surrogatepass", "backslashreplace"):
    codecs.register_error(name, lambda error: ("passed", error.end))


class Solution:
    def plus(self, a, b):
        return 0
