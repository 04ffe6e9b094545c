"""A user's own code, as a spec names it: `use: tests/specs/own_code.py:estimator`. It is read here, never run."""


def estimator(groups, **args):  # type: ignore[no-untyped-def]
    ...


class Objective:
    def __init__(self, settings, **args):  # type: ignore[no-untyped-def]
        ...


def rows(count="4"):  # type: ignore[no-untyped-def]
    ...


def same(reference, response_text):  # type: ignore[no-untyped-def]
    ...


class Whole: ...


class Engine: ...


class Other: ...
