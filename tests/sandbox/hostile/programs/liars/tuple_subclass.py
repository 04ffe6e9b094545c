# problem: values
# want: wrong
# why: an instance of a tuple subclass that says that it equals everything

class Liar(tuple):
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __lt__(self, other):
        return True

    __le__ = __gt__ = __ge__ = __lt__

    def __hash__(self):
        return 0


RIGHT = {
    "int": 41, "float": 2.5, "str": "armature", "bytes": b"\x00\xff", "list": [3, 1, 2], "tuple": (3, 1, 2), "dict": {"a": 1, "b": 2},
    "set": {1, 2, 3}, "frozenset": frozenset({4, 5}), "complex": 1 + 2j, "bool": True, "none": None,
}


def value(kind):
    return Liar((9,)) if kind == "tuple" else RIGHT[kind]
