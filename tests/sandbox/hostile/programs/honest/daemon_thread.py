# problem: sum
# want: accepted
# why: leaves a daemon thread behind

import threading
import time

a, b = map(int, input().split())
threading.Thread(target=time.sleep, args=[60], daemon=True).start()
print(a + b)
