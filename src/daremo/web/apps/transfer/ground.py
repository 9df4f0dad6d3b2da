"""A region's districts, bodies and places as rows of the desk."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.apps import apps

from daremo.region.model import STAGES, Region
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.apps.places import services as places
from daremo.web.days import day_of

#: The region's life stages as the desk writes them (``people.models``).
LIFE_STAGES = {stage: {"65-74": "65_74", "75-84": "75_84", "85+": "85_over"}.get(stage, stage) for stage in STAGES}
#: Kinds of places (the region's words) → name of who runs them, after the town's name, and the kind of body.
RUN_BY = {
    "post_office": ("郵便局", "post_office"),
    "library": ("図書館", "library"),
    "community_centre": ("公民館", "library"),
    "hall": ("公民館", "library"),
    "phone_shop": ("携帯ショップ", "shop"),
    "school": ("教育委員会", "school"),
    "university": ("大学", "school"),
    "welfare_centre": ("社会福祉協議会", "welfare"),
    "elderly_centre": ("社会福祉協議会", "welfare"),
    "support_centre": ("社会福祉協議会", "welfare"),
}


@dataclass(slots=True)
class Ground:
    """The town's rows in the desk: the city, its areas by code, bodies by name, points by place."""

    act: Act
    town: Region
    city: Any
    areas: dict[str, Any]
    bodies: dict[str, Any] = field(default_factory=dict)
    points: dict[str, Any] = field(default_factory=dict)
    by_place: dict[str, dict[str, Any]] = field(default_factory=dict)

    def point(self, place_id: str) -> Any:
        """Return the point of a place, added with the body that runs it where there is none.

        Raises
        ------
        KeyError
            The region has no such place.
        """
        if place_id not in self.points:
            place = self.by_place[place_id]
            self.points[place_id] = self._found(place) or self._added(place)
        return self.points[place_id]

    def _found(self, place: dict[str, Any]) -> Any:
        model = apps.get_model("places", "SupportPoint")
        return model._default_manager.filter(source="region", source_id=self._key(place)).first()

    def _key(self, place: dict[str, Any]) -> str:
        return f"{self.town.code or self.town.name}:{place['place_id']}"

    def _added(self, place: dict[str, Any]) -> Any:
        lat, lon = place["latitude"], place["longitude"]
        hours = place["opening_hours"] or ""
        return places.add_point(
            self.act,
            self.body(place),
            place["name"],
            area=self.nearest_area(lat, lon),
            kind=place["kind"],
            address=place["address"] or "",
            lat=lat,
            lon=lon,
            phone=place["phone"] or "",
            opening_hours=hours if places.open_now(hours, self.act.now) is not None else "",
            step_free=place["step_free"],
            walk_in=place["kind"] in ("city_office", "library"),
            languages=["ja"],
            verified_on=day_of(self.act.now),
            source="region",
            source_id=self._key(place),
        )

    def nearest_area(self, lat: float, lon: float) -> Any:
        """Return the area whose middle is nearest (great circle), or None without areas."""
        located = [area for area in self.areas.values() if area.lat is not None]
        return min(located, key=lambda a: places.kilometres((a.lat, a.lon), (lat, lon)), default=None)

    def body(self, place: dict[str, Any]) -> Any:
        """Return the body that runs a place: the one the region names, else by the kind of place, else the city."""
        told = (place.get("organisation") or "").strip()
        ends, kind = RUN_BY.get(place["kind"], ("", "city"))
        name = told or (f"{self.town.name}{ends}" if ends else self.city.name)
        if name == self.city.name:
            return self.city
        if name not in self.bodies:
            model = apps.get_model("places", "Organisation")
            found = model._default_manager.filter(name=name, parent=self.city).first()
            self.bodies[name] = found or places.add_organisation(self.act, name, kind, parent=self.city)
        return self.bodies[name]


def ground_of(act: Act, town: Region, gap: Path | None = None) -> Ground:
    """Put a region's city and districts into the desk, or take those that stand there; people and gap are set anew.

    Parameters
    ----------
    gap : pathlib.Path, optional
        ``gap.json`` of a gap or a plan.
    """
    model = apps.get_model("places", "Organisation")
    city = model._default_manager.filter(name=town.name, kind="city").first()
    city = city or places.add_organisation(act, town.name, "city")
    shares = gap_shares(json.loads(gap.read_text(encoding="utf-8"))) if gap is not None else {}
    area = apps.get_model("places", "Area")
    known = {row.code: row for row in area._default_manager.all()}
    new = []
    rows = town.areas.select("area_id", "name", "latitude", "longitude").rows()
    for (area_id, name, lat, lon), people_g in zip(rows, town.people_dg()):
        code = area_id
        told = {LIFE_STAGES[stage]: round(float(people), 1) for stage, people in zip(STAGES, people_g)}
        gap_of = shares.get(area_id, {})
        if code in known:
            row = known[code]
            if (row.name, row.lat, row.lon, row.people, row.gap) == (name, lat, lon, told, gap_of):
                continue
            journal.save(act, "area.changed", row, name=name, lat=lat, lon=lon, people=told, gap=gap_of)
        else:
            new.append(area(code=code, name=name, lat=lat, lon=lon, people=told, gap=gap_of))
    known |= {row.code: row for row in journal.add_many(act, "area.added", new)}
    by_place = {row["place_id"]: row for row in town.places.iter_rows(named=True)}
    return Ground(act, town, city, known, by_place=by_place)


def gap_shares(gap: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return the share left behind by area and life stage from a published gap.

    The gap publishes shares by area and by life stage, not crossed. An area's stages keep the town's ratios to each
    other, scaled by one factor so that the area's own share holds (a share is at most 1; where the area is suppressed
    the town's stand unscaled). People by stage are those of the town, for the area's are not in the file.
    """
    stages = {row["stage"]: _share(row) for row in gap["stages"]}
    weights = {row["stage"]: float(row["people"] or 0) for row in gap["stages"]}
    known = {stage: share for stage, share in stages.items() if share is not None}
    made = {}
    for row in gap["areas"]:
        share = None if row["suppressed"] else row["share"]
        factor = 1.0 if share is None else _factor(known, weights, float(share))
        made[row["area_id"]] = {LIFE_STAGES[s]: round(min(1.0, factor * value), 4) for s, value in known.items()}
    return made


def _share(row: dict[str, Any]) -> float | None:
    mean = (row["left_behind"] or {}).get("mean")
    return None if row["suppressed"] or mean is None or not row["people"] else float(mean) / float(row["people"])


def _factor(shares: dict[str, float], weights: dict[str, float], wanted: float) -> float:
    total = sum(weights[stage] for stage in shares)
    low, high = 0.0, 1.0
    if total <= 0 or not any(shares.values()):
        return 1.0

    def mean(factor: float) -> float:
        return sum(weights[stage] * min(1.0, factor * share) for stage, share in shares.items()) / total

    while mean(high) < wanted and high < 1e6:
        high *= 2
    for _step in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if mean(middle) < wanted else (low, middle)
    return high
