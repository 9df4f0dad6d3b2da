"""Questions in any of the written forms: published instances, tables of trips, tables of points, regions."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from daremo.cli.reach.given import Given, read_given

if TYPE_CHECKING:
    from daremo.reach.read.instance import Instance
    from daremo.reach.read.tables import PointTable
    from daremo.reach.travel.pairs import Pairs


def read_any(demand: Path, places: Path | None, kind: str, asked: dict[str, Any]) -> tuple[Given, Instance | None]:
    """The question, and the instance where it is a published one; without a radius every trip counts."""
    from daremo.reach.read.trips import holds_trips

    kind = recognise(demand) if kind == "auto" else kind
    if kind in ("orlib", "tsplib"):
        return read_instance(demand, kind)
    if places is None and not demand.is_dir() and holds_trips(demand):
        return read_trip_table(demand, good_rows=bool(asked.get("skip_bad_rows"))), None
    return read_given(demand, places, asked, radius=False), None


def recognise(path: Path) -> str:
    """Which of the formats a file is, by its content."""
    if path.is_dir() or not path.is_file():
        return "csv"
    with path.open("rb") as f:
        head = f.read(4096)
    if re.search(rb"^\s*(DIMENSION|EDGE_WEIGHT_TYPE|NODE_COORD_SECTION)\b", head, re.MULTILINE):
        return "tsplib"
    if re.fullmatch(rb"[\s\d.+-]+", head) and len(head.split()) >= 3:
        return "orlib"
    return "csv"


def read_instance(path: Path, kind: str) -> tuple[Given, Instance]:
    """A published instance as a question: every point is demand and place at once.

    Parameters
    ----------
    kind : {"orlib", "tsplib"}
    """
    from daremo.reach.read.orlib import read_orlib
    from daremo.reach.read.tsplib import read_tsplib

    found = read_orlib(path) if kind == "orlib" else read_tsplib(path)
    points = _bare(str(path), tuple(str(k + found.first) for k in range(found.n)), found.xy, np.ones(found.n))
    asked = {"format": kind, "name": found.name, "published": found.published}
    return Given(points, points, _every_trip(found.cost_dp), float("inf"), asked, found.first), found


def _every_trip(cost_dp: NDArray[np.float64]) -> Pairs:
    """All finite entries of a table as trips; it is in order already, so nothing is sorted."""
    from daremo.reach.travel.pairs import Pairs

    n, p = cost_dp.shape
    finite = np.isfinite(cost_dp)
    start = np.r_[0, np.cumsum(finite.sum(axis=1), dtype=np.int64)]
    place = np.broadcast_to(np.arange(p, dtype=np.int32), (n, p))
    return Pairs(start, place[finite], cost_dp[finite], p)


def read_trip_table(path: Path, *, good_rows: bool) -> Given:
    """A long table of trips as a question; its points have no coordinates."""
    from daremo.reach.read.trips import read_trips

    found = read_trips(path, good_rows=good_rows)
    d = _bare(str(path), found.demand_ids, None, found.weight)
    p = _bare(str(path), found.place_ids, None, np.ones(len(found.place_ids)))
    return Given(replace(d, problems=found.problems), p, found.pairs, float("inf"), {"format": "trips"})


def _bare(file: str, ids: tuple[str, ...], xy: NDArray[np.float64] | None, need: NDArray[np.float64]) -> PointTable:
    """Points of which little more than the names is known."""
    from daremo.reach.read.tables import PointTable

    nowhere = np.full(len(ids), np.nan)
    y, x = (nowhere, nowhere) if xy is None else (xy[:, 1], xy[:, 0])
    rows = np.arange(len(ids), dtype=np.int64) + 1
    return PointTable(file, ids, ids, y, x, True, {"need": need}, {}, {}, rows, (), True)
