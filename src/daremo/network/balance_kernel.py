"""Kernels that shift flow between the cheapest and the dearest used path of each node until both are priced alike.

Each root has a bush: arcs without a circle that carry all its flow. Prices rise steeply with utilisation, so that what is
balanced is nearly the least worst utilisation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daremo.network.model import Floats, Ints

#: Price of an arc that is hardly used, as a share of that of the fullest: it keeps every price above 0.
FLOOR = 1e-9
#: Exponents beyond this are all the same.
STEEP = 200.0


class Side(NamedTuple):
    """Arcs as roots of one kind see them: flow runs from near to far; `start` and `arc` sort the arcs by far end."""

    near: Ints
    far: Ints
    start: Ints
    arc: Ints
    capacity: Floats


class Bushes(NamedTuple):
    """By root: flow of each arc, whether it is in the bush, nodes in an order that the bush never runs against, how many."""

    flow: Floats
    inside: NDArray[np.bool_]
    order: Ints
    found: Ints


class Labels(NamedTuple):
    """Cheapest path and dearest used path to each node (cost, last arc), and the node's place in the order."""

    low: Floats
    low_arc: Ints
    top: Floats
    top_arc: Ints
    place: Ints


@njit(cache=True, nogil=True, inline="always")
def price_of(load, capacity, sharp, high):  # type: ignore[no-untyped-def]
    """Price of an arc, 1 / Gbit/s: exponential in its utilisation, measured from `high`."""
    return (np.exp(min(sharp * (load / capacity - high), STEEP)) + FLOOR) / capacity


@njit(cache=True, nogil=True)
def label(order: Ints, side: Side, inside: NDArray[np.bool_], flow: Floats, price: Floats, labels: Labels) -> None:
    """Cheapest path and dearest used path to each node within the bush."""
    near, _, start, arc, _ = side
    low, low_arc, top, top_arc, _ = labels
    low[order[0]], top[order[0]], low_arc[order[0]], top_arc[order[0]] = 0.0, 0.0, -1, -1
    for i in range(1, order.size):
        v = order[i]
        low[v], low_arc[v], top[v], top_arc[v] = np.inf, -1, -np.inf, -1
        for j in range(start[v], start[v + 1]):
            a = arc[j]
            if not inside[a]:
                continue
            u = near[a]
            if low[u] + price[a] < low[v]:
                low[v], low_arc[v] = low[u] + price[a], a
            if flow[a] > 0.0 and top[u] > -np.inf and top[u] + price[a] > top[v]:
                top[v], top_arc[v] = top[u] + price[a], a


@njit(cache=True, nogil=True)
def amount(ahead, behind, most, side, load, sharp, high, tol):  # type: ignore[no-untyped-def]
    """How much to shift from arcs `behind` to arcs `ahead`, at most `most`: Newton's steps within a bracket, never too far."""
    capacity = side.capacity
    lo, hi, dx, tried, g = 0.0, most, 0.0, False, 0.0
    for step in range(30):
        g, slope = 0.0, 0.0
        for a in behind:
            c = price_of(load[a] - dx, capacity[a], sharp, high)
            g += c
            slope += sharp * (c - FLOOR / capacity[a]) / capacity[a]
        dear = g
        for a in ahead:
            c = price_of(load[a] + dx, capacity[a], sharp, high)
            g -= c
            slope += sharp * (c - FLOOR / capacity[a]) / capacity[a]
        if step == 0 and g <= 0.0:
            return 0.0
        if g > 0.0:
            lo = dx
        else:
            hi = dx
        if abs(g) <= 1e-3 * tol * dear or hi - lo <= 1e-12 * most:
            break
        ahead_dx = dx + g / slope if slope > 0.0 else hi
        if ahead_dx >= hi:
            # all of it once, then half of what is left
            ahead_dx = 0.5 * (lo + hi) if tried else most
            tried = True
        elif ahead_dx <= lo:
            ahead_dx = 0.5 * (lo + hi)
        dx = ahead_dx
    return lo if g < 0.0 else dx


@njit(cache=True, nogil=True)
def shift(
    order: Ints, side: Side, flow: Floats, load: Floats, price: Floats, labels: Labels, sharp: float, high: float, tol: float
) -> None:  # fmt: skip
    """Once over the nodes, the farthest first: what comes to each the dearest way goes the cheapest way, until both cost alike."""
    near, _, _, _, capacity = side
    low, low_arc, top, top_arc, place = labels
    ahead, behind = np.empty(order.size, np.int64), np.empty(order.size, np.int64)
    for i in range(order.size - 1, 0, -1):
        v = order[i]
        if top_arc[v] < 0 or low_arc[v] == top_arc[v] or top[v] - low[v] <= tol * top[v]:
            continue
        # back along both to where they part
        ahead[0], behind[0], m, n = low_arc[v], top_arc[v], 1, 1
        p, q = near[low_arc[v]], near[top_arc[v]]
        while p != q:
            if place[p] > place[q]:
                ahead[m] = low_arc[p]
                p = near[low_arc[p]]
                m += 1
            else:
                behind[n] = top_arc[q]
                q = near[top_arc[q]]
                n += 1
        most = np.inf
        for a in behind[:n]:
            most = min(most, flow[a])
        if most <= 0.0:
            continue
        dx = amount(ahead[:m], behind[:n], most, side, load, sharp, high, tol)
        if dx <= 0.0:
            continue
        for a in behind[:n]:
            # what is left of a way that is given up is rounding
            flow[a] = 0.0 if dx == most and flow[a] - dx < 1e-13 * flow[a] else flow[a] - dx
            load[a] -= dx
            price[a] = price_of(load[a], capacity[a], sharp, high)
        for a in ahead[:m]:
            flow[a] += dx
            load[a] += dx
            price[a] = price_of(load[a], capacity[a], sharp, high)


@njit(cache=True, nogil=True)
def settle_round(
    roots: Ints, side: Side, bushes: Bushes, load: Floats, sharp: float, high: float, passes: int, tol: float
) -> None:
    """One round over the roots: arcs leave and enter each bush, then its flow is shifted `passes` times.

    Source
    ------
    R. B. Dial, A path-based user-equilibrium traffic assignment algorithm that obviates path storage and enumeration,
    Transportation Research B 40, 2006: bushes of a root, and shifts between the longest and the shortest path.
    """
    near, far, start, arc, capacity = side
    n, arcs = start.size - 1, near.size
    labels = Labels(np.empty(n), np.empty(n, np.int64), np.empty(n), np.empty(n, np.int64), np.empty(n, np.int64))
    longest, price = np.empty(n), np.empty(arcs)
    for a in range(arcs):
        price[a] = price_of(load[a], capacity[a], sharp, high)
    for k in range(roots.size):
        flow, inside, order = bushes.flow[k], bushes.inside[k], bushes.order[k, : bushes.found[k]]
        labels.low[:] = np.inf
        label(order, side, inside, flow, price, labels)
        # what carries nothing goes, but for the cheapest arc into each node
        for a in range(arcs):
            if inside[a] and flow[a] <= 0.0 and labels.low_arc[far[a]] != a:
                inside[a] = False
        for v in order:
            longest[v] = 0.0
            for j in range(start[v], start[v + 1]):
                a = arc[j]
                if inside[a]:
                    longest[v] = max(longest[v], longest[near[a]] + price[a])
        # what makes a node cheaper comes in where the longest paths rise along it, so that no circle closes
        for a in range(arcs):
            if inside[a] or labels.low[near[a]] + price[a] >= labels.low[far[a]]:
                continue
            if longest[near[a]] < longest[far[a]]:
                inside[a] = True
        # of equally long ones the order so far holds
        order[:] = order[np.argsort(longest[order], kind="mergesort")]
        for i in range(order.size):
            labels.place[order[i]] = i
        for _ in range(passes):
            label(order, side, inside, flow, price, labels)
            shift(order, side, flow, load, price, labels, sharp, high, tol)
