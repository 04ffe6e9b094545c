# problem: sum
# want: accepted
# why: works in threads

from concurrent.futures import ThreadPoolExecutor

a, b = map(int, input().split())
with ThreadPoolExecutor(4) as pool:
    print(sum(pool.map(int, (a, b))))
