"""Tests of RESULTS.md: its quotes and tables are what the studies say, and the README's table is the quickstart's."""

from __future__ import annotations

import json
import re

import pytest

from specs.paths import REPOSITORY_ROOT

RESULTS = REPOSITORY_ROOT / "tests" / "benchmarks" / "results"
TEXT = (REPOSITORY_ROOT / "tasks" / "study" / "RESULTS.md").read_text()
README = (REPOSITORY_ROOT / "README.md").read_text()


def table(heading: str) -> list[list[str]]:
    """Return the rows of the first table below a heading, without its header."""
    section = TEXT.split(f"# {heading}\n", 1)[1].split("\n#", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows[2:]]


def quotes(text: str) -> list[str]:
    """Return the paragraphs that stand behind `> `, their lines joined."""
    blocks = re.findall(r"(?m)(?:^>.*\n?)+", text)
    lines = "\n\n".join(re.sub(r"(?m)^> ?", "", block) for block in blocks)
    return [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", lines) if paragraph.strip()]


@pytest.mark.parametrize("study", ["arm-vs-grpo", "long-answers", "smollm2-sums"])
def test_every_quote_is_a_sentence_of_a_study(study: str) -> None:
    said = {path.parent.name: json.loads(path.read_text())["headline"] for path in RESULTS.glob("*/summary.json")}
    quoted = quotes(TEXT)
    assert [line for line in quoted if not any(line in lines for lines in said.values())] == []
    assert said[study][0] in quoted, "the first sentence of each study is quoted: its primary comparison"


def test_the_main_study_is_quoted_in_full() -> None:
    headline = json.loads((RESULTS / "arm-vs-grpo" / "summary.json").read_text())["headline"]
    assert [line for line in headline if line not in quotes(TEXT)] == []


@pytest.mark.parametrize(
    ("heading", "study", "end"),
    [
        ("Fresh prompts", "arm-vs-grpo", "**fresh prompts: iteration 120, T = 1 "),
        ("256 repeated prompts", "arm-vs-grpo", "**256 repeated prompts: iteration 120, T = 1 "),
        ("Longer answers, every variant", "long-answers", "**fresh prompts: iteration 120, T = 1 "),
        ("A pretrained model, every variant", "smollm2-sums", "iteration 60, T = 1 ("),
    ],
)
def test_tables_have_all_variants_of_their_summaries(heading: str, study: str, end: str) -> None:
    lines = (RESULTS / study / "summary.md").read_text().split(end, 1)[1].split("\n\n")[1].splitlines()
    assert [f"| {' | '.join(row)} |" for row in table(heading)] == lines[2:]


def test_the_prototypes_numbers_stand_beside_ours() -> None:
    ours = {row[0]: row for row in table("Fresh prompts")}
    for variant, metric, prototype, given, agrees in table("The prototype's numbers"):
        assert given == ours[variant][{"Pass@1": 2, "Pass@32": 4, "entropy": 5}[metric]], (variant, metric)
        mean, half = map(float, given.split(" ± "))
        apart = float(prototype.split()[0]) - mean
        assert agrees == ("yes" if abs(apart) <= half else "no, above" if apart > 0 else "no, below"), (variant, metric)


def test_the_quickstarts_numbers_are_those_of_the_readme() -> None:
    shown = [[cell.strip() for cell in re.split(r"  +", line.strip())] for line in README.splitlines() if " ± " in line]
    readme = {name: cells for name, *cells in shown}
    for name, *cells in table("Quickstart"):
        assert readme[name] == cells


def test_every_number_of_the_readmes_findings_is_in_the_results() -> None:
    findings = README.split("## Findings\n", 1)[1].split("\n## ", 1)[0]
    numbers = re.findall(r"[+−]?\d+\.\d+", findings)
    assert numbers and [number for number in numbers if number not in TEXT] == []
