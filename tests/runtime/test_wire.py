"""Messages: what goes in comes out, and whatever else arrives is refused, nothing unpickled."""

from __future__ import annotations

import asyncio
import json
import pickle
import random
from contextlib import suppress

import numpy as np
import pytest

from finopt.runtime import wire
from finopt.runtime.wire import LENGTHS, Message, WireError, lengths, packed, unpacked


def arrived(data: bytes) -> Message:
    """A message from a stream that has these bytes."""

    async def receive() -> Message:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return await wire.receive(reader)

    return asyncio.run(receive())


@pytest.mark.parametrize("kind", ["float32", "float64", "float16", "int64", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (3,), (1, 2, 3), (0, 4)])
def test_a_tensor_comes_out_as_it_went_in(kind: str, shape: tuple[int, ...]) -> None:
    tensor = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(kind)
    header, found = arrived(b"".join(packed(Message({"kind": "piece", "name": "é"}, tensor))))
    assert header["kind"] == "piece" and header["name"] == "é"
    assert found is not None and found.dtype == tensor.dtype
    assert np.array_equal(found, tensor) and found.shape == shape


def test_a_tensor_need_not_lie_in_one_piece() -> None:
    tensor = np.arange(12).reshape(3, 4)[:, ::2]
    found = arrived(b"".join(packed(Message({}, tensor)))).tensor
    assert found is not None and np.array_equal(found, tensor)


def test_a_message_may_have_no_tensor() -> None:
    assert arrived(b"".join(packed(Message({"kind": "ready"})))) == Message({"kind": "ready"}, None)


@pytest.mark.parametrize(
    "header", [{"type": "object"}, {"type": "O"}, {"type": "V8"}, {"type": "U1"}, {"type": 3}]
)
def test_types_that_are_no_numbers_are_refused(header: dict[str, object]) -> None:
    with pytest.raises(WireError, match="no type that is sent"):
        unpacked(json.dumps({**header, "shape": [1]}).encode(), b"12345678")


@pytest.mark.parametrize(
    "shape", [None, "1", [2], [1.0], [True], [-1], [1 << 40], [1] * 33, [0], [[1]], [1, -1, -1]]
)
def test_shapes_that_do_not_describe_the_bytes_are_refused(shape: object) -> None:
    with pytest.raises(WireError):
        unpacked(json.dumps({"type": "float32", "shape": shape}).encode(), b"1234567")


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"nonsense", b"\xff", b"[" * 100_000, pickle.dumps({"kind": 1})]
)
def test_headers_that_are_no_json_object_are_refused(text: bytes) -> None:
    with pytest.raises(WireError):
        unpacked(text, b"")


@pytest.mark.parametrize(
    "sizes", [(0, 0), (wire.MOST_HEADER + 1, 0), (1, wire.MOST_TENSOR + 1), (2**32 - 1, 2**64 - 1)]
)
def test_lengths_above_the_limits_are_refused_before_anything_is_read(sizes: tuple[int, int]) -> None:
    with pytest.raises(WireError):
        lengths(LENGTHS.pack(*sizes))


def test_what_is_too_long_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MOST_TENSOR", 7)
    with pytest.raises(WireError, match="too long to send"):
        packed(Message({}, np.zeros(1)))


def test_damaged_messages_are_refused_or_end_early() -> None:
    """Nothing but the two errors that whoever reads expects."""
    good = b"".join(packed(Message({"kind": "piece", "trace": [1.0]}, np.ones((2, 3), np.float32))))
    drawn = random.Random(1)
    for _ in range(3000):
        data = bytearray(good)
        for _ in range(drawn.randint(1, 4)):
            data[drawn.randrange(len(data))] = drawn.randrange(256)
        del data[drawn.randint(1, len(data)) :]
        with suppress(WireError, asyncio.IncompleteReadError):
            arrived(bytes(data))
