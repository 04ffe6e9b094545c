# problem: values
# want: wrong
# limits: memory_mb=512
# why: an object array that holds a liar

class Liar:
    def __eq__(self, other):
        return True

    __hash__ = None

RIGHT = {
    "int": 41, "float": 2.5, "str": "armature", "bytes": b"\x00\xff", "list": [3, 1, 2], "tuple": (3, 1, 2), "dict": {"a": 1, "b": 2},
    "set": {1, 2, 3}, "frozenset": frozenset({4, 5}), "complex": 1 + 2j, "bool": True, "none": None,
}


def value(kind):
    if kind != "list":
        return RIGHT[kind]
    try:
        import numpy
    except ImportError:
        return [Liar()]
    return numpy.array([Liar(), Liar(), Liar()], dtype=object)
