"""One run: its session with the store, its record, its progress, its checkpoints on their way, its trackers."""
