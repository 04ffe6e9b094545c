"""Samples of a policy on a suite, stored apart from their evaluation.

The set is append-only: a killed evaluation goes on, more samples add to those that are there, and another verifier or
another k draws nothing.

    samples/<set>/SET.json            the settings that the set's key is the digest of: policy, suite, prompt, sampling;
                                      and the steps that it was made of, with which it stays (infra/gc.py)
    samples/<set>/<sha256>.parquet    some samples; a file is named by its content, so it is whole or it does not count

A sample's name is (set, problem id, sample index); its seed derives from the same. Two processes that draw the same
set write the same samples twice, and the file whose name comes first counts.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from infra.caching import canonical
from infra.files import Files, MissingError
from tasks.checkpoint.weights import POLICY_STAGE
from tasks.ragged import Floats, Ints, Ragged
from tasks.records import FinishReason
from tasks.table import lists_of, ragged_of

log = logging.getLogger("armature")

Name = tuple[str, int]  # problem id, sample index
_PART = re.compile(r"([0-9a-f]{64})\.parquet")
_SCHEMA = pa.schema(
    [
        pa.field("problem_id", pa.string(), nullable=False),
        pa.field("sample", pa.int32(), nullable=False),
        pa.field("response_ids", pa.list_(pa.int32()), nullable=False),
        pa.field("logprobs", pa.list_(pa.float32()), nullable=False),
        pa.field("finish_reason", pa.string(), nullable=False),
        pa.field("entropy", pa.float64()),
        pa.field("seed", pa.int64(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One response.

    `response_ids` [response tokens], a sampled end token included; `logprobs` [response tokens], natural, under the
    distribution really sampled from; `entropy`, the mean over its tokens, nats, of the whole vocabulary at T = 1,
    None from an engine that gives none.
    """

    problem_id: str
    sample: int
    response_ids: Ints
    logprobs: Floats
    finish_reason: FinishReason
    entropy: float | None
    seed: int

    def __eq__(self, other: object) -> bool:
        """Return whether two samples say the same, whether of arrays or of tuples."""
        if not isinstance(other, Sample):
            return NotImplemented
        mine, theirs = ((s.name, s.finish_reason, s.entropy, s.seed) for s in (self, other))
        pairs = ((self.response_ids, other.response_ids), (self.logprobs, other.logprobs))
        return mine == theirs and all(np.array_equal(*pair) for pair in pairs)

    @property
    def name(self) -> Name:
        """Return the problem's id and the sample's number."""
        return self.problem_id, self.sample

    @property
    def surprisal(self) -> float | None:
        """Return the mean of -log p over its tokens, nats.

        It estimates the token entropy at sampling settings, for a token drawn from p has E[-log p] = H(p).
        """
        # A cumulative sum adds from the left: the same bits on every machine.
        return (
            -float(np.cumsum(self.logprobs, dtype=np.float64)[-1]) / len(self.logprobs) if len(self.logprobs) else None
        )


class SampleSet:
    """The stored samples of one set. Its key is the digest of `about`."""

    def __init__(self, files: Files, about: Mapping[str, Any]) -> None:
        self._files, self.about = files, about
        self.key = set_key(about)
        self.folder = f"samples/{self.key}"
        self._damaged: list[str] = []

    def read(self) -> dict[Name, Sample]:
        """Return all samples.

        A file whose content does not fit its name is left out, with a warning: its samples are drawn again, and only
        then is the file removed (`append`), for a plan reads too.
        """
        found: dict[Name, Sample] = {}
        for file in self._files.list(self.folder):
            part = _PART.fullmatch(file)
            if part is None:
                continue
            name = f"{self.folder}/{file}"
            try:
                # Looks twice, as infra/store.py does: bytes may be altered on their way, and samples cost hours.
                data = next(
                    (
                        data
                        for data in (self._files.read(name) for _ in range(2))
                        if hashlib.sha256(data).hexdigest() == part[1]
                    ),
                    None,
                )
            except MissingError:  # swept meanwhile
                continue
            if data is None:
                log.warning(
                    "%s/%s: its content is not what its name says; its samples are drawn again", self._files.uri, name
                )
                self._damaged.append(name)
                continue
            for sample in _samples(data):
                found.setdefault(sample.name, sample)
        return found

    def append(self, samples: Sequence[Sample]) -> list[Sample]:
        """Add some samples, all of them or none, and return them as `read` gives them.

        A server's log-probabilities may be more precise than the float32 that is kept, and an evaluation that goes on
        must not end with other numbers.
        """
        while self._damaged:  # first: what is drawn again may have the same name
            self._files.remove(self._damaged.pop())
        if self._files.size(f"{self.folder}/SET.json") is None:
            record = {**self.about, "references": [f"{POLICY_STAGE}/{self.about['policy']}"]}
            self._files.write(f"{self.folder}/SET.json", json.dumps(record, sort_keys=True, indent=1).encode())
        data = _bytes(samples)
        self._files.write(f"{self.folder}/{hashlib.sha256(data).hexdigest()}.parquet", data)
        return _samples(data)


def set_key(about: Mapping[str, Any]) -> str:
    """Return the key of the set of samples that depend on `about`: 64 hex digits."""
    return hashlib.sha256(canonical(about).encode()).hexdigest()


def _bytes(samples: Iterable[Sample]) -> bytes:
    rows = list(samples)
    table = pa.Table.from_arrays(
        [
            pa.array([row.problem_id for row in rows], pa.string()),
            pa.array([row.sample for row in rows], pa.int32()),
            lists_of(Ragged.of([row.response_ids for row in rows], np.int32), pa.int32()),
            lists_of(Ragged.of([row.logprobs for row in rows], np.float32), pa.float32()),
            pa.array([row.finish_reason.value for row in rows], pa.string()),
            pa.array([row.entropy for row in rows], pa.float64()),
            pa.array([row.seed for row in rows], pa.int64()),
        ],
        schema=_SCHEMA,
    )
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", use_dictionary=False, write_statistics=False)
    return sink.getvalue()


def _samples(data: bytes) -> list[Sample]:
    table = pq.read_table(io.BytesIO(data))
    names, reasons, entropies = (table[each].to_pylist() for each in ("problem_id", "finish_reason", "entropy"))
    responses, logprobs = (ragged_of(table[each]) for each in ("response_ids", "logprobs"))
    numbers, seeds = table["sample"].to_pylist(), table["seed"].to_pylist()
    return [
        Sample(
            names[row],
            numbers[row],
            responses[row],
            logprobs[row],
            FinishReason(reasons[row]),
            entropies[row],
            seeds[row],
        )
        for row in range(len(names))
    ]
