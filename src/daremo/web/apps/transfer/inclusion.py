"""Places in data·inclusion v1: structures and the services at them, as JSON, in and out.

Source: https://github.com/gip-inclusion/data-inclusion-schema (fields and their values).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from daremo.kernel.errors import Problem
from daremo.kernel.tables import rows_of
from daremo.web.apps.transfer.records import PlaceRecord, Reading, fitting, readable_hours

if TYPE_CHECKING:
    from daremo.web.apps.places.models import SupportPoint
    from daremo.web.apps.schedule.models import Offer

LAYOUT = "inclusion"
SOURCE = "daremo"
_CODES = {"code_postal": r"\d{5}", "code_insee": r"(\d[\dAB]\d{3})", "siret": r"\d{14}"}


@cache
def topics_of_themes() -> dict[str, tuple[str, ...]]:
    """Return the desk's topics that each theme stands for ("other" stands for none)."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows_of("daremo.web.apps.transfer", "fr_services"):
        found[row["theme"]] += [topic for topic in row["topics"].split("|") if topic != "other"]
    return {theme: tuple(topics) for theme, topics in found.items()}


def themes_of(topics: Sequence[str]) -> list[str]:
    """Return the themes that topics belong to; without topics the fundamentals."""
    found = [theme for theme, mine in topics_of_themes().items() if set(mine) & set(topics)]
    return found or ["numerique--maitriser-les-fondamentaux-du-numerique"]


def read(data: bytes) -> Reading:
    """Read ``{"structures": […], "services": […]}`` or a list of structures.

    Raises
    ------
    ValueError
        It is no JSON, or not of this form.
    """
    told = json.loads(data.decode("utf-8-sig"))
    structures, services = (told, []) if isinstance(told, list) else (told["structures"], told.get("services", []))
    if not isinstance(structures, list) or not isinstance(services, list):
        raise ValueError("structures and services are lists")
    offered: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for service in services:
        if isinstance(service, dict):
            offered[str(service.get("structure_id"))].append(service)
    reading = Reading(LAYOUT)
    for number, row in enumerate(structures, 1):
        missing = [name for name in ("source", "id", "nom") if not isinstance(row, dict) or not row.get(name)]
        if missing:
            reading.tell(
                "empty-cell", "必要な項目が空です", "値を入れてください", number, "、".join(missing), error=True
            )
            continue
        mine = offered[str(row["id"])]
        raw = {"structure": json.dumps(row, ensure_ascii=False), "services": json.dumps(mine, ensure_ascii=False)}
        fields = fitting(_fields(row, mine, reading, number), reading, number)
        reading.records.append(PlaceRecord(number, f"inclusion:{row['source']}"[:60], str(row["id"]), fields, raw))
    return reading


def _fields(row: Mapping[str, Any], services: list[Mapping[str, Any]], reading: Reading, number: int) -> dict[str, Any]:
    def text(name: str) -> str:
        value = row.get(name)
        return value.strip() if isinstance(value, str) else ""

    lat, lon = row.get("latitude"), row.get("longitude")
    if not (isinstance(lat, int | float) and isinstance(lon, int | float) and abs(lat) <= 90 and abs(lon) <= 180):
        if lat is not None or lon is not None:
            reading.tell("bad-place", "緯度・経度が読めません", "数で入れてください", number, "latitude", str(lat))
        lat = lon = None
    topics: list[str] = []
    for service in services:
        for theme in service.get("thematiques") or []:
            topics += [topic for topic in topics_of_themes().get(str(theme), ()) if topic not in topics]
    return {
        "name": text("nom"),
        "postcode": text("code_postal"),
        "address": f"{text('adresse')} {text('commune')}".strip(),
        "floor": text("complement_adresse"),
        "lat": None if lat is None else float(lat),
        "lon": None if lon is None else float(lon),
        "phone": text("telephone"),
        "url": text("site_web") if re.match(r"https?://", text("site_web")) else "",
        "opening_hours": readable_hours(text("horaires_accueil"), reading, number, "horaires_accueil"),
        "topics": topics,
        "languages": ["fr"],
        "verified_on": _day(text("date_maj")),
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value not in (None, "", [])}


def structure_of(point: SupportPoint, today: date) -> dict[str, Any]:
    """Return a point as a structure; columns of its own country stay out where they do not fit the schema."""
    raw = json.loads(point.extra.get(LAYOUT, {}).get("structure", "{}"))
    # by key, so that nothing that came with the row and was not changed here is lost
    then = (
        _fields(raw, json.loads(point.extra.get(LAYOUT, {}).get("services", "[]")), Reading(LAYOUT), 0) if raw else {}
    )
    made = {
        "nom": point.name.rstrip("."),
        "code_postal": point.postcode if re.fullmatch(_CODES["code_postal"], point.postcode) else None,
        "adresse": point.address,
        "complement_adresse": point.floor,
        "latitude": point.lat,
        "longitude": point.lon,
        "telephone": point.phone,
        "site_web": point.url,
        "horaires_accueil": point.opening_hours,
        "date_maj": (point.verified_on or today).isoformat(),
    }
    fields = dict(zip(made, ("name", "postcode", "address", "floor", "lat", "lon", "phone", "url", "opening_hours", "verified_on")))  # fmt: skip
    kept = {name: value for name, value in made.items() if not raw or getattr(point, fields[name]) != (then.get(fields[name]) or _nothing(fields[name]))}  # fmt: skip
    identity = {} if raw else {"source": SOURCE, "id": f"{SOURCE}--{point.pk}", "commune": _commune(point)}
    return _filled({**raw, **identity, **kept})


def _nothing(field: str) -> Any:
    return None if field in ("lat", "lon", "verified_on") else ""


def _commune(point: SupportPoint) -> str:
    return point.area.name if point.area is not None else ""


def service_of(point: SupportPoint, offer: Offer, structure: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Return an offer at a point as a service of its structure."""
    course = offer.kind == "course"
    title = offer.title.rstrip(".")
    return _filled(
        {
            "source": SOURCE,
            "structure_id": structure["id"],
            "id": f"{SOURCE}--{point.pk}-{offer.pk}",
            "nom": title if len(title) >= 3 else f"{title} ({point.name})"[:150],
            "description": f"{offer.title} — {offer.minutes} min, {offer.capacity} place(s), {point.name}",
            "date_maj": (point.verified_on or today).isoformat(),
            "type": "atelier" if course else "accompagnement",
            "thematiques": themes_of(offer.topics),
            "frais": "payant" if offer.price_yen else "gratuit",
            "publics": ["tous-publics"],
            "latitude": point.lat,
            "longitude": point.lon,
            "telephone": point.phone,
            "modes_accueil": ["a-distance"] if offer.kind == "phone" else ["en-presentiel"],
            "modes_mobilisation": ["telephoner"] if point.phone else ["se-presenter"],
            "mobilisable_par": ["usagers", "professionnels"],
            "horaires_accueil": point.opening_hours,
        }
    )


def write(
    points: Iterable[SupportPoint], offers: Mapping[int, Sequence[Offer]], today: date
) -> tuple[bytes, list[Problem]]:
    """Return points and what is offered at them as JSON.

    Parameters
    ----------
    offers : mapping of int to sequence of Offer
        By point; a point that came with services keeps those beside them.
    """
    structures, services, problems = [], [], []
    for point in points:
        structure = structure_of(point, today)
        if len(structure["nom"]) < 3 or len(structure["nom"]) > 150:
            problems.append(Problem("not-in-schema", f"様式に合いません: {point.name}", "名前を3〜150文字にしてください", "", None, "nom", "", "error"))  # fmt: skip
            continue
        structures.append(structure)
        services += json.loads(point.extra.get(LAYOUT, {}).get("services", "[]"))
        services += [service_of(point, offer, structure, today) for offer in offers.get(point.pk, ())]
    told = {"structures": structures, "services": services}
    return json.dumps(told, ensure_ascii=False, indent=1).encode(), problems
