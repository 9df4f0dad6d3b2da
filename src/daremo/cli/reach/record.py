"""An answer as JSON that becomes the same object again: whole numbers, floats and arrays keep every bit.

Only frozen data of `daremo.reach` can be named in a record, so that reading one runs nobody's code.
"""

from __future__ import annotations

import dataclasses
import importlib
import math
from typing import Any

import numpy as np

from daremo.kernel.errors import InputError, Problem

#: Kinds of numbers that an array in a record may hold.
_KINDS = ("bool", "int32", "int64", "float64")


def to_plain(value: Any) -> Any:
    """A value as JSON can hold it: dataclasses, tuples, arrays and infinite numbers named as what they are."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        name = f"{type(value).__module__}:{type(value).__qualname__}"
        return {"is": name, "with": {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}}
    if isinstance(value, np.ndarray):
        return {
            "array": str(value.dtype),
            "shape": list(value.shape),
            "data": [to_plain(x) for x in value.ravel().tolist()],
        }
    if isinstance(value, np.generic):
        return to_plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if isinstance(value, tuple):
        return {"tuple": [to_plain(x) for x in value]}
    if isinstance(value, list):
        return [to_plain(x) for x in value]
    if isinstance(value, dict):
        return {"dict": [[to_plain(k), to_plain(v)] for k, v in value.items()]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} is no data")


def from_plain(value: Any) -> Any:
    """The value that a record holds.

    Raises
    ------
    InputError
        ``damaged-answer`` where it is no record of `daremo.reach`.
    """
    try:
        return _read(value)
    except (KeyError, TypeError, ValueError, AttributeError, ImportError) as e:
        fix = "daremo reach をやり直してください"
        raise InputError([Problem("damaged-answer", f"答えのファイルが読めません（{e}）", fix)]) from e


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return [_read(x) for x in value]
    if not isinstance(value, dict):
        return value
    if "is" in value:
        return _class(str(value["is"]))(**{k: _read(v) for k, v in value["with"].items()})
    if "array" in value:
        if value["array"] not in _KINDS:
            raise ValueError(value["array"])
        data = np.array([_read(x) for x in value["data"]], dtype=value["array"])
        return data.reshape([int(n) for n in value["shape"]])
    if "float" in value:
        return float(value["float"])
    if "tuple" in value:
        return tuple(_read(x) for x in value["tuple"])
    return {_read(k): _read(v) for k, v in value["dict"]}


def _class(name: str) -> type:
    """A frozen dataclass of `daremo.reach`, and nothing else."""
    module, _, qualified = name.partition(":")
    if not module.startswith("daremo.reach.") or not qualified.isidentifier():
        raise ValueError(name)
    found = getattr(importlib.import_module(module), qualified)
    if not (isinstance(found, type) and dataclasses.is_dataclass(found)):
        raise ValueError(name)
    return found
