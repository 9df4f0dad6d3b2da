"""Points near a place, and the place that somebody means by a town's name, an address or a postcode."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Any

from django.db.models import ExpressionWrapper, F, FloatField, Q, QuerySet, Value

import daremo.web.apps.places.holds  # noqa: F401
from daremo.web.apps.places.models import Area, SupportPoint

SHOWN = ("published", "stale")
BUILT = frozenset({"toilet", "parking", "hearing_loop", "quiet_room"})
"""What a building has or has not; asked of ``access``."""

DETOUR = 1.3
"""Way on foot over the straight line; as in `daremo.region`'s siting."""
WALK_KM_H = 4.0
"""Pace of an older person."""


@dataclass(frozen=True, slots=True)
class Near:
    """A point and its distance; ``km`` is nan-free: 0 where no place was given or the point has no coordinates."""

    point_id: int
    km: float


@dataclass(frozen=True, slots=True)
class Start:
    """Where somebody starts: degrees and the words under which it was found."""

    lat: float
    lon: float
    name: str


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the great-circle distance in km (haversine, radius 6371.0088 km)."""
    h = (
        sin(radians(b[0] - a[0]) / 2) ** 2
        + cos(radians(a[0])) * cos(radians(b[0])) * sin(radians(b[1] - a[1]) / 2) ** 2
    )
    return 2 * 6371.0088 * asin(min(1.0, sqrt(h)))


def walk_minutes(km: float) -> int:
    """Return minutes on foot over a straight line of so many km."""
    return max(1, round(km * DETOUR / WALK_KM_H * 60))


def nearest_points(
    near: tuple[float, float] | None,
    *,
    needs: Sequence[str] = (),
    language: str | None = None,
    limit: int = 40,
    among: Sequence[int] | None = None,
    topics: Sequence[str] = (),
) -> list[Near]:
    """Return published points that have what is needed, the nearest first (by name where no place is given).

    One query. A point without coordinates is near nobody; points without topics help with everything.
    """
    rows = fitting(needs=needs, language=language, topics=topics)
    if among is not None:
        rows = rows.filter(pk__in=list(among))
    if near is None:
        return [Near(pk, 0.0) for pk in rows.order_by("kana", "name", "pk").values_list("pk", flat=True)[:limit]]
    lat, lon = near
    wide = cos(radians(lat))
    away: Any = (F("lat") - Value(lat)) * (F("lat") - Value(lat)) + (F("lon") - Value(lon)) * (
        F("lon") - Value(lon)
    ) * Value(wide * wide)
    # the plane is near enough to choose by and not to tell: twice as many are measured on the sphere
    found = (
        rows.filter(lat__isnull=False, lon__isnull=False)
        .annotate(away=ExpressionWrapper(away, FloatField()))
        .order_by("away", "pk")
    )
    measured = [
        Near(pk, kilometres(near, (y or 0.0, x or 0.0)))
        for pk, y, x in found.values_list("pk", "lat", "lon")[: 2 * limit + 10]
    ]
    return sorted(measured, key=lambda row: (row.km, row.point_id))[:limit]


def fitting(
    *, needs: Sequence[str] = (), language: str | None = None, topics: Sequence[str] = ()
) -> QuerySet[SupportPoint]:
    """Return the published points that have what is needed; needs that every place can meet are left aside."""
    rows = SupportPoint.objects.filter(state__in=SHOWN, merged_into=None)
    if "step_free" in needs:
        rows = rows.filter(step_free=True)
    if "sign" in needs:
        rows = rows.filter(Q(access__holds_any=["sign"]) | Q(languages__holds_any=["sign"]))
    if "interpreter" in needs:
        rows = rows.filter(languages__holds_other=["ja", "sign"])
    for need in BUILT.intersection(needs):
        rows = rows.filter(access__holds_any=[need])
    if language and language != "ja":
        rows = rows.filter(languages__holds_any=[language])
    if topics:
        rows = rows.filter(Q(topics=[]) | Q(topics__holds_any=list(topics)))
    return rows


_KANJI = {c: str(n) for n, c in enumerate("一二三四五六七八九", 1)}
_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


def _plain(text: str) -> str:
    """Return a name to compare by: NFKC, no spaces, kanji before 丁目 as digits, katakana as hiragana."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).replace("ヶ", "ケ").casefold()
    return re.sub(r"([一二三四五六七八九]?)(十?)([一二三四五六七八九]?)(?=丁目)", _number, text).translate(_HIRAGANA)


def _number(found: re.Match[str]) -> str:
    """Return kanji before 丁目 as digits: 二十三 as 23."""
    first, ten, last = (found[1], found[2], found[3])
    if ten:
        return str(10 * int(_KANJI.get(first, "1")) + int(_KANJI.get(last, "0")))
    return _KANJI.get(first, "") + _KANJI.get(last, "")


def start_of(text: str) -> Start | None:
    """Return where a town's name (kanji or kana), an address or a postcode lies: an area's middle, else a point's.

    Nothing is asked outside: only names of the region are known. An exact name wins, then the longest name within
    the text, then the shortest name that begins with the text, then one that holds it.
    """
    wanted = _plain(text)
    if not wanted:
        return None
    digits = re.sub(r"\D", "", wanted)
    if len(digits) == 7 and not re.sub(r"[\d〒\-‐−ー―]", "", wanted):
        return _of_postcode(digits)
    best: tuple[int, int, str, Start] | None = None
    areas = Area.objects.filter(lat__isnull=False, lon__isnull=False)
    for name, kana, lat, lon in areas.values_list("name", "kana", "lat", "lon"):
        for known in {_plain(name), _plain(kana)} - {""}:
            rank = _rank(known, wanted)
            if rank is not None and (best is None or (*rank, name) < best[:3]):
                best = (*rank, name, Start(lat or 0.0, lon or 0.0, name))
    return best[3] if best is not None else _of_point(text, wanted)


def _rank(known: str, wanted: str) -> tuple[int, int] | None:
    """Return how well a known name fits, smaller is better; None where it does not."""
    if known == wanted:
        return 0, 0
    if known in wanted and len(known) > 1:
        return 1, -len(known)
    if known.startswith(wanted):
        return 2, len(known)
    return (3, len(known)) if wanted in known and len(wanted) > 1 else None


def _of_postcode(digits: str) -> Start | None:
    said = f"{digits[:3]}-{digits[3:]}"
    rows = SupportPoint.objects.filter(lat__isnull=False, lon__isnull=False)
    whole = rows.filter(postcode__in=(digits, said)).order_by("pk").first()
    # the first three digits are the delivery office, the fourth and fifth its town
    point = whole or rows.filter(Q(postcode__startswith=digits[:5]) | Q(postcode__startswith=said[:6])).first()
    return None if point is None else Start(point.lat, point.lon, f"〒{said}")  # type: ignore[arg-type]


def _of_point(text: str, wanted: str) -> Start | None:
    rows = SupportPoint.objects.filter(lat__isnull=False, lon__isnull=False, state__in=SHOWN)
    given = text.strip()
    point = rows.filter(Q(name__contains=given) | Q(address__contains=given) | Q(kana__contains=given)).first()
    if point is None:
        # names and addresses as people write them: other widths, spaces, kana
        for row in rows.order_by("pk").only("name", "kana", "address", "lat", "lon"):
            if any(wanted in _plain(known) for known in (row.name, row.kana, row.address) if known):
                point = row
                break
    return None if point is None else Start(point.lat, point.lon, point.name)  # type: ignore[arg-type]
