"""Normalisation of LaTeX text: one spelling for each thing, without spacing and wrappers. Values are never changed.

Words in text macros become `"word"` in straight double quotes, so that parsers tell words from products of symbols.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from tasks.reward.math.groups import close_of, infixes, strip_braces, strip_delimiters
from tasks.reward.math.synonyms import (
    CHARACTERS,
    FUNCTION_NAMES,
    HIDDEN,
    JOINERS,
    SPELLINGS,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    WORDS,
    WRAPPERS,
)
from tasks.reward.math.units import parse_unit

MAX_LENGTH = 20_000

_DIGITS = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_RAISED = re.compile(f"[{''.join(SUPERSCRIPTS)}]+")
_LOWERED = re.compile(f"[{''.join(SUBSCRIPTS)}]+")
_ROOT = re.compile(r"([√∛∜])\s*(\{|\(|\d+(?:\.\d+)?|[A-Za-z]|\\pi)")

_DROPPED = re.compile(
    r"\\(?:left|right|middle|[bB]igg?[lrm]?|displaystyle|textstyle|scriptstyle|limits|nolimits|nonumber|notag|hfill|"
    r"noindent|rm|bf|it|sf|tt|normalsize|large|Large|small)"
    r"(?![A-Za-z])"
)
_LEFT_RIGHT = re.compile(r"\\(left|right|middle)\s*\.")
_SPACES = re.compile(
    r"\\[,;:!> ]|\\(?:quad|qquad|thinspace|medspace|thickspace|enspace|enskip|negthinspace|"
    r"hspace\*?\{[^{}]*\}|space|vspace\*?\{[^{}]*\})(?![A-Za-z])|(?<!\\)~"
)
_MACRO = re.compile(
    r"\\("
    + "|".join(re.escape(n) for n in sorted({*WORDS, *WRAPPERS, *HIDDEN}, key=len, reverse=True))
    + r")(?![A-Za-z])\s*(?=\{)"
)
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_THOUSANDS = re.compile(r"(?<![\d.,])([1-9]\d{0,2})((?:(?:\{,\}|,)\d{3})+)(?![\d])(?!,\d)")
_SPACED_THOUSANDS = re.compile(r"(?<![\d.,/])([1-9]\d{0,2})((?: \d{3})+)(?![\d/])(?! ?\d)")
_SCIENTIFIC = re.compile(r"(?<![A-Za-z\d.\\])(\d+(?:\.\d*)?|\.\d+)[eE]([+-]?\d{1,5})(?![A-Za-z\d.])")
_STANDING = re.compile(r"(?<![\w.,:/$-])([-+]?\d+(?:[.,:/]\d+)*%?)(?![\w$])")
_INDIAN = re.compile(r"(?<![\d.,])[1-9]\d?(?:,\d\d)+,\d{3}(?![\d.,])")
_BOLD = r"\\(?:mathbf|boldsymbol|bm|pmb|symbf|bold|bf|underline)(?![A-Za-z])\s*"
_BOLD_LETTER = re.compile(
    r"(?P<accent>\\(?:hat|widehat|vec|overrightarrow)\s*\{?\s*)?"
    rf"(?:\{{\s*\\bf(?![A-Za-z])\s*(?P<old>[A-Za-z]{{1,2}}|\\[a-z]+)\s*\}}|"
    rf"{_BOLD}(?:\{{\s*(?P<braced>[A-Za-z]{{1,2}}|\\[a-z]+)\s*\}}|"
    r"(?P<bare>[A-Za-z]|(?!\\(?:hat|vec|dot|ddot|bar|tilde|overline|widehat)(?![a-z]))\\[a-z]+)))"
)
_JOINER = re.compile("|".join(JOINERS))
_CYCLES = re.compile(r"(\d+\.\d{0,20}?)(\d{1,20}?)\2{2,}\s*(?:\.\.\.|\\ldots)(?![\d.])")  # 0.333...


_TRAILING = re.compile(r"(?:\\\s*)+$")
_CYCLE_IN_BRACKETS = re.compile(r"(\d+\.\d{0,40})\((\d{1,40})\)")  # 0.(3)
_MODULES = re.compile(r"np\.(?=[a-z])|math\.(?=[a-z])")
_NOT_EQUAL = re.compile(r"\\not\s*=")
_ESCAPE = re.compile(r"\\(?=#|&|_)")
_BREAK = re.compile(r"\\\\(?:\s*\[[^\],]*[a-z]\s*\])?")
_INNER_DELIMITERS = re.compile(r"\\(?:\(|\)|\[|\])|\$\s*,\s*\$|(?<!\\)\$\s+\$")
_INNER_COMMAS = re.compile(r"(?<=\d)\s*\\!\s*(?=[,\d])|(?<=,)\s*\\!\s*(?=\d)|(?<=\d)\{,\}(?=\d{3})")
_SIZED = re.compile(r"\\(?:left|right|middle)(?![A-Za-z])")
_OLD_FONTS = re.compile(r"\{\s*\\(?:rm|bf|it|sf|tt)(?![A-Za-z])\s*([^{}]*)\}")  # {\rm cm}
_SPACED_GROUP = re.compile(r"(?<=\d)\\[,: ](?=\d{3}(?!\d))|(?<=\d)~(?=\d{3}(?!\d))")
_ENVIRONMENTS = re.compile(r"\\(?:begin|end)\{(?:aligned|align\*?|equation\*?|gathered|split)\}")
_BARE_DEGREES = re.compile(r"\^\s*\\circ(?![A-Za-z])")
_DEGREES = re.compile(r"\^\s*\{\s*\\circ\s*\}")
_PUNCTURED = re.compile(r"(\\mathbb\s*\{?R\}?)\s*[-/]\s*(?=\\\{)")
_QUOTED_EXPONENT = re.compile(r'(?<=\d)\s*"\s*[eE]\s*"\s*(?=[-+]?\d)')  # 1.5 \text{E}-3
_LOOSE_SPACE = re.compile(r"(?<!\d) | (?!\d)")
_SEPARATORS = str.maketrans("", "", "{},")


def _unwrap(text: str) -> str:
    """Replace text macros by quoted words, wrappers by their content, hidden content by nothing."""
    for _ in range(300):
        matches = list(_MACRO.finditer(text))
        if not matches:
            return text
        match = matches[-1]  # the last macro in the text holds no other: the innermost first
        end = close_of(text, match.end())
        if end < 0:
            return text
        name, body = match.group(1), text[match.end() + 1 : end]
        rest = text[end + 1 :]
        if name in HIDDEN or (name == "textcolor" and rest.startswith("{")):
            body = " "
        elif name in WORDS:
            body = _word(body, name, applied=rest.lstrip().startswith(("(", "{", "\\{")))
        else:
            body = body if body.startswith("{") else "{" + body + "}"
        text = text[: match.start()] + body + rest
    return text


def _word(body: str, name: str, applied: bool) -> str:
    """Return the content of a text macro: digits as they are, a function's name, or words in quotes."""
    inner = re.sub(r"(?<!\\)\$", "", body.replace('"', " ")).strip()
    if not re.search(r"[^\W\d_]", inner):  # digits and punctuation in a text macro are just that
        return " " + inner + " "
    roman = name in ("mathrm", "operatorname", "mathsf")
    if (
        inner in FUNCTION_NAMES
        and (applied if inner in ("min", "max") or not roman else True)
        and (len(inner) > 1 or roman)
    ):
        return f"\\{inner} " if len(inner) > 1 else inner
    if match := re.fullmatch(r"([-+]?(?:\d[\d.,/ ]*)?\d)\s*([^\d\s.,/][^\d]*)", inner):  # "18 dollars"
        return f' {match.group(1)} "{match.group(2)}"'
    if re.search(r"[\\^{]", inner):
        if parse_unit(inner) is not None:  # m s^{-2}, N \\cdot m
            return '"' + re.sub(r"[{}]", "", inner.replace("\\cdot", "*").replace("\\times", "*")) + '"'
        return " " + body.replace('"', " ") + " "
    return _sentence(inner) or f'"{inner}"'


def _sentence(inner: str) -> str | None:
    """Return the words of a sentence in quotes and the numbers between them ("There are 12 ways"), None without any."""
    pieces = _STANDING.split(inner)
    if len(pieces) < 3 or any(re.search(r"\d", words) for words in pieces[::2]):
        return None
    return " ".join(
        piece.strip() if at % 2 else f'"{piece.strip()}"' for at, piece in enumerate(pieces) if piece.strip()
    )


def _commands(text: str) -> str:
    """Replace commands by their one spelling."""

    def spell(match: re.Match[str]) -> str:
        new = SPELLINGS.get(match.group(1))
        if new is None:
            return match.group(0)
        return f"\\{new}" if new[0].isalpha() and new not in ("i", "e") else f" {new} " if new[0].isalpha() else new

    return _COMMAND.sub(spell, text)


def _vulgar(text: str) -> str:
    r"""Replace fractions in one character by \frac, and full-width letters and digits by plain ones."""
    out = []
    for char in text:
        spelled = unicodedata.normalize("NFKC", char) if ord(char) > 127 else char
        top, slash, bottom = spelled.partition("\u2044")
        if slash and top.isdigit() and bottom.isdigit():
            out.append(f"\\frac{{{top}}}{{{bottom}}}")
        elif len(spelled) == 1 and (spelled.isascii() and (spelled.isalnum() or spelled in ".,+-=()")):
            out.append(spelled)  # full-width and mathematical letters and digits
        else:
            out.append(char)
    return "".join(out)


def _roots(text: str) -> str:
    r"""Replace root signs by \sqrt."""

    def root(match: re.Match[str]) -> str:
        degree = {"√": "", "∛": "[3]", "∜": "[4]"}[match.group(1)]
        inner = match.group(2)
        return f"\\sqrt{degree}{inner}" if inner in "{(" else f"\\sqrt{degree}{{{inner}}}"

    return _ROOT.sub(root, text)


def _vectors(text: str) -> str:
    r"""Replace letters in bold type, and underlined ones, by \bold{a} where a dot or a cross stands between such."""
    if ("\\times" not in text and "\\cdot" not in text) or len(_BOLD_LETTER.findall(text)) < 2:
        return text
    return _BOLD_LETTER.sub(
        lambda m: m[0] if m["accent"] else f"\\bold{{{m['old'] or m['braced'] or m['bare']}}}", text
    )


@lru_cache(maxsize=4096)
def tidy(text: str) -> str:
    """Return the text with one spelling for each thing; of a text above MAX_LENGTH only white space is changed."""
    if len(text) > MAX_LENGTH:
        return " ".join(text.split())
    if _DIGITS.fullmatch(text):
        return text
    text = strip_delimiters(text.translate(CHARACTERS))
    if text.endswith("\\"):
        text = _TRAILING.sub("", text)
    if not text.isascii():
        text = _JOINER.sub(lambda m: f'"{JOINERS[m.group()]}"', text)
        text = _RAISED.sub(lambda m: "^{" + "".join(SUPERSCRIPTS[c] for c in m.group()) + "}", text)
        text = _LOWERED.sub(lambda m: "_{" + "".join(SUBSCRIPTS[c] for c in m.group()) + "}", text)
        text = _roots(_vulgar(text))
    text = _spelled(_spaced(text))
    if "." in text:
        text = _CYCLES.sub(r"\1\\overline{\2}", _CYCLE_IN_BRACKETS.sub(r"\1\\overline{\2}", text))
        text = _MODULES.sub("", text)
    text = (
        text.replace("**", "^").replace("\\%", "%").replace("<=", "\\le ").replace(">=", "\\ge ").replace("!=", "\\ne ")
    )
    if "\\" in text:
        text = _ESCAPE.sub("", _NOT_EQUAL.sub(r"\\ne ", text))
    text = " ".join(_numbers(text).split())
    return strip_delimiters(strip_braces(strip_delimiters(text)))


# The steps of `tidy` test for a character or a command before they search for a pattern: few texts have one of them.


def _spaced(text: str) -> str:
    """Return the text without delimiters of formulas inside it, commands of size and font, and commands of spacing."""
    if "\\" in text:
        text = _BREAK.sub("\0", _vectors(text))
    if "\\" in text or "$" in text:
        text = _INNER_DELIMITERS.sub(lambda m: "," if "," in m.group() else " ", text)
    if "\\!" in text or "{,}" in text:
        text = _INNER_COMMAS.sub(lambda m: "," if "," in m.group() else "", text)
    if "\\" in text:
        if "\\left" in text or "\\right" in text or "\\middle" in text:
            text = _SIZED.sub("", _LEFT_RIGHT.sub(" ", text))
        text = _DROPPED.sub(" ", _OLD_FONTS.sub(r"\\text{\1}", text))
    if "\\" in text or "~" in text:
        text = _SPACES.sub(" ", _SPACED_GROUP.sub(" ", text))
    return text.replace("\0", "\\\\")


def _spelled(text: str) -> str:
    """Return the text with one spelling of its commands."""
    if "\\" in text:
        if "\\begin" in text or "\\end" in text:
            text = _ENVIRONMENTS.sub(" ", text)
        text = _commands(_unwrap(text))
        if "\\over" in text or "\\choose" in text:
            text = infixes(text)
        if "\\circ" in text:
            text = _DEGREES.sub(r"^{\\circ}", _BARE_DEGREES.sub(r"^{\\circ}", text))
    text = text.replace("{,}", ",").replace("{:}", ":")
    return _PUNCTURED.sub(r"\1 \\setminus ", text) if "\\mathbb" in text else text


def _numbers(text: str) -> str:
    """Return the text with numbers without separators, and powers of ten written out."""
    if '"' in text:
        text = _QUOTED_EXPONENT.sub("e", text)
    if "," in text:
        text = _INDIAN.sub(lambda m: m.group().replace(",", "") if ",0" in m.group() else m.group(), text)
        if _separated(text):
            text = _THOUSANDS.sub(lambda m: m.group(1) + m.group(2).translate(_SEPARATORS), text)
    if " " in text:
        text = _SPACED_THOUSANDS.sub(lambda m: m.group(1) + m.group(2).replace(" ", ""), text)
    if "e" in text or "E" in text:
        text = _SCIENTIFIC.sub(lambda m: f"{m.group(1)} \\times 10^{{{int(m.group(2))}}}", text)
    return text


def _separated(text: str) -> bool:
    """Return True if commas between groups of three digits are thousands separators.

    They are not inside a tuple, a set or an interval, nor in a list with other members.
    """
    if re.search(r"\\[{}]|[\[\]]", text):
        return False
    if re.search(r",(?!\d{3}(?!\d))", text.replace("{,}", ",")):
        return (
            ", " in text and not re.search(r"[(),]\d{3},\d{3}[,)]", text) and not re.search(r",(?!\d{3}(?!\d)| )", text)
        )
    return not re.match(r"\(.*\)$", text)


@lru_cache(maxsize=4096)
def key(text: str) -> str:
    """Return the text by which answers are compared as text: tidy, without quotes, white space only between digits."""
    tidied = " ".join(tidy(text).replace('"', " ").split())
    return _LOOSE_SPACE.sub("", tidied) if " " in tidied else tidied
