"""Small feeds written by hand or by chance, and journeys searched in the plainest way."""

from __future__ import annotations

import datetime
import heapq
import itertools
import math
from pathlib import Path

import numpy as np

MONDAY = datetime.date(2026, 1, 5)
CALENDAR = (
    "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "wd,1,1,1,1,1,0,0,20260101,20261231\n"
    "we,0,0,0,0,0,1,1,20260101,20261231\n"
)


def clock(seconds: float) -> str:
    """A time as GTFS writes it."""
    s = int(seconds)
    return f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}"


def write(folder: Path, encoding: str = "utf-8", **tables: str) -> Path:
    """A feed in a folder; tables not given are those of a single weekday service."""
    folder.mkdir(exist_ok=True, parents=True)
    for old in folder.glob("*.txt"):
        old.unlink()
    for name, text in ({"calendar": CALENDAR} | tables).items():
        if text:
            (folder / f"{name}.txt").write_bytes(text.encode(encoding))
    return folder


def random_feed(rng: np.random.Generator, folder: Path) -> Path:
    """A few lines with a few trips, some overtaking, some where nobody gets on or off, some running into the day."""
    n = int(rng.integers(2, 7))
    stops = "stop_id,stop_lat,stop_lon\n" + "".join(f"s{i},34.{i:03},134.0\n" for i in range(n))
    trips, times = (
        "trip_id,service_id\n",
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type\n",
    )
    for k in range(int(rng.integers(1, 9))):
        if k == 0 or rng.random() < 0.5:
            path = rng.integers(0, n, int(rng.integers(2, 6)))
            on, off = rng.random((2, path.size)) < 0.15
        # times in whole minutes, so that ties and exact connections are common; some of yesterday after midnight
        night = rng.random() < 0.15
        now = int(rng.integers(0, 40)) * 60 + 7 * 3600 + (86_400 if night else 0)
        trips += f"t{k},wd\n"
        for c, s in enumerate(path):
            come = now
            now = come + int(rng.integers(0, 2)) * 60
            times += f"t{k},{clock(come)},{clock(now)},s{s},{c * 3},{int(on[c])},{int(off[c])}\n"
            now += int(rng.integers(0, 9)) * 60
    return write(folder, stops=stops, trips=trips, stop_times=times)


def naive_seconds(
    feed, runs, legs, d: int, start: float, n_places: int, most_rides: int, most_s: float, change_s: float
) -> np.ndarray:
    """Earliest arrival at every place after one departure, by Dijkstra over (stop, rides, just off the bus or not)."""

    def walks(pairs, i):
        return [
            (int(pairs.place[t]), float(pairs.cost[t]) * 60)
            for t in range(int(pairs.start[i]), int(pairs.start[i + 1]))
        ]

    arrival = np.full(n_places, math.inf)
    for p, s in walks(legs.direct, d):
        arrival[p] = start + s
    done, tie = set(), itertools.count()
    heap = [(start + s, next(tie), stop, 0, True) for stop, s in walks(legs.to_stop, d)]
    heapq.heapify(heap)
    while heap:
        now, _, stop, rides, walked = heapq.heappop(heap)
        if (stop, rides, walked) in done:
            continue
        done.add((stop, rides, walked))
        if not walked:
            for p, s in walks(legs.from_stop, stop):
                arrival[p] = min(arrival[p], now + s)
            for u, s in walks(legs.change, stop):
                heapq.heappush(heap, (now + s, next(tie), u, rides, True))
        if rides == most_rides:
            continue
        ready = now + (change_s if rides else 0)
        for trip, shift in runs:
            a, b = int(feed.call_start[trip]), int(feed.call_start[trip + 1])
            for c in range(a, b):
                if feed.call_stop[c] == stop and feed.on[c] and feed.leave[c] + shift >= ready:
                    for e in range(c + 1, b):
                        if feed.off[e]:
                            heapq.heappush(
                                heap, (feed.arrive[e] + shift, next(tie), int(feed.call_stop[e]), rides + 1, False)
                            )
    return np.where(arrival - start <= most_s, arrival - start, math.inf)
