"""A planned local 5G network as a map and as GeoJSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from daremo.cli.network.drawing import WIDTH, framed, rectangles
from daremo.cli.text import percent

if TYPE_CHECKING:
    from daremo.cli.frame import Voice
    from daremo.network.local5g import Local5G

#: Cells: 1 served, 2 heard but disturbed, 3 land out of reach, 4 sea.
SERVED, DISTURBED, MISSED, SEA = 1, 2, 3, 4
_PAINT = {
    SERVED: ("#a9d8bd", "#115a36"),
    DISTURBED: ("url(#p-service)", "#927200"),
    MISSED: ("#fff5ec", "#767676"),
    SEA: ("#dfeaf2", "#767676"),
}
#: Longest side of the drawn grid (cells); a finer one is thinned.
MOST = 400


def classes_of(plan: Local5G) -> np.ndarray[Any, Any]:
    """State of each cell, shape (rows, columns), one of `SERVED`, `DISTURBED`, `MISSED`, `SEA`."""
    out = np.full(plan.served.shape, MISSED, np.int64)
    out[plan.coverage.terrain.zone == 1] = SEA
    out[plan.server >= 0] = DISTURBED
    out[plan.served] = SERVED
    return out


def as_svg(plan: Local5G, voice: Voice) -> str:
    """Served land, disturbed land, land out of reach and sea; each site numbered with its channel."""
    states = classes_of(plan)
    thin = max(1, -(-max(states.shape) // MOST))
    small = states[::thin, ::thin]
    x_km, y_km = plan.coverage.terrain.size_km
    height = max(80.0, WIDTH * y_km / x_km)
    dx, dy = WIDTH / small.shape[1], height / small.shape[0]
    shapes = []
    for state, (fill, _) in _PAINT.items():
        drawn = "".join(
            f"M{c * dx:.1f} {r * dy:.1f}h{w * dx:.1f}v{t * dy:.1f}h{-w * dx:.1f}z"
            for r, c, t, w in rectangles(small, state)
        )
        if drawn:
            shapes.append(f'<path d="{drawn}" fill="{fill}" shape-rendering="crispEdges"/>')
    rows, columns = states.shape
    for k, i in enumerate(plan.placement.open):
        s = plan.coverage.sites[i]
        r, c = (float(v) for v in plan.coverage.terrain.at(s.x, s.y))
        x, y = (c + 0.5) / columns * WIDTH, (r + 0.5) / rows * height
        sign = f"{k + 1}·{plan.channels.channel_n[k] + 1}"
        shapes.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="#00428c" stroke="#fff" stroke-width="1.5"/>'
            f'<text class="halo" x="{x + 7:.1f}" y="{y:.1f}" dy=".35em" font-size="11">{sign}</text>'
        )
    told = plan.as_dict()
    title = voice(
        f"ローカル5G: {len(plan.placement.open)}局で{percent(told['served_share'])}に{plan.radio.rate_mbps:g} Mbps",
        f"Local 5G: {len(plan.placement.open)} sites serve {percent(told['served_share'])} with {plan.radio.rate_mbps:g} Mbit/s",
    )
    words = {
        SERVED: voice("届く", "served"),
        DISTURBED: voice("ほかの局にじゃまされる", "disturbed by another site"),
        MISSED: voice("届かない", "out of reach"),
        SEA: voice("海・水面", "sea or water"),
    }
    legend = [(fill, edge, words[s]) for s, (fill, edge) in _PAINT.items() if (states == s).any()]
    note = voice(
        f"丸は基地局（番号・チャネル）。よこ {x_km:.1f} km、たて {y_km:.1f} km。伝わりかた: ITU-R P.1812。",
        f"Circles: sites (number·channel). {x_km:.1f} km wide, {y_km:.1f} km high. Propagation: ITU-R P.1812.",
    )
    return framed(title, "".join(shapes), height, legend, [note], voice.lang)


def as_geojson(plan: Local5G) -> str:
    """Sites as points and each state as one area of squares.

    Coordinates are WGS84 (RFC 7946); a terrain in metres has no place on the globe, and the member ``planar`` says so.
    """
    import shapely

    t = plan.coverage.terrain
    states = classes_of(plan)
    features: list[dict[str, Any]] = []
    for number, row in enumerate(plan.as_dict()["sites"], 1):
        facts = {"feature": "site", "number": number, **{k: v for k, v in row.items() if k not in ("x", "y")}}
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [round(row["x"], 6), round(row["y"], 6)]},
                "properties": facts,
            }
        )
    north = t.south + t.cell_y * states.shape[0]
    for state, name in ((SERVED, "served"), (DISTURBED, "disturbed")):
        boxes = [
            shapely.box(
                t.west + c * t.cell_x,
                north - (r + high) * t.cell_y,
                t.west + (c + wide) * t.cell_x,
                north - r * t.cell_y,
            )
            for r, c, high, wide in rectangles(states, state)
        ]
        if boxes:
            whole = shapely.orient_polygons(shapely.union_all(boxes, grid_size=t.cell_x * 1e-6), exterior_cw=False)
            geometry = shapely.geometry.mapping(whole)
            weight = float(plan.weight[states == state].sum())
            features.append(
                {"type": "Feature", "geometry": geometry, "properties": {"feature": name, "weight": weight}}
            )
    told: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if not t.degrees:
        told = {"type": "FeatureCollection", "planar": True, "unit": "m", "features": features}
    return json.dumps(told, ensure_ascii=False) + "\n"
