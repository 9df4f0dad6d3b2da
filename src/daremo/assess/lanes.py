"""Eight neighbouring numbers at once, so that adding up table rows keeps its sums in registers.

Numba's own loops over part of a row go through memory after each answer and check for overlaps each time; said in vectors
of the machine the same additions, in the same order, take a quarter of the time. Processors without such registers split
them, with the same result. Nothing here checks bounds: rows are padded to a multiple of `LANES` (`padded`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.extending import intrinsic, register_model
from numpy.typing import NDArray

Float = NDArray[np.float64]
LANES = 8
#: The types of the code that numba makes, as numba itself has them.
ir: Any = vars(cgutils)["ir"]
_VECTOR = ir.VectorType(ir.DoubleType(), LANES)


class Lanes(types.Type):
    """Type of eight float64."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


@register_model(Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)  # type: ignore[no-untyped-call]


_LANES: Any = Lanes()


def _place(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Pointer to the eight numbers of a flat array from an index on."""
    array = context.make_array(signature.args[0])(context, builder, args[0])
    return builder.bitcast(builder.gep(array.data, [args[1]]), _VECTOR.as_pointer())


def _load(typing: Any, flat: Any, at: Any) -> Any:
    """The eight numbers of a flat float64 array from `at` on."""

    def made(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        found = builder.load(_place(context, builder, signature, args))
        found.align = 8
        return found

    return _LANES(flat, types.intp), made


def _store(typing: Any, flat: Any, at: Any, lanes: Any) -> Any:
    """Write eight numbers into a flat float64 array from `at` on."""

    def made(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _place(context, builder, signature, args)).align = 8
        return context.get_dummy_value()

    return types.none(flat, types.intp, lanes), made


def _add(typing: Any, one: Any, other: Any) -> Any:
    """Sum of two times eight numbers."""

    def made(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fadd(*args)

    return _LANES(_LANES, _LANES), made


load: Any = intrinsic(_load)
store: Any = intrinsic(_store)
add: Any = intrinsic(_add)


def padded(nodes: int) -> int:
    """Columns that a table of so many nodes needs."""
    return -(-nodes // LANES) * LANES


@njit(cache=True, nogil=True)
def gather_rows(row: Any, s: int, e: int, flat: Float, width: int, k: int, w: int, buf: Float) -> None:
    """Add columns k…k+w of rows ``row[s:e]`` of a table `width` wide to `buf`; `w` is rounded up to whole lanes."""
    b = 0
    while w - b > 2 * LANES:
        x, y, z = load(buf, b), load(buf, b + LANES), load(buf, b + 2 * LANES)
        for m in range(s, e):
            at = row[m] * width + k + b
            x, y, z = (
                add(x, load(flat, at)),
                add(y, load(flat, at + LANES)),
                add(z, load(flat, at + 2 * LANES)),
            )
        store(buf, b, x)
        store(buf, b + LANES, y)
        store(buf, b + 2 * LANES, z)
        b += 3 * LANES
    while w - b > LANES:
        x, y = load(buf, b), load(buf, b + LANES)
        for m in range(s, e):
            at = row[m] * width + k + b
            x, y = add(x, load(flat, at)), add(y, load(flat, at + LANES))
        store(buf, b, x)
        store(buf, b + LANES, y)
        b += 2 * LANES
    while b < w:
        x = load(buf, b)
        for m in range(s, e):
            x = add(x, load(flat, row[m] * width + k + b))
        store(buf, b, x)
        b += LANES


@njit(cache=True, nogil=True)
def scatter_rows(row: Any, s: int, e: int, flat: Float, width: int, k: int, w: int, buf: Float) -> None:
    """Add `buf` to columns k…k+w of rows ``row[s:e]`` of a table `width` wide; `w` is rounded up to whole lanes."""
    b = 0
    while w - b > LANES:
        x, y = load(buf, b), load(buf, b + LANES)
        for m in range(s, e):
            at = row[m] * width + k + b
            store(flat, at, add(x, load(flat, at)))
            store(flat, at + LANES, add(y, load(flat, at + LANES)))
        b += 2 * LANES
    while b < w:
        x = load(buf, b)
        for m in range(s, e):
            at = row[m] * width + k + b
            store(flat, at, add(x, load(flat, at)))
        b += LANES
