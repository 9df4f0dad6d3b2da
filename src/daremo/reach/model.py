"""What every siting question shares: conditions on the open places, a watch on time, and an answer with a proved bound."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold for the set of open places, beside money and number.

    Attributes
    ----------
    must, never : tuple of int
        Places that are open anyway (existing points), places that stay shut.
    organisation_p : ndarray, shape (places,), index, optional
        Who runs each place; −1 = nobody in particular. With `most_per_organisation`.
    most_per_organisation : int, optional
        At most this many open places of one organisation.
    quota_p : ndarray, shape (places,), index, optional
        Group (say municipality) of each place; −1 = none. With `least_per_quota`.
    least_per_quota : int
        At least this many open places in each group.
    apart : ndarray, shape (pairs, 2), index
        Pairs of places too near each other to be open together.
    """

    must: tuple[int, ...] = ()
    never: tuple[int, ...] = ()
    organisation_p: Int | None = None
    most_per_organisation: int | None = None
    quota_p: Int | None = None
    least_per_quota: int = 0
    apart: Int = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What every verb of `reach` that chooses places gives back.

    Attributes
    ----------
    value, bound : float
        Worth (or cost) of the answer, and what no answer can beat; in the unit of the question.
    sense : {"max", "min"}
        Whether more is better.
    open : tuple of int
        Open places, ascending; indices into the places asked about.
    seconds, cpu_seconds : float
        Wall and CPU time of the search, compilation of its kernels included where it was the first call.
    method : str
        How, in a few words.
    seed : int
        The same question and seed give the same answer, unless the time limit ends the search first.
    finished : bool
        False when the time limit or a stop ended the search before the wanted gap.
    """

    value: float
    bound: float
    sense: Literal["max", "min"]
    open: tuple[int, ...]
    seconds: float
    cpu_seconds: float
    method: str
    seed: int
    finished: bool

    @property
    def gap_share(self) -> float:
        """(bound − value) / value, never negative; 0 where both are the same, infinite where only the value is 0."""
        return gap_share(self.value, self.bound)

    def as_dict(self) -> dict[str, Any]:
        """The documented machine form, shared by all verbs."""
        return {
            "value": self.value,
            "bound": self.bound,
            "gap_share": self.gap_share if math.isfinite(self.gap_share) else None,
            "open": list(self.open),
            "seconds": round(self.seconds, 3),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "method": self.method,
            "seed": self.seed,
            "finished": self.finished,
        }


def gap_share(value: float, bound: float) -> float:
    """|bound − value| / |value|; 0 where they agree, infinite where the value is 0 or there is none.

    Examples
    --------
    >>> gap_share(100.0, 101.0), gap_share(0.0, 0.0)
    (0.01, 0.0)
    """
    if value == bound:
        return 0.0
    if value == 0 or not math.isfinite(value) or not math.isfinite(bound):
        return math.inf
    return abs(bound - value) / abs(value)
