# problem: sum
# want: accepted
# why: logs to stderr

import logging

logging.basicConfig(level=logging.DEBUG)
a, b = map(int, input().split())
logging.info('sum of %d and %d', a, b)
print(a + b)
