# problem: sum
# want: accepted
# why: imports much of the library

import argparse, array, bisect, calendar, cmath, collections, copy, csv, dataclasses, datetime, decimal, enum, fractions, functools, hashlib, heapq, io, itertools, json, math, operator, pathlib, queue, random, re, statistics, string, struct, textwrap, time, types, typing, unittest, uuid, zlib

a, b = map(int, input().split())
print(a + b)
