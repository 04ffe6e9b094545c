"""`armature data`: the first problems as the policy sees them, each token and the question's marked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.cli.app import main
from specs.paths import REPOSITORY_ROOT
from specs.sections import Data
from tasks.data.encode import encode
from tasks.data.preview import marked, preview
from tasks.data.prompts import PromptFormat
from tasks.data.sources.registry import make_source
from tests.tasks.data.test_encode import CHAT, problem


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    lines = [{"prompt": f"{n} clips", "answer": n} for n in (30, 12, 30, 7)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_marks_taken_away_leave_the_prompt() -> None:
    encoded = encode(problem(("user", "12 clips\nthe clips")), CHAT, PromptFormat(system="the user's"))
    text = marked(encoded, CHAT)
    assert text.count("│") == len(encoded.prompt_ids) and text.count("⏎") == text.count("\n")
    assert text.replace("│", "").partition("⟦")[2].partition("⟧")[0] == "12 clips⏎\nthe clips"
    whole = text.translate(str.maketrans("", "", "│⏎⟦⟧"))
    assert whole == CHAT.decode(encoded.prompt_ids)


def test_it_counts_names_the_end_tokens_and_shows_the_first_problems(rows: Path) -> None:
    data = Data(train=str(rows), verifier="math", heldout=1)
    text = preview(make_source(data), data, CHAT, (2, 0), 1)
    first, ends, _, _, heading, *_ = text.splitlines()
    assert first == "2 training problems, 1 held out; 1 dropped, whose prompt was there before"
    assert ends == f"a response ends with {CHAT.decode([2])} (2), {CHAT.decode([0])} (0)"
    assert text.count("\nproblem ") == 1 and '{"answer": "' in heading
    assert preview(make_source(data), data, CHAT, (2,), 0).count("\nproblem ") == 0


def test_the_command_needs_no_weights(rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["data", str(REPOSITORY_ROOT / "specs/quickstart.yaml"), "--count", "2"])
    out = capsys.readouterr().out
    assert left.value.code in (0, None) and out.count("\nproblem countdown/") == 2 and "<bos>│⟦" in out
