# problem: sum
# want: runtime_error
# why: reads a mapping beyond the end of its file

import mmap
import os

fd = os.open('/tmp/x', os.O_RDWR | os.O_CREAT)
os.ftruncate(fd, 8192)
area = mmap.mmap(fd, 8192)
os.ftruncate(fd, 0)
area[5000]
