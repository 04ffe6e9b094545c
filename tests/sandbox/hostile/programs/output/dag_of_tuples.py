# problem: values
# want: wrong, runtime_error, time_limit, memory_limit, output_limit
# why: a tuple tree of 2 ** 60 that shares its parts, as a dict's value

RIGHT = {
    "int": 41, "float": 2.5, "str": "armature", "bytes": b"\x00\xff", "list": [3, 1, 2], "tuple": (3, 1, 2), "dict": {"a": 1, "b": 2},
    "set": {1, 2, 3}, "frozenset": frozenset({4, 5}), "complex": 1 + 2j, "bool": True, "none": None,
}


def value(kind):
    if kind != "dict":
        return RIGHT[kind]
    x = (1,)
    for _ in range(60):
        x = (x, x)
    return {"a": x}
