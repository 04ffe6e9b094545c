"""A sandbox that grades untrusted programs, independent of reinforcement learning.

`sandbox.api` is the Python interface, `python -m sandbox` the command line. README.md lists what is contained and
what is not.
"""
