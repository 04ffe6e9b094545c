# problem: he_plus
# want: wrong, runtime_error
# why: right twice, then SystemExit(0)

calls = []


def plus(a, b):
    calls.append(1)
    if len(calls) > 2 or a == 1000:
        raise SystemExit
    return a + b
