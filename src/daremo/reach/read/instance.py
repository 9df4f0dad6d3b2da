"""A published instance of a median question, whatever file it came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Instance:
    """Every point is demand and candidate place at once.

    Attributes
    ----------
    name : str
        The file's own name of itself, or its file name.
    cost_dp : ndarray, shape (points, points), unit of the file
        Infinite where a point cannot be reached.
    weight_d : ndarray, shape (points,)
        1 each, except in capacitated files, where people (demand) count against `capacity_p` but not in the cost.
    p : int or None
        Places to open, where the file says so.
    capacity_p : ndarray, shape (points,), unit of `weight_d`, or None
        None where places can help any number.
    xy : ndarray, shape (points, 2), unit of the file, or None
    published : float or None
        Best value that the file itself names; not trusted, some are out of date.
    first : int
        Number that the file gives its first point.
    """

    name: str
    cost_dp: Float
    weight_d: Float
    p: int | None = None
    capacity_p: Float | None = None
    xy: Float | None = None
    published: float | None = None
    first: int = 1

    @property
    def n(self) -> int:
        return int(self.cost_dp.shape[0])


def rounded_down(xy: Float) -> Float:
    """Euclidean distances rounded down to whole numbers, as median studies take them, shape (points, points).

    Parameters
    ----------
    xy : ndarray, shape (points, 2) or (points, 3), unit of the file

    Examples
    --------
    >>> rounded_down(np.array([[0.0, 0.0], [1.0, 1.0], [3.0, 4.0]]))[0].tolist()
    [0.0, 1.0, 5.0]
    """
    total = np.zeros((xy.shape[0], xy.shape[0]))
    for axis in range(xy.shape[1]):
        total += np.subtract.outer(xy[:, axis], xy[:, axis]) ** 2
    return np.floor(np.sqrt(total, out=total), out=total)
