# problem: sum
# want: accepted
# why: pickles a class of its own

import copy
import pickle
from dataclasses import dataclass


@dataclass
class Pair:
    a: int
    b: int


pair = copy.deepcopy(pickle.loads(pickle.dumps(Pair(*map(int, input().split())))))
print(pair.a + pair.b)
