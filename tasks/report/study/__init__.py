"""The report of a study, with no claim beyond its tests."""
