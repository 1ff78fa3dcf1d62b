"""The process in which onnx checks models and infers their shapes: a script that imports nothing of finopt.

onnx is compiled code that reads what others wrote: a broken file may take all memory there is, or end the
process. Requests and answers are eight bytes of length and a model; an answer begins with a byte that says
whether it is a model or a message.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import Any, BinaryIO

LENGTH = 8
"""Bytes of a length."""

MEMORY = 2 * 2**30
"""Bytes of address space besides what models need themselves."""

PER_BYTE = 8
"""Copies of a model at one time."""

MOST_ADDED = 2**26
"""Bytes that shapes may add to a model."""

MODEL, MESSAGE = b"m", b"e"

TOO_MUCH = b"to infer its shapes takes too much memory"


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until there are no more requests."""
    while head := requests.read(LENGTH):
        content = requests.read(int.from_bytes(head, "big"))
        _limit_memory(len(content))
        kind, answer = _answer(content)
        answers.write(kind + len(answer).to_bytes(LENGTH, "big") + answer)
        answers.flush()


def _answer(content: bytes) -> tuple[bytes, bytes]:
    try:
        answer = _inferred(content)
    except MemoryError:
        return MESSAGE, TOO_MUCH
    except Exception as error:  # whatever onnx finds, in types that it does not promise
        return MESSAGE, " ".join(str(error).split())[:300].encode("utf-8", "replace")
    added = len(answer) - len(content)
    return (MODEL, answer) if added <= MOST_ADDED else (MESSAGE, TOO_MUCH)


def _inferred(content: bytes) -> bytes:
    """A model with all shapes that onnx can infer."""
    import onnx
    import onnx.shape_inference

    model = onnx.ModelProto.FromString(content)
    _check(onnx, model)
    return bytes(onnx.shape_inference.infer_shapes(model, data_prop=True).SerializeToString())


def _check(onnx: Any, model: Any) -> None:
    """Let onnx check a model; it wants inputs and outputs to have shapes, which others leave to inference."""
    kinds = [value.type.tensor_type for value in (*model.graph.input, *model.graph.output)]
    unknown = [kind for kind in kinds if kind.elem_type and not kind.HasField("shape")]
    for kind in unknown:
        kind.shape.SetInParent()
    onnx.checker.check_model(model)
    for kind in unknown:
        kind.ClearField("shape")


def _limit_memory(length: int) -> None:
    """Let the system refuse what a sound model never needs."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # systems without limits, or with lower ones
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY + PER_BYTE * length, hard))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    serve(sys.stdin.buffer, sys.stdout.buffer)
