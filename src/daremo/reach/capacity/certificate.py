"""The checker of proofs: repeats an argument about capacities in whole numbers, with code of its own.

It takes a question as people ask it and a proof, rounds costs down and room up so that no answer is lost, walks the tree
of cases and computes what no answer can be below. It shares nothing with the search but the form of a proof.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.kernel.errors import TrustError
from daremo.reach.capacity.proof import Division, Prices, Proof

Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Prices of money count in parts of a cost unit for each unit of money.
MONEY_BITS = 12
#: Sums of this size still fit 64 bits.
ROOM = 2**61


@dataclass(frozen=True, slots=True)
class Facts:
    """A question in whole numbers, trips sorted by place and within a place by demand point.

    Attributes
    ----------
    place, demand : ndarray of int64, shape (trips,), index
    cost : ndarray of int64, shape (trips,)
    size, visit_money : ndarray of int64, shape (demand,)
    capacity, money, unit_money, least, most, owner, group : ndarray of int64, shape (places,)
    budget : int or None
    apart : ndarray of int64, shape (pairs, 2), index
    """

    place: Int
    demand: Int
    cost: Int
    size: Int
    visit_money: Int
    capacity: Int
    money: Int
    unit_money: Int
    least: Int
    most: Int
    owner: Int
    group: Int
    budget: int | None
    most_places: int
    most_per_owner: int
    least_per_group: int
    apart: Int
    split: bool
    optional: bool

    @property
    def start(self) -> Int:
        """Trips of place p are ``start[p]:start[p + 1]``, shape (places + 1,)."""
        return np.searchsorted(self.place, np.arange(self.capacity.size + 1)).astype(np.int64)


def _refuse(message: str) -> TrustError:
    return TrustError("proof-does-not-hold", f"証明が成り立ちません（{message}）", "計算をやり直してください")


def proved_bound(f: Facts, proof: Proof) -> int:
    """The largest whole number that the proof shows no answer to cost less than.

    Raises
    ------
    TrustError
        Where the proof is not well formed, or its numbers leave the range in which they are exact.
    """
    if int(np.abs(f.cost).max(initial=0)) * max(1, f.size.size) > ROOM:
        raise _refuse("数が大きすぎます")
    walk = _Walk(f, proof)
    least = min([proof.limit + 1, *walk.open_bounds()])
    common = int(np.gcd.reduce(f.cost)) if f.cost.size and not f.split else 1
    return -(-least // common) * common if common > 1 else least


class _Walk:
    """One way through all cases of a proof."""

    def __init__(self, f: Facts, proof: Proof) -> None:
        self.f, self.proof, self.start = f, proof, f.start
        self.order = np.argsort(f.demand, kind="stable")

    def open_bounds(self) -> list[int]:
        """Bounds of the cases that are neither closed nor divided."""
        f, nodes = self.f, self.proof.nodes
        left: list[int] = []
        seen: set[int] = {0}
        stack = [(0, f.least.copy(), f.most.copy(), np.ones(f.demand.size, bool), -ROOM)]
        while stack:
            number, least, most, allowed, bound = stack.pop()
            if not concluded(f, least, most, allowed):
                continue
            node, closed = nodes[number], False
            for prices in node.prices:
                found = self._apply(prices, least, most, allowed)
                bound = max(bound, found)
                closed = found > self.proof.limit or not concluded(f, least, most, allowed)
                if closed:
                    break
            if closed:
                continue
            if node.division is None:
                left.append(bound)
                continue
            for child in node.division.children:
                if not 0 < child < len(nodes) or child in seen:
                    raise _refuse("場合分けがつながっていません")
                seen.add(child)
            cases = divided(f, node.division, least, most, allowed)
            stack += [(c, *case, bound) for c, case in zip(node.division.children, cases, strict=True)]
        return left

    def _apply(self, prices: Prices, least: Int, most: Int, allowed: Mask) -> int:
        """Bound at these prices; what they rule out is ruled out in place."""
        f, demand = self.f, np.asarray(prices.demand_d, np.int64)
        if demand.shape != f.size.shape or (f.optional and (demand > 0).any()) or prices.money < 0:
            raise _refuse("価格の形がちがいます")
        if float(np.abs(demand.astype(float)).sum()) > ROOM or prices.money > 2**26:
            raise _refuse("価格が大きすぎます")
        if f.split:
            return self._apply_shares(demand, prices.money, least, most)
        return self._apply_whole(demand, least, most, allowed)

    def _chosen(self, worth: Int, least: Int, most: Int) -> tuple[Mask, int, int]:
        """The best open places at these worths, what must close for one to open, and what may open for one to close."""
        f = self.f
        chosen = least > 0
        count, held = int(chosen.sum()), np.bincount(f.owner[chosen & (f.owner >= 0)], minlength=worth.size + 1)
        for p in np.flatnonzero((worth < 0) & ~chosen & (most > 0))[
            np.argsort(worth[(worth < 0) & ~chosen & (most > 0)], kind="stable")
        ]:
            if count == f.most_places:
                break
            if f.owner[p] >= 0:
                if held[f.owner[p]] >= f.most_per_owner:
                    continue
                held[f.owner[p]] += 1
            chosen[p] = True
            count += 1
        optional = worth[chosen & (least == 0)]
        leaves = int(optional.max()) if count >= f.most_places and optional.size else 0
        others = worth[~chosen & (most > 0)]
        return chosen, leaves, int(min(0, others.min(initial=0)))

    def _apply_whole(self, prices: Int, least: Int, most: Int, allowed: Mask) -> int:
        f, limit = self.f, self.proof.limit
        items = int(np.diff(self.start).max(initial=0))
        room = int(f.capacity.max(initial=0))
        worth = np.zeros(f.capacity.size, np.int64)
        with_trip, without_trip = np.zeros(f.demand.size, np.int64), np.zeros(f.demand.size, np.int64)
        table = np.zeros((2, items + 1, room + 1), np.int64)
        _fill_places(
            self.start,
            f.demand,
            f.cost,
            f.size,
            f.capacity,
            most,
            allowed,
            prices,
            worth,
            with_trip,
            without_trip,
            table,
        )
        chosen, leaves, enters = self._chosen(worth, least, most)
        bound = int(prices.sum()) + int(worth[chosen].sum())
        if bound > limit:
            return bound
        base = bound - np.where(chosen, worth, leaves)
        other = np.where(least > 0, 0, enters)
        shut = ~chosen & (most > 0) & (base + worth > limit)
        opened = chosen & (least == 0) & (base + enters > limit)
        out = allowed & (base[f.place] + with_trip > limit)
        only = allowed & chosen[f.place] & (base[f.place] + np.minimum(without_trip, other[f.place]) > limit) & ~out
        most[shut], least[opened] = 0, 1
        least[f.place[only]] = np.maximum(least[f.place[only]], 1)
        # who must be served here, and there, is served nowhere
        bound_to = np.bincount(f.demand[only], minlength=f.size.size)[f.demand]
        allowed &= ~out & ((bound_to == 0) | (only & (bound_to == 1)))
        return bound

    def _apply_shares(self, prices: Int, money: int, least: Int, most: Int) -> int:
        f, limit = self.f, self.proof.limit
        visits = np.array([(money * int(v)) >> MONEY_BITS for v in f.visit_money], np.int64) if money else 0 * f.size
        gain = f.cost + visits[f.demand] - prices[f.demand]
        value = np.zeros((f.capacity.size, int(most.max(initial=1)) + 1), np.int64)
        _fill_shares(self.start, f.demand, gain, f.size, f.capacity, most, value)
        number = np.arange(value.shape[1])
        yen = f.money[:, None] + number * f.unit_money[:, None]
        if money and int(yen.max(initial=0)) * money > ROOM:
            raise _refuse("金額が大きすぎます")
        total = value + np.where(number > 0, (yen * money) >> MONEY_BITS, 0)
        far = np.int64(ROOM)
        inside = (number >= least[:, None]) & (number <= most[:, None])
        worth = np.where(inside, total, far).min(axis=1)
        chosen, leaves, enters = self._chosen(np.where(most > 0, worth, 0), least, most)
        bound = int(prices.sum()) + int(worth[chosen].sum())
        bound -= -(-money * (f.budget or 0) >> MONEY_BITS)
        if bound > limit:
            return bound
        opening = np.where((number > 0) & (number <= np.maximum(most, 1)[:, None]), total, far).min(axis=1)
        free = (least == 0) & (most > 0)
        shut = free & ~chosen & (bound - leaves + opening > limit)
        opened = free & chosen & (bound - worth + enters > limit)
        most[shut], least[opened] = 0, 1
        return bound


def divided(
    f: Facts, d: Division, least: Int, most: Int, allowed: Mask
) -> tuple[tuple[Int, Int, Mask], tuple[Int, Int, Mask]]:
    """The two cases of a division, which together hold all of what was possible; arrays by place and by trip.

    Raises
    ------
    TrustError
    """
    if d.kind == "units":
        if not 0 <= d.index < f.capacity.size:
            raise _refuse("場合分けに、ない施設があります")
        at = np.arange(f.capacity.size) == d.index
        fewer = np.where(at, np.minimum(most, d.at), most)
        more = np.where(at, np.maximum(least, d.at + 1), least)
        return (least.copy(), fewer, allowed.copy()), (more, most.copy(), allowed.copy())
    if d.kind != "demand" or f.split:
        raise _refuse("場合分けの種類がちがいます")
    mine, among = f.demand == d.index, np.isin(f.place, d.places)
    first, second = allowed & ~(mine & ~among), allowed & ~(mine & among)
    return (least.copy(), most.copy(), first), (least.copy(), most.copy(), second)


def concluded(f: Facts, least: Int, most: Int, allowed: Mask) -> bool:
    """Draw, in place, what conclusions the conditions allow; False where no answer is left."""
    while True:
        before = (int(least.sum()), int(most.sum()), int(allowed.sum()))
        if not (_places_concluded(f, least, most) and _trips_concluded(f, least, most, allowed)):
            return False
        if before == (int(least.sum()), int(most.sum()), int(allowed.sum())):
            return True


def _places_concluded(f: Facts, least: Int, most: Int) -> bool:
    if (least > most).any():
        return False
    opened, able, n = least > 0, most > 0, least.size + 1
    count = int(opened.sum())
    spent = int((f.money + least * f.unit_money)[opened].sum())
    held = np.bincount(f.owner[opened & (f.owner >= 0)], minlength=n)
    can = np.bincount(f.group[able & (f.group >= 0)], minlength=n)
    groups = np.unique(f.group[f.group >= 0])
    rest = None if f.budget is None else f.budget - spent
    if count > f.most_places or (held > f.most_per_owner).any() or (can[groups] < f.least_per_group).any():
        return False
    if rest is not None and rest < 0:
        return False
    free = able & ~opened
    shut = free & ((count == f.most_places) | ((f.owner >= 0) & (held[f.owner] == f.most_per_owner)))
    if rest is not None:
        shut |= free & (f.money + f.unit_money > rest)
        dear = opened & (most > least) & (f.unit_money > 0)
        most[dear] = np.minimum(most[dear], least[dear] + rest // f.unit_money[dear])
    needed = free & (f.group >= 0) & (can[f.group] == f.least_per_group)
    least[needed] = 1
    most[shut] = 0
    for a, b in [(a, b) for x, y in f.apart.tolist() for a, b in ((x, y), (y, x))]:
        if least[a] > 0:
            if least[b] > 0:
                return False
            most[b] = 0
    return not (least > most).any()


def _trips_concluded(f: Facts, least: Int, most: Int, allowed: Mask) -> bool:
    allowed &= most[f.place] > 0
    if f.optional:
        return True
    ways = np.bincount(f.demand[allowed], minlength=f.size.size)
    if (ways == 0).any():
        return False
    only = allowed & (ways[f.demand] == 1)
    load = np.zeros(least.size, np.int64)
    np.add.at(load, f.place[only], f.size[f.demand[only]])
    room = most * f.capacity
    least[f.place[only]] = np.maximum(least[f.place[only]], 1)
    opened = least > 0
    spare = max(0, f.most_places - int(opened.sum()))
    largest = np.sort(room[~opened])[::-1][:spare]
    return bool((load <= room).all()) and int(room[opened].sum() + largest.sum()) >= int(f.size.sum())


@njit(cache=True, nogil=True)
def _fill_places(
    start: Int,
    demand: Int,
    cost: Int,
    size: Int,
    capacity: Int,
    most: Int,
    allowed: Mask,
    prices: Int,
    worth: Int,
    with_trip: Int,
    without_trip: Int,
    table: NDArray[np.int64],
) -> None:
    """Least total of each place, and the same where one trip is made or not made: whole trips only."""
    ahead, behind = table[0], table[1]
    for p in range(capacity.size):
        if most[p] == 0:
            continue
        low, high, room = start[p], start[p + 1], capacity[p]
        n = high - low
        behind[n, : room + 1] = 0
        for i in range(n - 1, -1, -1):
            d = demand[low + i]
            gain, s = cost[low + i] - prices[d], size[d]
            usable = allowed[low + i] and gain < 0
            for c in range(room + 1):
                take = behind[i + 1, c - s] + gain if usable and s <= c else behind[i + 1, c]
                behind[i, c] = min(behind[i + 1, c], take)
        worth[p] = behind[0, room]
        ahead[0, : room + 1] = 0
        for i in range(n):
            d = demand[low + i]
            gain, s = cost[low + i] - prices[d], size[d]
            usable = allowed[low + i] and gain < 0
            for c in range(room + 1):
                take = ahead[i, c - s] + gain if usable and s <= c else ahead[i, c]
                ahead[i + 1, c] = min(ahead[i, c], take)
            if not allowed[low + i]:
                continue
            without, with_it = np.int64(0), np.int64(2**61)
            for c in range(room + 1):
                without = min(without, ahead[i, c] + behind[i + 1, room - c])
                if c + s <= room:
                    with_it = min(with_it, ahead[i, c] + behind[i + 1, room - s - c] + gain)
            with_trip[low + i], without_trip[low + i] = with_it, without


@njit(cache=True, nogil=True)
def _fill_shares(
    start: Int, demand: Int, gain: Int, size: Int, capacity: Int, most: Int, value: NDArray[np.int64]
) -> None:
    """A least total of each place for each number of units that no choice of shares is below.

    With any price of room, room times price plus what each trip still gains at that price is such a total; the price is
    guessed from the order of gains, in parts of a unit, and the total is then exact, rounded down.
    """
    for p in range(capacity.size):
        low, high = start[p], start[p + 1]
        if most[p] == 0 or high == low:
            continue
        rate = np.empty(high - low)
        for k in range(low, high):
            rate[k - low] = gain[k] / max(size[demand[k]], 1)
        order = np.argsort(rate)
        total_size = np.int64(0)
        for k in range(low, high):
            total_size += size[demand[k]]
        for n in range(1, most[p] + 1):
            room, price = min(n * capacity[p], total_size), 0.0
            left = room
            for i in order:
                if rate[i] >= 0:
                    break
                left -= size[demand[low + i]]
                if left <= 0:
                    price = -rate[i]
                    break
            bits = 60
            while bits > 20 and price * 2.0**bits >= 2.0**42:
                bits -= 1
            a = int(min(price * 2.0**bits, 2.0**42))
            total = -_product(a, room, bits, True)
            for k in range(low, high):
                if gain[k] < 0:
                    total += min(0, gain[k] + _product(a, size[demand[k]], bits, False))
            value[p, n] = total


@njit(cache=True, nogil=True)
def _product(a: int, b: int, bits: int, up: bool) -> int:
    """a times b over 2**bits, rounded; exact in 64 bits for a up to 2**42 and b up to 2**40."""
    high, low = a * (b >> 20), a * (b & 0xFFFFF)
    if up:
        return -((-high) >> (bits - 20)) - ((-low) >> bits)
    return (high >> (bits - 20)) + (low >> bits)
