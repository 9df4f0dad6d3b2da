"""Availability: how often each area keeps its line when disasters strike, with an interval, hours lost, and what matters most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from daremo.kernel.errors import UsageError
from daremo.kernel.results import Progress, silent
from daremo.network.availability_kernel import Blow, Ground, draw, relief, simulate
from daremo.network.fail_kernel import Words
from daremo.network.hazards import DEGREE_KM, Hazard
from daremo.network.model import Floats, Ints, Network

#: Cells along each side of the grid on which a roaming disc finds what it may meet.
GRID = 32
HOURS_YEAR = 8_760.0
#: Words of 64 scenarios a hazard gets before the rest is shared out.
PILOT_WORDS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Availability:
    """What disasters do to areas.

    Attributes
    ----------
    network : Network
    hazards : tuple of Hazard
    scenarios : int
        Disasters drawn.
    drawn : ndarray of int, shape (hazards,)
        How many of each.
    cut_share : ndarray, shape (hazards, services, areas)
        Share of a hazard's scenarios in which an area reaches no node of a service; service 0 is the hubs.
    available, low, high : ndarray, shape (services, areas)
        Share of disasters (by their rates) that leave the area connected, with its interval.
    hours_lost : ndarray, shape (areas,), hours/year
        Expected hours a year without a hub: rates times repair times, and everyday outages.
    services : tuple of str
        ``hub`` first.
    importance : ndarray, shape (nodes + links,), person-hours/year
        What would be saved were the component unbreakable; empty where not asked for.
    level : float
        Of the intervals.
    """

    network: Network
    hazards: tuple[Hazard, ...]
    scenarios: int
    drawn: Ints
    cut_share: Floats
    available: Floats
    low: Floats
    high: Floats
    hours_lost: Floats
    services: tuple[str, ...]
    importance: Floats
    level: float

    def as_dict(self, *, shown: int = 20) -> dict[str, Any]:
        """The documented JSON form."""
        a, n = self.network.areas, self.network.nodes
        names = (*n.ids, *self.network.links.ids)
        order = np.argsort(-self.importance, kind="stable")[:shown].tolist()
        people = float(a.people.sum())
        return {
            "network": self.network.name,
            "scenarios": self.scenarios,
            "interval_level": self.level,
            "hazards": [
                {"hazard": h.id, "name": h.name, "events_year": h.events_year, "scenarios": int(d)}
                for h, d in zip(self.hazards, self.drawn, strict=True)
            ],
            "areas": [
                {
                    "area": a.ids[d],
                    "name": a.names[d],
                    "people": float(a.people[d]),
                    "availability": float(self.available[0, d]),
                    "low": float(self.low[0, d]),
                    "high": float(self.high[0, d]),
                    "hours_lost_year": float(self.hours_lost[d]),
                    "services": {
                        s: {
                            "availability": float(self.available[k, d]),
                            "low": float(self.low[k, d]),
                            "high": float(self.high[k, d]),
                        }
                        for k, s in enumerate(self.services)
                        if k
                    },
                }
                for d in range(len(a))
            ],
            "hours_lost_resident_year": float(self.hours_lost @ a.people) / people if people > 0 else None,
            "importance": [
                {
                    "component": names[c],
                    "kind": "node" if c < len(n) else "link",
                    "person_hours_year": float(self.importance[c]),
                }
                for c in order
                if self.importance[c] > 0
            ],
            "notes": list(self.network.notes),
        }


def availability(
    network: Network,
    hazards: Sequence[Hazard],
    scenarios: int = 1_000_000,
    seed: int = 1,
    *,
    outage_share: float = 0.0,
    level: float = 0.9,
    importance: int = 32_768,
    progress: Progress = silent,
) -> Availability:
    """Let disasters strike: each hazard is a stratum, and draws go where they narrow the intervals most.

    Parameters
    ----------
    network : Network
        With at least one hub.
    hazards : sequence of Hazard
    scenarios : int
        Disasters drawn in all, rounded up to whole words of 64.
    seed : int
        The same seed, the same numbers.
    outage_share : float
        Chance that any node or link is out for everyday reasons at the same time.
    level : float
        Of the intervals.
    importance : int
        Scenarios a hazard in which every component is made unbreakable in turn; 0 = none.

    Raises
    ------
    UsageError
        ``no-hub`` without hubs, ``no-hazards`` without any hazard of a rate above 0.

    Source
    ------
    Stratified draws: J. Neyman, On the two different aspects of the representative method, 1934. Intervals: E. B. Wilson,
    Probable inference, 1927, at the effective number of draws.
    """
    hazards = tuple(h for h in hazards if h.events_year > 0)
    hubs = network.hubs()
    if not len(hubs):
        fix = "局の表の role に hub を1つ以上書いてください"
        raise UsageError("no-hub", "つながる先の局（hub）がありません", fix, network.name)
    if not hazards:
        raise UsageError(
            "no-hazards", "年に1回以上の割合で起きる災害がありません", "events_year を入れてください", "--hazards"
        )
    services = ("hub", *sorted({s for row in network.nodes.services for s in row}))
    sets = [
        hubs,
        *(np.array([i for i, row in enumerate(network.nodes.services) if s in row], np.int64) for s in services[1:]),
    ]
    seed_start = np.cumsum([0, *(len(x) for x in sets)]).astype(np.int64)
    a = network.areas
    order = np.argsort(a.area, kind="stable")
    home_start = np.concatenate([[0], np.cumsum(np.bincount(a.area, minlength=len(a)))]).astype(np.int64)
    places = (seed_start, np.concatenate(sets), home_start, a.node[order])
    ground, blows = ground_of(network), [blow_of(network, h, outage_share) for h in hazards]
    rate = np.array([h.events_year for h in hazards])
    weight = rate / rate.sum()
    words = max((scenarios + 63) // 64, len(hazards))
    cut = np.zeros((len(hazards), len(services), len(a)), np.int64)
    given = np.zeros(len(hazards), np.int64)

    def more(h: int, count: int) -> None:
        step = 1 << 14
        for at in range(0, count, step):
            size = min(step, count - at)
            simulate(_stream(seed, h), int(given[h]), size, blows[h], ground, *places, cut[h])
            given[h] += size
            progress(float(given.sum()) / words, hazards[h].name)

    pilot = min(PILOT_WORDS, words // len(hazards)) if len(hazards) > 1 else words
    for h in range(len(hazards)):
        more(h, pilot)
    if left := words - int(given.sum()):
        p = (cut[:, 0] + 1.0) / (64.0 * given[:, None] + 2.0)
        spread_h = weight * np.sqrt(p * (1 - p)).mean(axis=1)
        share = spread_h / spread_h.sum() * left
        extra = np.floor(share).astype(np.int64)
        extra[np.argsort(-(share - extra), kind="stable")[: left - int(extra.sum())]] += 1
        for h in range(len(hazards)):
            more(h, int(extra[h]))
    draws = 64 * given
    share_hkd = cut / draws[:, None, None]
    low, high = _interval(cut, draws, weight, level)
    mean = np.tensordot(weight, share_hkd, axes=1)
    hours = np.array([h.events_year * h.repair_hours for h in hazards]) @ share_hkd[:, 0]
    saved = np.zeros(len(network.nodes) + len(network.links))
    for h, hazard in enumerate(hazards if importance > 0 else ()):
        own = np.zeros_like(saved)
        count = min((importance + 63) // 64, int(given[h]))
        relief(_stream(seed, h), count, blows[h], ground, hubs, home_start, a.node[order], a.people, own)
        saved += own / (64 * count) * hazard.events_year * hazard.repair_hours
    if outage_share > 0:
        quiet = _everyday(network, outage_share)
        none = np.zeros((len(services), len(a)), np.int64)
        count = max(words // 4, 1)
        simulate(_stream(seed, len(hazards)), 0, count, quiet, ground, *places, none)
        hours = hours + HOURS_YEAR * none[0] / (64 * count)
    return Availability(
        network, hazards, int(draws.sum()), draws, share_hkd, 1 - mean, 1 - high, 1 - low, hours, services, saved, level
    )


def scenario_words(
    network: Network, hazard: Hazard, words: int, seed: int = 1, *, outage_share: float = 0.0, stratum: int = 0
) -> tuple[Words, Words]:
    """The very scenarios that `availability` draws: which nodes and links live, 64 to a word.

    Returns
    -------
    node_up, link_up : ndarray of uint64, shapes (nodes, words), (links, words)
        Bit s of word w: alive in scenario 64 w + s.
    """
    ground, blow = ground_of(network), blow_of(network, hazard, outage_share)
    nodes, links = np.empty((words, len(network.nodes)), np.uint64), np.empty((words, len(network.links)), np.uint64)
    state = np.empty(1, np.uint64)
    for w in range(words):
        draw(_stream(seed, stratum), w, blow, ground, nodes[w], links[w], state)
    return nodes.T.copy(), links.T.copy()


def _stream(seed: int, stratum: int) -> np.uint64:
    """Start of a hazard's random streams."""
    return np.uint64((seed * 0x9E3779B97F4A7C15 + stratum * 0xC2B2AE3D27D4EB4F) % 2**64)


def _interval(cut: Ints, draws: Ints, weight: Floats, level: float) -> tuple[Floats, Floats]:
    """Wilson's interval of the weighted share cut off, at the number of plain draws that would be as exact."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    n = draws[:, None, None].astype(np.float64)
    mean = np.tensordot(weight, cut / n, axes=1)
    # a share of 0 or 1 in a stratum is no proof that it is: half an event is added on both sides
    p = (cut + 0.5) / (n + 1.0)
    variance = np.tensordot(weight**2, p * (1 - p) / n, axes=1)
    smooth = np.tensordot(weight, p, axes=1)
    effective = np.maximum(smooth * (1 - smooth) / variance, 1.0)
    centre = (mean + z * z / (2 * effective)) / (1 + z * z / effective)
    half = z * np.sqrt(mean * (1 - mean) / effective + z * z / (4 * effective**2)) / (1 + z * z / effective)
    return np.clip(np.minimum(centre - half, mean), 0.0, 1.0), np.clip(np.maximum(centre + half, mean), 0.0, 1.0)


def ground_of(network: Network) -> Ground:
    """The network as the kernels take it."""
    a, n, li = network.arcs(), network.nodes, network.links
    members = [[*g.nodes, *(len(n) + e for e in g.links)] for g in network.groups]
    start = np.cumsum([0, *(len(x) for x in members)]).astype(np.int64)
    flat = np.array([c for x in members for c in x], np.int64)
    lon, lat = np.nan_to_num(n.longitude, nan=1e6), np.nan_to_num(n.latitude, nan=1e6)
    return Ground(a.tail, a.head, a.link, lon, lat, li.tail, li.head, start, flat)


def blow_of(network: Network, hazard: Hazard, outage_share: float = 0.0) -> Blow:
    """A hazard as the kernels take it."""
    size = len(network.nodes) + len(network.links)
    chance = np.concatenate([hazard.site_p, hazard.link_p, hazard.group_p])
    outage = np.full(size, outage_share)
    if hazard.box is None:
        none = np.zeros(0, np.int64)
        return Blow(chance, outage, np.zeros(4), np.ones(2), np.zeros(2), none, none, 0)
    start, near = _near(network, hazard.box, hazard.radius_km[1])
    share = np.array([hazard.site_loss_share, hazard.link_cut_share])
    return Blow(chance, outage, np.array(hazard.box), np.array(hazard.radius_km), share, start, near, GRID)


def _everyday(network: Network, outage_share: float) -> Blow:
    """No disaster, only everyday outages."""
    size = len(network.nodes) + len(network.links)
    none = np.zeros(0, np.int64)
    zero = np.zeros(size + len(network.groups))
    return Blow(zero, np.full(size, outage_share), np.zeros(4), np.ones(2), np.zeros(2), none, none, 0)


def _near(network: Network, box: tuple[float, float, float, float], radius_km: float) -> tuple[Ints, Ints]:
    """Nodes and links that a disc centred in each cell of the grid could meet, with a margin; as starts and numbers."""
    n, li = network.nodes, network.links
    west, south, east, north = box
    x = west + (np.arange(GRID) + 0.5) / GRID * (east - west)
    y = south + (np.arange(GRID) + 0.5) / GRID * (north - south)
    # degrees north as kilometres; degrees east are longest on the cell's equatorward side
    half = DEGREE_KM * math.hypot((east - west) / GRID / 2, (north - south) / GRID / 2)
    starts, found = [0], []
    for lat in y:
        edge = abs(lat) + (north - south) / GRID / 2
        across = DEGREE_KM * math.cos(math.radians(min(edge, 90.0)))
        for lon in x:
            px, py = (n.longitude - lon) * across, (n.latitude - lat) * DEGREE_KM
            sites = np.hypot(px, py)
            ax, ay, vx, vy = px[li.tail], py[li.tail], px[li.head] - px[li.tail], py[li.head] - py[li.tail]
            t = np.clip(-(ax * vx + ay * vy) / np.maximum(vx * vx + vy * vy, 1e-30), 0.0, 1.0)
            lines = np.hypot(ax + t * vx, ay + t * vy)
            # shrinking east to the cell's far edge only makes distances shorter: nothing in reach is missed
            found.append(np.flatnonzero(np.concatenate([sites, lines]) <= radius_km + half + 1e-6))
            starts.append(starts[-1] + len(found[-1]))
    return np.array(starts, np.int64), np.concatenate(found).astype(np.int64)
