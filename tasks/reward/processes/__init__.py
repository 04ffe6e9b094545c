"""Forked worker processes that can be killed: those of the mathematics verifier and of users' own reward functions."""
