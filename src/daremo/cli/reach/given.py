"""From files and options to a question: demand, places, trips and conditions, and a record of how they came about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from daremo.cli.reach.trips import longest, trips
from daremo.kernel.errors import Infeasible, Problem, UsageError

if TYPE_CHECKING:
    from daremo.reach.model import Conditions
    from daremo.reach.read.tables import PointTable
    from daremo.reach.travel.pairs import Pairs


@dataclass(frozen=True, slots=True)
class Given:
    """A question as read.

    Attributes
    ----------
    demand, places : PointTable
    pairs : Pairs
        Trips up to the limit; a demand point without coordinates has none.
    limit : float, km or minutes
        Infinite where none was asked for.
    asked : dict
        Options that shaped the question, for the record.
    first : int, optional
        For a published instance: number of its first point; places are then told by number, not by id.
    """

    demand: PointTable
    places: PointTable
    pairs: Pairs
    limit: float
    asked: dict[str, Any]
    first: int | None = None

    @property
    def drawable(self) -> bool:
        """Whether any point has coordinates, so that a map can be drawn."""
        d, p = self.demand, self.places
        return bool(np.isfinite(d.latitude).any() or np.isfinite(p.latitude).any())

    def place_names(self, index: Iterable[int]) -> list[str] | list[int]:
        """Places as the file names them."""
        if self.first is not None:
            return [int(k) + self.first for k in index]
        return [self.places.ids[k] for k in index]

    @property
    def problems(self) -> tuple[Problem, ...]:
        return (*self.demand.problems, *self.places.problems)


def read_given(demand: Path, places: Path | None, asked: dict[str, Any], *, radius: bool = True) -> Given:
    """Read the files and find the trips.

    Parameters
    ----------
    demand, places : Path
        Tables, or region folders; without `places` the demand's own folder or file serves as both.
    asked : dict
        Options of `points`, `travel` and, where the verb has them, `cost`, `conditions`.
    radius : bool
        Whether the verb needs a longest trip.

    Raises
    ------
    UsageError, InputError
    """
    limit = longest(asked, needed=radius)
    need = str(asked.get("need") or "")
    good = bool(asked.get("skip_bad_rows"))
    d = read_demand(demand, need, good_rows=good)
    room = str(asked.get("capacity") or "")
    names = {
        "capacity": "" if re.fullmatch(r"[\d.eE+-]*", room) else room,
        "cost_yen": asked.get("cost"),
        "organisation": asked.get("organisation"),
        "municipality": asked.get("quota"),
    }
    p = read_places(places or demand, {k: str(v) for k, v in names.items() if v}, good_rows=good)
    if d.planar != p.planar:
        fix = "両方を緯度・経度か、両方を x・y（km）にしてください"
        raise UsageError("mixed-coordinates", "地点と施設で、座標の種類がちがいます", fix, f"{d.file} {p.file}")
    return Given(
        d,
        p,
        trips(d, p, limit, asked),
        limit,
        {k: _told(v) for k, v in asked.items() if v not in (None, (), False, "")},
    )


def read_demand(path: Path, need: str, *, good_rows: bool = False) -> PointTable:
    """Demand from a table or a region folder."""
    from daremo.reach.read.of_region import demand_of_region
    from daremo.reach.read.tables import read_points

    if path.is_dir():
        from daremo.region.model import load

        return demand_of_region(load(path), need)
    return read_points(path, "demand", need=need, good_rows=good_rows)


def read_places(path: Path, columns: dict[str, str], *, good_rows: bool = False) -> PointTable:
    """Places from a table or a region folder."""
    from daremo.reach.read.of_region import places_of_region
    from daremo.reach.read.tables import read_points

    if path.is_dir():
        from daremo.region.model import load

        return places_of_region(load(path))
    return read_points(path, "places", columns=columns, good_rows=good_rows)


def conditions_of(p: PointTable, asked: dict[str, Any]) -> Conditions:
    """Conditions from options and columns; places marked as existing stay open.

    Raises
    ------
    UsageError
        Where an id is unknown or both wanted and unwanted, or a column is missing.
    """
    from daremo.reach.model import Conditions

    index = {name: k for k, name in enumerate(p.ids)}
    must = {_place(index, name, "--must") for name in asked.get("must") or ()}
    never = {_place(index, name, "--never") for name in asked.get("never") or ()}
    if "existing" in p.marks:
        must |= set(np.flatnonzero(p.marks["existing"]).tolist()) - never
    if both := sorted(must & never):
        names = "・".join(p.ids[k] for k in both[:5])
        raise UsageError(
            "must-and-never", f"{names} が --must と --never の両方にあります", "どちらか一方にしてください"
        )
    most = asked.get("most_per_organisation")
    return Conditions(
        must=tuple(sorted(must)),
        never=tuple(sorted(never)),
        organisation_p=_groups(p, "organisation", "--organisation") if most is not None else None,
        most_per_organisation=most,
        quota_p=_groups(p, "municipality", "--quota") if asked.get("quota") else None,
        least_per_quota=int(asked.get("least_per_quota") or 0) if asked.get("quota") else 0,
        apart=_too_near(p, float(asked["apart_km"])) if asked.get("apart_km") else np.zeros((0, 2), np.int64),
    )


def refuse_small_p(p: int | None, conditions: Conditions, places: PointTable) -> None:
    """Say so where more places are open anyway than may be.

    Raises
    ------
    Infeasible
        ``must-too-many``.
    """
    n = len(conditions.must)
    if p is not None and p < n:
        names = "・".join(places.names[k] for k in conditions.must[:3])
        fix = f"--p を{n}以上にするか、閉めてよい施設を --never で書いてください"
        raise Infeasible("must-too-many", f"はじめから開いている施設が{n}か所あります（{names}）", fix, "--p")


def _place(index: dict[str, int], name: str, option: str) -> int:
    if name not in index:
        some = "・".join(list(index)[:5])
        raise UsageError(
            "unknown-place", f"施設「{name}」がありません", f"施設コードを書いてください（たとえば {some}）", option
        )
    return index[name]


def _groups(p: PointTable, column: str, option: str) -> NDArray[np.int64]:
    """Number of each place's group, index; −1 where the cell is blank."""
    if column not in p.words:
        raise UsageError(
            "no-group-column", "施設の表に、その列がありません", f"{option} で列の見出しを指定してください", option
        )
    number: dict[str, int] = {}
    return np.array([number.setdefault(w, len(number)) if w else -1 for w in p.words[column]], np.int64)


def _too_near(p: PointTable, km: float) -> NDArray[np.int64]:
    """Pairs of places nearer to each other than `km`, shape (pairs, 2), index."""
    from daremo.reach.travel.points import pairs_by_distance, pairs_in_plane

    if p.planar:
        xy = np.stack([p.longitude, p.latitude], 1)
        near = pairs_in_plane(xy, xy, km)
    else:
        near = pairs_by_distance(p.latitude, p.longitude, p.latitude, p.longitude, radius_km=km)
    a, b = near.demand().astype(np.int64), near.place.astype(np.int64)
    keep = (a < b) & (near.cost < km)
    return np.stack([a[keep], b[keep]], 1)


def costs_of(p: PointTable) -> NDArray[np.float64]:
    """Cost of opening each place, yen.

    Raises
    ------
    UsageError
        ``no-costs`` where the table has no such column.
    """
    if "cost_yen" not in p.numbers:
        fix = "cost_yen（費用）の列を入れるか、--cost で見出しを指定してください。数だけなら --p を使ってください"
        raise UsageError("no-costs", "施設の表に、費用の列がありません", fix, p.file)
    return p.numbers["cost_yen"]


def capacities_of(p: PointTable, asked: str | None) -> NDArray[np.float64] | None:
    """People whom each place can help: one number for all, or the column `capacity`; None where nobody asked.

    Raises
    ------
    UsageError
        Where it is neither.
    """
    if asked is None:
        return None
    try:
        number = float(asked)
    except ValueError:
        number = -1.0
    if number >= 0:
        return np.full(p.n, number)
    if "capacity" in p.numbers:
        return p.numbers["capacity"]
    fix = "--capacity 300 のように人数を書くか、施設の表の列の見出しを書いてください"
    raise UsageError("no-capacity", "受け入れ人数が分かりません", fix, "--capacity")


def _told(value: Any) -> Any:
    """An option as JSON can hold it."""
    return str(value) if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value
