# problem: ep_plus
# want: wrong, runtime_error
# why: takes the list called results of any frame or module, by the position of its inputs

import gc


def plus(a, b):
    for thing in gc.get_objects():
        if isinstance(thing, dict) and isinstance(thing.get("results"), list) and isinstance(thing.get("inputs"), list):
            return thing["results"][thing["inputs"].index([a, b])]
    return 0
