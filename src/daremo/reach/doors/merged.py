"""Demand points that the same places reach, in the same order, are one demand point: smaller, and nothing is lost.

Of such points the same open place is best for all, so their worths add up. A price of the merged point is shared out
among them such that every gain stays what it was: proofs of the smaller question are proofs of the larger one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from daremo.reach.doors.branch import Grown
from daremo.reach.doors.node import Node, Prices
from daremo.reach.doors.question import Doors

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Merged:
    """The smaller question and the way back; places, costs and limits are the same.

    Attributes
    ----------
    q : Doors
        One demand point for each group of like ones; points without trips are gone.
    member : ndarray of int64, shape (members,), index
        Demand points of the larger question, group by group.
    group : ndarray of int64, shape (members,), index
        Demand point of `q` that each member belongs to, ascending.
    whole : Doors
        The larger question, trips of equal worth in the order of places.
    """

    q: Doors
    member: Int
    group: Int
    whole: Doors

    @staticmethod
    def of(q: Doors) -> Merged:
        """Merge what is alike."""
        n, size = q.n_demand, np.diff(q.start)
        row = np.repeat(np.arange(n), size)
        order = np.lexsort((q.place, -q.worth, row))
        q = replace(q, place=q.place[order], worth=q.worth[order])
        some = np.flatnonzero(size > 0)
        if not some.size:
            none = np.zeros(0, np.int64)
            return Merged(replace(q, start=np.zeros(1, np.int64)), none, none, q)
        group = _alike(q, row, some, size)
        by_group = np.argsort(group, kind="stable")
        member, group = some[by_group], group[by_group]
        lead = member[np.flatnonzero(np.r_[True, np.diff(group) > 0])]
        start = np.r_[0, np.cumsum(size[lead])].astype(np.int64)
        place = q.place[_trips(q.start, lead, size[lead])]
        into = np.repeat(start[group], size[member]) + _ranks(size[member])
        worth = np.asarray(np.bincount(into, q.worth[_trips(q.start, member, size[member])], start[-1]), float)
        return Merged(replace(q, start=start, place=place, worth=worth), member, group, q)

    def shared_out(self, u: Int) -> Int:
        """Prices of the merged points, whole, shared out to their members; shape (demand of the larger question,).

        Between the worths of two neighbouring trips every member's price stays between its own worths of these trips.
        """
        small, whole = self.q, self.whole
        out = np.zeros(whole.n_demand, np.int64)
        if not self.member.size:
            return out
        row = np.repeat(np.arange(small.n_demand), np.diff(small.start))
        dearer = np.bincount(row, small.worth > u[row], small.n_demand).astype(np.int64)  # trips above the price
        last = np.diff(small.start) - 1
        below = np.minimum(dearer, last)
        floor = np.where(dearer > last, 0.0, small.worth[small.start[:-1] + below])
        left = u - floor.astype(np.int64)
        at, of = whole.start[self.member], self.group
        own = np.where(dearer[of] > last[of], 0.0, whole.worth[at + below[of]]).astype(np.int64)
        above = whole.worth[at + np.maximum(dearer[of] - 1, 0)].astype(np.int64)
        room = np.where(dearer[of] > 0, above - own, 0)
        before = np.cumsum(room) - room
        first = np.flatnonzero(np.r_[True, np.diff(of) > 0])
        before -= np.repeat(before[first], np.diff(np.r_[first, of.size]))
        out[self.member] = own + np.clip(left[of] - before, 0, room)
        # a price above every worth: what is too much may stand anywhere
        top = dearer == 0
        out[self.member[first[top]]] += left[top]
        return out

    def proof(self, grown: Grown) -> Grown:
        """The same tree with prices of the larger question."""
        return replace(grown, root=self._node(grown.root))

    def _node(self, node: Node) -> Node:
        prices = Prices(self.shared_out(node.prices.u), node.prices.v)
        return replace(node, prices=prices, parts=tuple(self._node(part) for part in node.parts))


def _ranks(size: Int) -> Int:
    """0, 1, … within each run of the given sizes; shape (sum of sizes,)."""
    begin = np.cumsum(size) - size
    return np.arange(int(size.sum())) - np.repeat(begin, size)


def _trips(start: Int, rows: Int, size: Int) -> Int:
    """Where the trips of some rows stand, one row after the other; shape (sum of sizes,), index."""
    return np.repeat(start[rows], size) + _ranks(size)


def _alike(q: Doors, row: Int, some: Int, size: Int) -> Int:
    """A number for each demand point with trips, the same where their places are the same in the same order, (some,)."""
    dice = np.random.default_rng(1)
    of_place = dice.integers(1, 2**63, q.n_places, np.uint64)
    of_rank = dice.integers(0, 2**62, int(size.max()), np.uint64) * np.uint64(2) + np.uint64(1)
    told = of_place[q.place] * of_rank[np.arange(q.place.size) - q.start[row]]
    mark = np.add.reduceat(told, q.start[some])
    _, lead, group = np.unique(mark, return_index=True, return_inverse=True)
    lead = some[lead[group]]
    # fingerprints may agree by chance: rows that differ from the first of their group stay alone
    same = size[lead] == size[some]
    rows = np.flatnonzero(same)
    mine, theirs = _trips(q.start, some[rows], size[some[rows]]), _trips(q.start, lead[rows], size[some[rows]])
    differs = np.bincount(np.repeat(rows, size[some[rows]]), q.place[mine] != q.place[theirs], some.size) > 0
    alone = ~same | differs
    out = group.astype(np.int64)
    out[alone] = out.max() + 1 + np.arange(int(alone.sum()))
    return np.unique(out, return_inverse=True)[1].astype(np.int64)
