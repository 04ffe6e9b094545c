# problem: tests_look_around
# want: accepted
# why: the code of tests is untrusted too: it runs where there is no environment, no network and no host

def plus(a, b):
    return a + b
