# problem: sum
# want: accepted
# why: uses tempfile

import tempfile

a, b = map(int, input().split())
with tempfile.TemporaryFile('w+') as file:
    file.write(str(a + b))
    file.seek(0)
    print(file.read())
with tempfile.TemporaryDirectory() as folder:
    open(folder + '/x', 'w').close()
