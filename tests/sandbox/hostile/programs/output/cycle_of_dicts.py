# problem: values
# want: wrong, runtime_error
# why: dicts and lists that contain each other

RIGHT = {
    "int": 41, "float": 2.5, "str": "armature", "bytes": b"\x00\xff", "list": [3, 1, 2], "tuple": (3, 1, 2), "dict": {"a": 1, "b": 2},
    "set": {1, 2, 3}, "frozenset": frozenset({4, 5}), "complex": 1 + 2j, "bool": True, "none": None,
}


def value(kind):
    if kind != "dict":
        return RIGHT[kind]
    x = {}
    x["a"] = x["b"] = [x]
    return x
