"""Networks as JSON, GeoJSON, GraphML and SNDlib's native text; what is read again is the same network."""

from __future__ import annotations

import json
import math
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from daremo.network.model import Network

Row = dict[str, Any]


def _kept(row: Row) -> Row:
    """Without what is unknown: empty text, NaN."""
    return {k: v for k, v in row.items() if v not in ("", None) and not (isinstance(v, float) and math.isnan(v))}


def _told(network: Network, link: int) -> bool:
    """Whether a link's capacity must be written, as it would not be assumed when it is read again."""
    return bool(network.links.stated[link]) or float(network.links.capacity_gbps[link]) != 1.0


def node_rows(network: Network) -> list[Row]:
    """Nodes in the columns of ``backbone_nodes.csv``."""
    n = network.nodes
    return [
        _kept(
            {
                "node_id": n.ids[i],
                "name": n.names[i],
                "longitude": float(n.longitude[i]),
                "latitude": float(n.latitude[i]),
                "area_id": n.areas[i],
                "role": n.roles[i],
                "people": float(n.people[i]),
                "services": ";".join(n.services[i]),
                "owner": n.owners[i],
                "origin": n.origins[i],
            }
        )
        for i in range(len(n))
    ]


def link_rows(network: Network) -> list[Row]:
    """Links in the columns of ``backbone_links.csv``; an assumed capacity of one unit is left blank."""
    li, ids = network.links, network.nodes.ids
    return [
        _kept(
            {
                "link_id": li.ids[e],
                "from_node": ids[li.tail[e]],
                "to_node": ids[li.head[e]],
                "capacity_gbps": float(li.capacity_gbps[e]) if _told(network, e) else None,
                "capacity_back_gbps": float(li.back_gbps[e]) if _told(network, e) or li.back_gbps[e] == 0 else None,
                "length_km": float(li.length_km[e]),
                "cost": float(li.cost[e]),
                "medium": li.media[e],
                "owner": li.owners[e],
                "origin": li.origins[e],
                "built_year": int(li.built[e]) or None,
                "setup_cost": float(li.setup_cost[e]) or None,
                "modules": ";".join(f"{c!r}:{m!r}" for c, m in li.modules[e]),
            }
        )
        for e in range(len(li))
    ]


def demand_rows(network: Network) -> list[Row]:
    """Demands in the columns of ``backbone_demands.csv``."""
    d, ids = network.demands, network.nodes.ids
    return [
        _kept({"from_node": ids[s] if s >= 0 else "", "to_node": ids[t], "demand_gbps": x})
        for s, t, x in zip(d.source.tolist(), d.target.tolist(), d.gbps.tolist(), strict=True)
    ]


def group_rows(network: Network) -> list[Row]:
    """Members of shared-risk groups in the columns of ``backbone_groups.csv``."""
    return [
        _kept({"group_id": g.id, "name": g.name, "kind": g.kind, "member": member})
        for g in network.groups
        for member in (*(network.links.ids[e] for e in g.links), *(network.nodes.ids[i] for i in g.nodes))
    ]


def to_json(network: Network) -> Row:
    """The network as our JSON: the four tables."""
    return {
        "daremo_network": 1,
        "name": network.name,
        "nodes": node_rows(network),
        "links": link_rows(network),
        "demands": demand_rows(network),
        "groups": group_rows(network),
    }


def to_geojson(network: Network, values: dict[str, list[float]] | None = None) -> Row:
    """A FeatureCollection: points are nodes, lines are links (those with coordinates), demands and groups beside them.

    Parameters
    ----------
    network : Network
    values : dict of str to list of float, optional
        More properties of the links, a value a link, e.g. ``{"utilisation": …}``.
    """
    n, features = network.nodes, []
    place = [
        [float(x), float(y)] if math.isfinite(x + y) else None for x, y in zip(n.longitude, n.latitude, strict=True)
    ]
    for row, at in zip(node_rows(network), place, strict=True):
        if at is not None:
            own = {k: v for k, v in row.items() if k not in ("longitude", "latitude")}
            features.append({"type": "Feature", "geometry": {"type": "Point", "coordinates": at}, "properties": own})
    for e, row in enumerate(link_rows(network)):
        ends = [place[network.links.tail[e]], place[network.links.head[e]]]
        if None not in ends:
            own = {**row, **{k: v[e] for k, v in (values or {}).items()}}
            line = {"type": "LineString", "coordinates": ends}
            features.append({"type": "Feature", "geometry": line, "properties": own})
    return {
        "type": "FeatureCollection", "name": network.name, "features": features,
        "demands": demand_rows(network), "groups": group_rows(network),
    }  # fmt: skip


def to_graphml(network: Network) -> str:
    """GraphML with our columns as attributes; demands and groups as JSON texts of the graph."""
    nodes, links = node_rows(network), link_rows(network)
    kinds: dict[tuple[str, str], str] = {}
    for of, rows in (("node", nodes), ("edge", links)):
        for row in rows:
            for k, v in row.items():
                kinds.setdefault(
                    (of, k), "double" if isinstance(v, float) else "int" if isinstance(v, int) else "string"
                )
    for k in ("name", "demands", "groups"):
        kinds["graph", k] = "string"
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">']
    lines += [f'<key id="{of}_{k}" for="{of}" attr.name="{k}" attr.type="{t}"/>' for (of, k), t in kinds.items()]
    lines.append('<graph edgedefault="undirected">')

    def data(of: str, row: Row, but: tuple[str, ...]) -> str:
        return "".join(f'<data key="{of}_{k}">{escape(str(v))}</data>' for k, v in row.items() if k not in but)

    about = {
        "name": network.name,
        "demands": json.dumps(demand_rows(network), ensure_ascii=False),
        "groups": json.dumps(group_rows(network), ensure_ascii=False),
    }
    lines.append(data("graph", about, ()))
    lines += [f"<node id={quoteattr(r['node_id'])}>{data('node', r, ('node_id',))}</node>" for r in nodes]
    for r in links:
        ends = f"source={quoteattr(r['from_node'])} target={quoteattr(r['to_node'])}"
        lines.append(f"<edge {ends}>{data('edge', r, ('from_node', 'to_node'))}</edge>")
    return "\n".join([*lines, "</graph>", "</graphml>", ""])


def to_sndlib(network: Network) -> str:
    """SNDlib's native text; directions, areas, owners and demands from the nearest hub have no place in it."""
    n, li, d = network.nodes, network.links, network.demands

    def name(text: str) -> str:
        return "_".join(text.split()).replace("(", "_").replace(")", "_").replace("#", "_")

    def at(x: float) -> str:
        return f"{x:.6f}" if math.isfinite(x) else "0.000000"

    lines = ["?SNDlib native format; type: network; version: 1.0", "", "NODES ("]
    lines += [f"  {name(i)} ( {at(x)} {at(y)} )" for i, x, y in zip(n.ids, n.longitude, n.latitude, strict=True)]
    lines += [")", "", "LINKS ("]
    for e in range(len(li)):
        modules = " ".join(f"{c!r} {m!r}" for c, m in li.modules[e])
        ends = f"{name(n.ids[li.tail[e]])} {name(n.ids[li.head[e]])}"
        room = float(li.capacity_gbps[e]) if _told(network, e) else 0.0
        cost, setup = float(li.cost[e]), float(li.setup_cost[e])
        lines.append(f"  {name(li.ids[e])} ( {ends} ) {room!r} 0.00 {cost!r} {setup!r} ( {modules} )")
    lines += [")", "", "DEMANDS ("]
    for k, (s, t, x) in enumerate(zip(d.source.tolist(), d.target.tolist(), d.gbps.tolist(), strict=True)):
        if s >= 0:
            lines.append(f"  D{k + 1} ( {name(n.ids[s])} {name(n.ids[t])} ) 1 {x!r} UNLIMITED")
    return "\n".join([*lines, ")", ""])
