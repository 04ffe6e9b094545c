"""Where things run: the store, leases, resident processes."""
