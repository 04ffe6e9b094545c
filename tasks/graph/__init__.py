"""The graph of an experiment: its steps, their keys, what a store has of them, what a start would do and why.

Nothing is made here. An experiment may fetch its model from the hub, and a listing reads its store.
"""
