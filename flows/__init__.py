"""What runs: one file per flow, read from top to bottom."""
