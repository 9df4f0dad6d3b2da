"""Places in the French national schema v1.0.2 (32 columns, lists with bars), in and out.

Source: https://schema.data.gouv.fr/LaMednum/standard-mediation-num/ (documentation of the fields).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from daremo.kernel.errors import Problem
from daremo.kernel.tables import rows_of
from daremo.web.apps.transfer.records import PlaceRecord, Reading, as_csv, fitting, readable_hours

if TYPE_CHECKING:
    from daremo.web.apps.places.models import SupportPoint

LAYOUT = "lieux"
NO_PIVOT = "00000000000000"
"""What the national map writes where the number of a body is not known."""
PACKAGE = "daremo.web.apps.transfer"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the schema: whether it must be filled, and with what."""

    column: str
    required: str
    kind: str
    allowed: str

    def fits(self, value: str) -> bool:
        """Tell whether the value is one that the schema allows."""
        if not value:
            return self.required == "no"
        if self.kind == "code":
            return re.fullmatch(self.allowed, value, re.ASCII) is not None
        if self.kind == "number":
            return _number(value) is not None
        if self.kind == "date":
            return _day(value) is not None
        return self.kind != "list" or set(value.split("|")) <= set(self.allowed.split("|"))


@cache
def columns() -> dict[str, Column]:
    """Return the columns by name, in the schema's order."""
    return {row["column"]: Column(**row) for row in rows_of(PACKAGE, "fr_columns")}


@cache
def topics_of_services() -> dict[str, tuple[str, ...]]:
    """Return the desk's topics that each national service stands for."""
    return {row["service"]: tuple(row["topics"].split("|")) for row in rows_of(PACKAGE, "fr_services")}


def is_french(heads: Iterable[str]) -> bool:
    """Tell whether these headings are those of the schema."""
    return {"nom", "commune", "code_postal", "adresse", "services"} <= set(heads)


def read(rows: Iterable[tuple[int, Mapping[str, str]]]) -> Reading:
    """Read rows of the schema; a row without what the schema requires is left out and told."""
    reading = Reading(LAYOUT)
    for number, row in rows:
        raw = {name: row.get(name) or "" for name in columns()}
        missing = [name for name in ("id", "nom", "commune", "code_postal", "adresse") if not raw[name].strip()]
        if missing:
            reading.tell("empty-cell", "必要な列が空です", "値を入れてください", number, "、".join(missing), error=True)
            continue
        for name, column in columns().items():
            if not column.fits(raw[name]) and raw[name]:
                reading.tell(
                    "not-allowed", "様式にない値です", "様式の値の一覧から選んでください", number, name, raw[name]
                )
        fields = fitting(_fields(raw, reading, number), reading, number)
        reading.records.append(PlaceRecord(number, _source(raw), raw["id"], fields, raw))
    return reading


def _source(raw: Mapping[str, str]) -> str:
    return f"lieux:{raw['source'] or '-'}"[:60]


def _fields(raw: Mapping[str, str], reading: Reading, row: int) -> dict[str, Any]:
    lat, lon = _number(raw["latitude"]), _number(raw["longitude"])
    if lat is None or lon is None or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        if raw["latitude"] or raw["longitude"]:
            reading.tell("bad-place", "緯度・経度が読めません", "数で入れてください", row, "latitude", raw["latitude"])
        lat = lon = None
    topics: list[str] = []
    for service in raw["services"].split("|"):
        topics += [topic for topic in topics_of_services().get(service, ()) if topic not in topics]
    languages = ["fr"] + (["en"] if "Langues étrangères (anglais)" in raw["prise_en_charge_specifique"] else [])
    url = raw["site_web"].split("|")[0].strip()
    phone = raw["telephone"].strip()
    return {
        "name": raw["nom"].strip(),
        "postcode": raw["code_postal"],
        "address": f"{raw['adresse'].strip()} {raw['commune'].strip()}",
        "floor": raw["complement_adresse"].strip(),
        "lat": lat,
        "lon": lon,
        "phone": phone,
        "url": url if re.match(r"https?://", url) else "",
        "opening_hours": readable_hours(raw["horaires"], reading, row, "horaires"),
        "languages": languages,
        "topics": topics,
        "verified_on": _day(raw["date_maj"]),
        "walk_in": "Se présenter" in raw["modalites_acces"].split("|"),
    }


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", text.strip(), re.ASCII) else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        return None


def row_of(point: SupportPoint) -> dict[str, str]:
    """Return a point as a row: what was never changed here goes out as it came in, letter by letter."""
    raw: dict[str, str] = point.extra.get(LAYOUT, {})
    then = _fields(raw, Reading(LAYOUT), 0) if raw else {}
    made = _written(point)
    kept = {}
    for name in columns():
        source = _FROM.get(name)
        same = source is None or all(_same(getattr(point, one), then.get(one)) for one in source)
        kept[name] = raw[name] if raw and same else made.get(name, raw.get(name, ""))
    return kept


def _same(now: Any, then: Any) -> bool:
    if isinstance(then, str) and isinstance(now, str):
        return now == then or then[: len(now)].rstrip() == now != ""
    return now == then or (now in ("", None, [], False) and then in ("", None, [], False))


#: Fields of a point that a column is written from; a column without one is kept as it came.
_FROM: dict[str, tuple[str, ...]] = {
    "nom": ("name",),
    "code_postal": ("postcode",),
    "adresse": ("address",),
    "complement_adresse": ("floor",),
    "latitude": ("lat",),
    "longitude": ("lon",),
    "telephone": ("phone",),
    "site_web": ("url",),
    "horaires": ("opening_hours",),
    "date_maj": ("verified_on",),
    "services": ("topics",),
    "modalites_acces": ("walk_in",),
}


def _written(point: SupportPoint) -> dict[str, str]:
    topics = set(point.topics)
    services = [name for name, mine in topics_of_services().items() if topics & (set(mine) - {"other"})]
    raw: dict[str, str] = point.extra.get(LAYOUT, {})
    commune = raw.get("commune", "").strip() or (point.area.name if point.area is not None else "")
    street = point.address.removesuffix(commune).strip() if raw else point.address
    phone = re.sub(r"[^\d+]", "", point.phone)
    return {
        "id": point.source_id or f"daremo-{point.pk}",
        "pivot": NO_PIVOT,
        "nom": point.name,
        "commune": commune,
        "code_postal": point.postcode,
        "adresse": street or point.address,
        "complement_adresse": point.floor,
        "latitude": "" if point.lat is None else repr(point.lat),
        "longitude": "" if point.lon is None else repr(point.lon),
        "telephone": phone if columns()["telephone"].fits(phone) else "",
        "site_web": point.url,
        "horaires": point.opening_hours,
        "source": "daremo",
        "date_maj": point.verified_on.isoformat() if point.verified_on else "",
        "services": "|".join(services),
        "modalites_acces": "Se présenter" if point.walk_in else "",
    }


def write(points: Iterable[SupportPoint]) -> tuple[bytes, list[Problem]]:
    """Return the points that the schema takes as CSV, and a problem for each that it does not take."""
    rows, problems = [], []
    for point in points:
        row = row_of(point)
        wrong = [name for name, column in columns().items() if not column.fits(row[name])]
        if wrong:
            problems.append(
                Problem("not-in-schema", f"様式に合いません: {point.name}", "列の値を確かめてください", "", None, "、".join(wrong), "", "error")
            )  # fmt: skip
        else:
            rows.append(row)
    return as_csv(list(columns()), rows), problems
