"""The graph of an experiment: its steps, their keys, what a store has of them, what a start would do and why. Pure."""
