"""OpenStreetMap extracts: post offices, phone shops, libraries, halls, schools, town halls, with opening hours."""

from __future__ import annotations

from pathlib import Path

import osmium

from daremo.region.readers.found import Found, PlaceRow
from daremo.region.readers.places import kind_of_name

_AMENITY = {
    "post_office": "post_office",
    "library": "library",
    "community_centre": "community_centre",
    "school": "school",
    "townhall": "city_office",
    "university": "university",
    "college": "high_school",
}
_WORDS = {
    "post_office": "郵便局",
    "phone_shop": "携帯ショップ",
    "library": "図書館",
    "community_centre": "コミュニティセンター",
    "school": "学校",
    "city_office": "役所",
    "university": "大学",
    "high_school": "学校",
}
_WHEELCHAIR = {"yes": True, "designated": True, "no": False}


def read_osm(path: Path, found: Found) -> None:
    """Read the wanted places of an extract; ways count at the mean of their nodes.

    Raises
    ------
    RuntimeError
        Where the file is damaged.
    """
    found.dataset, found.title = "osm", "OpenStreetMap"
    located = 0
    wanted = osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("amenity", "shop"))
    for thing in wanted:
        tags = {t.k: t.v for t in thing.tags}
        kind = _AMENITY.get(tags.get("amenity", ""), "") or ("phone_shop" if tags.get("shop") == "mobile_phone" else "")
        if not kind or not isinstance(thing, osmium.osm.Node | osmium.osm.Way):
            continue
        point = _point(thing)
        if point is None:
            found.rows_rejected += 1
            continue
        located += 1
        name = tags.get("name:ja") or tags.get("name") or tags.get("brand") or tags.get("operator") or ""
        if kind in ("city_office", "school", "community_centre"):
            kind = kind_of_name(name) or kind
        address = tags.get("addr:full") or "".join(
            tags.get(f"addr:{k}", "")
            for k in ("province", "city", "suburb", "quarter", "neighbourhood", "block_number", "housenumber")
        )
        found.places.append(
            PlaceRow(
                name or _WORDS[kind],
                kind,
                *point,
                found.file,
                located,
                address,
                tags.get("phone", ""),
                tags.get("opening_hours", ""),
                _WHEELCHAIR.get(tags.get("wheelchair", "")),
                tags.get("operator", ""),
                "osm",
            )
        )
    if found.rows_rejected:
        found.tell(
            "missing-coordinates",
            f"位置の分からない{found.rows_rejected}件は使いません",
            "範囲を広めに切り出してください",
            severity="warning",
        )


def _point(thing: osmium.osm.Node | osmium.osm.Way) -> tuple[float, float] | None:
    """Latitude and longitude of a node, or the mean of a way's located nodes."""
    if isinstance(thing, osmium.osm.Node):
        return (thing.location.lat, thing.location.lon) if thing.location.valid() else None
    nodes = [n.location for n in thing.nodes if n.location.valid()]
    if len(nodes) > 1 and nodes[0] == nodes[-1]:
        nodes = nodes[:-1]
    if not nodes:
        return None
    return sum(n.lat for n in nodes) / len(nodes), sum(n.lon for n in nodes) / len(nodes)
