"""Who gets which line, as a map and as GeoJSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from daremo.cli.network.drawing import framed
from daremo.cli.text import yen

if TYPE_CHECKING:
    from daremo.cli.frame import Voice
    from daremo.network.access import Access

#: Name of each technology in Japanese and English, and the reason whose paint it borrows.
NAMES = {
    "fibre": ("光ファイバー", "fibre", "skill"),
    "fwa": ("固定無線", "fixed wireless", "trust"),
    "local5g": ("ローカル5G", "local 5G", "service"),
    "mobile": ("携帯の回線", "mobile", "connection"),
    "satellite": ("衛星", "satellite", "reach"),
}
NOBODY = "#f1efec"


def as_svg(plan: Access, islands: Sequence[str], voice: Voice) -> str:
    """The areas in the paint of their technology, routes that are laid as lines, sites as squares."""
    from daremo.report.charts import COLOURS, FILLS
    from daremo.report.geo import sheet
    from daremo.report.maps import choropleth

    s = plan.areas
    drawn = sheet(s.latitude.tolist(), s.longitude.tolist(), [i or "" for i in islands] or [""] * len(s.ids))
    fills = [FILLS[NAMES[t][2]] if t else NOBODY for t in plan.technology]
    title = voice("それぞれの地区にいちばん安い回線", "The cheapest line for each area")
    picture = choropleth(drawn, fills, title, islands=islands)
    at = {a: (float(drawn.x[i]), float(drawn.y[i])) for i, a in enumerate(s.ids)}
    shapes = [picture.inner]
    for row in plan.shared:
        if row["kind"] == "route" and row["from"] in at and row["to"] in at:
            (x, y), (u, v) = at[row["from"]], at[row["to"]]
            dash = ' stroke-dasharray="6 4"' if row["sea"] else ""
            shapes.append(f'<path d="M{x:.1f} {y:.1f}L{u:.1f} {v:.1f}" stroke="#1a1a1a" stroke-width="2.5"{dash}/>')
    for row in plan.shared:
        if row["kind"] == "site" and row["from"] in at:
            x, y = at[row["from"]]
            shapes.append(
                f'<rect x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12" fill="#fff" stroke="#1a1a1a" stroke-width="3"/>'
            )
    legend = []
    for technology, told in plan.by_technology().items():
        ja, en, paint = NAMES[technology]
        text = voice(
            f"{ja}: {told['areas']}地区 {told['premises']:,.0f}戸 {yen(told['cost_yen'])}",
            f"{en}: {told['areas']} areas, {told['premises']:,.0f} premises, {yen(told['cost_yen'])}",
        )
        legend.append((FILLS[paint], COLOURS[paint], text))
    if any(not t for t in plan.technology):
        legend.append((NOBODY, "#767676", voice("もう足りている地区", "areas that need nothing")))
    note = voice(
        "線は新しく引く光（点線は海底）、四角は基地局。地区の形は、地点から引いた目安です。",
        "Lines: fibre to be laid (dashed under the sea); squares: sites. Shapes of areas are sketched from their points.",
    )
    return framed(title, "".join(shapes), picture.height, legend, [note], voice.lang)


def as_geojson(plan: Access) -> str:
    """Areas and sites as points, routes as lines, WGS84 (RFC 7946); junctions have no place of their own."""
    s = plan.areas
    at = {a: [round(float(s.longitude[i]), 6), round(float(s.latitude[i]), 6)] for i, a in enumerate(s.ids)}
    features: list[dict[str, Any]] = []
    for row in plan.as_dict()["areas"]:
        facts = {k: v for k, v in row.items() if k not in ("longitude", "latitude")}
        features.append(_feature("Point", at[row["area_id"]], {"feature": "area", **facts}))
    for row in plan.shared:
        facts = {"feature": row["kind"], **{k: v for k, v in row.items() if k != "kind"}}
        if row["kind"] == "site":
            features.append(_feature("Point", at[row["from"]], facts))
        elif row["from"] in at and row["to"] in at:
            features.append(_feature("LineString", [at[row["from"]], at[row["to"]]], facts))
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False) + "\n"


def _feature(kind: str, coordinates: Any, facts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": facts}
