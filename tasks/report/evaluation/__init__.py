"""The report of an evaluation, with two or more policies compared."""
