# problem: values
# want: wrong, runtime_error, time_limit, output_limit
# why: forged lines: a set of integers with one hash, which takes hours to build

import os

RIGHT = {
    "int": 41, "float": 2.5, "str": "armature", "bytes": b"\x00\xff", "list": [3, 1, 2], "tuple": (3, 1, 2), "dict": {"a": 1, "b": 2},
    "set": {1, 2, 3}, "frozenset": frozenset({4, 5}), "complex": 1 + 2j, "bool": True, "none": None,
}


def value(kind):
    if kind != "set":
        return RIGHT[kind]
    prime = (1 << 61) - 1
    body = ",".join(str(prime * k) for k in range(1, 200000))
    kinds = list(RIGHT)
    for fd in range(3, 256):
        for k in range(len(kinds)):
            try:
                left = memoryview(b'{"i":%d,"v":{"s":[%s]}}\n' % (k, body.encode()))
                while left:
                    left = left[os.write(fd, left) :]
            except OSError:
                break
    return {1}
