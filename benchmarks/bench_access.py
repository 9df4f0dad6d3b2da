"""Access: trips and measures beside PySAL `access` and SciPy, on the made-up country and a made-up town.

Every line is a process of its own: CPU seconds of the question alone, one thread, and the most memory that the process
ever held, libraries and input included. Compilation is excluded: every kernel is called once on a tiny question first.
Differences are the largest over all points, relative to the figure.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CELLS, PLACES, RING_KM = 450_000, 42_000, (1.0, 2.0, 5.0)
RING_WEIGHTS = (1.0, 0.68, 0.22)


@cache
def country() -> Any:
    """Cells of 500 m and places of the made-up country."""
    from daremo.reach.synthetic import synthetic_japan, synthetic_places

    cells = synthetic_japan(CELLS, 0.5)
    return cells, synthetic_places(cells, PLACES)


@cache
def national_pairs() -> Any:
    """All trips within 2, 3.5 or 5 km, by density."""
    from daremo.reach.travel.points import pairs_in_plane

    cells, places = country()
    return pairs_in_plane(cells.xy_km, places.xy_km, cells.reach_km)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of one call, and what it gave."""
    start = time.process_time()
    answer = work()
    return time.process_time() - start, answer


# --- trips -----------------------------------------------------------------------------------------------------------


def trips_ours() -> Any:
    """Trips of the nation."""
    from daremo.reach.travel.points import pairs_in_plane

    cells, places = country()
    pairs_in_plane(cells.xy_km[:9], places.xy_km[:9], cells.reach_km[:9])
    seconds, pairs = timed(lambda: pairs_in_plane(cells.xy_km, places.xy_km, cells.reach_km))
    return seconds, np.array([pairs.n_trips, pairs.cost.sum()])


def trips_on_globe() -> Any:
    """The same from degrees, the country laid on the globe around 36° north."""
    from daremo.reach.travel.points import pairs_by_distance

    cells, places = country()
    spread = 111.195 * np.cos(np.radians(36))

    def degrees(xy: Floats) -> tuple[Floats, Floats]:
        return 36 + (xy[:, 1] - 80) / 111.195, 125 + xy[:, 0] / spread

    pairs_by_distance([36.0], [140.0], [36.0], [140.0], radius_km=[1.0])
    seconds, pairs = timed(
        lambda: pairs_by_distance(*degrees(cells.xy_km), *degrees(places.xy_km), radius_km=cells.reach_km)
    )
    return seconds, np.array([pairs.n_trips, 0.0])


def trips_scipy() -> Any:
    """The same with SciPy's tree alone, as lists and then arrays."""
    from scipy.spatial import cKDTree

    cells, places = country()

    def work() -> Floats:
        lists = cKDTree(places.xy_km).query_ball_point(cells.xy_km, cells.reach_km)
        count = np.fromiter((len(x) for x in lists), np.int64, len(lists))
        place = np.concatenate([np.asarray(x, np.int64) for x in lists])
        km = np.sqrt(((np.repeat(cells.xy_km, count, axis=0) - places.xy_km[place]) ** 2).sum(-1))
        return np.array([place.size, km.sum()])

    return timed(work)


# --- catchments and gravity ------------------------------------------------------------------------------------------


def measure_ours(measure: str) -> Any:
    """One measure on the nation's trips."""
    from daremo.reach.access import access
    from daremo.reach.decay import Gaussian, Steps
    from daremo.reach.travel.pairs import pairs_of_matrix

    cells, places = country()
    decay = {"2sfca": None, "e2sfca": Steps(RING_KM, RING_WEIGHTS), "gravity": Gaussian(2.0)}[measure]
    access(pairs_of_matrix([[1.0]]), [1.0], [1.0], measure=measure, decay=decay)  # type: ignore[arg-type]
    pairs, supply = national_pairs(), places.cost_yen / 1e6
    seconds, told = timed(lambda: access(pairs, cells.need, supply, measure=measure, decay=decay))  # type: ignore[arg-type]
    return seconds, told.value_dg[:, 0]


def measure_pysal(measure: str) -> Any:
    """The same by PySAL."""
    import pandas
    from access import fca, weights

    cells, places = country()
    pairs = national_pairs()
    people = pandas.DataFrame({"demand": cells.need}, index=pandas.Index(np.arange(cells.n_cells), name="geoid"))
    supply = pandas.DataFrame(
        {"supply": places.cost_yen / 1e6}, index=pandas.Index(np.arange(places.n_places), name="geoid")
    )
    trips = pandas.DataFrame({"origin": pairs.demand(), "dest": pairs.place, "cost": pairs.cost})

    def work() -> Any:
        if measure == "gravity":
            return fca.weighted_catchment(
                supply, trips, cost_source="dest", cost_dest="origin", loc_index=True, loc_value="supply",
                weight_fn=weights.gaussian(2.0),
            )  # fmt: skip
        steps = weights.step_fn(dict(zip(RING_KM, RING_WEIGHTS))) if measure == "e2sfca" else None
        return fca.two_stage_fca(people, supply, trips, demand_index=True, weight_fn=steps)

    seconds, told = timed(work)
    return seconds, told.reindex(np.arange(cells.n_cells)).fillna(0).to_numpy()


# --- rational agents -------------------------------------------------------------------------------------------------


def county() -> Any:
    """10,000 points, 1,000 places and some 200,000 trips in clusters."""
    from daremo.reach.travel.points import pairs_in_plane

    rng = np.random.default_rng(3)
    towns = rng.uniform(0, 100, (60, 2))
    d, p = (towns[rng.integers(0, 60, n)] + rng.normal(0, 6, (n, 2)) for n in (10_000, 1_000))
    return pairs_in_plane(d, p, 7.6), rng.integers(1, 3_000, 10_000), rng.integers(1, 20, 1_000)


def agents_ours(measure: str) -> Any:
    """Rational agents: the published iteration, or the equilibrium with its proved gap."""
    from daremo.reach.access import access
    from daremo.reach.travel.pairs import pairs_of_matrix

    access(pairs_of_matrix([[1.0]]), [1.0], [1.0], measure=measure)  # type: ignore[arg-type]
    pairs, demand, supply = county()
    seconds, told = timed(lambda: access(pairs, demand, supply, measure=measure, tau=5.0))  # type: ignore[arg-type]
    print(f"    {measure}: {pairs.n_trips:,} trips, proved gap {told.gap_share:.1e}", flush=True)
    return seconds, told.value_dg[:, 0]


def agents_pysal() -> Any:
    """The published iteration by PySAL."""
    import pandas
    from access.raam import raam

    pairs, demand, supply = county()
    trips = pandas.DataFrame({"origin": pairs.demand(), "dest": pairs.place, "cost": pairs.cost})
    seconds, told = timed(
        lambda: raam(pandas.DataFrame({"demand": demand}), pandas.DataFrame({"supply": supply}), trips, tau=5.0)
    )
    return seconds, told.reindex(np.arange(demand.size)).fillna(np.inf).to_numpy()


# --- streets and timetables ------------------------------------------------------------------------------------------


def town() -> Any:
    """A town of 250,000 crossings, 20,000 homes and 300 places, all at crossings."""
    from daremo.reach.travel.streets import streets_of

    rng, n = np.random.default_rng(4), 500
    node = np.arange(n * n).reshape(n, n)
    tail, head = np.r_[node[:, :-1].ravel(), node[:-1].ravel()], np.r_[node[:, 1:].ravel(), node[1:].ravel()]
    lat, lon = 34 + (node // n).ravel() / 1_500, 134 + (node % n).ravel() / 1_250
    streets = streets_of(lat, lon, tail, head, rng.uniform(0.8, 1.6, tail.size), unit="min")
    return streets, rng.choice(n * n, 20_000, replace=False), rng.choice(n * n, 300, replace=False)


def streets_ours() -> Any:
    """Trips of at most 45 minutes along the streets, points set beside the nearest crossing."""
    from daremo.reach.travel.by_street import pairs_by_street
    from daremo.reach.travel.streets import streets_of

    pairs_by_street(streets_of([34, 34], [134, 134.1], [0], [1], [1.0], unit="min"), [34], [134], [34], [134], limit=9)
    streets, d, p = town()
    lat, lon = streets.latitude_n, streets.longitude_n
    seconds, told = timed(
        lambda: pairs_by_street(streets, lat[d], lon[d], lat[p], lon[p], limit=45.0, snap="node").pairs
    )
    return seconds, np.array([told.n_trips, told.cost.sum()])


def streets_scipy() -> Any:
    """The same by SciPy's Dijkstra with the same limit, from the places."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    streets, d, p = town()
    n = streets.n_nodes

    def work() -> Floats:
        graph = coo_array((streets.along_e, (streets.tail_e, streets.head_e)), shape=(n, n)).tocsr()
        found = np.concatenate(
            [dijkstra(graph, directed=False, indices=p[k : k + 50], limit=45.0)[:, d] for k in range(0, p.size, 50)]
        )
        near = np.isfinite(found)
        return np.array([near.sum(), found[near].sum()])

    return timed(work)


def buses_ours() -> Any:
    """180 departures from each of 500 homes to 100 places over 400 bus lines; a line of stops in both directions."""
    import datetime

    from daremo.reach.travel.by_timetable import pairs_by_timetable
    from daremo.reach.travel.legs import legs_by_distance
    from daremo.reach.travel.timetable import Timetable

    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(34.15, 34.4, 2_000), rng.uniform(133.9, 134.2, 2_000)
    line_start, stops, trips, begins, times, used = [0], [], [], [], [], 0
    for _ in range(400):
        a, b = rng.uniform([34.15, 133.9], [34.4, 134.2]), rng.uniform([34.15, 133.9], [34.4, 134.2])
        spots = a + (b - a) * np.linspace(0, 1, 30)[:, None]
        near = ((lat - spots[:, :1]) ** 2 + (lon - spots[:, 1:]) ** 2).argmin(axis=1)
        near = near[np.r_[True, near[1:] != near[:-1]]]
        leaves = np.arange(6 * 3_600, 22 * 3_600, rng.integers(20, 60) * 60)
        for path in (near, near[::-1]):
            hop = np.r_[0, np.cumsum(rng.integers(60, 150, path.size - 1))]
            line_start.append(line_start[-1] + path.size)
            stops.append(path)
            trips.append(leaves.size)
            begins.append(used)
            times.append((leaves[:, None] + hop).ravel())
            used += leaves.size * path.size
    stop, when = np.concatenate(stops), np.concatenate(times).astype(float)
    every = np.ones(stop.size, bool)
    table = Timetable(
        tuple(map(str, range(lat.size))), lat, lon, np.array(line_start), stop, every, every, np.array(trips),
        np.array(begins), when, when, (), datetime.date(2026, 1, 5), (),
    )  # fmt: skip
    home, place = (rng.uniform([34.15, 133.9], [34.4, 134.2], (k, 2)).T for k in (500, 100))
    pairs_by_timetable(table, legs_by_distance(table, *home[:, :1], *place))
    seconds, told = timed(lambda: pairs_by_timetable(table, legs_by_distance(table, *home, *place)))
    print(f"    {when.size:,} calls of {sum(trips):,} trips; {told.median.n_trips:,} pairs by the median", flush=True)
    return seconds, np.zeros(1)


# --- one process a line ----------------------------------------------------------------------------------------------


def child(name: str, arguments: tuple[Any, ...], pipe: Any) -> None:
    """One question in its own process: seconds, most memory (MB), answer."""
    warnings.simplefilter("ignore")
    seconds, answer = globals()[name](*arguments)
    pipe.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, answer))


def run(label: str, name: str, *arguments: Any) -> tuple[float, Floats]:
    """Ask in a child and print."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=child, args=(name, arguments, there))
    process.start()
    seconds, memory, answer = here.recv()
    process.join()
    print(f"  {label:<44}{seconds:9.3f} s {memory:7.0f} MB", flush=True)
    return seconds, answer


def beside(ours: tuple[float, Floats], theirs: tuple[float, Floats]) -> None:
    """Ratio of the seconds and largest difference of the answers."""
    a, b = ours[1], theirs[1]
    finite = np.isfinite(a) & np.isfinite(b)
    off = (np.abs(a[finite] - b[finite]) / np.maximum(1e-300, np.abs(b[finite]))).max()
    print(f"  theirs / ours {theirs[0] / ours[0]:,.1f}, largest difference {off:.1e}", flush=True)


def main() -> None:
    """Run and print."""
    print("CPU seconds and most memory, one process a line; compilation excluded")
    print(f"Trips of {CELLS:,} cells of 500 m to {PLACES:,} places within 2, 3.5 or 5 km")
    ours = run("daremo, plane", "trips_ours")
    print(f"    {int(ours[1][0]):,} trips")
    run("daremo, globe", "trips_on_globe")
    beside(ours, run("SciPy query_ball_point", "trips_scipy"))
    print("Measures on these trips")
    total = 0.0
    for measure in ("2sfca", "e2sfca", "gravity"):
        ours = run(f"daremo {measure}", "measure_ours", measure)
        beside(ours, run(f"PySAL access {measure}", "measure_pysal", measure))
        total += ours[0]
    print(f"  daremo, the three together {total:.3f} s")
    print("Rational agents, 10,000 points x 1,000 places")
    published = run("daremo, published iteration", "agents_ours", "raam-cycles")
    exact = run("daremo, equilibrium with proof", "agents_ours", "raam")
    peer = run("PySAL access", "agents_pysal")
    beside(published, peer)
    print(f"  PySAL / daremo's equilibrium {peer[0] / exact[0]:,.1f} (PySAL's answer is not at equilibrium)")
    print("Streets: 250,000 crossings, 20,000 homes, 300 places, at most 45 minutes")
    ours = run("daremo, bounded Dijkstra", "streets_ours")
    beside(ours, run("SciPy dijkstra(limit=45)", "streets_scipy"))
    print("Timetables: 180 departures, 500 homes x 100 places (no peer without Java)")
    run("daremo, rounds by rides", "buses_ours")


if __name__ == "__main__":
    main()
