"""The metrics of evaluation: small pure functions over counts, answers and texts.

`python -m tasks.evaluate.metrics check FILE.json` compares them with exact values.
"""
