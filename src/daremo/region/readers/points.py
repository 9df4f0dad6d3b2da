"""The point of a row: one column or two, swapped, missing or a placeholder, each told to the person."""

from __future__ import annotations

from daremo.region.readers import cells
from daremo.region.readers.found import Found
from daremo.region.readers.sheet import Sheet


def read_point(
    sheet: Sheet, found: Found, row: list[str], n: int, *, needed: bool = True
) -> tuple[float | None, float | None]:
    """Latitude and longitude of a row (degrees), or two None where it has no usable point.

    Parameters
    ----------
    needed : bool
        Whether a row without a point is of no use, so that its absence is told.
    """
    column = sheet.heading("latitude") or sheet.heading("location")
    if sheet.shapes:
        shape = sheet.shapes.get(n)
        if shape is not None and not shape.is_empty:
            p = shape if shape.geom_type == "Point" else shape.representative_point()
            return _checked(found, n, "geometry", float(p.y), float(p.x))
    lat_text, lon_text = sheet.cell(row, "latitude"), sheet.cell(row, "longitude")
    if not lat_text and not lon_text and (both := sheet.cell(row, "location")):
        lat_text, lon_text = cells.pair(both)
        column = sheet.heading("location")
    elif lat_text and not lon_text and "," in cells.flat(lat_text):
        lat_text, lon_text = cells.pair(lat_text)
    try:
        lat, lon = cells.degrees(lat_text), cells.degrees(lon_text)
    except ValueError:
        found.tell(
            "bad-coordinates",
            "緯度・経度として読めません",
            "34.34 のような数字にしてください",
            n,
            column,
            f"{lat_text},{lon_text}",
            "error" if needed else "question",
        )
        return None, None
    if lat is None or lon is None:
        if needed:
            found.tell(
                "missing-coordinates",
                "緯度・経度が空です。地図に置けないので使いません",
                "緯度と経度を入れてください",
                n,
                column,
            )
        return None, None
    return _checked(found, n, column, lat, lon, needed=needed)


def _checked(
    found: Found, n: int, column: str, lat: float, lon: float, *, needed: bool = True
) -> tuple[float | None, float | None]:
    """The point where it is in Japan; swapped coordinates are put right and told."""
    if cells.is_sentinel(lat, lon):
        found.tell(
            "sentinel-coordinates",
            "緯度・経度が仮の値です",
            "ほんとうの緯度と経度を入れてください",
            n,
            column,
            f"{lat:g},{lon:g}",
            "error" if needed else "question",
        )
        return None, None
    if cells.in_japan(lat, lon):
        return lat, lon
    if cells.in_japan(lon, lat):
        found.tell(
            "swapped-coordinates",
            "緯度と経度が入れかわっています。直して使いました",
            "列を入れかえてください",
            n,
            column,
            f"{lat:g},{lon:g}",
            "warning",
        )
        return lon, lat
    found.tell(
        "coordinates-outside-japan",
        "緯度・経度が日本の外です",
        "緯度と経度を確かめてください",
        n,
        column,
        f"{lat:g},{lon:g}",
        "error" if needed else "question",
    )
    return None, None
