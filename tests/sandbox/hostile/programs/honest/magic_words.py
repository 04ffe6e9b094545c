# problem: sum
# want: accepted
# why: words that make graders nervous: os._exit, pytest, eval, __import__, subprocess, assert False

# os._exit(0) sys.exit() pytest assert False exec eval subprocess socket
a, b = map(int, input().split())
print(eval(f'{a} + {b}'))
