# problem: values
# want: wrong
# why: an object that would run code on the host if anybody unpickled it

class Liar:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __lt__(self, other):
        return True

    __le__ = __gt__ = __ge__ = __lt__

    def __hash__(self):
        return 0

    def __reduce__(self):
        return exec, ("open('/tmp/armature_plant_pickle', 'w')",)

    __reduce_ex__ = lambda self, protocol: self.__reduce__()


RIGHT = {
    "int": 41, "float": 2.5, "str": "armature", "bytes": b"\x00\xff", "list": [3, 1, 2], "tuple": (3, 1, 2), "dict": {"a": 1, "b": 2},
    "set": {1, 2, 3}, "frozenset": frozenset({4, 5}), "complex": 1 + 2j, "bool": True, "none": None,
}


def value(kind):
    return Liar() if kind == "dict" else RIGHT[kind]
