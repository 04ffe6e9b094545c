# problem: values
# want: wrong, runtime_error
# why: each wrong use of each tag, one after the other, as the result of a call

import os

RIGHT = {
    "int": 41, "float": 2.5, "str": "armature", "bytes": b"\x00\xff", "list": [3, 1, 2], "tuple": (3, 1, 2), "dict": {"a": 1, "b": 2},
    "set": {1, 2, 3}, "frozenset": frozenset({4, 5}), "complex": 1 + 2j, "bool": True, "none": None,
}


BAD = """
{"a":["<U536870911",[1],["a"]]}
{"a":["O",[1],[5]]}
{"a":["<f8",[1000000000000],[1.0]]}
{"a":["V1000000000",[1],[1]]}
{"r":[0,1,0]}
{"r":[0,1000000000000000000,1]}
{"s":[[1],{"d":[]}]}
{"d":[[[1],2]]}
{"d":[[1],[1,2,3],4]}
{"b":"zz"}
{"f":"passed"}
{"u":"ff"}
{"F":[1,0]}
{"M":"passed"}
{"M":"sNaN"}
{"M":"1e999999999999"}
{"q":[[1],-1]}
{"D":["__import__",[]]}
{"t":[],"s":[]}
{}
{"__class__":"int"}
{"t":null}
{"C":[["a","b"]]}
{"c":["a","b"]}
{"I":[1,2,3]}
NaN
-Infinity
1e400
""".split()


def value(kind):
    for fd in range(3, 256):
        try:
            for k in range(12):
                os.write(fd, b"".join(b'{"i":%d,"v":%s}\n' % (k, bad.encode()) for bad in BAD))
        except OSError:
            pass
    os._exit(0)
