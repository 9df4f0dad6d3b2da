"""How a bound is proved: cases, and for each the prices that rule things out or the question that divides it in two."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Prices:
    """One set of prices, whole numbers.

    Attributes
    ----------
    demand_d : ndarray of int64, shape (demand,), cost units
    money : int
        Cost units of 2**`money_bits` yen units; 0 where money is no matter.
    """

    demand_d: Int
    money: int = 0


@dataclass(frozen=True, slots=True)
class Division:
    """A question with two answers, each its own case.

    ``units``: the place has at most `at` units, or more. ``demand``: the demand point goes to one of `places`, or to
    another place.
    """

    kind: Literal["units", "demand"]
    index: int
    at: int = 0
    places: tuple[int, ...] = ()
    children: tuple[int, int] = (-1, -1)


@dataclass(slots=True)
class Node:
    """One case: prices to apply in turn, then either nothing is left, or it is divided, or it stays open.

    Attributes
    ----------
    prices : list of Prices
    division : Division, optional
    """

    prices: list[Prices] = field(default_factory=list)
    division: Division | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """Everything an independent checker needs beside the question.

    Attributes
    ----------
    limit : int
        In whole units: answers of at most this cost are sought; every case without children has none, or is open.
    nodes : tuple of Node
        The first is the whole question.
    cost_scale, size_scale, yen_scale : float
        Powers of two that made costs, demand and yen whole numbers.
    """

    limit: int
    nodes: tuple[Node, ...]
    cost_scale: float
    size_scale: float
    yen_scale: float

    @property
    def n_leaves(self) -> int:
        return sum(node.division is None for node in self.nodes)

    def as_dict(self) -> dict[str, Any]:
        """Plain lists and numbers, for JSON."""
        return {
            "limit": self.limit,
            "cost_scale": self.cost_scale,
            "size_scale": self.size_scale,
            "yen_scale": self.yen_scale,
            "nodes": [
                {
                    "prices": [{"demand": p.demand_d.tolist(), "money": p.money} for p in node.prices],
                    "division": None
                    if (d := node.division) is None
                    else {
                        "kind": d.kind,
                        "index": d.index,
                        "at": d.at,
                        "places": list(d.places),
                        "children": list(d.children),
                    },
                }
                for node in self.nodes
            ],
        }
