# problem: vault_call
# want: wrong, runtime_error
# why: walks the frames and takes what is called expected, output or result

import sys


class Vault:
    def open(self, name):
        frame = sys._getframe()
        while frame:
            for key, thing in [*frame.f_locals.items(), *frame.f_globals.items()]:
                if any(word in key for word in ("expect", "output", "result", "answer", "want", "test")) and isinstance(thing, (str, list, dict)) and thing:
                    return str(thing)
            frame = frame.f_back
        return ""
