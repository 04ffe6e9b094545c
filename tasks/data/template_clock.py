"""The date that chat templates are told: one and the same on every day.

Some templates write the date into the system turn by `strftime_now('%d %b %Y')`. A prompt is the record of an
experiment: a run that goes on tomorrow, its replay and the other seeds of a study must ask with the same bytes, so the
clock stands still. A template that wants the time of day is refused: no fixed one would be true, and it would not be
the prompt that the template's author had in mind.
"""

from __future__ import annotations

import re
from datetime import datetime

from tasks.errors import DataError

#: The date that Llama's templates name themselves where there is no clock.
DATE = datetime(2024, 7, 26)
_DATE_FORMAT = re.compile(r"(?:[^%]|%[-_0^#]?[YyGgCmBbhdejaAuwUVWDFxnt%])*")


def reads_the_clock(template: object) -> bool:
    """Return whether a chat template (or any of several, by name) asks for the date."""
    return "strftime_now" in str(template)


def strftime_now(form: str) -> str:
    """Return `DATE` in the form that a template asks for. DataError for a form with the time of day."""
    if not _DATE_FORMAT.fullmatch(form):
        raise DataError(
            f"the chat template asks the clock for the time, strftime_now({form!r}), so that no prompt would ever be "
            "the same again: take a template without it (of the date alone, the same one is shown on every day)"
        )
    return DATE.strftime(form)
