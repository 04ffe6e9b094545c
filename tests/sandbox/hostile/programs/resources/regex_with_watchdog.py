# problem: sum
# want: time_limit
# limits: cpu_s=0.5
# why: a thread of the program's own, or a grader's, gets no turn beside this

import re
import threading

threading.Thread(target=re.match, args=(r'(a|aa)+$', 'a' * 200 + 'b')).start()
re.match(r'(a+)+$', 'a' * 64 + 'b')
