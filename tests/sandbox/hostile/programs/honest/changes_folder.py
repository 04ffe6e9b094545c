# problem: sum
# want: accepted
# why: changes the folder, the mask and the environment

import os

os.chdir('/')
os.umask(0)
os.environ['HOME'] = '/tmp'
a, b = map(int, input().split())
print(a + b)
