"""The inner part of a sitting: exact posterior on grids, worth of each item, choice; compiled, no randomness of its own.

Given the general ability the areas are independent, so that one answer changes one area's table of (general × nodes).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]
Single = NDArray[np.float32]
FAST = {"reassoc", "contract", "nsz", "arcp"}
#: Reasons why a sitting ends.
PRECISE, MOST, SMALL_GAIN, NO_ITEM = 1, 2, 3, 4
#: Easy items this near to the wished success are alike; the most telling of them is asked.
EASY_BAND = 0.08
#: Items at least this near to the best one's worth (share) are alike; chance decides among them.
ALIKE = 0.97
#: Share of people below which a general ability no longer counts.
NOTHING = 1e-14


@njit(cache=True, nogil=True, fastmath=FAST)
def refresh(k: int, like: Float, given: Float, t: Float, z: Float, m: Float) -> None:
    """After an answer in area k: its likelihood and mean at each general ability, into row k of `z` and `m`."""
    for i in range(z.shape[1]):
        mass, first = 0.0, 0.0
        for q in range(t.size):
            v = given[k, i, q] * like[k, q]
            mass += v
            first += v * t[q]
        z[k, i], m[k, i] = mass, first / mass


@njit(cache=True, nogil=True, fastmath=FAST)
def settle(
    like: Float, given: Float, share: Float, t: Float, z: Float, m: Float, w: Float, mean: Float, cov: Float, pk: Float
) -> None:
    """Mean, covariance, shape (areas, areas), and distribution of each area, shape (areas, nodes), after all answers."""
    areas, general = z.shape
    total = 0.0
    for i in range(general):
        w[i] = share[i]
        for k in range(areas):
            w[i] *= z[k, i]
        total += w[i]
    for i in range(general):
        w[i] /= total
    for k in range(areas):
        pk[k, :] = 0.0
        for i in range(general):
            f = w[i] / z[k, i]
            if w[i] > NOTHING:
                for q in range(t.size):
                    pk[k, q] += f * given[k, i, q]
        first, second = 0.0, 0.0
        for q in range(t.size):
            pk[k, q] *= like[k, q]
            first += pk[k, q] * t[q]
        for q in range(t.size):
            second += pk[k, q] * (t[q] - first) * (t[q] - first)
        mean[k], cov[k, k] = first, second
    for k in range(areas):
        for other in range(k):
            v = 0.0
            for i in range(general):
                v += w[i] * (m[k, i] - mean[k]) * (m[other, i] - mean[other])
            cov[k, other], cov[other, k] = v, v


@njit(cache=True, nogil=True)
def known(cov: Float, pk: Float, t: Float, se: float, cuts: Float, sure: float, done: Mask) -> bool:
    """Mark areas that are precise, or whose level is known, in `done`, shape (areas,); whether all are."""
    every = True
    for k in range(cov.shape[0]):
        done[k] = cov[k, k] <= se * se
        if not done[k] and cuts.size:
            level, best, mass = 0, 0.0, 0.0
            for q in range(t.size):
                while level < cuts.size and t[q] > cuts[level]:
                    best, mass = max(best, mass), 0.0
                    level += 1
                mass += pk[k, q]
            done[k] = max(best, mass) >= sure
        every = every and done[k]
    return every


@njit(cache=True, nogil=True)
def weigh(pk: Float, t: Float, mean: Float, near: Single, off: Single) -> None:
    """Each area's distribution, and that times the distance from the mean, shape (areas, nodes), single precision."""
    for k in range(pk.shape[0]):
        for q in range(t.size):
            near[k, q] = pk[k, q]
            off[k, q] = pk[k, q] * (t[q] - mean[k])


@njit(cache=True, nogil=True, fastmath=FAST)
def worth_of(p_rq: Single, first: int, categories: int, here: Single, away: Single) -> tuple[float, float]:
    """Expected drop of one area's variance from asking one of its items, and the expected share of points.

    The drop is exact: the variance of the mean that each answer would leave (law of total variance).
    """
    rest, rest_t, points, drop = 1.0, 0.0, 0.0, 0.0
    for c in range(1, categories):
        mass, shift, row = np.float32(0.0), np.float32(0.0), p_rq[first + c]
        for q in range(row.size):
            mass += here[q] * row[q]
            shift += away[q] * row[q]
        part, moved = float(mass), float(shift)
        rest -= part
        rest_t -= moved
        points += c * part
        if part > 1e-6:
            drop += moved * moved / part
    if rest > 1e-6:
        drop += rest_t * rest_t / rest
    return drop, points / (categories - 1)


@njit(cache=True, nogil=True)
def scarce(seen: Int, people: int, cap: float, price: Float) -> None:
    """How dear each item is after `people` sittings, into `price`, shape (items,): 0 free … 1 where it must rest.

    It rises over the last √people of the cap × people sittings that may see the item, so that a telling item goes to
    those for whom nothing else is nearly as telling, and not to whoever comes first. `cap` 1 is no limit.
    """
    room = cap * (people + 1)
    slope = min(math.sqrt(people + 1.0), room)
    for j in range(seen.size):
        price[j] = min(max((seen[j] - room + slope) / slope, 0.0), 1.0) if cap < 1.0 else 0.0


@njit(cache=True, nogil=True)
def choose(
    area: Int, competence: Int, n_cat: Int, first: Int, p_rq: Single, pk: Float, t: Float, mean: Float, cov: Float,
    done: Mask, used: Mask, closed: Mask, price: Float, asked_k: Int, asked_c: Int, n: int, least_k: int, most_c: int, most: int,
    se: float, easy: int, easy_p: float, floor: float, top: int, pick: float, value: Float,
) -> tuple[int, float]:  # fmt: skip
    """Item to ask next, −1 where none is allowed, and the largest drop of summed variance; `pick` in 0…1 chooses.

    Hard rules: an area gets its least number of items, a competence no more than its most, `closed` items rest. Soft:
    the first `easy` items are the most telling near a success of `easy_p`; later ones have a success of at least `floor`
    where any such item is left. Worth is the drop that still counts, i.e. down to the wished error, less the share
    `price`; chance decides among the `top` best that are alike.
    """
    areas, short, most_drop = asked_k.size, 0, 0.0
    near, off = np.empty(pk.shape, np.float32), np.empty(pk.shape, np.float32)
    weigh(pk, t, mean, near, off)
    follows, others = np.zeros((areas, areas)), np.zeros(areas)
    room, enough = np.empty(areas), np.full(areas, np.inf)
    for k in range(areas):
        short += max(0, least_k - asked_k[k])
        room[k] = cov[k, k] - se * se if cov[k, k] > se * se else cov[k, k]
    for k in range(areas):
        for other in range(areas):
            if not done[other]:
                # the other areas follow by their regression on this one
                follows[k, other] = (cov[k, other] / cov[k, k]) ** 2
                others[k] += follows[k, other]
                if follows[k, other] > 0.0:
                    enough[k] = min(enough[k], room[other] / follows[k, other])
    only_short = short > 0 and most - n <= short
    for softer in range(2):
        some = False
        for j in range(area.size):
            value[j] = -1.0
            k = area[j]
            if used[j] or closed[j] or price[j] >= 1.0 or asked_c[competence[j]] >= most_c:
                continue
            lacking = asked_k[k] < least_k
            if only_short and not lacking:
                continue
            if done[k] and not lacking:
                continue
            drop, points = worth_of(p_rq, first[j], n_cat[j], near[k], off[k])
            worth = drop * others[k]
            most_drop = max(most_drop, worth)
            if drop > enough[k]:
                worth = 0.0
                for other in range(areas):
                    worth += min(drop * follows[k, other], room[other])
            worth *= 1.0 - price[j]
            if n < easy:
                far = abs(points - easy_p)
                value[j] = worth if far <= EASY_BAND else 1e-9 * (1.0 - far)
            elif points < floor and softer == 0:
                continue
            else:
                value[j] = worth + (1e-9 if lacking else 0.0)
            some = some or value[j] > 0
        if some:
            break
    best, last = -1, 0.0
    for _ in range(int(pick * top) + 1):
        at = -1
        for j in range(area.size):
            if value[j] > 0 and (at < 0 or value[j] > value[at]):
                at = j
        if at < 0 or value[at] < ALIKE * last:
            break
        best, last = at, value[at]
        value[at] = -1.0
    return best, most_drop


@njit(cache=True, nogil=True)
def run(
    area: Int, competence: Int, n_cat: Int, first: Int, p_rq: Float, quick_rq: Single, truth_rq: Float, given: Float, share: Float, t: Float,
    theta: Float, report_sd: float, report: Float, chance: Float, pick: Float, se: float, cuts: Float, sure: float, least: int,
    most: int, least_k: int, most_c: int, small: float, easy: int, easy_p: float, floor: float, top: int, cap: float,
    exposed: Int, asked: Int, answered: Int, estimate: Float, error: Float, reason: Int, length: Int,
) -> None:  # fmt: skip
    """Sit all people one after another; results go into the last arrays, one row per person."""
    areas, nodes, general = given.shape[0], t.size, share.size
    like = np.empty((areas, nodes))
    z, m, w = np.empty((areas, general)), np.empty((areas, general)), np.empty(general)
    mean, cov, pk = np.empty(areas), np.empty((areas, areas)), np.empty((areas, nodes))
    done, used, closed = np.empty(areas, np.bool_), np.empty(area.size, np.bool_), np.zeros(area.size, np.bool_)
    value, price = np.empty(area.size), np.empty(area.size)
    asked_k, asked_c = np.empty(areas, np.int64), np.empty(competence.max() + 1, np.int64)
    h, low = t[1] - t[0], t[0]
    for person in range(theta.shape[0]):
        like[:] = 1.0
        used[:] = False
        asked_k[:] = 0
        asked_c[:] = 0
        scarce(exposed, person, cap, price)
        for k in range(areas):
            if report_sd > 0:
                for q in range(nodes):
                    like[k, q] = math.exp(-0.5 * ((report[person, k] - t[q]) / report_sd) ** 2)
            refresh(k, like, given, t, z, m)
        settle(like, given, share, t, z, m, w, mean, cov, pk)
        n, why = 0, 0
        while why == 0:
            every = known(cov, pk, t, se, cuts, sure, done)
            enough = n >= least
            for k in range(areas):
                enough = enough and asked_k[k] >= least_k
            if every and enough:
                why = PRECISE
                break
            if n >= most:
                why = MOST
                break
            if every:
                done[:] = False
            j, gain = choose(
                area, competence, n_cat, first, quick_rq, pk, t, mean, cov, done, used, closed, price, asked_k, asked_c, n,
                least_k, most_c, most, se, easy, easy_p, floor, top, pick[person, n], value,
            )  # fmt: skip
            if j < 0:
                why = NO_ITEM
                break
            if gain < small and n >= easy and enough:
                why = SMALL_GAIN
                break
            k = area[j]
            # the simulated person answers by her own ability, between the nodes
            x = min(max((theta[person, k] - low) / h, 0.0), nodes - 1.000001)
            q, part = int(x), x - int(x)
            left, c = chance[person, n], 0
            while c < n_cat[j] - 1:
                row = truth_rq[first[j] + c]
                left -= row[q] * (1 - part) + row[q + 1] * part
                if left < 0:
                    break
                c += 1
            top_like = 0.0
            for q in range(nodes):
                like[k, q] *= p_rq[first[j] + c, q]
                top_like = max(top_like, like[k, q])
            for q in range(nodes):
                like[k, q] /= top_like
            used[j] = True
            exposed[j] += 1
            asked_k[k] += 1
            asked_c[competence[j]] += 1
            asked[person, n], answered[person, n] = j, c
            n += 1
            refresh(k, like, given, t, z, m)
            settle(like, given, share, t, z, m, w, mean, cov, pk)
        length[person], reason[person] = n, why
        for k in range(areas):
            estimate[person, k], error[person, k] = mean[k], math.sqrt(cov[k, k])
