"""Seeded damage to ONNX files: wrong values in any field."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

import onnx

NUMBERS = [0, 1, -1, 2, 3, 7, 255, 2**31 - 1, -(2**31), 2**31, 2**40, 2**62, 2**63 - 1, -(2**63)]
TEXTS = [b"", b"x", b"a/b:c", b"\xff\xfe", b"ai.onnx.ml", b"Conv", b"0", b"x" * 5000]
KINDS = sorted({schema.name for schema in onnx.defs.get_all_schemas()})


def damaged_fields(model: Any, draw: random.Random) -> bytes:
    """Wrong values in one or more fields, which still make a protocol buffer."""
    broken = onnx.ModelProto()
    broken.CopyFrom(model)
    for _ in range(draw.choice([1, 1, 2, 3, 8])):
        _damage(_any_message(broken, draw), draw)
    return bytes(broken.SerializeToString())


def _any_message(model: Any, draw: random.Random) -> Any:
    """A message at some depth, mostly deep inside."""
    message = model.graph if draw.random() < 0.95 else model
    while draw.random() < 0.8:
        inside = [child for _, value in message.ListFields() for child in _messages(value)]
        if not inside:
            break
        message = draw.choice(inside)
    return message


def _messages(value: Any) -> list[Any]:
    if hasattr(value, "ListFields"):
        return [value]
    if hasattr(value, "add"):
        return list(value)
    return []


def _damage(message: Any, draw: random.Random) -> None:
    """Change one field of a message."""
    if isinstance(message, onnx.NodeProto) and draw.random() < 0.3:
        message.op_type = draw.choice(KINDS)
        return
    field = draw.choice(message.DESCRIPTOR.fields)
    value = getattr(message, field.name)
    if hasattr(value, "append") and len(value) and draw.random() < 0.7:
        _damage_list(value, draw)
    elif field.message_type is not None:
        message.ClearField(field.name)
    else:
        _set(message, field, value, draw)


def _damage_list(value: Any, draw: random.Random) -> None:
    at = draw.randrange(len(value))
    change = draw.randrange(4)
    if change == 0:
        del value[at]
    elif change == 1:
        value.append(value[at])
    elif change == 2:
        items = list(value)
        draw.shuffle(items)
        del value[:]
        value.extend(items)
    elif not hasattr(value[at], "ListFields"):
        with suppress(ValueError):  # out of the field's range
            value[at] = _other(value[at], draw)


def _other(old: Any, draw: random.Random) -> Any:
    """Another value of the same type."""
    if isinstance(old, bytes):
        return draw.choice(TEXTS)
    if isinstance(old, str):
        return draw.choice(TEXTS).decode("latin-1")
    return float(draw.choice(NUMBERS)) if isinstance(old, float) else draw.choice(NUMBERS)


def _set(message: Any, field: Any, old: Any, draw: random.Random) -> None:
    try:
        if hasattr(old, "append"):
            old.append(draw.choice(NUMBERS))
        else:
            setattr(message, field.name, _other(old, draw))
    except (TypeError, ValueError):  # of another type or out of the field's range
        message.ClearField(field.name)
