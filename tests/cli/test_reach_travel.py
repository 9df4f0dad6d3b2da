"""``daremo reach`` along streets and by timetable: the same question, other trips; nobody out of reach is dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ran
from tests.reach.travel.feeds import write

STOPS = "stop_id,stop_lat,stop_lon\na,34.0,134.0\nb,34.0,134.1\n"
TRIPS = "route_id,service_id,trip_id\nr,wd,t1\nr,wd,t2\n"
TIMES = (
    "trip_id,stop_id,stop_sequence,arrival_time,departure_time\n"
    "t1,a,1,7:30:00,7:30:00\nt1,b,2,7:45:00,7:45:00\nt2,a,1,8:30:00,8:30:00\nt2,b,2,8:45:00,8:45:00\n"
)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Two points and one place; a road of 12 km that the crow would fly in 9."""
    (tmp_path / "demand.csv").write_text("id,lat,lon,need\nnear,34.0,134.0,5\nfar,34.5,134.0,7\n")
    (tmp_path / "places.csv").write_text("id,lat,lon\nhall,34.0,134.1\n")
    (tmp_path / "nodes.csv").write_text("node,latitude,longitude\n1,34.0,134.0\n2,34.0,134.1\n")
    (tmp_path / "edges.csv").write_text("from,to,length_km\n1,2,12\n")
    return tmp_path


def nearest(daremo: Callable[..., Ran], files: Path, *options: object) -> Ran:
    return daremo(
        "reach", "access", files / "demand.csv", files / "places.csv", "--method", "nearest", *options, "--json"
    )


def test_streets_are_longer_than_the_crow_flies(files: Path, daremo: Callable[..., Ran]):
    crow = nearest(daremo, files, "--radius-km", 20).json["areas"][0]["access"][0]
    road = nearest(
        daremo, files, "--radius-km", 20, "--streets", files / "edges.csv", "--street-nodes", files / "nodes.csv"
    ).json
    assert 9 < crow < 9.5 and road["areas"][0]["access"][0] == pytest.approx(12)
    assert road["unreachable"]["ids"] == ["far"]


def test_a_detour_makes_straight_lines_longer(files: Path, daremo: Callable[..., Ran]):
    one, more = (nearest(daremo, files, "--radius-km", 20, "--detour", d).json["value"] for d in (1, 1.5))
    assert more == pytest.approx(1.5 * one)


def test_by_bus_the_wait_counts_and_the_day_must_be_told(files: Path, daremo: Callable[..., Ran]):
    feed = write(files / "feed", stops=STOPS, trips=TRIPS, stop_times=TIMES)
    common = ("--timetable", feed, "--within-min", 90)
    minutes = {
        wait: nearest(daremo, files, *common, "--date", "20260105", "--wait", wait).json["areas"][0]["access"][0]
        for wait in ("best", "median")
    }
    assert 15 <= minutes["best"] < 20 and minutes["median"] > minutes["best"]
    assert nearest(daremo, files, *common).json["error"]["code"] == "no-date"
    assert nearest(daremo, files, "--timetable", feed, "--date", "20260105").json["error"]["code"] == "no-limit"
    assert nearest(daremo, files, "--timetable", feed, "--radius-km", 5).json["error"]["code"] == "no-minutes"


def test_streets_without_nodes_or_in_another_unit_are_told(files: Path, daremo: Callable[..., Ran]):
    assert nearest(daremo, files, "--streets", files / "edges.csv").json["error"]["code"] == "no-street-nodes"
    wrong = nearest(
        daremo, files, "--within-min", 9, "--streets", files / "edges.csv", "--street-nodes", files / "nodes.csv"
    )
    assert wrong.json["error"]["code"] == "wrong-unit"


def test_coordinates_of_two_kinds_do_not_mix(files: Path, daremo: Callable[..., Ran]):
    (files / "places.csv").write_text("id,x,y\nhall,1,2\n")
    assert nearest(daremo, files, "--radius-km", 5).json["error"]["code"] == "mixed-coordinates"
