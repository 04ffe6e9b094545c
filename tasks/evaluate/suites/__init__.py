"""Benchmark suites: a YAML file each (what it is, where it lies, how it is sampled), and what reads them."""
