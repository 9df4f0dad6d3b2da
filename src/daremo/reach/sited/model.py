"""What a siting question is made of: units of people, options to open, things bought beside them, a budget and floors.

The model behind it (method and proof in ``explain.md`` and ``docs/know/proof.md``):
people of a unit go to the open option that draws most of them, so attendance follows from the set of open
options; hours (or series, or days) are bought in whole units and serve everybody who comes alike; whatever is
left of the budget buys extras. Maximise the total gain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Siting:
    """A siting question with a budget.

    Attributes
    ----------
    draw_uo : ndarray, shape (units, options), people
        Who comes from a unit when this option is the one they use; 0 = out of reach.
    gain_uo : ndarray, shape (units, options)
        Value when all of them are served.
    load_uo : ndarray, shape (units, options)
        Capacity they use (visits or seats).
    lend_uo : ndarray, shape (units, options), pieces
        How many of the linked extra could be handed to them.
    fixed_yen_o, unit_yen_o, unit_load_o : ndarray, shape (options,)
        Cost of opening at all, cost of one whole unit of staffing, capacity of one unit.
    min_units_o, max_units_o : ndarray, shape (options,), whole
        Units of staffing of an open option.
    extra_gain_j, extra_yen_j, extra_cap_j : ndarray, shape (extras,)
        Value, cost and greatest number of each extra that is bought by the piece.
    extra_help_j : ndarray, shape (extras,), people
        People helped in person by one piece; counts for the floors.
    extra_community_j : ndarray, shape (extras,), index
        Named community whose people get it, −1 = everybody else.
    group_o : ndarray, shape (options,), index
        Kind of each option (points, series, rounds …): options of one kind cost much the same to open, which is
        why the search fixes the number of each kind first.
    linked : int
        The extra whose number is also limited by what is lent at open options; −1 = none.
    community_u : ndarray, shape (units,), index
        Named community of the unit, −1 = none.
    need_u : ndarray, shape (units,), people
        People who need help.
    least_k : ndarray, shape (communities,), people
        Fewest people helped in each named community; only with `fair` > 0.
    fair : float
        Floor: each community's share of helped people is at least `fair` × the share of the whole; 0 = no floor.
    budget_yen, base : float
        Money, and gain that is had without opening anything.
    """

    draw_uo: Float
    gain_uo: Float
    load_uo: Float
    lend_uo: Float
    fixed_yen_o: Float
    unit_yen_o: Float
    unit_load_o: Float
    min_units_o: Int
    max_units_o: Int
    group_o: Int
    extra_gain_j: Float
    extra_yen_j: Float
    extra_cap_j: Float
    extra_help_j: Float
    extra_community_j: Int
    linked: int
    community_u: Int
    need_u: Float
    least_k: Float
    fair: float
    budget_yen: float
    base: float

    @property
    def n_units(self) -> int:
        return int(self.draw_uo.shape[0])

    @property
    def n_options(self) -> int:
        return int(self.draw_uo.shape[1])

    @property
    def n_groups(self) -> int:
        """Number of kinds of options."""
        return int(self.group_o.max(initial=-1)) + 1

    @property
    def n_communities(self) -> int:
        """Number of named communities that a floor protects."""
        return int(self.community_u.max(initial=-1)) + 1

    def community_need_share_k(self) -> Float:
        """Each named community's share of all need, shape (communities,)."""
        need = np.bincount(
            self.community_u[self.community_u >= 0],
            self.need_u[self.community_u >= 0],
            self.n_communities,
        )
        return np.asarray(need / max(float(self.need_u.sum()), 1e-12))

    def with_budget(self, budget_yen: float) -> Siting:
        """The same question with other money."""
        return replace(self, budget_yen=budget_yen)


@dataclass(frozen=True, slots=True)
class Layout:
    """An answer: what is open, how much of it, and what is bought beside it.

    Attributes
    ----------
    open : tuple of int
        Options that are open, ascending.
    units : tuple of int
        Units of staffing of each, in the same order.
    extras : ndarray of whole numbers, shape (extras,)
        Pieces bought.
    value : float
        Gain, `base` included.
    cost_yen : float
        What it costs.
    served_share : ndarray, shape (open,)
        Share of those who come that the units can serve.
    """

    open: tuple[int, ...]
    units: tuple[int, ...]
    extras: Int
    value: float
    cost_yen: float
    served_share: Float


@dataclass(frozen=True, slots=True)
class Branch:
    """A part of all layouts, described by what is forced: the pieces of which the proof is made.

    `counts[k]` = (fewest, most) open options of kind k; options in `shut` are closed, in `forced` are open.
    """

    counts: tuple[tuple[int, int], ...]
    shut: frozenset[int] = frozenset()
    forced: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Prices:
    """Multipliers that prove a bound for one branch by weak duality (all ≥ 0).

    `unit_u` a person of the unit counted once · `yen` one yen of budget · `load_o` one unit of capacity ·
    `linked` one piece of the linked extra · `floor_k` the floors of communities: first those relative to the whole,
    then the fewest people helped, shape (2 × communities,).
    """

    unit_u: Float
    yen: float
    load_o: Mapping[int, float]
    linked: float
    floor_k: Float


@dataclass(frozen=True, slots=True)
class Proof:
    """One branch, its prices and the bound they prove."""

    branch: Branch
    prices: Prices
    bound: float


@dataclass(frozen=True, slots=True)
class SitingResult:
    """Best layout found and a proved bound.

    Attributes
    ----------
    layout : Layout
        Best layout.
    bound : float
        No layout is worth more (weak duality, one proof a branch).
    proofs : tuple of Proof
        The branches together cover every layout.
    nodes : int
        Branches looked at.
    finished : bool
        False when the limit ended the search before the gap was reached.
    """

    layout: Layout
    bound: float
    proofs: tuple[Proof, ...]
    nodes: int
    finished: bool
