"""An independent check of flows and of the bound: nothing of what made them is used, only what was read.

Distances are Bellman–Ford's, conservation is summed node by node, demands are read again from the network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daremo.network.model import Network

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Verified:
    """What the check found.

    Attributes
    ----------
    utilisation, bound : float
        Both computed anew.
    faults : tuple of str
        What does not hold; empty when all does.
    """

    utilisation: float
    bound: float
    faults: tuple[str, ...]


def verify_load(
    network: Network,
    flow_ka: Floats,
    root_k: NDArray[np.int64],
    inward_k: NDArray[np.bool_],
    price_link_dir: Floats,
    stated: tuple[float, float],
    *,
    tolerance: float = 1e-7,
) -> Verified:
    """Check flows and prices against the network's own tables.

    Parameters
    ----------
    network : Network
    flow_ka : ndarray, shape (commodities, 2 × links), Gbit/s
        Flow of each commodity from tail to head of every link, then from head to tail of every link.
    root_k, inward_k : ndarray, shape (commodities,)
        The node at which a commodity begins, or ends where inward.
    price_link_dir : ndarray, shape (2 × links,), 1/(Gbit/s)
        Prices ≥ 0 in the same order.
    stated : (float, float)
        Utilisation and bound as claimed.
    tolerance : float
        Relative to the demand or the claim.
    """
    li, n = network.links, len(network.nodes)
    tail, head = np.r_[li.tail, li.head], np.r_[li.head, li.tail]
    room = np.r_[li.capacity_gbps, li.back_gbps]
    wanted = _demands(network, n, tail, head, room)
    scale = max(float(wanted.sum()), 1e-30)
    faults = []
    if (flow_ka < -tolerance * scale).any():
        faults.append("a flow is negative")
    served = np.zeros((n, n))
    for k, root in enumerate(root_k):
        net = np.bincount(head, flow_ka[k], n) - np.bincount(tail, flow_ka[k], n)
        if inward_k[k]:
            served[:, root] += np.where(np.arange(n) == root, 0.0, -net)
        else:
            served[root] += np.where(np.arange(n) == root, 0.0, net)
    reachable = np.isfinite(_distances(n, tail, head, np.where(room > 0, 1.0, np.inf)))
    missing = np.abs(served - np.where(reachable, wanted, 0.0)).max() if n else 0.0
    if missing > tolerance * scale:
        faults.append(f"conservation fails by {missing:g}")
    load = flow_ka.sum(axis=0) if len(flow_ka) else np.zeros(len(room))
    if (load[room <= 0] > tolerance * scale).any():
        faults.append("something flows in a closed direction")
    used = float(np.max(load[room > 0] / room[room > 0], initial=0.0))
    if (price_link_dir < 0).any():
        faults.append("a price is negative")
    whole = float(price_link_dir @ room)
    far = _distances(n, tail, head, np.where(room > 0, price_link_dir, np.inf))
    bound = float((wanted * np.where(np.isfinite(far), far, 0.0)).sum()) / whole if whole > 0 else 0.0
    for name, claim, found in (("utilisation", stated[0], used), ("bound", stated[1], bound)):
        worse = found - claim if name == "utilisation" else claim - found
        if worse > tolerance * max(abs(claim), 1e-30):
            faults.append(f"{name} claimed {claim!r}, found {found!r}")
    return Verified(used, bound, tuple(faults))


def verify_availability(
    network: Network, node_up: NDArray[np.bool_], link_up: NDArray[np.bool_], share: Floats, hours: Floats
) -> tuple[Floats, float]:
    """Availability by area and hours lost by resident and year, scenario by scenario with a plain walk from the hubs.

    Parameters
    ----------
    network : Network
        With the plan's capacities; a direction without capacity leads nowhere.
    node_up, link_up : ndarray of bool, shapes (nodes, scenarios), (links, scenarios)
    share, hours : ndarray, shape (scenarios,)
        What a scenario counts in availability, and in hours lost a year.

    Returns
    -------
    available : ndarray, shape (areas,)
    hours_year : float
    """
    li, a = network.links, network.areas
    leads: list[list[tuple[int, int]]] = [[] for _ in network.nodes.ids]
    for k in range(len(li)):
        if li.capacity_gbps[k] > 0:
            leads[int(li.tail[k])].append((k, int(li.head[k])))
        if li.back_gbps[k] > 0:
            leads[int(li.head[k])].append((k, int(li.tail[k])))
    people = a.people if a.people.sum() > 0 else np.ones(len(a))
    hubs = [i for i, r in enumerate(network.nodes.roles) if r == "hub"]
    available, lost = np.zeros(len(a)), 0.0
    for s in range(len(share)):
        seen = {h for h in hubs if node_up[h, s]}
        walk = list(seen)
        while walk:
            for k, to in leads[walk.pop()]:
                if to not in seen and link_up[k, s] and node_up[to, s]:
                    seen.add(to)
                    walk.append(to)
        joined = np.zeros(len(a), bool)
        for d, i in zip(a.area.tolist(), a.node.tolist(), strict=True):
            joined[d] |= i in seen
        available += share[s] * joined
        lost += float(hours[s]) * float(people[~joined].sum()) / float(people.sum())
    return available, lost


def _demands(network: Network, n: int, tail: NDArray[np.int64], head: NDArray[np.int64], room: Floats) -> Floats:
    """Demands as a matrix; those from the nearest hub by Bellman–Ford over routing weights."""
    out = np.zeros((n, n))
    d = network.demands
    hubs = [i for i, r in enumerate(network.nodes.roles) if r == "hub"]
    cost = np.where(room > 0, np.r_[network.links.cost, network.links.cost], np.inf)
    far = _distances(n, tail, head, cost) if (d.source < 0).any() else np.zeros((0, 0))
    for s, t, x in zip(d.source.tolist(), d.target.tolist(), d.gbps.tolist(), strict=True):
        at = s if s >= 0 else min(hubs, key=lambda h: far[h, t])
        if at != t:
            out[at, t] += x
    return out


def _distances(n: int, tail: NDArray[np.int64], head: NDArray[np.int64], weight: Floats) -> Floats:
    """All shortest distances, shape (nodes, nodes), by Bellman–Ford from all nodes at once."""
    far = np.full((n, n), np.inf)
    np.fill_diagonal(far, 0.0)
    for _ in range(n):
        new = far.copy()
        for a in np.flatnonzero(np.isfinite(weight)):
            np.minimum(new[:, head[a]], new[:, tail[a]] + weight[a], out=new[:, head[a]])
        if np.array_equal(new, far):
            break
        far = new
    return far
