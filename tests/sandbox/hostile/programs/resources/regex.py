# problem: sum
# want: time_limit
# limits: cpu_s=0.5
# why: a regular expression that backtracks for ever and holds the interpreter's lock

import re

re.match(r'(a+)+$', 'a' * 64 + 'b')
