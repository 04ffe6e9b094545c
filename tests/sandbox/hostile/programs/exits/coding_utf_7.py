# -*- coding: utf-7 -*-
# problem: sum
# want: wrong, compile_error
# why: an encoding in which a comment holds code

# +AAo-import os+AAo-print('passed')
print(7)
