"""The reports: of a run, of an evaluation and of a study."""
