# problem: sum
# want: runtime_error
# why: recursion without end

def f():
    return f()


f()
