# problem: values
# want: wrong, time_limit, runtime_error, output_limit
# why: a dict whose keys have one hash: comparing it must not take hours

RIGHT = {
    "int": 41, "float": 2.5, "str": "armature", "bytes": b"\x00\xff", "list": [3, 1, 2], "tuple": (3, 1, 2), "dict": {"a": 1, "b": 2},
    "set": {1, 2, 3}, "frozenset": frozenset({4, 5}), "complex": 1 + 2j, "bool": True, "none": None,
}


def value(kind):
    if kind != "dict":
        return RIGHT[kind]
    prime = (1 << 61) - 1
    return {prime * k: k for k in range(1, 4000)}
