"""The verifier's interface, its worker processes, and the faults of math-verify that it avoids.

A deadline that must not be reached is two minutes; one that must be is a second or two. No assertion is on wall time.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.errors import VerifierError
from tasks.records import Problem, VerdictKind
from tasks.reward.math import MathVerifier, worker
from tasks.reward.math.symbolic import accepts
from tasks.reward.math.verifier import cheap
from tests.tasks.reward.math_rows import HANGING

ROOT = Path(__file__).parents[3]
NEEDS_WORKER = (r"\sin 2x", r"2\sin x\cos x")


def problem(gold: object, **more: object) -> Problem:
    return Problem("number-7", (), "math", {"answer": gold, **more})


def boxed(answer: str) -> str:
    return f"$\\boxed{{{answer}}}$"


@pytest.fixture(scope="module")
def verifier() -> Iterator[MathVerifier]:
    """Started once: a fork server takes a second of CPU time to start. Tests that kill one start their own."""
    with MathVerifier(deadline_s=120.0, workers=2) as made:
        yield made


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pids: list[int]) -> None:
    """Return as soon as the processes have ended; a minute's wait is a failure."""
    for _ in range(3000):
        if not any(alive(pid) for pid in pids):
            return
        time.sleep(0.02)
    pytest.fail(f"processes are alive after a minute: {[pid for pid in pids if alive(pid)]}")


# -- verdicts ---------------------------------------------------------------------------------------------------------
def test_verdicts_in_their_three_states() -> None:
    with MathVerifier(deadline_s=120.0) as verifier:
        right, wrong, none, bad = verifier.verify(
            [(problem("5"), boxed("5")), (problem("5"), boxed("6")), (problem("5"), "hm"), (problem(""), boxed("5"))]
        )
        assert verifier.pool.pids == []  # nothing of this needs a worker
    assert (right.score, right.kind, right.answer) == (1.0, VerdictKind.ACCEPTED, "5")
    assert (wrong.score, wrong.kind, wrong.answer) == (0.0, VerdictKind.WRONG, "6")
    assert (none.score, none.kind, none.answer) == (0.0, VerdictKind.NO_ANSWER, None)
    assert (bad.score, bad.kind) == (None, VerdictKind.INFRASTRUCTURE)


@pytest.mark.parametrize(
    "gold", ["", " ", "\\text{}", "$$", "?", "\\boxed{}", "\\frac{1}{", "nan", "\\begin{pmatrix} 1", "...", None, 5]
)
def test_an_unusable_gold_names_its_problem(gold: object) -> None:
    with pytest.raises(VerifierError, match="number-7"):
        MathVerifier.check_reference(problem(gold))


def test_a_tolerance_that_is_no_number_is_refused_when_it_is_loaded() -> None:
    with pytest.raises(VerifierError, match=r"number-7.*tolerance"):
        MathVerifier.check_reference(problem("5", tolerance="small"))


def test_what_else_a_reference_may_hold(verifier: MathVerifier) -> None:
    choices = ["in a random direction", "12", "13"]
    five = ["1", "2", "3", "5", "9"]
    euros = Problem("p", ({"role": "user", "content": "How many euros does she pay?"},), "math", {"answer": "36"})
    rows = [
        (problem("4.2", tolerance="1e-1"), "4.25", 1.0),
        (problem("4.2", tolerance="1e-1"), "4.31", 0.0),
        (problem("5", unit="cm"), "50\\text{ mm}", 1.0),
        (problem("5", unit="cm"), "5\\text{ m}", 0.0),
        (problem("5", unit="cm"), "5", 1.0),
        (problem("4.2", unit="%"), "4.2\\%", 1.0),
        (problem("B", choices=choices), "12", 1.0),
        (problem("B", choices=choices), "13", 0.0),
        (problem("B", choices=choices), "1.2", 0.0),
        (problem("A", choices=choices), "\\text{in a random direction}", 1.0),
        *((problem("D", choices=five), text, 1.0) for text in ("D. 5", "(D) 5", "D", "\\text{D. 5}", "D: 5.", "5")),
        *((problem("D", choices=five), text, 0.0) for text in ("D. 9", "(D) 9", "\\text{D. 9}", "D: 9.", "9", "D. 1")),
        (problem("E", choices=five), "D. 9", 0.0),
        (problem("B", choices=["12", "No, it is not"]), "\\text{B. No, it is not}", 1.0),
        (problem("B", choices=["12", "thousand"]), "\\text{(B) thousand}", 1.0),
        (problem("A", choices=["12", "thousand"]), "\\text{(A) thousand}", 0.0),
        (euros, "36\\text{ euros}", 1.0),
        (problem("36"), "36\\text{ euros}", 0.0),
    ]
    verdicts = verifier.verify([(p, boxed(a)) for p, a, _ in rows])
    assert [v.score for v in verdicts] == [score for _, _, score in rows]


# -- math-verify's traps ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("gold", "given", "expected"),
    [
        ("70000", "70\\,000", True),  # math-verify reads 0
        ("0", "70\\,000", False),
        ("\\frac{1}{2^{99}}", "\\frac{1}{2^{98}}", False),  # all tiny numbers are equal to it
        ("e^{-100}", "e^{-101}", False),
        ("\\int_0^1 10^{-20} x dx", "\\int_0^1 10^{-21} x dx", False),
        ("\\int_0^1 2x\\,dx", "1", True),
        ("1", "\\int_0^1 2x\\,dx", True),
        ("\\int_0^1 2x\\,dx", "2", False),
        ("\\lim_{x\\to 0}\\frac{\\sin x}{x}", "1", True),
        ("1", "x", False),
        ("x", "\\int_0^1 x dx", False),
    ],
)
def test_what_math_verify_is_asked_it_answers_both_ways(gold: str, given: str, expected: bool) -> None:
    assert accepts(gold, given) is expected
    assert accepts(given, gold) is expected


def test_several_boxes_are_no_set_and_the_last_one_counts(verifier: MathVerifier) -> None:
    output = "I first thought \\boxed{3}, but that is wrong. The answer is \\boxed{5}."
    verdicts = verifier.verify([(problem("5"), output), (problem("\\{3,5\\}"), output), (problem("3"), output)])
    assert [v.score for v in verdicts] == [1.0, 0.0, 0.0]


HOSTILE = (
    '"a"', "1,", "(", "\\{", "x=", "\\pm ", "\\text{a}", "$", "1 ", "^{", "_", "'", "\\frac", "a ", "\\le ", "\\cup ",
    "and ", "1:", "\\sqrt", "%", "1", "x", "²", "½", "{}", "\\", "&", "-", "10^", "\\begin{pmatrix}", "(x+1)", "e5",
    "\\in ", "\\mathbb{R}", "\\sum_{k=1}^{5000}", "2^{", "\\approx ", "0.3", "\\left(", "\\\\", "|",
)  # fmt: skip


def test_the_layers_of_this_process_are_quick_on_any_text() -> None:
    """This process has no deadline, so what takes long is left to a worker. CPU seconds; the slowest takes 0.1."""
    texts = [piece * (780 // len(piece)) for piece in HOSTILE] + [
        (a + b) * (780 // len(a + b)) for a, b in zip(HOSTILE, HOSTILE[7:], strict=False)
    ]
    texts += [
        "\\sum_{a=1}^{5000}\\sum_{b=1}^{5000} ab",
        "\\sum_{k=1}^{3000} k!",
        "\\prod_{k=1}^{5000} (x+k)",
        "(a+b+c+d+f+g)^{40}",
        "x" * 900_000,
    ]
    for text in texts:
        start = time.process_time()
        cheap(problem("5"), boxed(text))
        assert time.process_time() - start < 2.0, text[:60]


def test_long_hostile_answers_end_and_are_wrong(verifier: MathVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some take ten seconds to read: whether a worker reads them or is killed, the verdict is the same."""
    answers = [piece * (18_000 // len(piece)) for piece in ("²", "\\in ", "1", "e5", "(x+1)", "\\text{a}", "2^{")]
    monkeypatch.setattr(verifier.pool, "deadline_s", 0.5)
    verdicts = verifier.verify([(problem("5"), boxed(answer)) for answer in answers])
    assert [v.score for v in verdicts] == [0.0] * len(answers)


# -- processes --------------------------------------------------------------------------------------------------------
def test_hanging_answers_are_ended_at_their_deadline_and_the_others_are_judged(
    verifier: MathVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others take 0.02 s of CPU time each; their first attempt has 1.2 s."""
    verifier.pool.run([NEEDS_WORKER])  # the server is up
    monkeypatch.setattr(verifier.pool, "deadline_s", 2.0)
    hanging = [(problem("5"), boxed(answer)) for answer in HANGING]
    others = [(problem(gold), boxed(answer)) for gold, answer in (NEEDS_WORKER, (r"\tan x", r"\frac{\sin x}{\cos x}"))]
    verdicts = verifier.verify([*hanging, *others])
    assert [(v.score, v.kind) for v in verdicts] == [(0.0, VerdictKind.TIME_LIMIT)] * 2 + [
        (1.0, VerdictKind.ACCEPTED)
    ] * 2


def test_killed_workers_are_replaced_and_their_item_judged(verifier: MathVerifier) -> None:
    """Both idle workers are dead: the second attempt must be on a fresh one."""
    verifier.pool.run([NEEDS_WORKER] * 2)
    _, *workers = verifier.pool.pids
    assert len(workers) == 2
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    (outcome,) = verifier.pool.run([NEEDS_WORKER])
    assert outcome.accepted
    assert outcome.failure is None


def test_a_killed_server_is_told_as_infrastructure_and_the_next_batch_is_judged() -> None:
    with MathVerifier(deadline_s=120.0) as verifier:
        item = (problem(NEEDS_WORKER[0]), boxed(NEEDS_WORKER[1]))
        assert verifier.verify([item])[0].score == 1.0
        pids = verifier.pool.pids
        os.kill(pids[0], signal.SIGKILL)
        wait_until_gone(pids)  # its workers die with it
        first = verifier.verify([item])[0]
        assert (first.score, first.kind) in ((None, VerdictKind.INFRASTRUCTURE), (1.0, VerdictKind.ACCEPTED))
        assert verifier.verify([item])[0].score == 1.0


def test_a_pool_that_cannot_start_is_infrastructure_and_never_a_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with MathVerifier(deadline_s=120.0) as verifier:
        hard, easy = verifier.verify([(problem(NEEDS_WORKER[0]), boxed(NEEDS_WORKER[1])), (problem("5"), boxed("5"))])
    assert (hard.score, hard.kind) == (None, VerdictKind.INFRASTRUCTURE)
    assert easy.score == 1.0


def test_memory_is_limited(verifier: MathVerifier) -> None:
    """A worker that asks for more than its limit says so, or dies; its parent does not."""
    code = (
        "import resource, sys; from tasks.reward.math import worker, symbolic; import socket\n"
        "resource.setrlimit(resource.RLIMIT_AS, (worker.MEMORY_BYTES, worker.MEMORY_BYTES))\n"
        "symbolic.accepts = lambda gold, given: bool(bytearray(8 << 30))\n"
        "a, b = socket.socketpair(); worker.send(a, ['1', '2']); a.shutdown(socket.SHUT_WR)\n"
        "worker.work(b); print(worker.receive(a))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "'detail': 'memory'" in result.stdout, result.stderr
    verifier.pool.run([NEEDS_WORKER])
    limits = Path(f"/proc/{verifier.pool.pids[1]}/limits").read_text()
    assert f"{worker.MEMORY_BYTES}" in next(
        line for line in limits.splitlines() if line.startswith("Max address space")
    )


def test_workers_do_not_outlive_a_killed_parent_and_need_no_main_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, time, threading\nfrom tasks.reward.math.pool import Pool\n"
        f"p = Pool(60.0, 2)\np.run([{NEEDS_WORKER!r}] * 2)\nprint(*p.pids, flush=True)\n"
        f"threading.Thread(target=p.run, args=([('5', {HANGING[1]!r})] * 2,)).start()\n"
        "while p._idle:\n    time.sleep(0.01)\nprint('busy', flush=True)\ntime.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        server = int(process.stdout.readline().split()[0])
        assert process.stdout.readline() == "busy\n"
        children = [int(pid) for pid in Path(f"/proc/{server}/task/{server}/children").read_text().split()]
        assert len(children) >= 2
        os.kill(process.pid, signal.SIGKILL)
        wait_until_gone([server, *children])


def test_any_thread_may_call_it_and_its_children_are_single_threaded_and_know_no_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-5d1f")
    results: list[float | None] = []
    with MathVerifier(deadline_s=120.0) as verifier:

        def call() -> None:
            results.extend(
                v.score
                for v in verifier.verify(
                    [(problem(NEEDS_WORKER[0]), boxed(NEEDS_WORKER[1])), (problem("e^{x}"), boxed("e^{x}+1"))]
                )
            )

        threads = [threading.Thread(target=call) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for pid in verifier.pool.pids:
            assert len(list(Path(f"/proc/{pid}/task").iterdir())) == 1
            assert b"canary-5d1f" not in Path(f"/proc/{pid}/environ").read_bytes()
        pids = verifier.pool.pids
    assert results == [1.0, 0.0] * 3
    wait_until_gone(pids)
