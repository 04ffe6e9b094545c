"""What runs in a slot: sent as text to an interpreter that has only the standard library (sandbox/bootstrap.py)."""
