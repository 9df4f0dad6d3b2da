"""The sample town's backbone: exchanges, links, demands, what fails together, and disasters. Nothing in it is real."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from daremo.kernel.results import write_whole
from daremo.region.model import Region

Row = dict[str, Any]
#: Traffic of a resident in the busy hour, Gbit/s: a round value chosen for the sample.
GBPS_PERSON = 0.0012
#: Where an exchange stands: degrees east and north of the middle of the districts it is named after.
EXCHANGES = (
    ("みほん局", "centre", "core", "government;medical"),
    ("みほん東局", "east", "access", ""),
    ("みほん西局", "west", "access", "medical"),
    ("山中局", "hill", "access", ""),
    ("みほん島局", "island", "access", ""),
)


def write_backbone(town: Region, folder: Path) -> None:
    """Write ``backbone_nodes``, ``_links``, ``_demands``, ``_groups`` and ``_hazards`` of the sample town as CSV.

    Parameters
    ----------
    town : Region
        From `sample_town`.
    folder : Path
    """
    nodes = _nodes(town)
    names = {r["node_id"] for r in nodes}
    links = [
        {**dict(zip(town["backbone"].columns, row, strict=True)), "medium": "submarine" if "島" in row[2] else "fibre"}
        for row in town["backbone"].iter_rows()
    ]
    links = [
        {k: r[k] for k in ("link_id", "from_node", "to_node", "capacity_gbps", "length_km", "medium")}
        for r in links
        if {r["from_node"], r["to_node"]} <= names
    ]
    links.append(_link("b7", "みほん東局", "みほん西局", 40.0, 11.5))
    island = "みほん島局" in names
    groups = [
        {"group_id": "bridge", "name": "みほん大橋", "kind": "bridge", "member": m} for m in ("b1", "b2")
    ]  # fmt: skip
    tables = {
        "nodes": nodes, "links": links, "demands": _demands(town, nodes), "groups": groups, "hazards": _hazards(island),
    }  # fmt: skip
    for table, rows in tables.items():
        _write(folder / f"backbone_{table}.csv", rows)


def _link(key: str, a: str, b: str, gbps: float, km: float) -> Row:
    return {"link_id": key, "from_node": a, "to_node": b, "capacity_gbps": gbps, "length_km": km, "medium": "fibre"}


def _nodes(town: Region) -> list[Row]:
    """Exchanges at the middle, the eastern and western ends, the hills and the island; the prefecture's is the hub."""
    areas = town.areas
    lon, lat = areas["longitude"].to_numpy(), areas["latitude"].to_numpy()
    terrain, island = areas["terrain"].to_list(), areas["island"].to_list()
    plain = np.array([t == "plain" for t in terrain])
    hill = np.array([t == "hill" for t in terrain])
    isle = np.array([i is not None for i in island])
    low, high = np.quantile(lon[plain], [0.2, 0.8])
    parts = {
        "centre": plain & (lon > low) & (lon < high) if (plain & (lon > low) & (lon < high)).any() else plain,
        "east": plain & (lon >= high),
        "west": plain & (lon <= low),
        "hill": hill,
        "island": isle,
    }
    out = [
        _node(
            "見本県庁局", float(lon.mean()) + 0.3, float(lat[plain].mean()) - 0.2, "hub", "government;medical;emergency"
        )
    ]
    for name, part, role, services in EXCHANGES:
        if parts[part].any():
            out.append(_node(name, float(lon[parts[part]].mean()), float(lat[parts[part]].mean()), role, services))
    return out


def _node(name: str, lon: float, lat: float, role: str, services: str) -> Row:
    return {
        "node_id": name, "longitude": round(lon, 6), "latitude": round(lat, 6), "role": role, "services": services,
        "owner": "みほん回線", "origin": "見本国",
    }  # fmt: skip


def _demands(town: Region, nodes: Sequence[Row]) -> list[Row]:
    """Nine tenths of the traffic come from the nearest hub, a tenth from the main exchange."""
    areas = town.areas
    people = dict(town["people"].select("area_id", "people").group_by("area_id").sum().iter_rows())
    mine = dict.fromkeys((r["node_id"] for r in nodes[1:]), 0.0)
    for area, lon, lat in areas.select("area_id", "longitude", "latitude").iter_rows():
        near = min(nodes[1:], key=lambda r: (r["longitude"] - lon) ** 2 + (r["latitude"] - lat) ** 2)
        mine[near["node_id"]] += float(people.get(area, 0))
    rows = [
        {"from_node": "", "to_node": n, "demand_gbps": round(0.9 * GBPS_PERSON * p, 3)} for n, p in mine.items()
    ]  # fmt: skip
    main = next(iter(mine))
    return rows + [
        {"from_node": main, "to_node": n, "demand_gbps": round(0.1 * GBPS_PERSON * p, 3)}
        for n, p in mine.items()
        if n != main
    ]


def _hazards(island: bool) -> list[Row]:
    """Round, made-up disasters: an earthquake anywhere, the bridge, a slope, and the sea cable."""
    empty = {"radius_km": "", "radius_high_km": "", "site_loss_share": "", "link_cut_share": "", "components": ""}
    rows = [
        {"hazard_id": "quake", "name": "地震", "kind": "roaming", "events_year": 0.02, "repair_hours": 72, **empty,
         "radius_km": 3, "radius_high_km": 15, "site_loss_share": 0.3, "link_cut_share": 0.5},
        {"hazard_id": "bridge", "name": "橋の落下", "kind": "scenario", "events_year": 0.005, "repair_hours": 240, **empty,
         "components": "bridge:1"},
        {"hazard_id": "slope", "name": "土砂崩れ", "kind": "scenario", "events_year": 0.1, "repair_hours": 48, **empty,
         "components": "b5:0.7"},
    ]  # fmt: skip
    if island:
        rows.append(
            {"hazard_id": "cable", "name": "海底ケーブルの切断", "kind": "scenario", "events_year": 0.05, "repair_hours": 336,
             **empty, "components": "b6:1"}
        )  # fmt: skip
    return rows


def _write(path: Path, rows: Sequence[Row]) -> None:
    def fill(p: Path) -> None:
        with p.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    write_whole(path, fill)
