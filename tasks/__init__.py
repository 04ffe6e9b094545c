"""The stages of a run, a folder each, in the order the data flows: data, rollout, reward, train, checkpoint, evaluate,
report.
"""
