"""Rows of a network from JSON, GeoJSON, GraphML and SNDlib's native text."""

from __future__ import annotations

import json
import math
import re
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree  # type: ignore[import-untyped]
from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]

from daremo.network.build import Raw, Row

#: Names that other programs give to our columns.
NODE_NAMES = {"lon": "longitude", "lat": "latitude", "Longitude": "longitude", "Latitude": "latitude", "label": "name"}
LINK_NAMES = {
    "capacity": "capacity_gbps",
    "dist": "length_km",
    "length": "length_km",
    "weight": "cost",
    "id": "link_id",
}


def from_json(value: dict[str, Any]) -> Raw:
    """Rows from our JSON, or from node-link JSON as NetworkX and topohub write it.

    Raises
    ------
    KeyError, TypeError, ValueError
        Where it is neither.
    """
    nodes, links = value["nodes"], value["links"] if "links" in value else value["edges"]
    if "daremo_network" in value:
        raw = Raw(str(value.get("name") or ""))
        raw.nodes, raw.links = [dict(r) for r in nodes], [dict(r) for r in links]
        raw.demands = [dict(r) for r in value.get("demands", ())]
        raw.groups = [dict(r) for r in value.get("groups", ())]
        for r in raw.nodes:
            r.update({k: ";".join(r[k]) for k in ("services",) if isinstance(r.get(k), list)})
        return raw
    graph = value.get("graph") or {}
    raw = Raw(str(graph.get("name") or ""))
    named = len({str(n.get("name")) for n in nodes}) == len(nodes)
    of_id = {}
    for n in nodes:
        of_id[str(n["id"])] = key = str(n["name"]) if named and n.get("name") else str(n["id"])
        lon, lat = n.get("pos") or (n.get("longitude", n.get("lon")), n.get("latitude", n.get("lat")))
        own = {k: n[k] for k in ("area_id", "role", "people", "services", "owner", "origin") if k in n}
        raw.nodes.append({**own, "node_id": key, "name": n.get("name") or key, "longitude": lon, "latitude": lat})
    for e in links:
        r = {LINK_NAMES.get(k, k): v for k, v in e.items() if k not in ("source", "target", "id")}
        r |= {
            "from_node": of_id.get(str(e["source"]), e["source"]),
            "to_node": of_id.get(str(e["target"]), e["target"]),
        }
        raw.links.append(r | ({"capacity_back_gbps": 0.0} if value.get("directed") else {}))
    for s, row in (graph.get("demands") or {}).items():
        raw.demands += [
            {"from_node": of_id.get(str(s), s), "to_node": of_id.get(str(t), t), "demand_gbps": x}
            for t, x in row.items()
        ]
    return raw


def from_geojson(value: dict[str, Any]) -> Raw:
    """Rows from a FeatureCollection: points are nodes, lines are links, ``demands`` and ``groups`` beside ``features``.

    A line without ``from_node`` and ``to_node`` joins the points where it begins and ends (to 1e-6 degrees).
    """
    raw = Raw(str(value.get("name") or ""))
    at: dict[tuple[float, float], str] = {}
    lines: list[tuple[Row, list[list[float]]]] = []
    for n, f in enumerate(value["features"], 1):
        row = {**(f.get("properties") or {}), "_row": n}
        shape = f["geometry"]
        if shape["type"] == "Point":
            lon, lat = shape["coordinates"][:2]
            row.setdefault("node_id", f.get("id") or row.get("name") or f"n{n}")
            at[round(lon, 6), round(lat, 6)] = str(row["node_id"])
            raw.nodes.append({NODE_NAMES.get(k, k): v for k, v in row.items()} | {"longitude": lon, "latitude": lat})
        elif shape["type"] == "LineString":
            lines.append((row, shape["coordinates"]))
    for row, points in lines:
        for column, (lon, lat, *_) in (("from_node", points[0]), ("to_node", points[-1])):
            row.setdefault(column, at.get((round(lon, 6), round(lat, 6)), f"{lon}, {lat}"))
        raw.links.append({LINK_NAMES.get(k, k): v for k, v in row.items()})
    raw.demands = [dict(r) for r in value.get("demands", ())]
    raw.groups = [dict(r) for r in value.get("groups", ())]
    return raw


def from_graphml(data: bytes) -> Raw:
    """Rows from GraphML (Topology Zoo, NetworkX, yEd and our own); entities and external references are refused.

    Raises
    ------
    ValueError
        Where it is no GraphML or not safe.
    """
    try:
        root = ElementTree.fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException) as e:
        raise ValueError(str(e)) from e
    space = re.match(r"\{.*?\}", root.tag)
    x = space[0] if space else ""
    keys = {k.get("id"): str(k.get("attr.name") or k.get("id")) for k in root.iter(f"{x}key")}
    graph = root.find(f"{x}graph")
    if graph is None:
        raise ValueError("no <graph>")

    def facts(element: Any) -> Row:
        found = {keys.get(d.get("key"), d.get("key")): (d.text or "").strip() for d in element.findall(f"{x}data")}
        return {k: v for k, v in found.items() if v}

    about = facts(graph)
    raw = Raw(str(about.get("name") or about.get("Network") or graph.get("id") or ""))
    for n in graph.findall(f"{x}node"):
        raw.nodes.append({NODE_NAMES.get(k, k): v for k, v in facts(n).items()} | {"node_id": n.get("id")})
    one_way = graph.get("edgedefault") == "directed"
    for edge in graph.findall(f"{x}edge"):
        r = {LINK_NAMES.get(k, k): v for k, v in facts(edge).items()}
        if "capacity_gbps" not in r and "LinkSpeedRaw" in r:
            r["capacity_gbps"] = float(r["LinkSpeedRaw"]) / 1e9
        if edge.get("directed", str(one_way).lower()) == "true":
            r.setdefault("capacity_back_gbps", 0.0)
        raw.links.append(r | {"from_node": edge.get("source"), "to_node": edge.get("target")})
    for column in ("demands", "groups"):
        if column in about:
            getattr(raw, column).extend(json.loads(about[column]))
    return raw


def from_sndlib(text: str) -> Raw:
    """Rows from SNDlib's native format: nodes, links with modules, demands.

    Capacities and demands have the file's own unit (read as Gbit/s). Where no link has any capacity installed, none is stated.

    Raises
    ------
    ValueError
        Where there are no NODES and LINKS.
    """
    plain = re.sub(r"#.*", "", text)
    found = {m[1]: m[2] for m in re.finditer(r"^([A-Z_]+)\s*\(\s*\n(.*?)^\)", plain, re.M | re.S)}
    if "NODES" not in found or "LINKS" not in found:
        raise ValueError("no NODES and LINKS")
    raw = Raw()
    for line in found["NODES"].splitlines():
        if m := re.match(r"\s*(\S+)\s*\(\s*(\S+)\s+(\S+)\s*\)", line):
            # some instances give points on a drawing instead of degrees
            lon, lat = float(m[2]), float(m[3])
            place = {"longitude": lon, "latitude": lat} if abs(lon) <= 180 and abs(lat) <= 90 else {}
            raw.nodes.append({"node_id": m[1], "name": m[1]} | place)
    for line in found["LINKS"].splitlines():
        if m := re.match(r"\s*(\S+)\s*\(\s*(\S+)\s+(\S+)\s*\)\s*(\S+)\s+\S+\s+(\S+)\s+(\S+)\s*\((.*)\)", line):
            pairs = [float(v) for v in m[7].split()]
            raw.links.append(
                {"link_id": m[1], "from_node": m[2], "to_node": m[3], "capacity_gbps": float(m[4]),
                 "cost": None if float(m[5]) <= 0 else float(m[5]), "setup_cost": max(float(m[6]), 0.0),
                 "modules": tuple(zip(pairs[::2], pairs[1::2], strict=False))}
            )  # fmt: skip
    if all(r["capacity_gbps"] == 0 for r in raw.links):
        for r in raw.links:
            r["capacity_gbps"] = None
    for line in found.get("DEMANDS", "").splitlines():
        if m := re.match(r"\s*(\S+)\s*\(\s*(\S+)\s+(\S+)\s*\)\s*(\S+)\s+(\S+)", line):
            value = float(m[4]) * float(m[5])
            raw.demands.append(
                {"from_node": m[2], "to_node": m[3], "demand_gbps": value if math.isfinite(value) else m[5]}
            )  # fmt: skip
    return raw
