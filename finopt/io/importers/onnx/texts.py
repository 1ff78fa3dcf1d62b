"""Names in an ONNX model that are no text: Python's protocol buffers give them as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

TENSORS = "TensorProto"
"""Messages that may hold much data; of them the name alone is looked at."""


def not_text(model: Any) -> Iterator[bytes]:
    """What should be UTF-8 text and is not, anywhere in a model; not recursive."""
    waiting = [model]
    while waiting:
        message = waiting.pop()
        if message.DESCRIPTOR.name == TENSORS:
            yield from (text for text in (message.name,) if isinstance(text, bytes))
            continue
        for field, value in message.ListFields():
            values = value if hasattr(value, "append") or hasattr(value, "add") else [value]
            if field.message_type is not None:
                waiting.extend(values)
            elif field.type == field.TYPE_STRING:
                yield from (text for text in values if isinstance(text, bytes))
