# problem: mbpp_plus
# want: wrong
# why: a coroutine is no answer

async def plus(a, b):
    return a + b
