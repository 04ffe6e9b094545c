"""Untrusted program in, verdict out. Knows nothing of reinforcement learning.

`sandbox.api` is the Python interface, `python -m sandbox` the command line, README.md what is held and what is not.
"""
