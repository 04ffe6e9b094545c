"""What holds of each puzzle whose problems are numbers and a target: chain countdown and free order."""

from __future__ import annotations

from types import ModuleType

from tasks.records import Problem, VerdictKind


def check_demonstrations(puzzle: ModuleType, problem: Problem, words: int) -> None:
    """Every demonstration is accepted and has so many words."""
    texts = puzzle.demonstrations(problem)
    assert len(texts) == problem.solutions >= puzzle.LEAST_SOLUTIONS
    for text in texts:
        verdict = puzzle.verify(problem.reference, text)
        assert (verdict.score, verdict.kind, verdict.answer) == (1.0, VerdictKind.ACCEPTED, text)
        assert len(text.split()) == words


def check_changed_word(puzzle: ModuleType, problem: Problem, pick: int, place: int, word: str) -> None:
    """An answer with another word is accepted only if that makes another answer."""
    texts = puzzle.demonstrations(problem)
    words = texts[pick % len(texts)].split()
    words[place] = word
    changed = " ".join(words)
    assert puzzle.verify(problem.reference, changed).score == float(changed in texts)


def check_generation(puzzle: ModuleType, size: int, first: str) -> None:
    """Each seed reaches every problem once, in an order of its own; `first` is the first one's id of seed 17."""
    assert puzzle.size() == size
    for seed in (0, 17):
        assert len({puzzle.generate(seed, index).id for index in range(size)}) == size
    assert puzzle.generate(17, 5) == puzzle.generate(17, 5)
    assert [puzzle.generate(0, i).id for i in range(10)] != [puzzle.generate(1, i).id for i in range(10)]
    assert puzzle.generate(17, 0).id == first  # the order is part of what a seed means
