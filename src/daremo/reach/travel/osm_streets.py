"""Streets of an OpenStreetMap extract, for people on foot or in cars: speeds, one-way streets, barriers, access."""

from __future__ import annotations

import functools
import math
import re
from array import array
from pathlib import Path
from typing import Literal

import numpy as np
import osmium

from daremo.kernel.errors import InputError, Problem, UsageError
from daremo.kernel.tables import rows_of
from daremo.reach.travel.sphere import along_km, on_sphere
from daremo.reach.travel.streets import Streets

Profile = Literal["foot", "car"]

#: Tags that say who may pass, the most particular first.
_ACCESS = {"foot": ("foot", "access"), "car": ("motorcar", "motor_vehicle", "vehicle", "access")}
_SHUT = {"no", "private", "agricultural", "forestry", "use_sidepath"}
#: Barriers that stop a car unless a tag lets it pass; people on foot walk around them, but not through walls.
_STOPS = {
    "car": {"bollard", "block", "cycle_barrier", "motorcycle_barrier", "jersey_barrier", "stile", "turnstile",
            "kissing_gate", "chain", "debris", "log", "planter", "wall", "fence", "gate", "lift_gate", "swing_gate"},
    "foot": {"wall", "fence", "retaining_wall", "city_wall"},
}  # fmt: skip
#: Gates are open to cars where nothing else is said.
_GATES = {"gate", "lift_gate", "swing_gate"}
_ONE_WAY = {"yes": 1, "1": 1, "true": 1, "-1": -1, "reverse": -1}
#: Share of the posted limit at which people get on in traffic.
POSTED_SHARE = 0.8


@functools.cache
def _speeds(profile: Profile) -> dict[str, float]:
    """Speed (km/h) by kind of street; kinds that the profile may not use are absent."""
    rows = rows_of("daremo.reach", "street_speeds")
    return {r["highway"]: float(r[f"{profile}_km_h"]) for r in rows if r[f"{profile}_km_h"]}


def read_osm_streets(path: Path, profile: Profile = "foot") -> Streets:
    """Streets of an extract (pbf, osm, osm.gz …), in minutes.

    Parameters
    ----------
    path : Path
    profile : {"foot", "car"}
        Speeds by kind of street are in ``tables/street_speeds.csv``; a posted limit lowers a car's speed.

    Returns
    -------
    Streets
        One node where streets meet or bend, in the order of the file. A barrier that nobody may pass is a dead end on
        both sides. Ways with nodes outside the extract lose those nodes.

    Raises
    ------
    InputError
        Where the file cannot be read or holds no street for the profile.
    UsageError
        For an unknown profile.
    """
    if profile not in _ACCESS:
        raise UsageError("bad-profile", f"「{profile}」という移動のしかたはありません", "foot か car を選んでください")
    taken = _Taken(profile)
    try:
        shut = _shut_nodes(path, profile)
        ways = osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("highway"))
        for thing in ways:
            if isinstance(thing, osmium.osm.Way):
                taken.way(thing, shut)
    except (RuntimeError, OSError) as e:
        raise InputError(
            [
                Problem(
                    "unreadable-streets", f"道路の地図が読めません（{e}）", "ファイルを取りなおしてください", path.name
                )
            ]
        ) from None
    if not taken.tail:
        raise InputError(
            [Problem("no-streets", "通れる道路が1本もありません", "範囲と移動のしかたを確かめてください", path.name)]
        )
    return taken.streets()


def _shut_nodes(path: Path, profile: Profile) -> set[int]:
    """Nodes with a barrier that the profile may not pass."""
    shut = set()
    for thing in osmium.FileProcessor(str(path)).with_filter(osmium.filter.KeyFilter("barrier")):
        if isinstance(thing, osmium.osm.Node):
            tags = {t.k: t.v for t in thing.tags}
            said = _may_pass(tags, profile)
            kind = tags["barrier"]
            if said is False or (said is None and kind in _STOPS[profile] - _GATES):
                shut.add(thing.id)
    return shut


def _may_pass(tags: dict[str, str], profile: Profile) -> bool | None:
    """What the most particular access tag says; None where none says anything."""
    for key in _ACCESS[profile]:
        if key in tags:
            return tags[key] not in _SHUT
    return None


class _Taken:
    """Nodes and edges taken over from ways so far."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.number: dict[int, int] = {}
        self.lat, self.lon = array("d"), array("d")
        self.tail, self.head = array("i"), array("i")
        self.forth, self.back = array("d"), array("d")

    def way(self, way: osmium.osm.Way, shut: set[int]) -> None:
        """Take over one way, if the profile may use it."""
        tags = {t.k: t.v for t in way.tags}
        speed = _speed(tags, self.profile)
        if speed is None:
            return
        sense = _sense(tags, self.profile)
        forth, back = (speed if sense >= 0 else math.nan), (speed if sense <= 0 else math.nan)
        last = -1
        for n in way.nodes:
            if not n.location.valid():
                last = -1
                continue
            here = self._node(n.ref, n.location.lat, n.location.lon, n.ref in shut)
            if last >= 0 and last != here:
                self.tail.append(last)
                self.head.append(here)
                self.forth.append(forth)
                self.back.append(back)
            # the far side of a barrier is a node of its own, joined to nothing before it
            last = self._node(n.ref, n.location.lat, n.location.lon, True) if n.ref in shut else here

    def _node(self, ref: int, lat: float, lon: float, alone: bool) -> int:
        """Number of a node; one that stands alone always gets a new number."""
        if not alone and ref in self.number:
            return self.number[ref]
        number = len(self.lat)
        self.lat.append(lat)
        self.lon.append(lon)
        if not alone:
            self.number[ref] = number
        return number

    def streets(self) -> Streets:
        """Everything taken over, with minutes from lengths and speeds; nodes without an edge are left out."""
        lat, lon = np.frombuffer(self.lat), np.frombuffer(self.lon)
        tail, head = np.frombuffer(self.tail, np.int32), np.frombuffer(self.head, np.int32)
        used, renumbered = np.unique(np.concatenate([tail, head]), return_inverse=True)
        lat, lon = lat[used], lon[used]
        tail, head = renumbered[: tail.size].astype(np.int32), renumbered[tail.size :].astype(np.int32)
        xyz = on_sphere(lat, lon)
        km = along_km(xyz[tail], xyz[head])
        forth, back = (60 * km / np.frombuffer(speed) for speed in (self.forth, self.back))
        return Streets(
            lat,
            lon,
            tail,
            head,
            np.where(np.isnan(forth), np.inf, forth),
            np.where(np.isnan(back), np.inf, back),
            "min",
        )


def _speed(tags: dict[str, str], profile: Profile) -> float | None:
    """Speed on a way (km/h), or None where the profile may not use it."""
    kind = tags.get("highway", "")
    said = _may_pass(tags, profile)
    speed = _speeds(profile).get(kind)
    if speed is None:
        # a footpath with motor_vehicle=yes is a road to a car; a motorway with foot=yes is one to a walker
        particular = any(tags.get(k) in ("yes", "designated", "permissive") for k in _ACCESS[profile][:-1])
        speed = (10.0 if profile == "car" else 4.0) if particular and kind in _all_kinds() else None
    if speed is None or said is False or tags.get("area") == "yes":
        return None
    if profile == "foot" and tags.get("motorroad") == "yes" and tags.get("foot") is None:
        return None
    if profile == "car" and (posted := _posted(tags.get("maxspeed", ""))) is not None:
        speed = min(speed, POSTED_SHARE * posted) if kind not in ("motorway", "motorway_link") else posted
    return speed


@functools.cache
def _all_kinds() -> frozenset[str]:
    return frozenset(r["highway"] for r in rows_of("daremo.reach", "street_speeds"))


def _posted(text: str) -> float | None:
    """Speed limit (km/h) of a tag, or None."""
    m = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|mph)?", text.strip())
    if not m or float(m[1]) <= 0:
        return None
    return float(m[1]) * (1.609344 if m[2] == "mph" else 1.0)


def _sense(tags: dict[str, str], profile: Profile) -> int:
    """1 = only in the direction of the way, −1 = only against it, 0 = both."""
    if profile == "foot":
        return _ONE_WAY.get(tags.get("oneway:foot", ""), 0)
    said = tags.get("oneway:motor_vehicle", tags.get("oneway", ""))
    if said == "" and (tags.get("junction") in ("roundabout", "circular") or tags.get("highway") == "motorway"):
        return 1
    return _ONE_WAY.get(said, 0)
