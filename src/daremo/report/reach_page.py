"""The map of an answer of `reach` as one page: open places beside it, and who is still far below."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely

from daremo.report import blocks as b
from daremo.report.html import Page
from daremo.report.moving_page import Around, moving_page
from daremo.report.reach_map import STATES, Drawn, ReachView, caption, degrees, draw, legend, picture
from daremo.report.words import Words

#: Areas shown at once, areas and places in all; every one is in areas.csv and open.csv.
FIRST_ROWS, MOST_ROWS = 20, 500


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


def as_page(view: ReachView) -> str:
    """The page."""
    w, p = Words(view.lang), Page(Words(view.lang))
    drawn = draw(view)
    key = legend(view, drawn)
    figure = b.Figure("map", w("reach.map"), caption(view, drawn), picture(view, drawn), "areas", key, view.source)
    spots = p.table(spots_table(view)) if view.spots else f"<p>{p.t(w('reach.no_spots'))}</p>"
    around = Around(
        view.eyebrow, view.headline, view.lead, view.stats, w("reach.where"), w("reach.map_help"), w("reach.made")
    )
    far = (w("reach.far"), "".join(p.table(t) for t in areas_tables(view)))
    paint = "state" if view.state_d is not None else "ramp"
    return moving_page(around, figure, spots, [far], paint, features(view, drawn), view.lang)
