"""From a region and its gap to a siting question: who would come where, at what cost, with what effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from daremo.cases.access import willingness
from daremo.cases.assume import Assumptions
from daremo.cases.effects import HAS, LINE_ONLY, NEEDS, SERVICE, Effects, effects, per_helped, untouched_share_B
from daremo.reach.sited.model import Siting
from daremo.region.model import Region

Float = NDArray[np.float64]
SITED = ("point", "class", "round")
#: A subsidised line is bought by the month.
MONTHS = 12
DEFAULT_KINDS = ("point", "class", "round", "home", "phone", "device", "line", "fix", "campaign")


@dataclass(frozen=True, slots=True)
class Option:
    """A point, a place for class series, or a mobile round that can be opened."""

    action_id: str
    kind: str
    name: str
    place_id: str
    latitude: float
    longitude: float
    stops: tuple[int, ...]
    hour_yen: float
    fare_yen: float


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A city-wide action that reaches a random share."""

    action_id: str
    kind: str
    name: str
    yen: float
    effect: float


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything about a region that does not depend on effects or money: options and who would travel to them."""

    options: tuple[Option, ...]
    willing_dgo: Float
    broadcast: tuple[Broadcast, ...]
    kinds: frozenset[str]
    overrides: dict[str, float]
    unit_yen: dict[str, float]
    fixed_yen: dict[str, float]
    communities: tuple[str, ...]
    community_d: NDArray[np.int64]
    notes: tuple[str, ...]


def communities_of(region: Region) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Named communities in order of first appearance, and each area's index (−1 = the main town)."""
    names: list[str] = []
    index = []
    for community, island in region.areas.select("community", "island").iter_rows():
        name = island or community or ""
        if name and name not in names:
            names.append(name)
        index.append(names.index(name) if name else -1)
    return tuple(names), np.array(index, dtype=np.int64)


def ground(region: Region, a: Assumptions) -> Ground:
    """Options, broadcast actions and willingness to travel for a region."""
    table = region["actions"]
    notes: list[str] = []
    rows = list(table.iter_rows(named=True)) or [
        {"action_id": k, "kind": k, "name": NAMES[k], "owner": "town"} for k in DEFAULT_KINDS
    ]
    town = [r for r in rows if r["owner"] == "town"]
    for r in rows:
        if r["owner"] != "town":
            notes.append(f"「{r['name']}」は{r['owner']}が買うものなので、市の予算では選びません。")
    kinds = frozenset(str(r["kind"]) for r in town)
    personal = [r for r in town if r["kind"] not in ("fix", "campaign")]

    def stated(field: str) -> dict[str, float]:
        return {str(r["kind"]): float(r[field]) for r in personal if r.get(field) is not None}

    cost = {"fix": a.value("cost_service_fix_yen"), "campaign": a.value("cost_scam_campaign_year_yen")}
    effect = {"fix": a.value("fix_effect_share"), "campaign": a.value("scam_campaign_trust_effect")}
    broadcast = tuple(
        Broadcast(
            str(r["action_id"]),
            str(r["kind"]),
            str(r["name"]),
            float(r["fixed_yen"]) if r.get("fixed_yen") is not None else cost[str(r["kind"])],
            float(r["effect_share"]) if r.get("effect_share") is not None else effect[str(r["kind"])],
        )
        for r in town
        if r["kind"] in cost
    )
    names, community_d = communities_of(region)
    unit_yen = stated("unit_yen")
    options = _door_options(region, a, kinds, unit_yen) + _rounds(region, a, kinds, names, community_d)
    return Ground(
        options,
        _willing(region, a, options),
        broadcast,
        kinds,
        stated("effect_share"),
        unit_yen,
        stated("fixed_yen"),
        names,
        community_d,
        tuple(notes),
    )


NAMES = {
    "point": "相談拠点",
    "class": "つづきものの教室",
    "round": "移動相談",
    "home": "自宅への訪問",
    "phone": "電話での相談",
    "device": "機器の貸し出し",
    "line": "回線の補助",
    "fix": "サービスの手直し",
    "campaign": "だまされない講座とお知らせ",
}


def _door_options(
    region: Region, a: Assumptions, kinds: frozenset[str], unit_yen: dict[str, float]
) -> tuple[Option, ...]:
    found = []
    hour = unit_yen.get("point", a.value("cost_desk_hour_yen"))
    for kind in ("point", "class"):
        if kind not in kinds:
            continue
        for r in region.candidates().iter_rows(named=True):
            if kind == "class" and r["rooms"] == 0:
                continue
            own = float(r["cost_hour_yen"]) if r["cost_hour_yen"] is not None else hour
            found.append(
                Option(
                    f"{kind}:{r['place_id']}",
                    kind,
                    r["name"],
                    r["place_id"],
                    r["latitude"],
                    r["longitude"],
                    (),
                    own,
                    0.0,
                )
            )
    return tuple(found)


def _rounds(
    region: Region, a: Assumptions, kinds: frozenset[str], names: Sequence[str], community_d: NDArray[np.int64]
) -> tuple[Option, ...]:
    """One round for each named community: its most populous areas, as many as a day has stops."""
    if "round" not in kinds:
        return ()
    stops = int(a.value("round_max_stops"))
    older = region.people_dg()[:, 3:].sum(1)
    fares = {r["island"]: r["fare_yen"] or 0.0 for r in region["islands"].iter_rows(named=True)}
    areas = region.areas
    lat, lon = areas["latitude"].to_numpy(), areas["longitude"].to_numpy()
    found = []
    for k, name in enumerate(names):
        members = np.flatnonzero(community_d == k)
        top = members[np.argsort(-older[members], kind="stable")][:stops]
        fare = 2 * float(fares.get(areas["island"][int(top[0])], 0.0)) * a.value("round_days_year")
        at = (float(lat[top].mean()), float(lon[top].mean()))
        found.append(
            Option(f"round:{name}", "round", f"{name}への移動相談", "", *at, tuple(int(d) for d in top), 0.0, fare)
        )
    return tuple(found)


def _willing(region: Region, a: Assumptions, options: Sequence[Option]) -> Float:
    areas = region.areas
    by_place = {r["place_id"]: r for r in region.places.iter_rows(named=True)}
    ids = sorted({o.place_id for o in options if o.place_id})
    doors = willingness(
        region,
        a,
        [by_place[i]["latitude"] for i in ids],
        [by_place[i]["longitude"] for i in ids],
        [by_place[i]["island"] for i in ids],
    ).share_dgp
    stops = sorted({d for o in options for d in o.stops})
    at = willingness(
        region,
        a,
        [areas["latitude"][d] for d in stops],
        [areas["longitude"][d] for d in stops],
        [areas["island"][d] for d in stops],
    ).share_dgp
    out = np.zeros((areas.height, 6, len(options)))
    column = {i: k for k, i in enumerate(ids)}
    stop_column = {d: k for k, d in enumerate(stops)}
    for o, option in enumerate(options):
        if option.stops:
            out[:, :, o] = at[:, :, [stop_column[d] for d in option.stops]].max(axis=2)
        else:
            out[:, :, o] = doors[:, :, column[option.place_id]]
    return out


def choices(g: Ground) -> list[tuple[int, ...]]:
    """All sets of broadcast actions, fewest first."""
    n = range(len(g.broadcast))
    return [c for k in range(len(g.broadcast) + 1) for c in combinations(n, k)]


def shares(g: Ground, chosen: Sequence[int]) -> tuple[float, float]:
    """Shares of the service and of the trust barrier that a set of broadcast actions removes."""
    out = {"fix": 1.0, "campaign": 1.0}
    for i in chosen:
        out[g.broadcast[i].kind] *= 1 - g.broadcast[i].effect
    return 1 - out["fix"], 1 - out["campaign"]


@dataclass(frozen=True, slots=True)
class Question:
    """A siting question for one set of broadcast actions, with names for its extras."""

    siting: Siting
    extra_kind: tuple[str, ...]
    extra_name: tuple[str, ...]
    base_d: Float


def question(
    g: Ground,
    a: Assumptions,
    types_dgB: Float,
    chosen: Sequence[int],
    budget_yen: float,
    fair: float = 0.0,
    only: NDArray[np.int64] | None = None,
) -> Question:
    """The siting question once the broadcast actions are chosen.

    Parameters
    ----------
    types_dgB : ndarray, shape (areas, 6, 32), people
    chosen : indices into `g.broadcast`
    budget_yen : float
        Money for everything; the broadcast actions are paid first.
    fair : float
        Floor for named communities, 0..1.
    only : ndarray of int, optional
        Options to keep (all when absent).
    """
    fix, campaign = shares(g, chosen)
    e = effects(a, g.overrides)
    keep = np.arange(len(g.options)) if only is None else only
    opts = [g.options[int(o)] for o in keep]
    need_dg = types_dgB[..., NEEDS].sum(-1)
    cannot_g = a.by_stage("needs_home_help_share")
    able_dg = need_dg * (1 - cannot_g) * a.by_stage("uptake_share")
    visits = a.value("desk_visits_person")
    arrays: dict[str, list[Float]] = {"draw": [], "gain": [], "load": [], "lend": []}
    for kind in SITED:
        cols = np.array([i for i, o in enumerate(opts) if o.kind == kind], dtype=np.int64)
        if not cols.size:
            continue
        p = per_helped(types_dgB, e, kind, fix, campaign)
        ratio = a.value("class_uptake_ratio") if kind == "class" else 1.0
        seats_dg = np.ones_like(able_dg) if kind == "class" else p.skilled_dg * visits + (1 - p.skilled_dg)
        w = g.willing_dgo[:, :, keep[cols]]
        for name, weight in (("draw", 1.0), ("gain", p.gain_dg), ("load", seats_dg), ("lend", p.lend_dg)):
            arrays[name].append(np.einsum("dg,dgo->do", able_dg * ratio * weight, w))
    order = [i for kind in SITED for i, o in enumerate(opts) if o.kind == kind]
    if order != sorted(order):
        raise ValueError("options must be in the order of their kinds")
    stack = {k: np.hstack(v) if v else np.zeros((need_dg.shape[0], 0)) for k, v in arrays.items()}
    kind_o = np.array([SITED.index(o.kind) for o in opts], dtype=np.int64)
    # people who join a weekly series are others than those who come for advice: two units an area
    series_o = kind_o == SITED.index("class")
    stack = {k: np.vstack([np.where(series_o, 0.0, v), np.where(series_o, v, 0.0)]) for k, v in stack.items()}
    slot = a.value("cost_class_slot_yen")
    series = g.unit_yen.get("class", a.value("course_hours", "65+") * slot)
    day = g.unit_yen.get("round", a.value("round_day_yen"))
    days = int(a.value("round_days_year"))
    hour = np.array([o.hour_yen for o in opts])
    fixed = np.array(
        [
            g.fixed_yen.get("point", a.value("point_open_yen")),
            g.fixed_yen.get("class", a.value("class_open_yen")),
            g.fixed_yen.get("round", 0.0),
        ]
    )
    fare = np.array([o.fare_yen for o in opts])
    least = np.array([int(a.value("desk_min_hours_year")), 1, days])
    most = np.array([int(a.value("desk_max_hours_year")), int(a.value("class_max_series_year")), days])
    load = np.array(
        [
            a.value("desk_load_people_hour"),
            a.value("learners_per_slot", "municipal series"),
            a.value("round_people_day"),
        ]
    )
    extra = _extras(g, a, e, types_dgB, need_dg, cannot_g, float(stack["lend"].sum()), fix, campaign)
    base_d = np.einsum("dgB,B->d", types_dgB, untouched_share_B(fix, campaign))
    spent = sum(g.broadcast[i].yen for i in chosen)
    s = Siting(
        stack["draw"],
        stack["gain"],
        stack["load"],
        stack["lend"],
        fixed[kind_o] + fare if opts else np.zeros(0),
        np.select([kind_o == 0, kind_o == 1], [hour, np.full(hour.shape, series)], day),
        load[kind_o] if opts else np.zeros(0),
        least[kind_o],
        most[kind_o],
        kind_o,
        extra["gain"],
        extra["yen"],
        extra["cap"],
        extra["help"],
        extra["community"].astype(np.int64),
        0 if "device" in g.kinds else -1,
        np.tile(g.community_d, 2),
        np.r_[need_dg.sum(1), np.zeros(need_dg.shape[0])],
        _least(g, a, need_dg.sum(1), extra, fair),
        fair,
        budget_yen - spent,
        float(base_d.sum()),
    )
    return Question(s, tuple(extra["kind"]), tuple(extra["name"]), base_d)


def _least(g: Ground, a: Assumptions, need_d: Float, extra: dict[str, NDArray], fair: float) -> Float:  # type: ignore[type-arg]
    """Fewest people helped in each named community: a share of its need, never more than home and telephone can reach."""
    out = np.zeros(len(g.communities))
    for k in range(len(g.communities)):
        can = float(extra["cap"][(extra["community"] == k) & (extra["help"] > 0)].sum())
        out[k] = min(fair * a.value("fair_least_share") * float(need_d[g.community_d == k].sum()), can)
    return out


def _extras(
    g: Ground,
    a: Assumptions,
    e: Effects,
    types_dgB: Float,
    need_dg: Float,
    cannot_g: Float,
    lent: float,
    fix: float,
    campaign: float,
) -> dict[str, NDArray]:  # type: ignore[type-arg]
    """Devices, lines, and home and telephone help by community: what is bought by the piece."""
    rows: list[tuple[str, str, float, float, float, float, int]] = []
    if "device" in g.kinds:
        yen = g.unit_yen.get("device", a.value("cost_device_loan_person_year_yen"))
        rows.append(("device", NAMES["device"], 1.0, yen, np.floor(lent), 0.0, -1))
    if "line" in g.kinds:
        people = types_dgB[..., LINE_ONLY].sum((0, 1))
        worth = np.where(HAS[SERVICE][LINE_ONLY], fix, 1.0) * e.line
        total = max(float(people.sum()), 1e-12)
        yen = g.unit_yen.get("line", a.value("cost_line_subsidy_person_year_yen")) / MONTHS
        cap = np.floor(a.value("line_uptake_share") * total * MONTHS)
        rows.append(("line", NAMES["line"], float(people @ worth) / total / MONTHS, yen, cap, 0.0, -1))
    home = a.value("home_visits_person") * g.unit_yen.get("home", a.value("cost_home_visit_yen"))
    phone = a.value("phone_hours_person") * g.unit_yen.get("phone", a.value("cost_phone_help_hour_yen"))
    for kind, yen in (("home", home), ("phone", phone)):
        if kind not in g.kinds:
            continue
        p = per_helped(types_dgB, e, kind, fix, campaign)
        who = need_dg * cannot_g
        for k in range(-1, len(g.communities)):
            mine = g.community_d == k
            people = float(who[mine].sum())
            if people <= 0:
                continue
            gain = float((who[mine] * p.gain_dg[mine]).sum()) / people
            # at least one person may ask wherever anybody cannot come: a floor must be able to reach every island
            cap = max(np.floor(a.value(f"{kind}_uptake_share") * people), 1.0 if people >= 1 else 0.0)
            where = g.communities[k] if k >= 0 else ""
            rows.append((kind, f"{NAMES[kind]}{'・' + where if where else ''}", gain, yen, cap, 1.0, k))
    names = ("kind", "name", "gain", "yen", "cap", "help", "community")
    frame = pl.DataFrame(rows, schema=list(names), orient="row") if rows else None
    if frame is None:
        return {n: np.zeros(0) for n in names}
    return {n: frame[n].to_numpy() for n in names}
