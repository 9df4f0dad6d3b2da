"""Points: swapped, far from their own family or from everybody, or outside the region."""

from __future__ import annotations

import re
from collections import defaultdict

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from daremo.kernel.errors import Problem
from daremo.region.check_finding import Row, finding, kilometres, plain_name, rows
from daremo.region.check_names import garbled
from daremo.region.model import Region

CHOME = re.compile(r"[0-9一二三四五六七八九十]+(丁目|番丁|区|条).*$")
#: A point is never called far below these distances (km), however dense the town.
FAR_FROM_FAMILY_KM = 3.0
FAR_FROM_ALL_KM = 5.0
OUTSIDE_KM = 3.0


def swapped(region: Region) -> list[Problem]:
    """``swapped-coordinates``: a latitude that can only be a longitude, and the other way round."""
    out = []
    for table in ("areas", "places", "events", "islands"):
        for r in rows(region[table]):
            lat, lon = r["latitude"], r["longitude"]
            if lat is not None and lon is not None and 122 <= lat <= 154.5 and 20 <= lon <= 46.5:
                message = f"「{r.get('name') or r.get('island')}」の緯度と経度が逆です。"
                value = f"{lat}, {lon}"
                out.append(
                    finding("swapped-coordinates", message, table, r, column="latitude", value=value, severity="error")
                )
    return out


def isolated(region: Region) -> tuple[list[Problem], NDArray[np.bool_]]:
    """``isolated-point`` findings, and which districts they concern (in the order of ``areas``).

    A district is isolated when it lies many times farther from the other 丁目 of its own name than they lie from each
    other, or farther from every district than three interquartile ranges above the usual (on a log scale; Tukey's far
    fence). Islands are far by nature and are only compared with their own name.
    """
    areas = rows(region.areas)
    flagged = np.zeros(len(areas), dtype=bool)
    if len(areas) < 4:
        return [], flagged
    xy = kilometres(region.areas["latitude"].to_list(), region.areas["longitude"].to_list())
    near = np.asarray(cKDTree(xy).query(xy, k=2)[0])[:, 1]
    usual = float(np.median(near))
    out = []
    for i, (away, typical) in _far_from_family(areas, xy, near, usual).items():
        flagged[i] = True
        message = (
            f"「{areas[i]['name']}」の地点は、同じ町名のほかの丁目から{away:.1f}kmはなれています"
            f"（ほかどうしは{typical:.1f}kmほど）。{_slip(areas[i])}"
        )
        out.append(_at(areas[i], message))
    low, high = np.quantile(np.log(np.maximum(near, 1e-3)), [0.25, 0.75])
    fence = max(FAR_FROM_ALL_KM, 6 * usual, float(np.exp(high + 3 * (high - low))) if len(areas) >= 12 else 0.0)
    for i in np.flatnonzero((near > fence) & ~flagged).tolist():
        if areas[i]["island"] or areas[i]["terrain"] == "island":
            continue
        flagged[i] = True
        message = (
            f"「{areas[i]['name']}」の地点は、いちばん近い地区からも{near[i]:.1f}kmはなれています"
            f"（ふつうは{usual:.1f}kmほど）。{_slip(areas[i])}"
        )
        out.append(_at(areas[i], message))
    return out, flagged


def _at(area: Row, message: str) -> Problem:
    value = f"{area['latitude']}, {area['longitude']}"
    return finding("isolated-point", message, "areas", area, column="latitude", value=value)


def _slip(area: Row) -> str:
    """A hint where latitude and longitude share all their decimals: one was copied into the other."""
    lat, lon = (f"{v:.8f}".split(".")[1].rstrip("0") for v in (area["latitude"], area["longitude"]))
    if lat != lon or len(lat) < 4:
        return ""
    return f"緯度と経度の小数がどちらも「{lat}」です。写しまちがいかもしれません。"


def _far_from_family(
    areas: list[dict[str, object]], xy: NDArray[np.float64], near: NDArray[np.float64], usual: float
) -> dict[int, tuple[float, float]]:
    """Districts far from the others of their name: index → (nearest sibling, usual distance among siblings), km."""
    families: dict[tuple[str, object], list[int]] = defaultdict(list)
    for i, r in enumerate(areas):
        # a garbled name tells nothing about kinship
        if not garbled(str(r["name"])):
            families[CHOME.sub("", plain_name(str(r["name"]))), r["community"]].append(i)
    out = {}
    for family in families.values():
        for i in family:
            others = [j for j in family if j != i]
            if not others:
                continue
            away = float(np.hypot(*(xy[others] - xy[i]).T).min())
            among = (
                np.asarray(cKDTree(xy[others]).query(xy[others], k=2)[0])[:, 1]
                if len(others) > 1
                else np.array([usual])
            )
            typical = float(np.median(among))
            alone = len(others) > 1 or near[i] > 3 * near[others[0]]
            if alone and away > max(FAR_FROM_FAMILY_KM, 8 * typical, 4 * usual):
                out[i] = (away, typical)
    return out


def outside(region: Region, isolated_d: NDArray[np.bool_]) -> list[Problem]:
    """``outside-municipality``: places, events and districts well outside the hull of the districts.

    The margin is 3 km, five times the usual distance between districts or a tenth of the region's length, whichever is
    most: districts are points, and a hall may stand at the far end of one.
    """
    areas = rows(region.areas)
    if not areas:
        return []
    middle = float(np.median(region.areas["latitude"].to_numpy()))
    xy = kilometres(region.areas["latitude"].to_list(), region.areas["longitude"].to_list(), middle)
    away = np.hypot(*(xy - np.median(xy, axis=0)).T)
    lost = ~isolated_d & (away > max(20.0, 4 * float(np.quantile(away, 0.9))))
    lost &= np.array([not a["island"] for a in areas])
    out = []
    for i in np.flatnonzero(lost).tolist():
        message = f"「{areas[i]['name']}」の地点は、ほかの地区のまん中から{away[i]:.0f}kmはなれています。"
        value = f"{areas[i]['latitude']}, {areas[i]['longitude']}"
        out.append(finding("outside-municipality", message, "areas", areas[i], column="latitude", value=value))
    kept = xy[~(isolated_d | lost)]
    if len(kept) < 2:
        return out
    usual = float(np.median(np.asarray(cKDTree(kept).query(kept, k=2)[0])[:, 1]))
    hull = shapely.MultiPoint(kept).convex_hull
    west, south, east, north = hull.bounds
    margin = max(OUTSIDE_KM, 5 * usual, 0.1 * float(np.hypot(east - west, north - south)))
    shapely.prepare(hull)
    for table in ("places", "events"):
        for r in rows(region[table]):
            if r["latitude"] is None or r["longitude"] is None:
                continue
            point = shapely.Point(kilometres([r["latitude"]], [r["longitude"]], middle)[0])
            far = float(hull.distance(point))
            if far > margin:
                message = f"「{r['name']}」は、この地域の地区から{far:.1f}km外にあります。"
                out.append(
                    finding(
                        "outside-municipality",
                        message,
                        table,
                        r,
                        column="latitude",
                        value=f"{r['latitude']}, {r['longitude']}",
                    )
                )
    return out
