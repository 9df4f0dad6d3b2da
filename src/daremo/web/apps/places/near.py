"""Points near a place, and the place that somebody means by a town's name, an address or a postcode."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from django.db.models import Q

from daremo.web.apps.places.models import Area, SupportPoint

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
    """Return published points that have what is needed, the nearest first (by name where no place is given)."""
    rows = SupportPoint.objects.filter(state__in=("published", "stale"), merged_into=None)
    if among is not None:
        rows = rows.filter(pk__in=list(among))
    if "step_free" in needs:
        rows = rows.filter(step_free=True)
    picked = []
    if near is not None:
        for km in (3.0, 12.0, 50.0, 400.0):
            lat1, lat2, lon1, lon2 = _box(near, km)
            inside = rows.filter(lat__range=(lat1, lat2), lon__range=(lon1, lon2))
            picked = [
                r
                for r in inside.values_list("pk", "lat", "lon", "access", "languages", "topics")
                if _has(r[3], r[4], r[5], needs, language, topics)
            ]
            if len(picked) >= limit:
                break
        picked.sort(key=lambda r: (kilometres(near, (r[1], r[2])), r[0]))
        return [Near(r[0], kilometres(near, (r[1], r[2]))) for r in picked[:limit]]
    named = rows.order_by("kana", "name").values_list("pk", "lat", "lon", "access", "languages", "topics")
    return [Near(r[0], 0.0) for r in named if _has(r[3], r[4], r[5], needs, language, topics)][:limit]


def _box(near: tuple[float, float], km: float) -> tuple[float, float, float, float]:
    high = km / 111.2
    wide = high / max(0.1, cos(radians(near[0])))
    return near[0] - high, near[0] + high, near[1] - wide, near[1] + wide


def _has(
    access: list[str],
    languages: list[str],
    about: list[str],
    needs: Sequence[str],
    language: str | None,
    topics: Sequence[str],
) -> bool:
    if "sign" in needs and "sign" not in access and "sign" not in languages:
        return False
    if "interpreter" in needs and not [x for x in languages if x != "ja"]:
        return False
    if topics and about and not set(topics) & set(about):
        return False
    return not language or language == "ja" or language in languages


_KANJI = str.maketrans("一二三四五六七八九", "123456789")


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).strip()
    text = re.sub(r"\s+", "", text)
    return text.translate(_KANJI) if "丁目" in text else text


def start_of(text: str) -> Start | None:
    """Return where a town's name, an address or a postcode lies: an area whose name it holds, else a point's.

    Nothing is asked outside: only names of the region are known. The longest name that fits wins.
    """
    wanted = _plain(text)
    if not wanted:
        return None
    digits = re.sub(r"\D", "", wanted)
    if len(digits) == 7 and len(digits) >= len(wanted) - 2:
        point = SupportPoint.objects.filter(
            postcode__in=(digits, f"{digits[:3]}-{digits[3:]}"), lat__isnull=False
        ).first()
        return Start(point.lat, point.lon, f"〒{digits[:3]}-{digits[3:]}") if point is not None else None  # type: ignore[arg-type]
    best: tuple[int, Start] | None = None
    for name, kana, lat, lon in Area.objects.filter(lat__isnull=False).values_list("name", "kana", "lat", "lon"):
        for known in (_plain(name), _plain(kana)):
            if known and (known in wanted or wanted in known):
                score = len(known) if known in wanted else len(wanted)
                exact = 100 if known == wanted else 0
                if best is None or score + exact > best[0]:
                    best = (score + exact, Start(lat, lon, name))
    if best is not None:
        return best[1]
    point = (
        SupportPoint.objects.filter(Q(name__contains=wanted) | Q(address__contains=wanted), lat__isnull=False)
        .order_by("pk")
        .first()
    )
    return Start(point.lat, point.lon, point.name) if point is not None else None  # type: ignore[arg-type]
