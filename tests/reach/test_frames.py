"""GeoDataFrames in and out: any coordinate system, areas or points, and a plain word where geopandas is missing."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest
import shapely

from daremo.kernel.errors import SetupError, UsageError
from daremo.reach.everybody import cover_everybody
from daremo.reach.frames import nearest_open, open_frame, points_of_frame, served_frame
from daremo.reach.travel.points import pairs_by_distance

geopandas = pytest.importorskip("geopandas")


def frames() -> tuple[Any, Any]:
    demand = geopandas.GeoDataFrame(
        {"code": ["01", "02", "03"], "pop": [4, 5, 6]},
        geometry=[shapely.Point(133.50, 34.50), shapely.Point(133.51, 34.50), shapely.Point(139.0, 36.0)],
        crs="EPSG:4326",
    )
    places = geopandas.GeoDataFrame(
        {"name": ["局", "店"], "rent": [3.0, 1.0]},
        geometry=[shapely.Point(133.505, 34.50), shapely.Point(133.49, 34.50)],
        crs="EPSG:4326",
    )
    return demand, places


def test_a_projected_frame_and_one_in_degrees_mean_the_same_points():
    demand, _ = frames()
    plain = points_of_frame(demand, id="code", numbers={"need": "pop"})
    projected = points_of_frame(demand.to_crs("EPSG:6672"), id="code", numbers={"need": "pop"})
    assert plain.ids == ("01", "02", "03") and plain.need.tolist() == [4, 5, 6]
    assert np.allclose(plain.latitude, projected.latitude, atol=1e-8)


def test_an_area_is_taken_at_a_point_inside_it():
    ring = shapely.Polygon([(133, 34), (133.2, 34), (133.2, 34.2), (133.19, 34.2), (133.19, 34.01), (133, 34.01)])
    table = points_of_frame(geopandas.GeoDataFrame(geometry=[ring], crs="EPSG:4326"))
    assert ring.contains(shapely.Point(table.longitude[0], table.latitude[0]))


def test_an_answer_comes_back_as_frames():
    demand, places = frames()
    d, p = points_of_frame(demand), points_of_frame(places, name="name", numbers={"cost_yen": "rent"})
    pairs = pairs_by_distance(d.latitude, d.longitude, p.latitude, p.longitude, radius_km=1)
    answer = cover_everybody(pairs)
    chosen = open_frame(places, answer)
    assert chosen["name"].tolist() == ["局"] and chosen["number"].tolist() == [1] and chosen.crs == places.crs
    told = served_frame(demand, pairs, answer, p.names)
    assert told["place"].tolist()[:2] == ["局", "局"] and told["place"].isna().tolist() == [False, False, True]
    assert np.isinf(told["km"].iloc[2]) and told["pop"].tolist() == [4, 5, 6]


def test_columns_that_are_missing_or_no_numbers_are_told():
    demand, _ = frames()
    with pytest.raises(UsageError, match="no-frame-column"):
        points_of_frame(demand, numbers={"need": "people"})
    for bad in ([1, -1, 2], [1, np.nan, 2], ["a", "b", "c"]):
        with pytest.raises(UsageError, match="bad-frame-column"):
            points_of_frame(demand.assign(pop=bad), numbers={"need": "pop"})


def test_the_nearest_open_place_is_the_first_of_equals():
    from daremo.reach.travel.pairs import pairs_of_matrix

    place, cost = nearest_open(pairs_of_matrix([[2.0, 2.0, 1.0]]), (1, 0))
    assert (place.tolist(), cost.tolist()) == ([0], [2.0])
    assert nearest_open(pairs_of_matrix([[2.0]]), ())[0].tolist() == [-1]


def test_without_geopandas_one_command_is_named(monkeypatch: pytest.MonkeyPatch):
    demand, _ = frames()
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "geopandas":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SetupError) as e:
        points_of_frame(demand)
    assert e.value.fix == "pip install 'daremo[geo]'"
