"""The stages of a run, a folder each.

In the order in which the data flow: data, rollout, reward, train, checkpoint, evaluate, report.
"""
