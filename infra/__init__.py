"""Where things run: store, caching, engine processes."""
