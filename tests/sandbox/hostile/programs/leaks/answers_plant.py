# problem: vault
# want: accepted
# why: an honest program, whose output is right: it must be gone before the next job

import hashlib
import sys

answer = hashlib.sha256(b'vault:' + input().encode()).hexdigest()
print(answer)
print(f'{answer}\n' * 200, file=sys.stderr)
