# problem: sum
# want: accepted
# after: leaks/modules_plant
# why: the next job finds nothing of modules_plant

import sys

import csv
import decimal
import json
import queue
import random
import heapq

escaped = ["planted"] if hasattr(sys, "armature_plant") else []
escaped += [m.__name__ for m in (csv, decimal, json, queue, random, heapq) if getattr(m, "__file__", "").startswith("/tmp")]
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
