"""The cache of verdicts: hits, verdicts that are never stored, and its size."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from sandbox.cache import VerdictCache
from sandbox.job import Limits
from sandbox.problem import Example, Problem
from sandbox.verdict import Kind, Verdict

PROBLEM = Problem("p", "stdin", (Example("1", "2"),))
RIGHT = Verdict(Kind.ACCEPTED, 1.0)


def test_hits_and_misses_are_counted() -> None:
    cache = VerdictCache()
    key = cache.key(b"a", PROBLEM, Limits(), "image")
    assert cache.get(key) is None
    assert cache.put(key, RIGHT) is RIGHT
    assert cache.get(key) == replace(RIGHT, cached=True)
    assert (cache.hits, cache.misses) == (1, 1)


def test_everything_that_decides_is_in_the_key() -> None:
    cache = VerdictCache()
    other = replace(PROBLEM, tests=(Example("1", "3"),))
    keys = {
        cache.key(b"a", PROBLEM, Limits(), "image"),
        cache.key(b"b", PROBLEM, Limits(), "image"),
        cache.key(b"a", other, Limits(), "image"),
        cache.key(b"a", PROBLEM, Limits(memory_mb=64), "image"),
        cache.key(b"a", PROBLEM, Limits(), "image2"),
    }
    assert len(keys) == 5


def test_what_another_run_could_judge_otherwise_is_not_kept() -> None:
    cache = VerdictCache()
    for verdict in (Verdict(Kind.SANDBOX_ERROR, None), Verdict(Kind.TIME_LIMIT, 0.0, wall_limit=True)):
        cache.put(b"k", verdict)
        assert cache.get(b"k") is None
    cache.put(b"k", Verdict(Kind.TIME_LIMIT, 0.0))
    assert cache.get(b"k") is not None


def test_the_oldest_go_and_threads_do_not_matter() -> None:
    cache = VerdictCache(size=10)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda k: (cache.put(b"%d" % k, RIGHT), cache.get(b"%d" % k)), range(200)))
    assert len(cache) == 10 and cache.hits + cache.misses == 200
    cache = VerdictCache(size=2)
    for key in (b"1", b"2"):
        cache.put(key, RIGHT)
    cache.get(b"1")
    cache.put(b"3", RIGHT)
    assert cache.get(b"2") is None and cache.get(b"1") is not None
