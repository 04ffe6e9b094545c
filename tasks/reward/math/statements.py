"""Answers that are stated without a box: "The answer is 12", "Answer: 12", "答案是 12", "#### 12", <answer>12</answer>.

The words in front of "answer" and around the value are from closed lists, so that "half the answer is 12" and "The
answer is 12 or so" state nothing; what follows the sentence must not take the value back (`second_thoughts`).
"""

from __future__ import annotations

import re
import unicodedata

from tasks.reward.math.frames import harmless, without_dimension
from tasks.reward.math.second_thoughts import stands
from tasks.reward.math.units import parse_unit

_VISIBLE = 20_000  # characters at the end that are looked at
_LINE = 400
#: Where a statement may begin. Each part starts with one character, which makes the search quick.
_BEGINNING = re.compile(
    "####|<answer>|答案|答え|解答|正解|结果|結果|a(?i:nswer)|A(?i:nswer)|o(?i:ption)|O(?i:ption)|c(?i:hoice)|C(?i:hoice)|"
    "r(?i:esult)|R(?i:esult)"
)
_STATEMENT = re.compile(
    r"(?P<marker>####)(?!\s*(?:the\s+)?(?:final\s+)?answer\b)\s*|(?P<tag>(?<!not )(?<!n't )<answer>)\s*|"
    r"(?<![A-Za-z])(?:answer|option|choice|result)\b(?:\s+to\s+(?P<to>[^.\n:]{0,80}?))?"
    r"(?:(?P<prose>\s+is\b(?:\s+(?:option|choice)\b)?)|\s*+\**+\s*+[:：=]\**|(?P<heading>[ \t]*\**[ \t]*\n))"
    r"\s*+[:：]?\s*|"
    r"(?P<cjk>答案|答え|解答|正解|结果|結果)\s*(?:应该是|應該是|是|为|為|等于|は|\**[:：=]\**)\s*+[:：]?\s*",
    re.IGNORECASE,
)
_HEADING = re.compile(r"[ \t]*(?:#+[ \t]*\**|\*\*)[ \t]*(?:final[ \t]+)?", re.IGNORECASE)
#: A program states no answer.
_CODE = re.compile(
    r"^[ \t]*(```|~~~)[ \t]*(?!text|txt|plain|markdown|md|latex|tex|math)[a-z]\w*[ \t]*\n.*?(?:^[ \t]*\1[ \t]*$|\Z)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
#: Words that may stand in front of "answer is" in its clause; no noun, so that nothing is "of the answer".
_LEADS = frozenset([
    "so", "thus", "hence", "therefore", "then", "finally", "overall", "altogether", "consequently", "accordingly",
    "and", "also", "now", "here", "in", "conclusion", "summary", "short", "we", "i", "get", "find", "have", "see",
    "know", "conclude", "obtain", "think", "believe", "that", "this", "it", "follows", "means", "shows", "gives",
    "the", "my", "our", "answer", "final", "correct", "right", "required", "desired", "expected", "numerical",
    "numeric", "exact", "simplified", "end", "assistant", "solution", "response", "note", "step", "part", "best",
])  # fmt: skip
_LEADS_CJK = re.compile(
    "(?:所以|因此|因而|于是|於是|故|综上(?:所述)?|綜上(?:所述)?|则|那么|最终|最終|最后|最後|正确|正確|本题|这道题|该题|的|よって|"
    "したがって|ゆえに)*"
)
#: A word, or a sign that is no markup.
_WORD = re.compile(r"[^\W_]+|[^\w\s*#>|:\"().-]|(?<!\w)-(?=\w)")
_NUMBERING = re.compile(r"^\W*(?:\d+[.)]|a:)\s|(?<=step )\d+|(?<=part )\d+")
_LINKS = frozenset(["so", "thus", "hence", "therefore", "then", "consequently"])
_SUPPOSED = re.compile(r"\b(?:if|unless|suppose|supposing|assume|assuming|whether|were|had)\b", re.IGNORECASE)
_SUBJECTS = frozenset(
    ["the", "this", "your", "our", "given", "question", "problem", "exercise", "task", "puzzle", "riddle"]
)
_HEADS = tuple(
    re.compile(head, re.DOTALL)
    for head in (r"\$\$?([^$]+)\$\$?", r"\\\((.+?)\\\)", r"\\\[(.+?)\\\]", r"\*\*([^*\n]+)\*\*")
)
_NUMBER_FIRST = re.compile(r"([^,(]*\d[^,(]*?)(?=,\s|\s\(|,?$)")
#: The end of a value's clause; a factorial's sign is none.
_END = re.compile(
    r"(?:(?<!\d)\.|(?<=\d)\.(?!\d))(?=[\s*\"<)]|$)|[。\n]|\?|</|<\||です|である|[;:](?=\s)|\s--\s|\s?—|"
    r",?(?<!\bor)\s+(?:as|so|obtained|because|since|which|I hope)\b",
    re.IGNORECASE,
)
_EXCLAIMED = re.compile(r"(?:(?<=\d)|(?<=[A-Za-z]{2})|(?<=[*$}])|(?<=(?<![A-Za-z])[A-J]))!+(?=[*_]*\s*(?:$|\n|[A-Z]))")
_CHEERS = " ✅✔☑\ufe0f🎉😊"
_FRONT_END = re.compile(r"(?:(?<!\d)\.|\.(?!\d)|[!?;。])(?=[\s*]|$)|\n")


def stated(text: str) -> tuple[str, str] | None:
    """Return the last answer that a text states, and where it stands; None for none, or one that is taken back."""
    visible = _CODE.sub("\n", text[-_VISIBLE:])
    last = None
    for begin in _BEGINNING.finditer(visible):
        match = _STATEMENT.match(visible, begin.start())
        if match and (match["marker"] or match["tag"] or _introduced(visible, match)):
            last = match
    if last is None:
        return None
    tail = visible[last.end() :]
    if last["marker"]:
        line, _, behind = tail.partition("\n")
        value, how = without_dimension(line.strip().strip("* ")), "####"
    elif last["tag"]:
        value, closed, behind = tail.partition("</answer>")
        value, how = value.strip() if closed else "", "<answer>"
    else:
        (value, behind), how = _value(tail, prose=last["prose"] is not None), "answer is"
    return (value, how) if value and stands(behind, value) else None


def _introduced(text: str, match: re.Match[str]) -> bool:
    """Return True if the words of the sentence in front of "answer", and those behind "to", change no value."""
    front = text[max(0, match.start() - _LINE) : match.start()]
    if match["heading"] is not None:
        return _HEADING.fullmatch(front.rpartition("\n")[2]) is not None and match.group().lower().startswith("answer")
    ends = list(_FRONT_END.finditer(front))
    sentence = re.sub(r"<[^<>]*>", " ", front[ends[-1].end() :] if ends else front)
    before, comma, clause = sentence.replace("，", ",").rpartition(",")
    if match["cjk"]:
        return _LEADS_CJK.fullmatch(re.sub(r"[\s*#>:：]", "", clause)) is not None
    words = _WORD.findall(_NUMBERING.sub("", clause.lower()) + "answer")
    about = re.findall(r"[^\s*]+", (match["to"] or "").lower())
    return (
        all(word in _LEADS or unicodedata.category(word[0]) == "So" for word in words)
        and not (comma and _SUPPOSED.search(before) and not _LINKS.intersection(words))
        and all(word in _SUBJECTS for word in about)
    )


def _value(tail: str, prose: bool) -> tuple[str, str]:
    """Return the value at the beginning of a text, with the words of its clause, and what follows it.

    It is a formula, bold text, a number, or the text up to the clause's end, without harmless words; "" in a question,
    a range, or if it is struck out.
    """
    head = next((match for pattern in _HEADS if (match := pattern.match(tail[:_LINE]))), None)
    start = head.end() if head else 0
    end = _END.search(tail, start, start + _LINE)
    exclaimed = _EXCLAIMED.search(tail, start, start + _LINE) if prose or head else None
    stop = min(filter(None, (exclaimed, end)), key=re.Match.start, default=None)
    clause = without_dimension((tail[: stop.start()] if stop else tail[: start + _LINE]).rstrip(_CHEERS))
    behind = tail[stop.start() :].lstrip("!") if stop else tail[start + _LINE :]
    if (
        (stop and stop.group() == "?")
        or clause.startswith("~~")
        or (head is None and re.search(r"\d\s*--|--\s*\d", clause))
    ):
        return "", behind  # a question, what is struck out, a range
    head = head.re.match(clause) if head else _NUMBER_FIRST.match(clause)
    if head is not None:
        value = head.group(1).strip(" \t\n*")
        words = " ".join(re.sub(r"[(),.!*]", " ", clause[head.end() :]).split())
        if not words:
            return value, behind
        if parse_unit(words) is not None:
            return f"{value} \\text{{ {words} }}", behind
        if re.search(r"\d|\\", value) and harmless(words) and not re.search(r"(?<!\S)\S(?!\S)|[A-Z]", words):
            return value, behind
    return clause.strip().strip("*").strip(), behind
