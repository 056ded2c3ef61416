"""Values that hold tensors, as JSON beside their tensors, and back with the same bits and strides. Never pickled."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

Tensors = dict[str, Tensor]
_PLAIN = (type(None), bool, int, float, str)


def pack(value: Any, tensors: Tensors) -> Any:
    """Return a value as JSON that `unpack` takes, and put copies of its tensors into `tensors`, on the CPU.

    TypeError or ValueError for anything but tensors without gradients, arrays, numbers, texts, None and lists, tuples
    and dicts of them.
    """
    kind = type(value)
    if kind in _PLAIN:
        return {"plain": value}
    if kind is dict:
        return {"dict": [[pack(key, tensors), pack(each, tensors)] for key, each in value.items()]}
    if kind in (list, tuple):
        return {kind.__name__: [pack(each, tensors) for each in value]}
    if kind is np.ndarray:
        return {"array": pack(torch.from_numpy(np.ascontiguousarray(value)), tensors)}
    if kind is not Tensor or value.requires_grad or value.layout != torch.strided:
        raise TypeError(kind.__name__)
    name = str(len(tensors))
    # Tensors that share their memory cannot lie in one file.
    tensors[name] = value.to("cpu", copy=True).contiguous()
    return {"tensor": name, "device": value.device.type, "strides": _dense_strides(value)}


def unpack(said: Any, tensors: Tensors) -> Any:
    """Return what was packed, tensors on the kind of device that they were on; any Exception where it is damaged."""
    ((what, content),) = [(key, each) for key, each in said.items() if key not in ("device", "strides")]
    match what:
        case "plain":
            return content
        case "dict":
            return {unpack(key, tensors): unpack(each, tensors) for key, each in content}
        case "list":
            return [unpack(each, tensors) for each in content]
        case "tuple":
            return tuple(unpack(each, tensors) for each in content)
        case "array":
            return unpack(content, tensors).numpy()
        case "tensor":
            stored = tensors[content]
            empty = torch.empty_strided(stored.shape, said["strides"], dtype=stored.dtype, device=said["device"])
            return empty.copy_(stored)
    raise ValueError(what)


def _dense_strides(value: Tensor) -> list[int]:
    """The strides, which decide how kernels run over a tensor; plain ones where memory is shared or left out."""
    return list(torch.empty_like(value, device="meta").stride())
