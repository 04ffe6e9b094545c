"""The report of a night's evaluation, and of two policies compared."""
