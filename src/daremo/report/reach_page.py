"""The map of an answer as one page: the drawing first, a map to move about on request, and tables that say the same.

The page holds everything it needs and asks no other host: MapLibre GL JS lies inside as text and starts only when the
reader presses the button. Without a script the drawing and the tables are the page.
"""

from __future__ import annotations

import functools
import json
import math
from html import escape
from importlib import resources
from typing import Any

import numpy as np
import shapely

from daremo.report import blocks as b
from daremo.report.charts import PATTERNS
from daremo.report.html import Page, logo, style
from daremo.report.reach_map import STATES, Drawn, ReachView, caption, degrees, draw, legend, picture
from daremo.report.words import Words

#: Areas shown at once, areas and places in all; every one is in areas.csv and open.csv.
FIRST_ROWS, MOST_ROWS = 20, 500


@functools.cache
def _asset(*names: str) -> str:
    place = resources.files("daremo.report") / "design"
    for name in names:
        place = place / name
    return place.read_text(encoding="utf-8")


def spots_table(view: ReachView) -> b.Table:
    """Every open place with what is said of it; of very many the first ones."""
    w = Words(view.lang)
    columns = (
        b.Column(w("reach.number"), "num"),
        b.Column(w("reach.place"), "head"),
        *(b.Column(c, "num") for c in view.columns),
    )
    shown = view.spots[:MOST_ROWS]
    rows = tuple((b.Cell(str(s.number)), b.Cell(s.name), *(b.Cell(f) for f in s.facts)) for s in shown)
    n = w.number(len(view.spots))
    said = w("reach.spots_caption", n=n) if len(shown) == len(view.spots) else w("reach.spots_cut", n=MOST_ROWS, all=n)
    return b.Table("spots", said, columns, rows)


def areas_tables(view: ReachView) -> tuple[b.Table, ...]:
    """Demand points, the farthest first, so that those out of reach lead; the rest is folded."""
    w = Words(view.lang)
    order = np.lexsort((np.arange(view.need_d.size), -view.need_d, -view.cost_d))
    columns = [b.Column(w("reach.area"), "head"), b.Column(w("reach.people"), "num"), b.Column(view.unit, "num")]
    if view.state_d is not None:
        columns.append(b.Column(w("reach.state")))
    rows = []
    for d in order[:MOST_ROWS]:
        cost = w.number(float(view.cost_d[d]), 1) if math.isfinite(view.cost_d[d]) else w("reach.none")
        row = [b.Cell(view.names[d]), b.Cell(w.number(float(view.need_d[d]), 1)), b.Cell(cost)]
        if view.state_d is not None:
            row.append(b.Cell(w(f"reach.{STATES[view.state_d[d]]}")))
        rows.append(tuple(row))
    first = b.Table(
        "areas", w("reach.areas_caption", n=len(rows[:FIRST_ROWS])), tuple(columns), tuple(rows[:FIRST_ROWS])
    )
    if len(rows) <= FIRST_ROWS:
        return (first,)
    said = w("reach.areas_rest", n=len(rows) - FIRST_ROWS)
    if order.size > MOST_ROWS:
        said = w("reach.areas_cut", n=len(rows) - FIRST_ROWS, all=w.number(order.size))
    rest = b.Table("areas-rest", said, tuple(columns), tuple(rows[FIRST_ROWS:]), folded=said, on_paper=False)
    return (first, rest)


def features(view: ReachView, drawn: Drawn) -> dict[str, Any]:
    """Drawn areas, routes and open places as GeoJSON (RFC 7946), WGS84; a plane is laid on the equator."""
    w = Words(view.lang)
    lat0, lon0, left, top = drawn.sheet.frame
    wide, k = 111.32 * math.cos(math.radians(lat0)), drawn.sheet.units_km
    out: list[dict[str, Any]] = []
    for a, cell in enumerate(drawn.sheet.cells):
        shape = shapely.orient_polygons(
            shapely.transform(
                cell,
                lambda c: np.column_stack(
                    [np.round(lon0 + (left + c[:, 0] / k) / wide, 5), np.round(lat0 + (top - c[:, 1] / k) / 110.95, 5)]
                ),
            ),
            exterior_cw=False,
        )
        members = drawn.members[a]
        name = view.names[members[0]] if members.size == 1 else w("reach.square", n=w.number(int(members.size)))
        cost = float(drawn.cost[a])
        said = [w("reach.n_people", n=w.count(float(drawn.need[a])))]
        if view.state_d is not None:
            said.append(w(f"reach.{STATES[drawn.klass[a]]}"))
        said.append(f"{w.number(cost, 1)} {view.unit}" if math.isfinite(cost) else w("reach.unreachable"))
        geometry = shapely.geometry.mapping(shape)
        out.append(
            {
                "type": "Feature",
                "geometry": {"type": geometry["type"], "coordinates": geometry["coordinates"]},
                "properties": {"kind": "area", "class": int(drawn.klass[a]), "name": name, "said": said},
            }
        )
    for route in view.routes:
        line = [_lonlat(view, lat, lon) for lat, lon in route]
        out.append(
            {
                "type": "Feature",
                "geometry": {"type": "LineString", "coordinates": line},
                "properties": {"kind": "route"},
            }
        )
    for s in view.spots:
        if math.isfinite(s.latitude) and math.isfinite(s.longitude):
            properties = {
                "kind": "spot",
                "number": s.number,
                "name": s.name,
                "said": [f"{c}: {f}" for c, f in zip(view.columns, s.facts)],
                "shape": s.kind,
            }
            point = {"type": "Point", "coordinates": _lonlat(view, s.latitude, s.longitude)}
            out.append({"type": "Feature", "geometry": point, "properties": properties})
    return {"type": "FeatureCollection", "features": out}


def _lonlat(view: ReachView, latitude: float, longitude: float) -> list[float]:
    lat, lon = degrees(view, np.array([latitude]), np.array([longitude]))
    return [round(float(lon[0]), 6), round(float(lat[0]), 6)]


def _inside(text: str) -> str:
    """Text that may stand inside a script element."""
    return text.replace("</", "<\\/")


def as_page(view: ReachView) -> str:
    """The page."""
    w, p = Words(view.lang), Page(Words(view.lang))
    drawn = draw(view)
    key = legend(view, drawn)
    figure = b.Figure("map", w("reach.map"), caption(view, drawn), picture(view, drawn), "areas", key, view.source)
    words = {
        k: w(f"reach.{k}")
        for k in ("open_map", "close_map", "close", "zoom_in", "zoom_out", "map_help", "two_fingers", "hold_key")
    }
    states = "state" if view.state_d is not None else "ramp"
    data = json.dumps(
        {"words": words, "paint": states, "data": features(view, drawn)}, ensure_ascii=False, separators=(",", ":")
    )
    spots = p.table(spots_table(view)) if view.spots else f"<p>{p.t(w('reach.no_spots'))}</p>"
    return f"""<!DOCTYPE html>
<html lang="{view.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; worker-src blob:; connect-src 'none'">
<title>{escape(view.headline)}</title>
<link rel="icon" href="data:,">
<style>
{style()}
{_asset("reach-map.css")}
</style>
</head>
<body class="staff">
<svg class="sprite" aria-hidden="true"><defs>{PATTERNS}</defs></svg>
<a class="skip" href="#main">{p.t(w("skip"))}</a>
<header class="head"><div class="wrap head__row"><div class="brand">{logo()}<span class="brand__city">{p.t(view.eyebrow)}</span></div></div></header>
<main id="main" tabindex="-1"><div class="wrap"><article class="report flow-lg">
<header class="flow"><p class="eyebrow">{p.t(view.eyebrow)}</p><h1>{p.t(view.headline)}</h1><p class="lead">{p.t(view.lead)}</p>
<div class="headline">{"".join(p.stat(s) for s in view.stats)}</div></header>
<section class="flow" aria-labelledby="s-map"><h2 id="s-map">{p.t(w("reach.where"))}</h2>
<div class="duo reach-duo"><div class="flow">{p.figure(figure)}
<div class="screen-only" id="moving" hidden><p class="actions"><button type="button" class="btn btn--line" id="moving-button" aria-expanded="false" aria-controls="moving-map">{p.t(words["open_map"])}</button></p>
<div id="moving-map" class="moving" role="region" aria-label="{p.a(w("reach.moving"))}" hidden></div>
<p class="source" id="moving-help" hidden>{p.t(words["map_help"])}</p></div></div>
<div class="flow">{spots}</div></div></section>
<section class="flow" aria-labelledby="s-areas"><h2 id="s-areas">{p.t(w("reach.far"))}</h2>{"".join(p.table(t) for t in areas_tables(view))}</section>
</article></div></main>
<footer class="foot"><div class="wrap flow"><p>{p.t(w("reach.made"))}</p><p>{p.t(w("reach.maplibre"))}</p></div></footer>
<script type="application/json" id="answer">{_inside(data)}</script>
<script type="text/plain" id="maplibre-style">{_inside(_asset("maplibre", "maplibre-gl.css"))}</script>
<script type="text/plain" id="maplibre-script">{_inside(_asset("maplibre", "maplibre-gl.js"))}</script>
<script>{_inside(_asset("reach-map.js"))}</script>
</body>
</html>
"""
