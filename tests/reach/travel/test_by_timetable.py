"""Journeys of the round-based search against Dijkstra over every trip, departure by departure."""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daremo.kernel.errors import UsageError
from daremo.kernel.watch import Watch
from daremo.reach.travel.by_timetable import pairs_by_timetable
from daremo.reach.travel.feed import read_feed
from daremo.reach.travel.legs import Legs, legs_by_distance, legs_by_street
from daremo.reach.travel.pairs import pairs_of_matrix
from daremo.reach.travel.streets import streets_of
from daremo.reach.travel.timetable import timetable_on
from tests.reach.travel.feeds import MONDAY, naive_seconds, random_feed, write


def random_legs(rng, d, s, p):
    """Walks of whole and half minutes, each there by chance."""

    def walks(a, b, there):
        return pairs_of_matrix(np.where(rng.random((a, b)) < there, rng.integers(0, 16, (a, b)) / 2, np.inf), "min")

    change = walks(s, s, 0.3)
    off = change.demand() != change.place
    return Legs(walks(d, s, 0.5), change._kept(off), walks(s, p, 0.4), walks(d, p, 0.15))


def table(pairs):
    out = np.full((pairs.n_demand, pairs.n_places), np.inf)
    out[pairs.demand(), pairs.place] = pairs.cost
    return out


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 1_000_000), st.integers(0, 4), st.sampled_from([0.0, 1.0, 2.5]))
def test_every_departure_arrives_when_dijkstra_over_all_trips_does(seed, most_rides, change_min):
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        feed = read_feed(random_feed(rng, Path(folder)))
    tuesday = bool(rng.random() < 0.5)
    timetable = timetable_on(feed, MONDAY + datetime.timedelta(days=tuesday))
    d, p, n_stops = 2, 3, len(feed.stop_id)
    legs = random_legs(rng, d, n_stops, p)
    begin, end = 418.0, 450.0
    every = float(rng.choice([1.0, 1.5, 5.0]))
    most = float(rng.choice([20.0, 45.0, 90.0]))
    got = pairs_by_timetable(
        timetable, legs, begin_min=begin, end_min=end, every_min=every, most_min=most, most_rides=most_rides,
        change_min=change_min,
    )  # fmt: skip
    # the trips of the day, and on a Tuesday Monday's that run past midnight; on Sundays nothing runs
    runs = [(t, shift) for t in range(len(feed.trip_id)) for shift in ([0.0, -86_400.0] if tuesday else [0.0])]
    for i in range(d):
        each = np.array(
            [
                naive_seconds(feed, runs, legs, i, t * 60, p, most_rides, most * 60, change_min * 60)
                for t in np.arange(begin, end, every)
            ]
        )
        with np.errstate(invalid="ignore"):
            assert np.array_equal(table(got.worst)[i], each.max(axis=0) / 60)
            assert np.array_equal(table(got.best)[i], each.min(axis=0) / 60)
            half = np.sort(each, axis=0)
            n = each.shape[0]
            assert np.array_equal(table(got.median)[i], (half[(n - 1) // 2] + half[n // 2]) / 2 / 60)


STOPS = "stop_id,stop_lat,stop_lon\na,34.0,134.0\nb,34.0,134.1\n"
TRIPS = "trip_id,service_id\nt1,wd\nt2,wd\n"
TIMES = (
    "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "t1,7:30:00,7:30:00,a,1\nt1,7:45:00,7:45:00,b,2\nt2,9:30:00,9:30:00,a,1\nt2,9:45:00,9:45:00,b,2\n"
)


def two_buses(tmp_path, **asked):
    """One home at stop a, one place at stop b, a bus at 7:30 and one at 9:30."""
    timetable = timetable_on(read_feed(write(tmp_path, stops=STOPS, trips=TRIPS, stop_times=TIMES)), MONDAY)
    legs = legs_by_distance(timetable, [34.0, 35.0], [134.0, 134.0], [34.0], [134.1])
    return pairs_by_timetable(timetable, legs, **{"most_min": 150, "end_min": 570.5, **asked})


def test_whoever_just_misses_the_bus_waits_for_the_next(tmp_path):
    got = two_buses(tmp_path)
    assert got.best.cost.tolist() == [15.0] and got.worst.cost.tolist() == [119 + 15]
    # 151 departures from 7:00 to 9:30: half of them wait at most the median
    waits = [(450 if t <= 450 else 570) - t + 15 for t in range(420, 571)]
    assert got.median.cost.tolist() == [np.median(waits)]


def test_after_the_last_bus_nobody_arrives_and_the_worst_says_so(tmp_path):
    got = two_buses(tmp_path, end_min=600)
    assert got.best.n_trips == got.median.n_trips == 1 and got.worst.unreachable().tolist() == [0, 1]


def test_who_has_no_stop_nearby_is_listed_and_not_dropped(tmp_path):
    got = two_buses(tmp_path)
    assert got.stranded.tolist() == [1] and got.best.unreachable().tolist() == [1] and got.best.n_demand == 2
    assert got.as_dict()["without_stop"] == [1]


def test_a_walk_that_beats_the_bus_is_taken(tmp_path):
    timetable = timetable_on(read_feed(write(tmp_path, stops=STOPS, trips=TRIPS, stop_times=TIMES)), MONDAY)
    legs = legs_by_distance(timetable, [34.0], [134.0], [34.0], [134.005])
    got = pairs_by_timetable(timetable, legs)
    assert got.best.cost.tolist() == got.worst.cost.tolist() == pytest.approx([0.461 * 1.3 / 4 * 60], rel=1e-3)


def test_walks_along_streets_serve_as_well(tmp_path):
    timetable = timetable_on(read_feed(write(tmp_path, stops=STOPS, trips=TRIPS, stop_times=TIMES)), MONDAY)
    streets = streets_of([34.0, 34.0], [134.0, 134.1], [0], [1], [140.0], unit="min")
    legs = legs_by_street(timetable, streets, [34.0], [134.002], [34.0], [134.1], most_direct_min=0)
    got = pairs_by_timetable(timetable, legs, most_min=150)
    # 2.8 minutes to the stop; people leave at whole minutes and wait 0.2 minutes
    assert legs.to_stop.cost[0] == pytest.approx(2.8, abs=1e-3) and got.best.cost.tolist() == [18.0]


def test_streets_in_km_are_no_walks(tmp_path):
    timetable = timetable_on(read_feed(write(tmp_path, stops=STOPS, trips=TRIPS, stop_times=TIMES)), MONDAY)
    with pytest.raises(UsageError, match="bad-streets"):
        legs_by_street(timetable, streets_of([34, 34], [134, 135], [0], [1], [1.0]), [34], [134], [34], [134])


@pytest.mark.parametrize("kind, there", [("2,600", True), ("3,", False), ("0,", True)])
def test_what_the_feed_says_about_changes_goes_before(tmp_path, kind, there):
    stops = STOPS + "c,34.0,134.1005\nd,34.0,134.2\n"
    times = TIMES + "t3,7:50:00,7:50:00,c,1\nt3,8:00:00,8:00:00,d,2\nt4,8:50:00,8:50:00,c,1\nt4,9:00:00,9:00:00,d,2\n"
    trips = TRIPS + "t3,wd\nt4,wd\n"
    transfers = f"from_stop_id,to_stop_id,transfer_type,min_transfer_time\nb,c,{kind}\n"
    feed = read_feed(write(tmp_path, stops=stops, trips=trips, stop_times=times, transfers=transfers))
    timetable = timetable_on(feed, MONDAY)
    legs = legs_by_distance(timetable, [34.0], [134.0], [34.0], [134.2])
    got = pairs_by_timetable(timetable, legs, most_min=150, begin_min=450, end_min=451)
    assert got.best.cost.tolist() == ([90.0] if kind == "2,600" else [30.0] if there else [])


def test_a_stopped_search_gives_what_it_has_and_says_so(tmp_path):
    got = two_buses(tmp_path, watch=Watch(stop=lambda: True))
    assert not got.finished and got.done == 0 and got.best.n_demand == 2


@pytest.mark.parametrize(
    "change", [{"end_min": 400}, {"every_min": 0}, {"most_min": -1}, {"most_rides": -1}, {"change_min": np.nan}]
)
def test_a_window_that_cannot_be_is_refused(tmp_path, change):
    with pytest.raises(UsageError):
        two_buses(tmp_path, **change)


def test_legs_of_another_timetable_are_refused(tmp_path):
    timetable = timetable_on(read_feed(write(tmp_path, stops=STOPS, trips=TRIPS, stop_times=TIMES)), MONDAY)
    with pytest.raises(UsageError, match="bad-pairs"):
        pairs_by_timetable(timetable, random_legs(np.random.default_rng(1), 2, 5, 1))
