# problem: values
# want: accepted
# why: a Counter, a defaultdict or an OrderedDict where a dict is expected

from collections import OrderedDict

RIGHT = {
    "int": 41, "float": 2.5, "str": "armature", "bytes": b"\x00\xff", "list": [3, 1, 2], "tuple": (3, 1, 2), "dict": {"a": 1, "b": 2},
    "set": {1, 2, 3}, "frozenset": frozenset({4, 5}), "complex": 1 + 2j, "bool": True, "none": None,
}


def value(kind):
    return OrderedDict(b=2, a=1) if kind == 'dict' else RIGHT[kind]
