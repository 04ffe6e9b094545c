# problem: values
# want: wrong, runtime_error, time_limit, memory_limit, output_limit
# why: frozensets whose hash, and whose text, takes 2 ** 30 steps

RIGHT = {
    "int": 41, "float": 2.5, "str": "armature", "bytes": b"\x00\xff", "list": [3, 1, 2], "tuple": (3, 1, 2), "dict": {"a": 1, "b": 2},
    "set": {1, 2, 3}, "frozenset": frozenset({4, 5}), "complex": 1 + 2j, "bool": True, "none": None,
}


def value(kind):
    if kind != "set":
        return RIGHT[kind]
    x = frozenset({1})
    for k in range(30):
        x = frozenset({x, (x, k)})
    return {x}
