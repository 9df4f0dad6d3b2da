"""An independent check of what `fibre`, `channels`, `siting` and `access` answer: it shares no code with what made it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

#: Amounts of yen and sums of prices may differ by this share.
TOLERANCE = 1e-7


def faults_of_tree(
    tail: ArrayLike, head: ArrayLike, cost: ArrayLike, root: int, terminals: ArrayLike, arcs: Sequence[int], value: float,
    bound: float, certificate: Any = None, *, both_ways: bool = True,
) -> list[str]:  # fmt: skip
    """What is wrong with a tree; empty where nothing is.

    Parameters
    ----------
    tail, head, cost : array_like, shape (arcs,)
    root : int
    terminals : array_like of int, index
    arcs : sequence of int
        Routes that the tree uses.
    value, bound : float, yen
    certificate : object with ``start, nodes, amount``, optional
        Cuts whose amounts add up to a bound: with them the bound needs no solver to be believed.
    """
    a, b, c = [np.asarray(v).ravel() for v in (tail, head, cost)]
    out = []
    used = list(arcs)
    if len(set(used)) != len(used) or any(not 0 <= e < c.size for e in used):
        return ["a route is used twice or does not exist"]
    reached, grew = {int(root)}, True
    while grew:
        grew = False
        for e in used:
            ends = (int(a[e]), int(b[e]))
            if ends[0] in reached and ends[1] not in reached:
                reached.add(ends[1])
                grew = True
            elif both_ways and ends[1] in reached and ends[0] not in reached:
                reached.add(ends[0])
                grew = True
    lost = sorted({int(t) for t in np.asarray(terminals).ravel()} - reached)
    if lost:
        out.append(f"not joined: {lost[:5]}")
    paid = float(c[used].sum()) if used else 0.0
    if abs(paid - value) > TOLERANCE * (1 + abs(paid)):
        out.append(f"costs {paid:g}, told {value:g}")
    if bound > value + TOLERANCE * (1 + abs(value)):
        out.append(f"bound {bound:g} above the value {value:g}")
    if certificate is not None:
        out += _faults_of_cuts(a, b, c, root, terminals, certificate, both_ways)
    return out


def _faults_of_cuts(
    a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], c: np.ndarray[Any, Any], root: int, terminals: ArrayLike,
    certificate: Any, both_ways: bool,
) -> list[str]:  # fmt: skip
    """Whether each cut holds a terminal and not the root, and no route pays more than it costs in either direction."""
    wanted = {int(t) for t in np.asarray(terminals).ravel()}
    forth, back = np.zeros(c.size), np.zeros(c.size)
    n = int(max(a.max(initial=0), b.max(initial=0), root, max(wanted, default=0))) + 1
    for i, amount in enumerate(certificate.amount):
        inside = np.zeros(n, bool)
        inside[certificate.nodes[certificate.start[i] : certificate.start[i + 1]]] = True
        if inside[root] or not any(inside[t] for t in wanted):
            return [f"cut {i} proves nothing"]
        if amount < 0:
            return [f"cut {i} has a negative amount"]
        forth += amount * (inside[b] & ~inside[a])
        back += amount * (inside[a] & ~inside[b])
    over = forth > c * (1 + TOLERANCE) + TOLERANCE
    if both_ways:
        over |= back > c * (1 + TOLERANCE) + TOLERANCE
    return [f"routes {np.flatnonzero(over)[:5].tolist()} pay more than they cost"] if over.any() else []


def certified_bound(certificate: Any) -> float:
    """Bound (yen) that cuts prove when `faults_of_tree` finds nothing wrong with them."""
    return float(np.asarray(certificate.amount).sum())


def faults_of_channels(
    apart_nn: ArrayLike, channel_n: Sequence[int], value: float, bound: float, broken: Sequence[tuple[int, int]] = ()
) -> list[str]:
    """What is wrong with a channel plan; pairs in `broken` may be too near.

    Parameters
    ----------
    apart_nn : array_like of int, shape (stations, stations), channels
    """
    apart, out = np.asarray(apart_nn), []
    allowed = {tuple(sorted(p)) for p in broken}
    near = {
        (i, j)
        for i in range(len(channel_n))
        for j in range(i + 1, len(channel_n))
        if abs(channel_n[i] - channel_n[j]) < apart[i, j]
    }
    if near != allowed:
        out.append(f"too near: {sorted(near ^ allowed)[:5]}")
    if not broken and channel_n and max(channel_n) + 1 != value:
        out.append(f"uses {max(channel_n) + 1} channels, told {value:g}")
    if bound > value + TOLERANCE * (1 + abs(value)):
        out.append(f"bound {bound:g} above the value {value:g}")
    return out


def faults_of_access(plan: dict[str, Any]) -> list[str]:
    """What is wrong with a told access plan (`Access.as_dict`): sums, shares, and that each area gets one line."""
    out = []
    areas = plan["areas"]
    paid = sum(float(r["own_yen"]) for r in areas) + sum(float(r["cost_yen"]) for r in plan["shared"])
    if abs(paid - plan["value"]) > TOLERANCE * (1 + paid):
        out.append(f"parts cost {paid:g}, told {plan['value']:g}")
    if plan["bound"] > plan["value"] * (1 + TOLERANCE) + TOLERANCE:
        out.append("bound above the value")
    shared = sum(float(r["cost_yen"]) - float(r["own_yen"]) for r in areas)
    whole = sum(float(r["cost_yen"]) for r in plan["shared"])
    if abs(shared - whole) > 1e-6 * (1 + whole):
        out.append(f"areas carry {shared:g} of the shared {whole:g}")
    lost = [r["area_id"] for r in areas if not r["technology"]]
    if lost:
        out.append(f"without a line: {lost[:5]}")
    return out
