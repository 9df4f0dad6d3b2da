"""The map of a backbone's answer as one page, with tables that say the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from daremo.report import blocks as b
from daremo.report.html import Page
from daremo.report.line_map import NODE_PAINT, LineView, drawn_links, known, legend, paint, picture
from daremo.report.moving_page import Around, moving_page
from daremo.report.words import Words


def features(view: LineView) -> dict[str, Any]:
    """Links, nodes and numbers as GeoJSON (RFC 7946), WGS84."""
    at = [
        [round(float(lon), 6), round(float(lat), 6)] for lon, lat in zip(view.longitude_n, view.latitude_n, strict=True)
    ]
    out: list[dict[str, Any]] = []
    for k in drawn_links(view):
        colour, wide = paint(view, k)
        facts = {"kind": "link", "name": view.link_names[k], "said": list(view.said_l[k]), "colour": colour, "wide": wide,
                 "dashed": bool(view.dashed_l[k])}  # fmt: skip
        out.append(_feature("LineString", [at[view.tail[k]], at[view.head[k]]], facts))
    for i in np.flatnonzero(known(view)).tolist():
        fill, edge = NODE_PAINT[view.class_n[i]]
        facts = {"kind": "node", "name": view.names[i], "said": list(view.said_n[i]), "fill": fill, "edge": edge,
                 "radius": 8 if view.hub_n[i] else 6}  # fmt: skip
        out.append(_feature("Point", at[i], facts))
    for number, (kind, index) in enumerate(view.signs, 1):
        ends = [index, index] if kind == "node" else [int(view.tail[index]), int(view.head[index])]
        if known(view)[ends].all():
            middle = [round((a + c) / 2, 6) for a, c in zip(at[ends[0]], at[ends[1]], strict=True)]
            name, said = (
                (view.names[index], view.said_n[index])
                if kind == "node"
                else (view.link_names[index], view.said_l[index])
            )
            facts = {"kind": "spot", "number": number, "name": name, "said": list(said), "shape": "point"}
            out.append(_feature("Point", middle, facts))
    return {"type": "FeatureCollection", "features": out}


def _feature(kind: str, coordinates: Any, facts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": facts}


def as_page(view: LineView) -> str:
    """The page."""
    w, p = Words(view.lang), Page(Words(view.lang))
    first = view.tables[0]
    figure = b.Figure("map", w("line.map"), view.caption, picture(view), first.key, legend(view), view.source)
    around = Around(
        view.eyebrow, view.headline, view.lead, view.stats, w("line.where"), w("line.map_help"), w("line.made")
    )
    below = [(w("line.more"), "".join(p.table(t) for t in view.tables[1:]))] if len(view.tables) > 1 else []
    return moving_page(around, figure, p.table(first), below, "ramp", features(view), view.lang)
