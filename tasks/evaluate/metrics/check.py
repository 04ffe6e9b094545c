"""A check of the metrics against a file of exact values: {family: {"cases": [{inputs and wanted values}]}}."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from tasks.errors import DataError
from tasks.evaluate.metrics import diversity, majority, pass_at_k, uncertainty

TOLERANCE = 1e-9
Case = Mapping[str, Any]


def _of_counts(function: Callable[..., float], *names: str) -> Callable[[Case], dict[str, Any]]:
    def compute(case: Case) -> dict[str, Any]:
        try:
            return {"value": function(*(case[name] for name in names))}
        except ValueError:
            return {"value": None}  # a file says null (or nan) where the metric is not defined

    return compute


def _texts(case: Case) -> dict[str, Any]:
    texts = case["texts"]
    wanted = [key for key in case if "distinct_" in key]
    kinds = {"distinct": diversity.distinct_n, "mean_per_text_distinct": diversity.mean_per_text_distinct_n}
    return {key: kinds[key.rpartition("_")[0]](texts, int(key.rpartition("_")[2])) for key in wanted}


def _bleu(case: Case) -> dict[str, Any]:
    scores = diversity.self_bleu(case["texts"])
    return {"per_text": scores, "self_bleu": math.fsum(scores) / len(scores)}


def _vendi(case: Case) -> dict[str, Any]:
    orders = {key: float(key.removeprefix("vendi_q")) for key in case if key.startswith("vendi_q")}
    return {key: diversity.vendi(case["kernel"], order) for key, order in orders.items()}


def _errors(case: Case) -> dict[str, Any]:
    scores = case["scores"]
    interval = uncertainty.normal_interval(scores)
    return {
        "mean": uncertainty.mean(scores),
        "se_clustered_by_question": uncertainty.clustered_standard_error(scores),
        "se_naive_iid": uncertainty.naive_standard_error(scores),
        "sampling_variance_given_questions": uncertainty.sampling_variance(scores),
        "ci95_normal": None if interval is None else list(interval),
    }


FAMILIES: dict[str, tuple[frozenset[str], Callable[[Case], dict[str, Any]]]] = {
    "pass_at_k": (frozenset({"n", "c", "k"}), _of_counts(pass_at_k.pass_at_k, "n", "c", "k")),
    "g_pass_at_k": (frozenset({"n", "c", "k", "m"}), _of_counts(pass_at_k.g_pass_at_k, "n", "c", "k", "m")),
    "pass_pow_k": (frozenset({"n", "c", "k"}), _of_counts(pass_at_k.pass_pow_k, "n", "c", "k")),
    "maj_at_k": (frozenset({"answers", "gold", "k"}), _of_counts(majority.maj_at_k, "answers", "gold", "k")),
    "answer_entropy": (frozenset({"answers"}), lambda case: dict(diversity.answer_diversity(case["answers"]))),
    "distinct_n": (frozenset({"texts"}), _texts),
    "self_bleu": (frozenset({"texts"}), _bleu),
    "vendi": (frozenset({"kernel"}), _vendi),
    "standard_error": (frozenset({"scores"}), _errors),
}
"""Family -> (the inputs that its cases give, the function that computes the values)."""


def check(path: Path) -> tuple[int, list[str]]:
    """Return (the number of cases, a line for each that differs).

    A case of an unknown family or with an unknown key differs, and so does one that cannot be computed or wants no
    value. A family without cases, or with a key besides `note` and `cases`, counts as one more such case. Raises
    DataError if the file is not a file of cases.
    """
    cases, differences = 0, []
    for family, body in _families(path).items():
        if (
            not isinstance(body, dict)
            or not isinstance(body.get("cases"), list)
            or not body["cases"]
            or not body.keys() <= {"note", "cases"}
        ):
            cases += 1
            differences.append(
                f"{family}: want {{cases: [...]}} with at least one case, and at most a note beside them"
            )
        found = body.get("cases") if isinstance(body, dict) else None
        for index, case in enumerate(found if isinstance(found, list) else ()):
            cases += 1
            reason = _differs(family, case)
            if reason:
                differences.append(f"{family}[{index}]: {reason}")
    return cases, differences


def _families(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise DataError(f"{path}:{error.lineno}: not JSON ({error.msg}); want {{family: {{cases: [...]}}}}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: want an object {{family: {{cases: [...]}}}}, got a {type(content).__name__}")
    return content


def _differs(family: str, case: Any) -> str | None:
    if family not in FAMILIES:
        return f"no metric of this name; there are {', '.join(FAMILIES)}"
    given, compute = FAMILIES[family]
    if not isinstance(case, dict):
        return f"want an object, got a {type(case).__name__}"
    if not given <= case.keys():
        return f"lacks {', '.join(sorted(given - case.keys()))}"
    wanted = sorted(case.keys() - given - {"fraction", "note"})
    if not wanted:
        return "wants no value"
    try:
        ours = compute(case)
        for key in wanted:
            if key not in ours:
                return f"{key}: not computed here"
            if not _close(ours[key], case[key]):
                return f"{key}: ours {ours[key]!r}, wanted {case[key]!r}"
        fraction = case.get("fraction")
        if fraction is not None and ours["value"] != float(Fraction(fraction)):
            return f"value: ours {ours['value']!r}, wanted {fraction}"
    except (ValueError, TypeError, KeyError) as error:  # one bad case must not hide the rest of the file
        return f"cannot be computed: {type(error).__name__}: {error}"
    return None


def _close(ours: Any, wanted: Any) -> bool:
    if isinstance(ours, list) and isinstance(wanted, list):
        return len(ours) == len(wanted) and all(_close(a, b) for a, b in zip(ours, wanted, strict=True))
    if wanted is None or ours is None or (isinstance(wanted, float) and math.isnan(wanted)):
        return ours is None and (wanted is None or math.isnan(wanted))
    return math.isclose(ours, wanted, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
