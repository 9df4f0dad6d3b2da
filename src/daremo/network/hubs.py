"""What a regional exchange or data centre changes: the same demands, served from one more hub; and hubs that may be opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from daremo.kernel.errors import UsageError
from daremo.kernel.results import Progress, silent
from daremo.network.load import min_max
from daremo.network.model import HUB, Demands, Floats, Network
from daremo.network.today import today


def with_hub(network: Network, node: int) -> Network:
    """The network with one more hub."""
    roles = tuple(HUB if i == node else r for i, r in enumerate(network.nodes.roles))
    return replace(network, nodes=replace(network.nodes, roles=roles))


def further_hubs(network: Network, most: int, *, progress: Progress = silent) -> list[dict[str, Any]]:
    """Try the most populous nodes that are no hubs, one at a time; the best first.

    Parameters
    ----------
    network : Network
        With demands from the nearest hub (source -1).
    most : int
        How many nodes are tried.

    Returns
    -------
    list of dict
        ``hub, utilisation`` (least worst), ``today`` (shortest paths), ``haul_km``; the first row without a hub (None) is as it is.

    Raises
    ------
    UsageError
        ``no-content`` where nothing comes from the nearest hub, so that a hub would change nothing.
    """
    if not (network.demands.source < 0).any():
        fix = (
            "需要の表の from_node を空にする（近い拠点から届く）か、--gravity-gbps と --content-share を使ってください"
        )
        raise UsageError("no-content", "拠点から届く需要がないので、拠点を増やしても変わりません", fix, "--try-hubs")
    people = network.node_people()
    order = [i for i in np.argsort(-people, kind="stable").tolist() if network.nodes.roles[i] != HUB][:most]
    rows = []
    for k, node in enumerate([None, *order]):
        progress(k / (len(order) + 1), "" if node is None else network.nodes.ids[node])
        changed = network if node is None else with_hub(network, node)
        now = today(changed, ecmp=True)
        rows.append(
            {
                "hub": None if node is None else network.nodes.ids[node],
                "utilisation": min_max(changed, gap=1e-7, explain=0).utilisation,
                "today": now.utilisation,
                "haul_km": None if np.isnan(now.haul_km) else now.haul_km,
            }
        )
    return [rows[0], *sorted(rows[1:], key=lambda r: (r["utilisation"], r["haul_km"] or 0.0))]


#: Name of the node that stands for the content, and medium of what joins it to hubs: not built, never broken.
CONTENT = "*content"


@dataclass(frozen=True, slots=True)
class HubOption:
    """A node that may become a hub (exchange, data centre, landing station), and what opening it costs."""

    node: int
    cost: float


def with_options(network: Network, options: Sequence[HubOption], most: float) -> Network:
    """The network with one node more, from which all content comes, joined to every hub and to every node that may become one.

    Parameters
    ----------
    network : Network
    options : sequence of HubOption
        Its link is a candidate: nothing there yet, a module as wide as all demand, the cost of opening as its setup cost.
    most : float
        Allowed utilisation; the joints are four times as wide as all demand needs, so that they never bind.

    Notes
    -----
    Content may come from any open hub, split as routing likes. A node that breaks takes its hub along.
    """
    n, li, d, v = network.nodes, network.links, network.demands, len(network.nodes)
    wide = max(4 * float(d.gbps.sum()) / most, 1.0)
    joints = [*((int(h), -1.0) for h in network.hubs()), *((o.node, o.cost) for o in options)]
    to = np.array([j[0] for j in joints], np.int64)
    fee = np.array([j[1] for j in joints])
    k = len(joints)
    there = np.where(fee < 0, wide, 0.0)
    none: tuple[str, ...] = ("",)
    nodes = replace(
        n, ids=(*n.ids, CONTENT), names=(*n.names, CONTENT), longitude=np.r_[n.longitude, np.nan],
        latitude=np.r_[n.latitude, np.nan], areas=n.areas + none, people=np.r_[n.people, 0.0], services=(*n.services, ()),
        roles=(*("core" if r == HUB else r for r in n.roles), HUB), owners=n.owners + none, origins=n.origins + none,
    )  # fmt: skip
    links = replace(
        li, ids=(*li.ids, *(f"{CONTENT}-{n.ids[i]}" for i in to)), tail=np.r_[li.tail, np.full(k, v)], head=np.r_[li.head, to],
        capacity_gbps=np.r_[li.capacity_gbps, there], back_gbps=np.r_[li.back_gbps, there],
        length_km=np.r_[li.length_km, np.zeros(k)], cost=np.r_[li.cost, np.ones(k)], media=li.media + (CONTENT,) * k,
        owners=li.owners + none * k, origins=li.origins + none * k, built=np.r_[li.built, np.zeros(k, np.int64)],
        setup_cost=np.r_[li.setup_cost, np.maximum(fee, 0.0)], stated=np.r_[li.stated, np.ones(k, bool)],
        modules=(*li.modules, *(((wide, 0.0),) if f >= 0 else () for f in fee)),
    )  # fmt: skip
    return replace(
        network, nodes=nodes, links=links, demands=Demands(np.where(d.source < 0, v, d.source), d.target, d.gbps)
    )


def settled(
    network: Network, options: Sequence[HubOption], capacity: Floats, back: Floats
) -> tuple[Network, tuple[bool, ...]]:
    """The network as it was read, with what was chosen in `with_options`: capacities and hubs; and which were opened.

    Parameters
    ----------
    capacity, back : ndarray, shape (links + joints,), Gbit/s
    """
    m, hubs = len(network.links), len(network.hubs())
    opened = tuple(bool(x > 0) for x in capacity[m + hubs : m + hubs + len(options)])
    more = {o.node for o, there in zip(options, opened, strict=True) if there}
    roles = tuple(HUB if i in more else r for i, r in enumerate(network.nodes.roles))
    links = replace(network.links, capacity_gbps=capacity[:m], back_gbps=back[:m], stated=np.ones(m, bool))
    return replace(network, links=links, nodes=replace(network.nodes, roles=roles)), opened
