"""GeoDataFrames in and out: the tables that people of geopandas and PySAL already hold, through the extra ``geo``.

Any coordinate system will do: points are taken to latitude and longitude, areas to a point inside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import SetupError, UsageError
from daremo.reach.model import Answer
from daremo.reach.read.tables import PointTable
from daremo.reach.travel.pairs import Pairs

Float = NDArray[np.float64]
#: Latitude and longitude.
WGS84 = "EPSG:4326"


def _geopandas() -> Any:
    """The library, imported when first needed.

    Raises
    ------
    SetupError
        ``no-geopandas`` where it is not installed.
    """
    try:
        import geopandas
    except ImportError as e:
        raise SetupError(
            "no-geopandas", "GeoDataFrame を扱う部品（geopandas）がありません", "pip install 'daremo[geo]'"
        ) from e
    return geopandas


def points_of_frame(
    frame: Any,
    *,
    id: str | None = None,
    name: str | None = None,
    numbers: Mapping[str, str] | None = None,
    words: Mapping[str, str] | None = None,
) -> PointTable:
    """Demand points or places from a GeoDataFrame.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Without a coordinate system it is taken to be in degrees.
    id, name : str, optional
        Columns with the name for machines and for people; default the index.
    numbers, words : Mapping of str to str, optional
        Our columns and theirs, e.g. ``{"need": "pop65", "cost_yen": "rent"}``, ``{"organisation": "owner"}``.

    Returns
    -------
    PointTable
        `latitude` and `longitude` of shape (points,), degrees; NaN where a row has no geometry.

    Raises
    ------
    SetupError
        Where geopandas is not installed.
    UsageError
        Where a column is missing or a number is negative or none.

    Examples
    --------
    >>> import geopandas, shapely
    >>> frame = geopandas.GeoDataFrame({"pop": [5.0]}, geometry=[shapely.Point(133.5, 34.5)], crs="EPSG:4326")
    >>> table = points_of_frame(frame, numbers={"need": "pop"})
    >>> table.latitude.tolist(), table.need.tolist(), table.ids
    ([34.5], [5.0], ('0',))
    """
    _geopandas()
    wanted = [c for c in (id, name, *(numbers or {}).values(), *(words or {}).values()) if c is not None]
    if missing := [c for c in wanted if c not in frame.columns]:
        told = "・".join(map(str, list(frame.columns)[:12]))
        raise UsageError("no-frame-column", f"「{'・'.join(missing)}」という列がありません", f"使える列: {told}")
    inside = frame.geometry.representative_point()
    if frame.crs is not None:
        inside = inside.to_crs(WGS84)
    ids = tuple(str(x) for x in (frame.index if id is None else frame[id]))
    n = len(ids)
    return PointTable(
        "GeoDataFrame",
        ids,
        ids if name is None else tuple(str(x) for x in frame[name]),
        np.asarray(inside.y, np.float64),
        np.asarray(inside.x, np.float64),
        False,
        {ours: _numbers(frame[theirs], theirs) for ours, theirs in (numbers or {}).items()},
        {ours: tuple("" if x is None else str(x) for x in frame[theirs]) for ours, theirs in (words or {}).items()},
        {},
        np.arange(n, dtype=np.int64),
        (),
        id is not None,
    )


def _numbers(column: Any, name: str) -> Float:
    """A column as numbers, shape (rows,), each not below 0."""
    try:
        values = np.asarray(column, np.float64)
    except (TypeError, ValueError):
        values = np.array([np.nan])
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise UsageError(
            "bad-frame-column", f"列「{name}」に、負の数か数でない値があります", "0以上の数を入れてください"
        )
    return values


def open_frame(places: Any, answer: Answer) -> Any:
    """The open places as a GeoDataFrame: the rows asked about, in their own coordinate system.

    Parameters
    ----------
    places : geopandas.GeoDataFrame
        One row a place, in the order of the question.
    answer : Answer

    Returns
    -------
    geopandas.GeoDataFrame
        `number` counts from 1, as on the map.
    """
    _geopandas()
    out = places.iloc[list(answer.open)].copy()
    out.insert(0, "number", range(1, len(out) + 1))
    return out


def served_frame(demand: Any, pairs: Pairs, answer: Answer, place_ids: Sequence[str] | None = None) -> Any:
    """The demand as a GeoDataFrame with the nearest open place of each row.

    Parameters
    ----------
    demand : geopandas.GeoDataFrame
        One row a demand point, in the order of the question.
    pairs : Pairs
        Trips of the question, km or minutes.
    answer : Answer
    place_ids : sequence of str, optional
        Names of the places; default their positions.

    Returns
    -------
    geopandas.GeoDataFrame
        With ``place`` (None where no open place is in reach) and ``km`` or ``min`` (infinite there).
    """
    _geopandas()
    place_d, cost_d = nearest_open(pairs, answer.open)
    names = [None if p < 0 else (str(p) if place_ids is None else place_ids[p]) for p in place_d]
    return demand.assign(**{"place": names, pairs.unit: cost_d})


def nearest_open(pairs: Pairs, open_: Sequence[int]) -> tuple[NDArray[np.int64], Float]:
    """Nearest open place of each demand point, the first of equals.

    Parameters
    ----------
    pairs : Pairs
    open_ : sequence of int, index

    Returns
    -------
    place_d : ndarray of int64, shape (demand,), index
        −1 where none is in reach.
    cost_d : ndarray, shape (demand,), km or minutes
        Infinite there.

    Examples
    --------
    >>> from daremo.reach.travel.pairs import pairs_of_matrix
    >>> place, cost = nearest_open(pairs_of_matrix([[1.0, 2.0], [float("inf"), 5.0], [float("inf"), float("inf")]]), [1])
    >>> place.tolist(), cost.tolist()
    ([1, 1, -1], [2.0, 5.0, inf])
    """
    is_open = np.zeros(pairs.n_places, bool)
    is_open[list(open_)] = True
    trips = np.flatnonzero(is_open[pairs.place])
    who = pairs.demand()[trips]
    order = np.lexsort((pairs.place[trips], pairs.cost[trips], who))
    first_of, first = np.unique(who[order], return_index=True)
    place_d, cost_d = np.full(pairs.n_demand, -1, np.int64), np.full(pairs.n_demand, np.inf)
    chosen = trips[order[first]]
    place_d[first_of], cost_d[first_of] = pairs.place[chosen], pairs.cost[chosen]
    return place_d, cost_d
