"""Follow a certificate in whole numbers; written from the rules of `certificate` alone, sharing nothing with the search."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.reach.covering.certificate import Certificate, Part
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import Pairs

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: No sum of prices may come near the end of 64-bit numbers.
ROOM = 2**61


class Refused(Exception):
    """The proof has a hole; the message says where."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The question as the checker reads it: rows of places with a least or a largest number open.

    Attributes
    ----------
    start, place : ndarray of int64, shape (rows + 1,), (entries,)
    need : ndarray of int64, shape (rows,)
    most : ndarray of bool, shape (rows,), mask
    must, never : ndarray of bool, shape (places,), mask
    """

    start: Int
    place: Int
    need: Int
    most: Mask
    must: Mask
    never: Mask


def asked(near: Pairs, times_d: Int, conditions: Conditions) -> Asked:
    """Demand rows in order, then quotas by group, organisations by number, pairs kept apart; no place that stays shut."""
    n = near.n_places
    must, never = np.zeros(n, bool), np.zeros(n, bool)
    must[list(conditions.must)] = True
    never[list(conditions.never)] = True
    rows: list[list[int]] = []
    need: list[int] = []
    most: list[bool] = []
    if conditions.quota_p is not None and conditions.least_per_quota > 0:
        for group in sorted({int(g) for g in conditions.quota_p if g >= 0}):
            rows.append([j for j in np.flatnonzero(conditions.quota_p == group).tolist() if not never[j]])
            need.append(conditions.least_per_quota)
            most.append(False)
    if conditions.organisation_p is not None and conditions.most_per_organisation is not None:
        for group in sorted({int(g) for g in conditions.organisation_p if g >= 0}):
            members = [j for j in np.flatnonzero(conditions.organisation_p == group).tolist() if not never[j]]
            if len(members) > conditions.most_per_organisation:
                rows.append(members)
                need.append(conditions.most_per_organisation)
                most.append(True)
    for a, b in np.asarray(conditions.apart).reshape(-1, 2).tolist():
        if not (never[a] or never[b]):
            rows.append(sorted((a, b)))
            need.append(1)
            most.append(True)
    allowed = ~never[near.place]
    count = np.diff(np.r_[0, np.cumsum(allowed)][near.start])
    sizes = np.r_[count, [len(r) for r in rows]].astype(np.int64)
    return Asked(
        np.r_[0, np.cumsum(sizes)].astype(np.int64),
        np.r_[near.place[allowed].astype(np.int64), np.array([j for r in rows for j in r], np.int64)],
        np.r_[np.minimum(times_d, count), np.array(need, np.int64)].astype(np.int64),
        np.r_[np.zeros(near.n_demand, bool), np.array(most, bool)].astype(bool),
        must,
        never,
    )


def proved_bound(question: Asked, cost_p: Float, proof: Certificate) -> Fraction:
    """The bound that a certificate proves, as an exact fraction.

    Parameters
    ----------
    question : Asked
    cost_p : ndarray, shape (places,), any unit

    Raises
    ------
    Refused
    """
    scale = proof.scale
    if not (scale > 0 and math.frexp(scale)[0] == 0.5 and float(np.sum(cost_p)) * scale < ROOM / 8):
        raise Refused("scale")
    whole = cost = np.floor(np.asarray(cost_p, float) * scale).astype(np.int64)
    n_places = cost.size
    row_live, place_live, opened, need = _replayed(question, cost, proof.steps)
    total = int(cost[opened].sum())
    cuts = _cuts(question, row_live, place_live, need, proof)
    sign = np.where(question.most, -1, 1).astype(np.int64)
    cost = cost.copy()
    lengths = np.r_[np.diff(question.start) + np.abs(need), 2 * cuts[4] + cuts[3]]
    _indexes("border", proof.border_item, lengths.size)
    _bounded(proof.border_price, proof.border_item, np.array([0, proof.border_item.size]), lengths)
    for i, v in zip(proof.border_item.tolist(), proof.border_price.tolist()):
        places, count, side, rhs = _item(question, sign, need, row_live, place_live, cuts, i)
        cost[places] -= side * v * count
        total += side * v * rhs
    if np.abs(cost).astype(float).sum() > ROOM:
        raise Refused("border prices too large")
    owner = np.full(n_places, -1, np.int64)
    for k, part in enumerate(proof.parts):
        _indexes("place", part.place, n_places)
        if np.unique(part.place).size != part.place.size or (owner[part.place] >= 0).any():
            raise Refused("a place in two parts")
        if not place_live[part.place].all():
            raise Refused("a part holds a place that is gone")
        owner[part.place] = k
    for k, part in enumerate(proof.parts):
        total += _part_bound(question, sign, need, row_live, place_live, cuts, cost, owner, lengths, k, part)
    total += int(np.minimum(cost[place_live & (owner < 0)], 0).sum())
    unit = max(1, int(np.gcd.reduce(whole))) if whole.size else 1
    return Fraction(-(-total // unit) * unit) / Fraction(scale)


def _indexes(what: str, index: Int, size: int) -> None:
    """Refuse numbers that point nowhere."""
    if index.size and (index.min() < 0 or index.max() >= size):
        raise Refused(f"{what} out of range")


def _bounded(price: Int, item: Int, starts: Int, lengths: Int) -> None:
    """Refuse prices below 0, or so large that the sums of a leaf could overflow."""
    if price.shape != item.shape:
        raise Refused("a price without a row, or a row without a price")
    if price.size and price.min() < 0:
        raise Refused("a price is negative")
    sums = np.r_[0.0, np.cumsum(price.astype(float) * lengths[item])]
    if sums.size > 1 and np.diff(sums[starts]).max(initial=0.0) > ROOM:
        raise Refused("a price is too large")


def _replayed(question: Asked, cost: Int, steps: Int) -> tuple[Mask, Mask, Mask, Int]:
    """Rows and places left, places opened and needs left, after checking every step."""
    n_rows, n_places = question.need.size, cost.size
    order = np.argsort(question.place, kind="stable")
    by_place = np.repeat(np.arange(n_rows), np.diff(question.start))[order]
    place_start = np.searchsorted(question.place[order], np.arange(n_places + 1)).astype(np.int64)
    need = question.need.copy()
    row_live = question.most | (need > 0)
    place_live, opened = ~question.never, np.zeros(n_places, bool)
    rows, places = np.array(steps[:, 1:], np.int64).reshape(-1, 2), steps[:, 0]
    for kind, size in ((0, n_rows), (1, n_places)):
        _indexes("step", rows[places == kind].ravel(), size)
    _indexes("step", rows[places == 2][:, 0], n_rows)
    bad = _replay(
        question.start, question.place, place_start, by_place, question.most, cost, question.must, steps,
        need, row_live, place_live, opened,
    )  # fmt: skip
    if bad >= 0:
        raise Refused(f"step {bad}")
    return row_live, place_live, opened, need


@njit(cache=True, nogil=True)
def _opens(j, place_start, by_place, most, need, row_live, place_live, opened):  # type: ignore[no-untyped-def]
    """Take place j as open."""
    place_live[j], opened[j] = False, True
    for k in range(place_start[j], place_start[j + 1]):
        need[by_place[k]] -= 1
        if need[by_place[k]] <= 0 and not most[by_place[k]]:
            row_live[by_place[k]] = False


@njit(cache=True, nogil=True)
def _replay(start, place, place_start, by_place, most, cost, must, steps, need, row_live, place_live, opened):  # type: ignore[no-untyped-def]  # fmt: skip
    """The first step that does not follow, or −1."""
    mark = np.full(max(need.size, cost.size), -1, np.int64)
    for j in range(cost.size):
        if must[j]:
            _opens(j, place_start, by_place, most, need, row_live, place_live, opened)
    for s in range(steps.shape[0]):
        kind, a, b = steps[s, 0], steps[s, 1], steps[s, 2]
        if kind == 0:
            if a == b or most[a] or most[b] or not row_live[a] or not row_live[b] or need[a] > need[b]:
                return s
            for k in range(start[a], start[a + 1]):
                mark[place[k]] = s
            for k in range(start[b], start[b + 1]):
                if place_live[place[k]] and mark[place[k]] != s:
                    return s
            row_live[a] = False
        elif kind == 1:
            if a == b or not place_live[a] or not place_live[b] or cost[b] > cost[a]:
                return s
            for k in range(place_start[b], place_start[b + 1]):
                if most[by_place[k]]:
                    return s
                mark[by_place[k]] = s
            for k in range(place_start[a], place_start[a + 1]):
                i = by_place[k]
                if row_live[i] and not most[i] and (need[i] > 1 or mark[i] != s):
                    return s
            place_live[a] = False
        elif kind == 2:
            if most[a] or not row_live[a]:
                return s
            count = 0
            for k in range(start[a], start[a + 1]):
                count += place_live[place[k]]
            if count > need[a]:
                return s
            for k in range(start[a], start[a + 1]):
                if place_live[place[k]]:
                    _opens(place[k], place_start, by_place, most, need, row_live, place_live, opened)
        else:
            return s
    return -1


#: Start, places, coefficients, right-hand sides, and sums of coefficients.
Cuts = tuple[Int, Int, Int, Int, Int]


def _cuts(question: Asked, row_live: Mask, place_live: Mask, need: Int, proof: Certificate) -> Cuts:
    """The rounded half-sums, over the places left."""
    starts = proof.cut_start
    if starts.size == 0 or starts[0] != 0 or starts[-1] != proof.cut_row.size or (np.diff(starts) < 0).any():
        raise Refused("cuts")
    _indexes("cut row", proof.cut_row, question.need.size)
    if not (row_live[proof.cut_row] & ~question.most[proof.cut_row]).all():
        raise Refused("a cut uses a row that is gone")
    places, counts, rhs = [], [], []
    for k in range(starts.size - 1):
        rows = proof.cut_row[starts[k] : starts[k + 1]]
        items = np.concatenate([question.place[question.start[i] : question.start[i + 1]] for i in rows] or [rows])
        where, count = np.unique(items[place_live[items]], return_counts=True)
        places.append(where)
        counts.append(-(-count // 2))
        rhs.append(-(-int(need[rows].sum()) // 2))
    none = np.zeros(0, np.int64)
    return (
        np.r_[0, np.cumsum([p.size for p in places])].astype(np.int64),
        np.concatenate([none, *places]),
        np.concatenate([none, *counts]).astype(np.int64),
        np.array(rhs, np.int64),
        np.array([c.sum() for c in counts], np.int64),
    )


def _item(
    question: Asked, sign: Int, need: Int, row_live: Mask, place_live: Mask, cuts: Cuts, i: int
) -> tuple[Int, Int, int, int]:
    """Places, coefficients, sign and right-hand side of a row or a cut."""
    m = question.need.size
    if i >= m:
        at = slice(cuts[0][i - m], cuts[0][i - m + 1])
        return cuts[1][at], cuts[2][at], 1, int(cuts[3][i - m])
    if not row_live[i]:
        raise Refused("a price on a row that is gone")
    places = question.place[question.start[i] : question.start[i + 1]]
    places = places[place_live[places]]
    return places, np.ones(places.size, np.int64), int(sign[i]), int(need[i])


def _part_bound(
    question: Asked, sign: Int, need: Int, row_live: Mask, place_live: Mask, cuts: Cuts, cost: Int, owner: Int,
    lengths: Int, number: int, part: Part,
) -> int:  # fmt: skip
    """The least bound of the leaves of a part, rounded up to what its costs can add up to."""
    if part.place.size == 0:
        return 0
    n_leaves = int((part.branch < 0).sum())
    starts = part.leaf_start
    if (
        starts.size != n_leaves + 1
        or starts[0] != 0
        or starts[-1] != part.leaf_item.size
        or (np.diff(starts) < 0).any()
    ):
        raise Refused("leaves")
    if part.leaf_price.size != part.leaf_item.size or (part.branch >= cost.size).any():
        raise Refused("leaves")
    _indexes("item", part.leaf_item, lengths.size)
    _bounded(part.leaf_price, part.leaf_item, starts, lengths)
    bounds = np.zeros(n_leaves, np.int64)
    done = _leaves(
        question.start, question.place, sign, need, row_live, place_live, cuts[0], cuts[1], cuts[2], cuts[3],
        cost, owner, number, part.place, part.branch, starts, part.leaf_item, part.leaf_price, bounds,
    )  # fmt: skip
    if not done:
        raise Refused(f"the tree of part {number}")
    unit = max(1, int(np.gcd.reduce(cost[part.place])))
    return -(-int(bounds.min()) // unit) * unit


@njit(cache=True, nogil=True)
def _leaves(start, place, sign, need, row_live, place_live, cut_start, cut_place, cut_count, cut_rhs, cost, owner, number, own, branch, leaf_start, leaf_item, leaf_price, bounds):  # type: ignore[no-untyped-def]  # fmt: skip
    """Walk a tree in preorder and bound each leaf; False where the tree is not whole or a price reaches outside."""
    m = need.size
    fixed = np.full(cost.size, -1, np.int64)
    reduced = np.zeros(cost.size, np.int64)
    path = np.zeros(branch.size + 1, np.int64)
    depth, leaf = 0, 0
    for k in range(branch.size):
        if k > 0 and depth == 0:
            return False
        j = branch[k]
        if j >= 0:
            if owner[j] != number or fixed[j] >= 0:
                return False
            fixed[j] = 0
            path[depth] = j
            depth += 1
            continue
        for o in own:
            reduced[o] = cost[o]
        total = 0
        for q in range(leaf_start[leaf], leaf_start[leaf + 1]):
            i, v = leaf_item[q], leaf_price[q]
            if i >= m:
                total += v * cut_rhs[i - m]
                for e in range(cut_start[i - m], cut_start[i - m + 1]):
                    if owner[cut_place[e]] != number:
                        return False
                    reduced[cut_place[e]] -= v * cut_count[e]
                continue
            if not row_live[i]:
                return False
            total += sign[i] * v * need[i]
            for e in range(start[i], start[i + 1]):
                if not place_live[place[e]]:
                    continue
                if owner[place[e]] == number:
                    reduced[place[e]] -= sign[i] * v
                elif sign[i] > 0:
                    return False
        for o in own:
            if fixed[o] == 1 or (fixed[o] < 0 and reduced[o] < 0):
                total += reduced[o]
        bounds[leaf] = total
        leaf += 1
        while depth > 0 and fixed[path[depth - 1]] == 1:
            depth -= 1
            fixed[path[depth]] = -1
        if depth > 0:
            fixed[path[depth - 1]] = 1
        elif k < branch.size - 1:
            return False
    return depth == 0 and leaf == bounds.size
