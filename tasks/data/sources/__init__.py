"""Data sources, one file each; `registry.py` finds them by what `data.train` says, `base.py` says what a source is."""
