"""A key-value cache whose rows are samples.

A prompt is computed once and copied to its samples, finished rows are dropped, and new tokens are written into spare
room (concatenation would copy the whole cache for every token).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer

SPARE = 64  # tokens of room made at a time


class RoomyLayer(DynamicLayer):  # type: ignore[no-untyped-call]  # its __init_subclass__ has no annotations
    """One layer's keys and values [rows, heads, tokens, head size]: views of buffers with room for more tokens."""

    _room = 0

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append states [rows, heads, new tokens, head size], and return all keys and values."""
        if self.keys is None or self.values is None:  # the prompts
            self.lazy_initialization(key_states, value_states)
            self.keys, self.values = key_states, value_states
            return key_states, value_states
        used, new = self.keys.shape[2], key_states.shape[2]
        if new > self._room:
            self._make_room(self.keys, self.values, max(new, SPARE))
        self._room -= new
        self._key_buffer[:, :, used : used + new] = key_states
        self._value_buffer[:, :, used : used + new] = value_states
        return self._expose(used + new)

    def select(self, rows: Tensor, room: int) -> None:
        """Keep (or repeat) the rows and make room, for no more than the `room` tokens that are to come."""
        assert self.keys is not None and self.values is not None
        self._make_room(self.keys, self.values, min(room, SPARE), rows)

    def _make_room(self, keys: Tensor, values: Tensor, room: int, rows: Tensor | None = None) -> None:
        self._key_buffer, self._value_buffer = _with_room(keys, rows, room), _with_room(values, rows, room)
        self._room = room
        self._expose(keys.shape[2])

    def _expose(self, used: int) -> tuple[Tensor, Tensor]:
        self.keys, self.values = self._key_buffer[:, :, :used], self._value_buffer[:, :, :used]
        return self.keys, self.values


def _with_room(states: Tensor, rows: Tensor | None, room: int) -> Tensor:
    count = states.shape[0] if rows is None else len(rows)
    buffer = states.new_empty(count, states.shape[1], states.shape[2] + room, states.shape[3])
    buffer[:, :, : states.shape[2]] = states if rows is None else states[rows]
    return buffer


class SampleCache(Cache):
    """RoomyLayers for a decoder whose layers all attend, fully or within a window, which the attention mask makes."""

    def __init__(self) -> None:
        super().__init__(layer_class_to_replicate=RoomyLayer)

    def select(self, rows: Tensor, room: int) -> None:
        """Keep (or repeat) the rows, int64 [new rows], in every layer; at most `room` tokens are still to come."""
        for layer in self.layers:
            assert isinstance(layer, RoomyLayer)
            layer.select(rows, room)


def bytes_per_token(config: Any, dtype: torch.dtype) -> int:
    """Return the bytes of one token of one sample in the cache of a model with this Hugging Face configuration."""
    text = config.get_text_config(decoder=True)
    heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    head_size = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    return 2 * int(text.num_hidden_layers) * int(heads) * int(head_size) * dtype.itemsize
