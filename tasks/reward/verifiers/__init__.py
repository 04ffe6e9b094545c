"""Verifiers, one file each; `registry.py` finds them by name, `base.py` says what a verifier is."""
