"""Rows as Parquet bytes and back: the same bytes for the same rows."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.ragged import Ragged, offsets_of

Schema = Mapping[str, pa.DataType]

VERDICTS: Schema = {
    "problem_id": pa.string(),
    "sample": pa.int32(),
    "score": pa.float64(),
    "kind": pa.string(),
    "detail": pa.string(),
    "answer": pa.string(),
}
RESPONSES: Schema = {
    "problem_id": pa.string(),
    "sample": pa.int32(),
    "judged": pa.bool_(),
    "base": pa.float64(),
    "bonus": pa.float64(),
    "advantage": pa.float64(),
    "c_q": pa.float64(),
    "c_o": pa.float64(),
    "log_prob_mean": pa.float64(),
    "entropy": pa.float64(),
}
SAMPLES: Schema = {
    **VERDICTS,
    "text": pa.string(),
    "finish_reason": pa.string(),
    "response_tokens": pa.int32(),
    "entropy": pa.float64(),
    "surprisal": pa.float64(),
    "solutions": pa.int64(),
    "level": pa.string(),
    "subject": pa.string(),
    "source": pa.string(),
}


def to_bytes(rows: Sequence[Mapping[str, Any]], schema: Schema) -> bytes:
    """Return the rows as a Parquet file, whose columns are those of the schema."""
    columns = {name: [row[name] for row in rows] for name in schema}
    table = pa.Table.from_pydict(columns, schema=pa.schema([pa.field(name, kind) for name, kind in schema.items()]))
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", use_dictionary=False, write_statistics=False)
    return sink.getvalue()


def from_bytes(data: bytes) -> list[dict[str, Any]]:
    """Return the rows of a Parquet file."""
    return list(pq.read_table(io.BytesIO(data)).to_pylist())


def lists_of(ragged: Ragged, item: pa.DataType) -> pa.Array:
    """Return an Arrow list array of `item`. Raises ArrowInvalid where there are 2^31 values or more."""
    return pa.ListArray.from_arrays(pa.array(ragged.offsets, pa.int32()), pa.array(ragged.values, item))


def ragged_of(lists: pa.ChunkedArray) -> Ragged:
    """Return an Arrow column of lists, which has no nulls; of one chunk without a copy."""
    whole = lists.combine_chunks()
    offsets = whole.offsets.to_numpy().astype(np.int64)
    if not len(whole):
        return Ragged(whole.values[:0].to_numpy(zero_copy_only=False), offsets_of([]))
    values = whole.values.slice(offsets[0], offsets[-1] - offsets[0])
    return Ragged(values.to_numpy(zero_copy_only=False), offsets - offsets[0])
