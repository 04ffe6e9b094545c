# problem: values
# want: wrong
# why: unittest.mock.ANY equals everything

from unittest.mock import ANY

RIGHT = {
    "int": 41, "float": 2.5, "str": "armature", "bytes": b"\x00\xff", "list": [3, 1, 2], "tuple": (3, 1, 2), "dict": {"a": 1, "b": 2},
    "set": {1, 2, 3}, "frozenset": frozenset({4, 5}), "complex": 1 + 2j, "bool": True, "none": None,
}


def value(kind):
    return ANY if kind in ("int", "list") else RIGHT[kind]
