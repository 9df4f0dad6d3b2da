"""What a regional exchange or data centre changes: the same demands, served from one more hub."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from daremo.kernel.errors import UsageError
from daremo.kernel.results import Progress, silent
from daremo.network.load import min_max
from daremo.network.model import HUB, Network
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
