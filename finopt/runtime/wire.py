"""Messages between processes: a JSON header and the raw bytes of a tensor, each with its length before it.

Nothing is unpickled, and nothing longer than a limit is taken. Sockets are bound to this machine only.
"""

from __future__ import annotations

import asyncio
import json
import math
import struct
from typing import Any, NamedTuple

import numpy as np

from finopt.problem.array_types import AnyArray

HOST = "127.0.0.1"

LENGTHS = struct.Struct("!IQ")
"""Bytes of the header and of the tensor."""

MOST_HEADER = 1 << 20
MOST_TENSOR = 1 << 30
"""Bytes; longer messages are refused."""

MOST_DIMENSIONS = 32
NUMBERS = "biuf"
"""Kinds of numpy types that tensors may have: truth values and numbers."""


class WireError(ConnectionError):
    """What arrived is no message."""


class Message(NamedTuple):
    """A header and perhaps a tensor."""

    header: dict[str, Any]
    tensor: AnyArray | None = None


def packed(message: Message) -> list[bytes]:
    """The bytes of a message, in parts."""
    header, data = dict(message.header), b""
    if message.tensor is not None:
        header |= {"type": message.tensor.dtype.name, "shape": list(message.tensor.shape)}
        data = message.tensor.tobytes()  # in C order, however it lies
    text = json.dumps(header, allow_nan=False).encode()
    if len(text) > MOST_HEADER or len(data) > MOST_TENSOR:
        raise WireError(f"a message of {len(text)} + {len(data)} bytes is too long to send")
    return [LENGTHS.pack(len(text), len(data)), text, data]


def lengths(data: bytes) -> tuple[int, int]:
    """The lengths that a message says it has.

    Raises
    ------
    WireError
        They are above the limits.
    """
    header, tensor = LENGTHS.unpack(data)
    if not 0 < header <= MOST_HEADER or tensor > MOST_TENSOR:
        raise WireError(f"a message says that it has {header} + {tensor} bytes")
    return header, tensor


def unpacked(text: bytes, data: bytes) -> Message:
    """The message of a header and the bytes of a tensor.

    Raises
    ------
    WireError
        The header is no JSON object, or does not describe the bytes.
    """
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        raise WireError("a header is not valid JSON") from None
    if not isinstance(header, dict):
        raise WireError("a header is no JSON object")
    if "type" not in header and not data:
        return Message(header)
    return Message(header, _tensor(header, data))


def _tensor(header: dict[str, Any], data: bytes) -> AnyArray:
    kind, shape = header.get("type"), header.get("shape")
    try:
        dtype = np.dtype(kind) if isinstance(kind, str) else None
    except TypeError:
        dtype = None
    if dtype is None or dtype.kind not in NUMBERS:
        raise WireError("a tensor is of no type that is sent")
    if not isinstance(shape, list) or len(shape) > MOST_DIMENSIONS:
        raise WireError("a tensor has no shape")
    if not all(type(size) is int and 0 <= size <= MOST_TENSOR for size in shape):
        raise WireError("a tensor has a size that is no whole number")
    if math.prod(shape) * dtype.itemsize != len(data):
        raise WireError("a tensor has another length than its shape says")
    return np.frombuffer(data, dtype).reshape(shape)


async def send(writer: asyncio.StreamWriter, message: Message) -> None:
    """Send a message."""
    writer.writelines(packed(message))
    await writer.drain()


async def receive(reader: asyncio.StreamReader) -> Message:
    """The next message.

    Raises
    ------
    WireError
        What comes is no message.
    asyncio.IncompleteReadError
        The other end was closed.
    """
    header, tensor = lengths(await reader.readexactly(LENGTHS.size))
    return unpacked(await reader.readexactly(header), await reader.readexactly(tensor))
