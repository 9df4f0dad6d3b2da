"""Who goes where when places are open and full ones ask a price: an auction for room.

Every demand point bids for room where it gains most; a full place sells to the highest bids and turns the lowest away.
The result is within ``step`` times all demand of the best (Bertsekas and Castañon, Annals of Operations Research 20, 1989).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from daremo.reach.capacity.question import Float, Int


@njit(cache=True, nogil=True)
def auction(
    row_start: Int,
    row_place: Int,
    row_worth: Float,
    size: Float,
    room: Float,
    step: float,
    crumb: float,
    most_bids: int,
    amount: Float,
    price: Float,
) -> float:
    """Sell the room of the open places; the total worth of what is served.

    Parameters
    ----------
    row_start : ndarray of int64, shape (demand + 1,)
    row_place : ndarray of int64, shape (trips,), index
    row_worth : ndarray, shape (trips,)
        Worth of serving one unit of size on the trip.
    size : ndarray, shape (demand,)
    room : ndarray, shape (places,), size
        0 = shut.
    step : float
        Least raise of a bid, in worth a unit of size.
    crumb : float, share
        Amounts below this share of a demand point, and of an average place, wait until the end: they would wander about
        for long without moving a price.
    most_bids : int
        Whoever is still waiting after so many bids is not served.
    amount : ndarray, shape (trips,), size
        Filled in: what is served on each trip.
    price : ndarray, shape (places,), worth a unit of size
        Filled in: the lowest bid a full place accepted, 0 elsewhere.
    """
    n = size.size
    lots = 4 * n + 16
    owner, trip, bid = np.empty(lots, np.int64), np.empty(lots, np.int64), np.empty(lots)
    much, after = np.empty(lots), np.empty(lots, np.int64)
    spare = np.arange(1, lots + 1)
    spare[lots - 1] = -1
    first_spare = 0
    head = np.full(room.size, -1, np.int64)
    held = np.zeros(room.size)
    left = size.copy()
    price[:] = 0.0
    queue = np.empty(n, np.int64)
    waiting = np.zeros(n, np.bool_)
    for d in range(n):
        queue[d] = d
        waiting[d] = True
    begin, count, bids = 0, n, 0
    small = crumb * room.sum() / max(1, np.count_nonzero(room))
    while count > 0 and bids < most_bids and first_spare >= 0:
        d = queue[begin]
        begin = (begin + 1) % n
        count -= 1
        waiting[d] = False
        if left[d] <= min(crumb * size[d], small):
            continue
        best, second, at = 0.0, 0.0, -1
        for k in range(row_start[d], row_start[d + 1]):
            p = row_place[k]
            if room[p] <= 0:
                continue
            gain = row_worth[k] - price[p]
            if gain > best:
                best, second, at = gain, best, k
            elif gain > second:
                second = gain
        if at < 0:
            continue
        bids += 1
        p = row_place[at]
        offer = price[p] + best - second + step
        new = first_spare
        first_spare = spare[new]
        owner[new], trip[new], bid[new], much[new] = d, at, offer, min(left[d], room[p])
        left[d] -= much[new]
        held[p] += much[new]
        if head[p] < 0 or bid[head[p]] >= offer:
            after[new] = head[p]
            head[p] = new
        else:
            i = head[p]
            while after[i] >= 0 and bid[after[i]] < offer:
                i = after[i]
            after[new] = after[i]
            after[i] = new
        while held[p] > room[p] * (1 + 1e-12):
            low = head[p]
            over = held[p] - room[p]
            e = owner[low]
            if much[low] <= over:
                held[p] -= much[low]
                left[e] += much[low]
                head[p] = after[low]
                spare[low] = first_spare
                first_spare = low
            else:
                much[low] -= over
                left[e] += over
                held[p] = room[p]
            if not waiting[e]:
                waiting[e] = True
                queue[(begin + count) % n] = e
                count += 1
        if left[d] > min(crumb * size[d], small) and not waiting[d]:
            waiting[d] = True
            queue[(begin + count) % n] = d
            count += 1
        if held[p] >= room[p] * (1 - 1e-12):
            price[p] = bid[head[p]]
    amount[:] = 0.0
    total = 0.0
    for p in range(room.size):
        i = head[p]
        while i >= 0:
            amount[trip[i]] += much[i]
            total += much[i] * row_worth[trip[i]]
            i = after[i]
    return total + _fill_up(row_start, row_place, row_worth, left, room - held, amount)


@njit(cache=True, nogil=True)
def _fill_up(row_start: Int, row_place: Int, row_worth: Float, left: Float, spare: Float, amount: Float) -> float:
    """Serve what is left where there is room to spare, each demand point on its best trips; the worth added."""
    total = 0.0
    for d in range(left.size):
        while left[d] > 0:
            best, at = 0.0, -1
            for k in range(row_start[d], row_start[d + 1]):
                if spare[row_place[k]] > 0 and row_worth[k] > best:
                    best, at = row_worth[k], k
            if at < 0:
                break
            much = min(left[d], spare[row_place[at]])
            amount[at] += much
            total += much * best
            left[d] -= much
            spare[row_place[at]] -= much
    return total
