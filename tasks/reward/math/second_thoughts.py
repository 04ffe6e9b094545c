"""Second thoughts behind an answer, as in "The answer is 12. No, it is 13".

What a model may add behind an answer cannot be listed, since it may explain it. But to take an answer back, a sentence
has to speak of it (a pronoun, "answer", "I"), to be a fragment ("Nope", "Rather 13"), or to end in another value. So
such a sentence counts only if its words are on a closed list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.reward.math.frames import harmless

#: Second thoughts, in whatever text.
SECOND_THOUGHTS = re.compile(
    r"\b(?:wait|actually|oops|hm+|no(?=\s*(?:[^\w\s]|$))|nope|nah|sorry|correction|never\s*mind|kidding|versus|"
    r"eliminated)\b",
    re.IGNORECASE,
)
#: Words of a correction, in a sentence behind an answer.
_CORRECTING = re.compile(
    r"\b(?:correct(?:ed|ing)|apolog\w+|mistak\w+|errors?|erred|scratch|strike|disregard|ignore|retract\w*|"
    r"withdr[ae]w\w*|re-?check\w*|re-?consider\w*|re-?comput\w*|re-?calculat\w*|redo|mis(?:read|calculat\w+|count\w*)|"
    r"typo|instead|rather|thoughts?|unsure|(?:should|ought to) have|we (?:still|need|must)|doubt\w*|hold|edit|revis\w+|"
    r"chang\w+|meant|forg[eo]t\w*|overlook\w*|slip|flaw\w*|ah|oh|uh|um|er)\b|\b(?:it|that) is$|"
    r"[✗✘❌👎🙅🚫]|^≠|[不错錯非]|\d\s*(?:才|です|だ|である)|等等|但|其实|實際|实际|应该|應該|抱歉|更正|而是|違|いや|いいえ|間違|やはり",
    re.IGNORECASE,
)
#: Words that take back what their clause speaks of.
_DENIAL = re.compile(
    r"n't\b|\b(?:not?|never|cannot|nor|neither|wrong|incorrect|false|off|invalid|however|but|should|must|ought|would|"
    r"could|might|(?-i:may)|maybe|perhaps|though|although|yet|unless|different|better|impossible|opposite|contra\w+)\b",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"^which\b|\b(?:it|this|answer|result|above|i|me|my|mine|that(?='s|\s+\w+(?:'t)?\s*$|\s+(?:is|was)))\b",
    re.IGNORECASE,
)
_OPENER = re.compile(
    r"(?:(?:and|so|then|well|also|thus|hence|yes|indeed|now|therefore)\W+)*"
    r"(?:it|that|this|these|those|i|let'?s|let us|let me|"
    r"(?:the|my)\s+(?:\w+\s+)?(?:answer|result|value|solution|option|choice|problem|question))\b",
    re.IGNORECASE,
)
#: What a sentence that begins so may go on with.
_PRAISE = re.compile(
    r"\W*(?:(?:and|so|yes|indeed)\W+)*(?:(?:i )?hope (?:it|this|that)\b|let me know\b|"
    r"i (?:have )?(?:used|verified|(?:double-)?checked)\b|(?:this|that|it) (?:follows|"
    r"holds|matches|agrees|works|satisfies|confirms|completes|is (?:because|since|correct|consistent|right|true|the|"
    r"what|why|our))\b)",
    re.IGNORECASE,
)
#: Another choice that is dismissed: "A is incorrect".
_DISMISSED = re.compile(
    r"(?:(?:option|choice)\W*([A-J])|([A-HJ]))\W+(?:is|was)\s+(?:not|wrong|incorrect|false)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<!\d)\.|\.(?!\d)|[!?;:\n。；！？—]|--|</?\w+>|<\|\w+\|>")
_CLAUSE = re.compile(r",|\b(?:because|since|as|while|so|and)\b")
_MARKUP = re.compile(r"(?:\\[A-Za-z]+|[*_#>`$\\{}()\[\]|\"~])+")
_VALUE = re.compile(r"(?:(\S+)\s+)?(?<![\w^*/)])([-+]?\d[\d.,/]*%?|[A-J])$")
#: What stands in front of a number that is part of an explanation: "half of 24", "8 * 9 = 72", "step 2".
_PART = re.compile(
    r".*[=+*/^<>×·÷-]|of|by|and|than|from|with|in|plus|minus|times|per|over|for|step|case|part", re.IGNORECASE
)
#: What stands in front of a number that is stated, in a whole sentence.
_STATING = re.compile(
    r"is|are|was|be|(?:it|that)(?:'s)?|equals?|giv(?:es?|ing)|gets?|getting|gave|got|has|have|to|says?|yields?|"
    r"yielding|returns?|makes?|making|produces?|becomes?|remains?|leaves?|reads?|at|as|with|so|then|hence|thus|"
    r"therefore|really|probably|simply|just|only|now|:",
    re.IGNORECASE,
)
#: A sentence about a value: "13 is right".
_ABOUT_VALUE = re.compile(
    r"\W*(?:(?:but|however|yet)\W+)?([-+]?\d[\d.,/]*|[A-HJ])\s+(?:is|was|can|fits|works|would|should|seems|looks|it)\b",
    re.IGNORECASE,
)
#: A condition without a consequence, and an operation without an operand: "Unless n is odd.", "Times 2."
_FRAGMENT = re.compile(
    r"(?:(?:but|and|only)\W+)*(?:(?:if(?! you)|unless|provided|assuming|when|times|plus|minus|per|up to|give or take|"
    r"with probability)\b[^,]*$|mod\b)",
    re.IGNORECASE,
)
_CONCLUSION = re.compile(r"\W*(?:so|thus|hence|therefore|then|altogether|finally|in total|in all)\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?:(?<![\w)])-)?(?<![\w^.,/])\d+(?:[.,/]\d+)*")
_TOTAL = re.compile(r"\b(?:total|value|answer|result) of $", re.IGNORECASE)
_ADDING = re.compile(r"(?:\W*(?:and|or|also))?\W*", re.IGNORECASE)
_ARROW = re.compile(r"[-=]+>|[→⇒]|\\(?:to|[Rr]ightarrow|implies)(?![A-Za-z])")
_FRACTION = re.compile(r"\\[dt]?frac\s*\{?(\d+)\}?\s*\{?(\d+)\}?")
_VERB = re.compile(r"\b(?:is|are|was|were|has|have|had|does|do|did|can|will)\b", re.IGNORECASE)
_ENGLISH = re.compile(
    r"\b(?:the|an?|of|in|is|are|was|were|and|for|by|to|we|has|have|had|as|with|from|at|each|all|he|she|they|his|her|"
    r"their|how|what|which|who|when|if|do|does|did|can|will|some|more|many|on|or|there|into|per|every|both|so|then|"
    r"thus|hence|therefore|this|that|it|its|you|your|only|also|altogether)\b",
    re.IGNORECASE,
)
_HEADINGS = frozenset([
    "explanation", "check", "checking", "verification", "verify", "proof", "reasoning", "justification", "note", "done",
    "qed", "yes", "correct", "indeed", "question", "thank", "thanks", "you", "step", "steps", "and", "consistent",
    "because", "since", "as", "where", "which", "obtained", "mr", "mrs", "ms", "dr",
])  # fmt: skip


def stands(behind: str, value: str) -> bool:
    """Return True if no sentence of the text behind a stated value takes the value back, or states another."""
    sentences = _SENTENCE.split(behind)
    return all(_leaves(sentence, value) for sentence in sentences) and _ends_in(sentences, value)


def _ends_in(sentences: Sequence[str], value: str) -> bool:
    """Return True if the last sentence with a number states no other value; "She sold 5 of them" only explains."""
    last = next((flat for s in reversed(sentences) if _NUMBER.search(flat := _flat(s))), "")
    own = set(_NUMBER.findall(_flat(value)))
    concludes = _CONCLUSION.match(last) is not None
    if not last or not own or not (concludes or _plain(last)):
        return True
    return not own.isdisjoint(_NUMBER.findall(last.rpartition("=")[2] if concludes else last))


def _plain(text: str) -> bool:
    """Return True if no word of the text says more than what is counted."""
    return all(word.lower() in _HEADINGS or harmless(word) for word in re.findall(r"[^\W\d_]{2,}", text))


def _leaves(sentence: str, value: str) -> bool:
    text, value = _flat(sentence), _flat(value)
    dismissed = _DISMISSED.match(text)
    if not text or (dismissed and re.fullmatch(r"\W*[A-J]\W*", value) and (dismissed[1] or dismissed[2]) not in value):
        return True
    if (
        _FRAGMENT.match(text)
        or SECOND_THOUGHTS.search(text)
        or _CORRECTING.search(text)
        or _states_another(text, value)
    ):
        return False
    if re.search("[\u3040-\u30ff\u4e00-\u9fff]", text):
        return True
    words = re.findall(r"[^\W\d_]{2,}", text)
    if _plain(text):
        return True
    praised = _PRAISE.match(text)
    if not praised and (_OPENER.match(text) or not (_VERB if len(words) < 4 else _ENGLISH).search(text)):
        return False
    spoken = re.sub(r"^note\s+that\b|\b(?:i )?hope\b|\blet me know\b", "", text, flags=re.IGNORECASE)
    return not any(
        _DENIAL.search(clause) and (_BACK.search(clause.strip()) or len(re.findall(r"[^\W\d_]+", clause)) < 4)
        for clause in _CLAUSE.split(spoken)
    )


def _flat(text: str) -> str:
    """Return the text without markup, fractions as quotients, arrows as "is"."""
    return " ".join(
        _MARKUP.sub(" ", _FRACTION.sub(r" \1/\2", _ARROW.sub(" is ", text.replace("’", "'")))).split()
    ).rstrip(" ,")


def _states_another(text: str, value: str) -> bool:
    """Return True if the text is about, or ends in, another value than the stated one that no calculation holds."""
    about, match = _ABOUT_VALUE.match(text), _VALUE.search(text, max(0, len(text) - 80))
    if about and (about[1] != value or not harmless(text[about.end() :])):
        return True
    if match is None or match[2].strip(".,") in re.findall(r"[-+]?\d[\d.,/]*%?|[A-J]", value):
        return False
    if match[2].isalpha() and not re.fullmatch(r"\W*[A-J]\W*", value):
        return False
    front = text[: match.start(2)]
    if match[1] is None or text[0] in "+=/^" or _TOTAL.search(front) or _ADDING.fullmatch(front):
        return True
    whole = _ENGLISH.search(text) is not None and len(re.findall(r"[^\W\d_]{2,}", text)) > 3
    return _STATING.fullmatch(match[1]) is not None if whole else _PART.fullmatch(match[1]) is None
