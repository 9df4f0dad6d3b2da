"""A made-up country of Japan's size and shape, so that national questions can be measured without anybody's data.

A strip of land with towns of very unequal size, hamlets around each, scattered farms, a mountain range in the middle
and rectangular cells of which only the most peopled are kept. Nothing in it is real.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from daremo.kernel.errors import UsageError

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: The whole country: length and width of the strip (km), people, municipalities, scattered settlements.
LENGTH_KM, WIDTH_KM, PEOPLE, TOWNS, FARMS = 2_400.0, 160.0, 125e6, 1_741, 40_000
#: Candidate places of the whole country by kind, and how strongly each kind follows the people (0 not, 1 fully).
KINDS: tuple[tuple[str, int, float, float], ...] = (
    ("post_office", 24_000, 0.45, 3_000_000.0),
    ("mobile_shop", 8_000, 1.0, 5_000_000.0),
    ("hall", 10_000, 0.25, 2_000_000.0),
)
#: People per km² from which a cell is dense or middling, and how far people go for help there and elsewhere (km).
DENSITIES, REACHES_KM = (300.0, 1_500.0), (5.0, 3.5, 2.0)
#: Mobile phone companies that run the shops.
COMPANIES = 4


@dataclass(frozen=True, slots=True)
class SyntheticCountry:
    """Where people of the made-up country live, and who of them needs help.

    Attributes
    ----------
    xy_km : ndarray, shape (cells, 2), km
        Centre of each cell, east and north of the south-west corner of the land.
    need : ndarray, shape (cells,), people
        People who need help, at least one a cell.
    need_dg : ndarray, shape (cells, 3), people
        The same by age: 65–74, 75–84, 85+; rows add up to `need`.
    population : ndarray, shape (cells,), people
    municipality : ndarray of int64, shape (cells,), index
    cell_km : float
        Side of a cell.
    n_municipalities : int
    """

    xy_km: Float
    need: Float
    need_dg: Float
    population: Float
    municipality: Int
    cell_km: float
    n_municipalities: int

    @property
    def n_cells(self) -> int:
        return int(self.need.size)

    @property
    def reach_km(self) -> Float:
        """How far people of each cell go for help, shape (cells,), km: 2 in dense cells, 5 in thin ones."""
        density = self.population / self.cell_km**2
        return np.asarray(REACHES_KM)[np.searchsorted(DENSITIES, density, side="left")]


@dataclass(frozen=True, slots=True)
class SyntheticPlaces:
    """Places of the made-up country that could become support points.

    Attributes
    ----------
    xy_km : ndarray, shape (places, 2), km
    kind : ndarray of int64, shape (places,), index into `KINDS`
    cost_yen : ndarray, shape (places,), yen
        Of opening it for a year.
    municipality : ndarray of int64, shape (places,), index
    organisation : ndarray of int64, shape (places,), index
        0 = the post; 1 to 4 = mobile phone companies; from 5 on the municipalities, which run their halls.
    """

    xy_km: Float
    kind: Int
    cost_yen: Float
    municipality: Int
    organisation: Int

    @property
    def n_places(self) -> int:
        return int(self.kind.size)


def synthetic_japan(
    n_cells: int = 180_000, cell_km: float = 1.0, *, seed: int = 7, scale: float = 1.0
) -> SyntheticCountry:
    """The made-up country, or a part of it, in cells.

    Parameters
    ----------
    n_cells : int
        At most this many cells are kept, the most peopled ones; Japan has about 180,000 inhabited cells of 1 km and
        450,000 of 500 m.
    cell_km : float, km
        Side of a cell.
    seed : int
    scale : float, share
        Part of the country: 0.01 is a small prefecture. Land, people and towns shrink alike.

    Raises
    ------
    UsageError
        Where a number is not positive.

    Examples
    --------
    >>> part = synthetic_japan(2_000, scale=0.02)
    >>> part.n_cells, part.n_municipalities, float(part.need.min()) >= 1
    (2000, 34, True)
    """
    if n_cells < 1 or not cell_km > 0 or not scale > 0:
        raise UsageError("bad-synthetic", "架空の国の大きさが正しくありません", "0より大きい数を入れてください")
    rng = np.random.default_rng(seed)
    length, width = LENGTH_KM * math.sqrt(scale), WIDTH_KM * math.sqrt(scale)
    towns_xy, towns_people = _towns(rng, max(20, int(TOWNS * scale)), length, width, PEOPLE * scale)
    xy, people = _settlements(rng, towns_xy, towns_people, int(FARMS * scale), length, width)
    homes_xy, homes_people = _homes(rng, xy, people)
    rows, columns = int(length / cell_km) + 1, int(width / cell_km) + 1
    on_land = _inside(homes_xy, length, width)
    cell_of = (homes_xy[on_land] / cell_km).astype(np.int64)
    counted = np.bincount(cell_of[:, 0] * columns + cell_of[:, 1], homes_people[on_land], rows * columns)
    kept = np.flatnonzero(counted)
    kept = np.sort(kept[np.argsort(-counted[kept], kind="stable")[:n_cells]])
    xy_km = np.asarray((np.stack([kept // columns, kept % columns], axis=1) + 0.5) * cell_km, np.float64)
    population = np.maximum(1.0, counted[kept])
    need, need_dg = _need(rng, population)
    municipality: Int = np.asarray(cKDTree(towns_xy).query(xy_km)[1], np.int64)
    return SyntheticCountry(xy_km, need, need_dg, population, municipality, cell_km, len(towns_xy))


def synthetic_places(country: SyntheticCountry, n_places: int = 42_000, *, seed: int = 8) -> SyntheticPlaces:
    """Post offices, mobile phone shops and halls of the made-up country, in Japan's proportion.

    Parameters
    ----------
    country : SyntheticCountry
    n_places : int
        Japan has about 42,000.
    seed : int

    Raises
    ------
    UsageError
        Where fewer than one place is asked for.

    Examples
    --------
    >>> part = synthetic_japan(2_000, scale=0.02)
    >>> places = synthetic_places(part, 420)
    >>> places.n_places, sorted(set(places.cost_yen.tolist()))
    (420, [2000000.0, 3000000.0, 5000000.0])
    """
    if n_places < 1:
        raise UsageError("bad-synthetic", "施設の数が正しくありません", "1以上の数を入れてください")
    rng = np.random.default_rng(seed)
    shares = np.array([n for _, n, _, _ in KINDS], float)
    ends = np.rint(np.cumsum(shares) / shares.sum() * n_places).astype(np.int64)
    kind = np.repeat(np.arange(len(KINDS)), np.diff(ends, prepend=0))
    home = np.concatenate(
        [
            rng.choice(country.n_cells, int((kind == k).sum()), p=(w := country.population**pull) / w.sum())
            for k, (_, _, pull, _) in enumerate(KINDS)
        ]
    )
    xy_km = country.xy_km[home] + rng.normal(size=(n_places, 2)) * 0.3
    municipality = country.municipality[home]
    company = rng.integers(1, COMPANIES + 1, n_places)
    organisation = np.choose(kind, [np.zeros(n_places, np.int64), company, COMPANIES + 1 + municipality])
    cost_yen = np.array([yen for *_, yen in KINDS])[kind]
    return SyntheticPlaces(xy_km, kind, cost_yen, municipality, organisation)


def _inside(xy: Float, length: float, width: float) -> NDArray[np.bool_]:
    return (xy[:, 0] >= 0) & (xy[:, 0] < length) & (xy[:, 1] >= 0) & (xy[:, 1] < width)


def _towns(rng: np.random.Generator, n: int, length: float, width: float, people: float) -> tuple[Float, Float]:
    """Town centres and their people: sizes by rank (Zipf, exponent 0.85), fewer people in the mountains."""
    xy = rng.random((n, 2)) * [length, width]
    size = np.asarray(np.arange(1, n + 1) ** -0.85, np.float64)
    size *= people / size.sum()
    size[np.abs(xy[:, 1] / width - 0.5) < 0.2] *= 0.35
    return xy, size


def _settlements(
    rng: np.random.Generator, towns_xy: Float, towns_people: Float, farms: int, length: float, width: float
) -> tuple[Float, Float]:
    """Hamlets around each town (exponential distance, Pareto size) and farms anywhere."""
    hamlets = np.minimum(400, 20 + towns_people / 2_500).astype(np.int64)
    town = np.repeat(np.arange(len(towns_xy)), hamlets)
    away = rng.exponential(1.6 * (1.2 + (towns_people / 1e4) ** 0.45)[town])
    angle = rng.random(town.size) * 2 * np.pi
    size = rng.pareto(1.1, town.size) + 0.2
    size *= (towns_people / np.bincount(town, size, len(towns_xy)))[town]
    hamlets_xy = towns_xy[town] + away[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    xy = np.concatenate([hamlets_xy, rng.random((farms, 2)) * [length, width]])
    people = np.asarray(np.concatenate([size, rng.pareto(1.2, farms) * 60]), np.float64)
    land = _inside(xy, length, width)
    return xy[land], people[land]


def _homes(rng: np.random.Generator, xy: Float, people: Float) -> tuple[Float, Float]:
    """Each settlement spread over a round patch that grows with its people; one home stands for about 120 people."""
    homes = np.clip(people / 120, 3, 3_000).astype(np.int64)
    of = np.repeat(np.arange(people.size), homes)
    spread_km = 0.25 + np.minimum(6.0, np.sqrt(people / 9_000))
    people_home = np.asarray((people / homes)[of], np.float64)
    return xy[of] + rng.normal(size=(of.size, 2)) * spread_km[of, None], people_home


def _need(rng: np.random.Generator, population: Float) -> tuple[Float, Float]:
    """People who need help: more old people where few live, more of them in need where more are old."""
    old = np.clip(0.42 - 0.035 * np.log(population + 1) + rng.normal(size=population.size) * 0.04, 0.15, 0.6)
    of_old = np.clip(0.35 + 0.5 * (old - 0.28) + rng.normal(size=population.size) * 0.05, 0.1, 0.8)
    need = np.maximum(1.0, population * old * of_old)
    older = np.clip((old - 0.15) / 0.45, 0, 1)
    by_age = np.stack([0.45 - 0.15 * older, np.full_like(old, 0.35), 0.2 + 0.15 * older], axis=1)
    return need, need[:, None] * by_age
