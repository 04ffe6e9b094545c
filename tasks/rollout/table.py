"""Rollouts as a Parquet table: one row per sample, lossless, the same bytes for the same rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.errors import DataError
from tasks.ragged import Ragged
from tasks.records import FinishReason
from tasks.rollout.rollouts import Rollouts
from tasks.table import lists_of, ragged_of

SCHEMA = pa.schema(
    [
        pa.field("problem_id", pa.string(), nullable=False),
        pa.field("sample", pa.int32(), nullable=False),
        pa.field("prompt_ids", pa.list_(pa.int32()), nullable=False),
        pa.field("response_ids", pa.list_(pa.int32()), nullable=False),
        pa.field("logprobs", pa.list_(pa.float32()), nullable=False),
        pa.field("finish_reason", pa.string(), nullable=False),
        pa.field("lineage", pa.string(), nullable=False),
        pa.field("seed", pa.int64(), nullable=False),
    ]
)


def write_rollouts(path: Path, rollouts: Rollouts) -> None:
    """Write the rows in their order."""
    logprobs = Ragged(rollouts.logprobs, rollouts.responses.offsets)
    table = pa.Table.from_arrays(
        [
            pa.array(rollouts.problem_ids, pa.string()),
            pa.array(rollouts.samples, pa.int32()),
            lists_of(rollouts.prompts, pa.int32()),
            lists_of(rollouts.responses, pa.int32()),
            lists_of(logprobs, pa.float32()),
            pa.array(np.where(rollouts.stopped, FinishReason.STOP.value, FinishReason.LENGTH.value), pa.string()),
            pa.array(rollouts.lineages, pa.string()),
            pa.array(rollouts.seeds, pa.int64()),
        ],
        schema=SCHEMA,
    )
    pq.write_table(table, path, compression="zstd", row_group_size=4096, use_dictionary=False, write_statistics=False)


def read_rollouts(path: Path) -> Rollouts:
    """Read what `write_rollouts` wrote. Raises DataError for a file of another kind."""
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(
            f"{path}: cannot be read as a table of rollouts ({error}); remove it so that it is made again"
        ) from error
    if not table.schema.equals(SCHEMA):
        raise DataError(
            f"{path}: columns {table.schema.names} are not those of rollouts; remove it so that it is made again"
        )
    reasons = table["finish_reason"]
    if unknown := set(pc.unique(reasons).to_pylist()) - set(FinishReason):
        raise DataError(f"{path}: finish_reason {sorted(unknown)[0]!r} is none; remove it so that it is made again")
    responses, logprobs = (ragged_of(table[name]) for name in ("response_ids", "logprobs"))
    if not np.array_equal(responses.offsets, logprobs.offsets):
        raise DataError(
            f"{path}: a response has not as many log-probabilities as tokens; remove it so that it is made again"
        )
    return Rollouts(
        problem_ids=table["problem_id"].to_pylist(),
        samples=table["sample"].to_numpy(),
        prompts=ragged_of(table["prompt_ids"]),
        responses=responses,
        logprobs=logprobs.values,
        stopped=pc.equal(reasons, FinishReason.STOP.value).to_numpy(),
        lineages=table["lineage"].to_pylist(),
        seeds=table["seed"].to_numpy(),
    )
