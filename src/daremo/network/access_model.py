"""What goes into the choice of access lines: areas that need one, routes for fibre, sites that could be built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import UsageError
from daremo.network.access_costs import TECHNOLOGIES

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
#: Kinds of area: residents, or fields, forests, ports, factories and roads with a demand of their own.
KINDS = ("homes", "farm", "forest", "port", "factory", "road")


@dataclass(frozen=True, slots=True)
class Areas:
    """Who needs a line, as columns; areas with no premises only lend their place to routes.

    Attributes
    ----------
    ids, names, kinds : tuple of str
        Kind is one of `KINDS`.
    longitude, latitude : ndarray, shape (areas,), degrees
    premises : ndarray, shape (areas,), premises
        Households (or devices of a farm, port ...) without a line that is good enough.
    served : ndarray, shape (areas,), premises
        Premises that have fibre already, whose cables the others can be joined to.
    people : ndarray, shape (areas,), people
    mbps : ndarray, shape (areas,), Mbit/s
        Rate that each must be able to have.
    km2 : ndarray, shape (areas,), km2
        Where they live or work.
    hub : ndarray of bool, shape (areas,)
        Whether fibre is already there.
    mobile_mbps, mobile_yen_year : ndarray, shape (areas,), Mbit/s and yen a year
        Mobile cover there; NaN rate = none, NaN price = the table's.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    longitude: Floats
    latitude: Floats
    premises: Floats
    served: Floats
    people: Floats
    mbps: Floats
    km2: Floats
    hub: NDArray[np.bool_]
    mobile_mbps: Floats
    mobile_yen_year: Floats


@dataclass(frozen=True, slots=True)
class Routes:
    """Where fibre may be laid: ends are areas, or junctions numbered from the number of areas on.

    Attributes
    ----------
    a, b : ndarray of int64, shape (routes,), index
    km : ndarray, shape (routes,), km
    sea : ndarray of bool, shape (routes,)
    """

    a: Ints
    b: Ints
    km: Floats
    sea: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RadioSite:
    """A site that could be built at an area and whom it would reach.

    Attributes
    ----------
    name : str
    technology : {"fwa", "local5g"}
    area : int
        Where it stands; longitude and latitude are that area's.
    covers : ndarray of bool, shape (areas,)
    """

    name: str
    technology: Literal["fwa", "local5g"]
    area: int
    covers: NDArray[np.bool_]


def check_access(s: Areas, r: Routes, technologies: Sequence[str]) -> None:
    """Refuse a question that cannot be.

    Raises
    ------
    UsageError
        Unknown technology or kind, columns of different length, numbers below nothing.
    """
    strange = [t for t in technologies if t not in TECHNOLOGIES]
    if strange or not technologies:
        fix = "・".join(TECHNOLOGIES) + " から選んでください"
        raise UsageError("unknown-technology", f"{'・'.join(strange)} という方式はありません", fix, "technologies")
    columns = (s.longitude, s.latitude, s.premises, s.served, s.people, s.mbps, s.km2)
    if any(c.shape != (len(s.ids),) for c in (*columns, s.hub, s.mobile_mbps, s.mobile_yen_year)):
        raise UsageError("bad-shape", "地区の列の長さがそろっていません", "同じ数の行にしてください", "areas")
    if not all(np.isfinite(c).all() for c in columns) or any((c < 0).any() for c in columns[2:]):
        raise UsageError(
            "bad-area", "地区の数に、空か負の値があります", "戸数・人数・速さ・面積を0以上にしてください", "areas"
        )
    if any(k not in KINDS for k in s.kinds):
        raise UsageError("bad-area", "知らない種類の地区があります", "・".join(KINDS) + " から選んでください", "kind")
    if r.km.size and not ((r.km >= 0).all() and np.isfinite(r.km).all()):
        raise UsageError("bad-route", "道の長さが負か、空です", "0 km以上にしてください", "km")
