"""Puzzles with many right answers: generators that are pure functions of (seed, index), and their exact verifiers."""
