# problem: sum
# want: accepted
# why: the answer is printed by a thread that ends after the main thread

import threading
import time

a, b = map(int, input().split())


def answer():
    time.sleep(0.05)
    print(a + b)


threading.Thread(target=answer).start()
