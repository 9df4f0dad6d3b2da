"""Feeds with the faults that real ones have, and the timetable of a day."""

from __future__ import annotations

import datetime
import zipfile

import numpy as np
import pytest

from daremo.kernel.errors import Infeasible, InputError
from daremo.reach.travel.feed import read_feed
from daremo.reach.travel.timetable import services_on, timetable_on
from tests.reach.travel.feeds import MONDAY, write

STOPS = "stop_id,stop_name,stop_lat,stop_lon\na,甲,34.0,134.0\nb,乙,34.0,134.1\nc,丙,34.0,134.4\n"
TRIPS = "route_id,service_id,trip_id\nr,wd,t1\n"
TIMES = (
    "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "t1,7:00:00,7:00:00,a,1\nt1,7:10:00,7:11:00,b,2\nt1,7:40:00,7:40:00,c,3\n"
)


def day(tmp_path, date=MONDAY, **tables):
    return timetable_on(
        read_feed(write(tmp_path / "f", **{"stops": STOPS, "trips": TRIPS, "stop_times": TIMES} | tables)), date
    )


def told(timetable):
    return [(p.file, p.severity) for p in timetable.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_any_encoding_is_read(tmp_path, encoding):
    feed = read_feed(write(tmp_path, encoding, stops=STOPS, trips=TRIPS, stop_times=TIMES))
    assert feed.stop_id == ("a", "b", "c") and feed.problems == ()


@pytest.mark.parametrize("inner", ["", "feed/", "a/b/"])
def test_a_zip_is_read_wherever_the_tables_are_in_it(tmp_path, inner):
    write(tmp_path / "f", stops=STOPS, trips=TRIPS, stop_times=TIMES)
    with zipfile.ZipFile(tmp_path / "feed.zip", "w") as z:
        for p in (tmp_path / "f").glob("*.txt"):
            z.write(p, inner + p.name.upper().replace(".TXT", ".txt"))
            z.writestr("__MACOSX/" + p.name, "rubbish")
    assert timetable_on(read_feed(tmp_path / "feed.zip"), MONDAY).n_trips == 1


def test_times_are_seconds_and_may_pass_midnight(tmp_path):
    times = TIMES.replace("7:40:00,7:40:00", "25:40:00,２５：４１：００")
    got = day(tmp_path, stop_times=times)
    assert got.arrive.tolist() == [25200, 25800, 92400] and got.leave.tolist() == [25200, 25860, 92460]


def test_a_trip_of_the_night_before_runs_into_the_day(tmp_path):
    got = day(tmp_path, MONDAY + datetime.timedelta(days=1), stop_times=TIMES.replace("7:40", "25:40"))
    assert got.n_trips == 2 and sorted(got.arrive[2::3].tolist()) == [92400 - 86400, 92400]


def test_blank_times_are_filled_in_by_distance_along_the_line(tmp_path):
    times = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled\n"
        "t1,7:00:00,7:00:00,a,1,0\nt1,,,b,2,30\nt1,7:40:00,7:40:00,c,3,40\n"
    )
    assert day(tmp_path, stop_times=times).arrive.tolist() == [25200, 25200 + 1800, 25200 + 2400]


def test_blank_times_without_distances_are_filled_in_straight_between_stops(tmp_path):
    times = TIMES.replace("7:10:00,7:11:00", ",")
    assert day(tmp_path, stop_times=times).arrive.tolist() == pytest.approx(
        [25200, 25200 + 600, 25200 + 2400], abs=0.01
    )


def test_blank_times_at_stops_of_unknown_place_are_filled_in_evenly(tmp_path):
    got = day(tmp_path, stop_times=TIMES.replace("7:10:00,7:11:00", ","), stops=STOPS.replace("34.0,134.1", ","))
    assert got.arrive.tolist() == [25200, 25200 + 1200, 25200 + 2400]
    assert np.isnan(got.latitude_s).tolist() == [False, True, False] and told(got) == [("stops.txt", "warning")]


def test_one_of_arrival_and_departure_is_enough(tmp_path):
    got = day(tmp_path, stop_times=TIMES.replace("7:10:00,7:11:00", ",7:11:00"))
    assert got.arrive[1] == got.leave[1] == 7 * 3600 + 660


@pytest.mark.parametrize(
    "change",
    [
        ("7:00:00,7:00:00", ","),
        ("7:40:00,7:40:00", ","),
        ("7:40:00,7:40:00", "7:05:00,7:05:00"),
        ("7:11:00", "7:09:00"),
    ],
)
def test_a_trip_whose_times_make_no_sense_is_not_used_and_told(tmp_path, change):
    trips, times = TRIPS + "r,wd,t2\n", TIMES.replace(*change) + TIMES.split("\n", 1)[1].replace("t1", "t2")
    got = day(tmp_path, trips=trips, stop_times=times)
    assert got.n_trips == 1 and told(got) == [("stop_times.txt", "warning")]


def test_rows_of_unknown_trips_and_stops_and_unreadable_times_are_told(tmp_path):
    times = TIMES + "t9,8:00:00,8:00:00,a,1\nt1,7:50:00,7:50:00,zz,4\nt1,noon,noon,b,2.5\n"
    got = day(tmp_path, stop_times=times)
    assert got.n_trips == 1 and len(got.problems) == 4 and got.stop_c.tolist() == [0, 1, 1, 2]


def test_calls_are_put_in_the_order_of_their_numbers(tmp_path):
    head, *rows = TIMES.strip().split("\n")
    times = "\n".join([head, *reversed(rows)]).replace(",3\n", ",10\n")
    assert day(tmp_path, stop_times=times).stop_c.tolist() == [0, 1, 2]


def test_calendar_dates_alone_say_when_it_runs(tmp_path):
    dates = "service_id,date,exception_type\nwd,20260105,1\nwd,2026/1/6,1\nwd,20260107,2\n"
    feed = read_feed(write(tmp_path, stops=STOPS, trips=TRIPS, stop_times=TIMES, calendar="", calendar_dates=dates))
    runs = [bool(services_on(feed, MONDAY + datetime.timedelta(days=i))) for i in range(4)]
    assert runs == [True, True, False, False]


def test_exceptions_add_to_the_calendar_and_take_away_from_it(tmp_path):
    dates = "service_id,date,exception_type\nwd,20260105,2\nwe,20260105,1\nwd,someday,1\n"
    feed = read_feed(write(tmp_path, stops=STOPS, trips=TRIPS, stop_times=TIMES, calendar_dates=dates))
    assert services_on(feed, MONDAY) == {"we"} and services_on(feed, MONDAY + datetime.timedelta(days=1)) == {"wd"}
    assert [p.file for p in feed.problems] == ["calendar_dates.txt"]


def test_a_day_without_service_names_one_with(tmp_path):
    with pytest.raises(Infeasible) as e:
        day(tmp_path, datetime.date(2026, 1, 4))
    assert "2026-01-05" in e.value.fix


def test_a_feed_long_out_of_date_says_so(tmp_path):
    with pytest.raises(Infeasible, match="no-service-on-date"):
        day(tmp_path, datetime.date(2035, 1, 1))


def test_trips_by_headway_leave_at_every_headway(tmp_path):
    frequencies = "trip_id,start_time,end_time,headway_secs\nt1,8:00:00,9:00:00,1200\nt1,9:00:00,10:00:00,1800\n"
    got = day(tmp_path, frequencies=frequencies)
    assert (got.leave[::3] / 60).tolist() == [480, 500, 520, 540, 570] and got.n_trips == 5
    assert (got.arrive[2::3] - got.leave[::3]).tolist() == [2400] * 5


def test_no_trip_of_a_line_overtakes_another(tmp_path):
    trips = TRIPS + "".join(f"r,wd,x{i}\n" for i in range(3))
    slow = "x0,7:05:00,7:05:00,a,1\nx0,7:50:00,7:50:00,b,2\nx0,8:00:00,8:00:00,c,3\n"
    fast = "x1,7:20:00,7:20:00,a,1\nx1,7:25:00,7:25:00,b,2\nx1,7:30:00,7:30:00,c,3\n"
    last = "x2,8:20:00,8:20:00,a,1\nx2,8:25:00,8:25:00,b,2\nx2,8:30:00,8:30:00,c,3\n"
    got = day(tmp_path, trips=trips, stop_times=TIMES + slow + fast + last)
    assert sorted(got.trips_l.tolist()) == [1, 3]
    for line in range(got.trips_l.size):
        n = 3
        times = got.arrive[got.time_start[line] :][: n * got.trips_l[line]].reshape(-1, n)
        assert (np.diff(times, axis=0) >= 0).all()


def test_a_platform_without_place_takes_its_stations(tmp_path):
    stops = "stop_id,stop_lat,stop_lon,parent_station\na,,,st\nb,34.0,134.1,\nc,34.0,134.4,\nst,34.5,134.5,\n"
    assert day(tmp_path, stops=stops).latitude_s.tolist() == [34.5, 34.0, 34.0, 34.5]


def test_what_is_missing_is_told_all_at_once(tmp_path):
    with pytest.raises(InputError) as e:
        read_feed(write(tmp_path, stops="stop_name\nx\n", trips="trip_id\n", calendar=""))
    assert len(e.value.problems) == 5


@pytest.mark.parametrize("make", ["absent", "no zip"])
def test_what_is_no_feed_is_told(tmp_path, make):
    path = tmp_path / "feed.zip"
    if make == "no zip":
        path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="unreadable-feed"):
        read_feed(path)


def test_stops_and_trips_listed_twice_count_once_and_are_told(tmp_path):
    got = day(tmp_path, stops=STOPS + "a,甲,35,135\n", trips=TRIPS + "r,wd,t1\n")
    assert got.n_trips == 1 and told(got) == [("stops.txt", "warning"), ("trips.txt", "warning")]
