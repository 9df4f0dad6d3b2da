"""What keeping a network costs over years: upkeep each year, renewal where a life ends; and who supplies it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daremo.kernel.tables import rows_of
from daremo.network.model import Network

PACKAGE = "daremo.network"


@dataclass(frozen=True, slots=True)
class Renewal:
    """One link's year of renewal: ``age`` in years then; ``cost`` in the money of the modules; ``late`` = its life is over already."""

    link: str
    year: int
    age: int
    cost: float
    late: bool


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Costs by year.

    Attributes
    ----------
    years : tuple of int
    upkeep, renewal : tuple of float, money a year
    renewals : tuple of Renewal
    unknown : tuple of str
        Links whose year of building is not known: upkeep counted, renewal not.
    """

    years: tuple[int, ...]
    upkeep: tuple[float, ...]
    renewal: tuple[float, ...]
    renewals: tuple[Renewal, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """One owner's or country's part of the capacity (Gbit/s × km, or Gbit/s where lengths are not known)."""

    name: str
    links: int
    share: float


def upkeep(network: Network, first: int, years: int) -> Upkeep:
    """Upkeep and renewal of what is built, link by link, by the lives of ``tables/lives.csv``.

    Parameters
    ----------
    network : Network
        A link costs the cheapest way to its capacity by its own modules, plus its setup.
    first : int, year
    years : int
        How many years from then on.

    Notes
    -----
    A link whose life was over before `first` is renewed in the first year and marked late.
    """
    lives = {r["medium"]: r for r in rows_of(PACKAGE, "lives")}
    li = network.links
    spent, renewed = np.zeros(years), np.zeros(years)
    told, unknown = [], []
    for k, name in enumerate(li.ids):
        capacity = max(li.capacity_gbps[k], li.back_gbps[k])
        if capacity <= 0 or not li.modules[k]:
            continue
        row = lives.get(li.media[k], lives[""])
        value = min(np.ceil(capacity / gbps - 1e-9) * cost for gbps, cost in li.modules[k]) + li.setup_cost[k]
        spent += float(row["upkeep_share"]) * value
        if not li.built[k]:
            unknown.append(name)
            continue
        life, due = int(row["life_years"]), int(li.built[k]) + int(row["life_years"])
        late = due < first
        due = max(due, first)
        age = due - int(li.built[k])
        while due < first + years:
            cost = float(row["renewal_share"]) * value
            renewed[due - first] += cost
            told.append(Renewal(name, due, age, cost, late))
            due, age, late = due + life, life, False
    return Upkeep(
        tuple(range(first, first + years)), tuple(spent.tolist()), tuple(renewed.tolist()), tuple(told), tuple(unknown)
    )


@dataclass(frozen=True, slots=True)
class HubShare:
    """One owner's or country's part of the hubs (exchanges, data centres), by their number."""

    name: str
    hubs: int
    share: float


def hub_supply(network: Network) -> dict[str, tuple[float, tuple[HubShare, ...]]]:
    """Whose hubs everything is reached at: Herfindahl index (0..1) and shares, by owner and by origin; each hub counts as one."""
    out = {}
    at = network.hubs().tolist()
    for what, names in (("hub_owner", network.nodes.owners), ("hub_origin", network.nodes.origins)):
        mine = [names[i] for i in at]
        number = sorted(((mine.count(n), n) for n in set(mine)), key=lambda t: (-t[0], t[1]))
        shares = tuple(HubShare(n, k, k / len(at)) for k, n in number)
        out[what] = (sum(s.share**2 for s in shares), shares)
    return out


def supply(network: Network) -> dict[str, tuple[float, tuple[Share, ...]]]:
    """Whose equipment and whose lines carry the network: Herfindahl index (0..1) and shares, by owner and by origin.

    Source: Herfindahl 1950, Hirschman 1964; 1 = one supplier has all. ``""`` stands for unknown, as one supplier.
    """
    li = network.links
    size = np.maximum(li.capacity_gbps, li.back_gbps)
    if np.isfinite(li.length_km).all():
        size = size * li.length_km
    out = {}
    for what, names in (("owner", li.owners), ("origin", li.origins)):
        total = dict.fromkeys(names, 0.0)
        for n, s in zip(names, size):
            total[n] += float(s)
        whole = sum(total.values())
        shares = tuple(
            Share(n, names.count(n), t / whole if whole else 0.0)
            for n, t in sorted(total.items(), key=lambda item: (-item[1], item[0]))
        )
        out[what] = (sum(s.share**2 for s in shares), shares)
    return out
