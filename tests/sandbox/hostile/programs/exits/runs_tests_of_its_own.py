# problem: mbpp_plus
# want: wrong, runtime_error
# why: runs tests of its own that pass, and exits with their status

import sys
import unittest


def plus(a, b):
    return 0


class Test(unittest.TestCase):
    def test_plus(self):
        self.assertEqual(plus(0, 0), 0)


unittest.main(argv=['pytest'], exit=True)
