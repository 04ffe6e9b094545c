# problem: sum
# want: accepted
# limits: memory_mb=512
# why: deep recursion in a thread with a big stack, as in contests

import sys
import threading

sys.setrecursionlimit(300_000)
threading.stack_size(1 << 27)


def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


def main():
    a, b = map(int, input().split())
    print(a + b + depth(50_000) - 50_000)


thread = threading.Thread(target=main)
thread.start()
thread.join()
