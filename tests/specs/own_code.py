"""A user's own code, as a spec names it: `use: tests/specs/own_code.py:estimator`. It is read here, never run."""


def estimator(groups, **args):  # type: ignore[no-untyped-def]
    ...


class Objective: ...
