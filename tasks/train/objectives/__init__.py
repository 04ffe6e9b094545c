"""Objectives: one file each, found by its name in the spec (registry.py).

A file has one subclass of `Objective` (base.py, which describes its life), `LABEL`, `CITATION` and `VERSION`. What
objectives share, the weights of tokens and of responses, stands in weights.py.

Raise VERSION when the same inputs would give another step: it enters the keys of that objective's steps and of no
other's.
"""
