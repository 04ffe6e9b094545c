"""Untrusted program in, verdict out. Knows nothing of reinforcement learning."""
