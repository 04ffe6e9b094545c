"""The report of a study: what its cells show, and how much of it may be claimed."""
