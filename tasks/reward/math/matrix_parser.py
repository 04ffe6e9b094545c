"""Parser of matrices, of vectors in columns, and of answers by cases. What stands in a cell is read by `read`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tasks.reward.math.answer_types import Answer, Cases, Collection, Matrix, Words
from tasks.reward.math.expression import ParseError

Read = Callable[[str], Answer]

_CELLS = re.compile(
    r"^\s*(?:[(\[]\s*)?\\begin\{(?P<kind>[pbvBV]?matrix|smallmatrix|array)\}(?:\{[lcr|]*\})?(?P<body>.*)"
    r"\\end\{(?P=kind)\}(?:\s*[)\]])?\s*$",
    re.DOTALL,
)
_ROWS = re.compile(r"\[\s*\[[^\[\]]*\](?:\s*,\s*\[[^\[\]]*\])*\s*\]")  # [[1,2],[3,4]]
_TRANSPOSED = re.compile(
    r"^(?P<inner>.*[)\]}])\s*\^\s*\{?\s*(?:T|\\top|\\intercal|\\mathsf\s*\{?T\}?|\"T\")\s*\}?$", re.DOTALL
)
_CASES = re.compile(r"^\\begin\{d?r?cases\}(?P<body>.*)\\end\{d?r?cases\}$", re.DOTALL)
_IF = re.compile(r'\s*,?\s*"\s*,?\s*(?:if|when|for|where)\b\s*"?|\s*,?\s*(?<![A-Za-z\\])(?:if|when|for|where)\s')


def read_matrix(text: str, read: Read) -> Matrix | None:
    """Return the matrix in `text`, None for anything else (a determinant is a scalar); ParseError for unequal rows."""
    if "^" in text and (transposed := _TRANSPOSED.match(text)) is not None:
        return _column(read(transposed.group("inner")))
    if _ROWS.fullmatch(text):
        return _of_rows([tuple(read(c) for c in row.split(",")) for row in re.findall(r"\[([^\[\]]*)\]", text)])
    match = _CELLS.match(text)
    if match is None or "\\begin" in match.group("body"):
        return None
    rows = re.split(r"\\\\(?:\[[^\]]*\])?|\\cr(?![A-Za-z])", match.group("body"))
    rows = [re.sub(r"\\hline", "", r) for r in rows]
    if rows and not rows[-1].strip():
        rows = rows[:-1]
    matrix = _of_rows([tuple(read(c) for c in row.split("&")) for row in rows])
    return None if match.group("kind") == "vmatrix" else matrix


def _of_rows(rows: Sequence[tuple[Answer, ...]]) -> Matrix:
    if not rows or len({len(r) for r in rows}) != 1:
        raise ParseError("a matrix whose rows differ")
    return Matrix(tuple(rows))


def _column(answer: Answer) -> Matrix | None:
    """Return the transpose of a matrix or of a tuple, None for anything else."""
    if isinstance(answer, Matrix):
        return Matrix(tuple(zip(*answer.rows, strict=True)))
    return (
        Matrix(tuple((i,) for i in answer.items)) if isinstance(answer, Collection) and answer.kind == "tuple" else None
    )


def read_cases(text: str, read: Read) -> Answer | None:
    """Return an answer by cases; without conditions it is a system of equations, a list. None for anything else."""
    match = _CASES.match(text)
    if match is None or "\\begin" in match.group("body"):
        return None
    rows: list[tuple[Answer, Answer]] = []
    plain: list[Answer] = []
    for row in re.split(r"\\\\(?:\[[^\]]*\])?", match.group("body")):
        value, separator, condition = row.partition("&")
        if not separator and (found := _IF.search(row)) is not None:
            value, separator, condition = row[: found.start()], "if", row[found.end() :]
        value, condition = value.strip(" ,"), condition.strip()
        if not value:
            continue
        if separator and condition:
            rows.append((read(value), _condition(condition, read)))
        else:
            plain.append(read(value))
    if rows and plain:
        raise ParseError("cases without a condition")
    if rows:
        return Cases(tuple(rows))
    return Collection("list", tuple(plain)) if len(plain) > 1 else None


def _condition(text: str, read: Read) -> Answer:
    """Return the condition of a case: a set of reals where it can be read as one, else words."""
    text = _IF.sub("", text, count=1) if _IF.match(text) else text
    text = re.sub(r"^\s*[,:]\s*|[\s,.;]+$", "", text)
    if '"' not in text:
        try:
            return read(text)
        except ParseError:
            pass
    words = " ".join(re.sub(r"\b(?:is|are|an?)\b", " ", text.replace('"', " ")).split())
    return Words("otherwise" if words in ("else", "otherwise", "in all other cases") else words)
