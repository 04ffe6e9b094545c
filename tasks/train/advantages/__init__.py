"""Advantage estimators: one file each, found by its name in the spec (registry.py).

A file has a function of its own name, `LABEL` (for reports), `CITATION` and `VERSION`. The function takes `Groups`
(groups.py) and the estimator's settings (specs/advantages.py), and returns one number per response, [prompts,
samples], float64. A second function, `<name>_bonus`, may add a term that reads the policy's confidences: arm.py has
one.

Raise VERSION when the same inputs would give another result: it enters the keys of that estimator's steps and of no
other's.
"""
