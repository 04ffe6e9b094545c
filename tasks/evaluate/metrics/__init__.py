"""Evaluation metrics: small pure functions over counts, answers and texts. `python -m tasks.evaluate.metrics check FILE.json` checks them."""
