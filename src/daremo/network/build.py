"""From rows, whatever file they came from, to a checked network; every problem is collected."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from daremo.kernel.errors import InputError, Problem, Severity
from daremo.kernel.tables import rows_of
from daremo.network.model import HUB, Areas, Demands, Floats, Group, Links, Network, Nodes, distance_km

PACKAGE = "daremo.network"
Row = dict[str, Any]


@dataclass(slots=True)
class Raw:
    """Rows as read, in the columns of ``tables/backbone_*.csv``; ``_file`` and ``_row`` say where each came from.

    ``_units`` of a link: how many parallel ones it stands for, where no capacity is stated.
    """

    name: str = ""
    nodes: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    demands: list[Row] = field(default_factory=list)
    groups: list[Row] = field(default_factory=list)
    areas: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def problem(code: str, row: Row, column: str = "", value: object = "", severity: Severity = "error") -> Problem:
    """A problem of one row, with the words of ``problem_codes.csv``."""
    told = next(r for r in rows_of(PACKAGE, "problem_codes") if r["code"] == code)
    shown = "" if value is None else str(value)[:60]
    return Problem(code, told["ja"], told["fix"], row.get("_file", ""), row.get("_row"), column, shown, severity)


def build(raw: Raw, *, good_rows: bool = False) -> tuple[Network, tuple[Problem, ...]]:
    """A network from rows.

    Parameters
    ----------
    raw : Raw
    good_rows : bool
        Leave out rows with errors instead of stopping.

    Returns
    -------
    network : Network
    problems : tuple of Problem
        Warnings and questions; errors too where only good rows are used.

    Raises
    ------
    InputError
        With every error, unless only good rows are asked for.
    """
    told = list(raw.problems)
    nodes, number = _nodes(raw, told)
    links, of_link, in_group, notes = _links(raw, number, nodes, told)
    groups = _groups(raw, number, of_link, in_group, told)
    demands = _demands(raw, number, nodes, links, told)
    areas = _areas(raw, nodes)
    if any(p.severity == "error" for p in told) and not good_rows:
        raise InputError(told)
    return Network(raw.name, nodes, links, demands, areas, groups, (*raw.notes, *notes)), tuple(told)


def amount(row: Row, column: str, told: list[Problem], *, least: float = 0.0) -> float:
    """A number of a row, NaN where blank; what is negative, infinite or no number is told and becomes -1."""
    value = row.get(column)
    if value is None or value == "":
        return math.nan
    try:
        x = float(value)
    except (TypeError, ValueError):
        told.append(problem("not-finite", row, column, value))
        return -1.0
    if not math.isfinite(x):
        told.append(problem("not-finite", row, column, value))
        return -1.0
    if x < least:
        told.append(problem("negative-number", row, column, value))
        return -1.0
    return x


def several(text: object) -> tuple[str, ...]:
    """Parts of a cell that holds several, parted by ``;`` or ``、``."""
    return tuple(p.strip() for p in str(text or "").replace("、", ";").replace("；", ";").split(";") if p.strip())


def _nodes(raw: Raw, told: list[Problem]) -> tuple[Nodes, dict[str, int]]:
    number: dict[str, int] = {}
    kept: list[Row] = []
    swapped = [r for r in raw.nodes if _is_swapped(r)]
    for r in swapped:
        value = f"{r.get('latitude')}, {r.get('longitude')}"
        told.append(problem("network-swapped-coordinates", r, "longitude", value))
    for r in raw.nodes:
        key = str(r["node_id"])
        if key in number:
            told.append(problem("duplicate-node", r, "node_id", key))
            continue
        number[key] = len(kept)
        kept.append(r)

    def text(column: str) -> tuple[str, ...]:
        return tuple(str(r.get(column) or "") for r in kept)

    def place(column: str) -> Floats:
        return np.array([amount(r, column, told, least=-180.0) for r in kept], np.float64)

    people = np.array([amount(r, "people", told) for r in kept], np.float64)
    lon, lat = place("longitude"), place("latitude")
    lat = np.where(np.abs(lat) > 90, np.nan, lat)
    names = tuple(n or i for n, i in zip(text("name"), number, strict=True))
    nodes = Nodes(
        tuple(number), names, lon, lat, text("area_id"), text("role"), np.maximum(np.nan_to_num(people), 0.0),
        tuple(several(r.get("services")) for r in kept), text("owner"), text("origin"),
    )  # fmt: skip
    return nodes, number


def _is_swapped(r: Row) -> bool:
    """Whether a latitude is none but the longitude would be one."""
    try:
        lon, lat = float(r.get("longitude") or "nan"), float(r.get("latitude") or "nan")
    except (TypeError, ValueError):
        return False
    return abs(lat) > 90 and abs(lon) <= 90


def _ends(r: Row, number: dict[str, int], told: list[Problem]) -> tuple[int, int] | None:
    """Node numbers of the two ends, or None where a node is not known."""
    lost = [c for c in ("from_node", "to_node") if str(r.get(c) or "") not in number]
    told += [problem("unknown-node", r, c, r.get(c)) for c in lost]
    return None if lost else (number[str(r["from_node"])], number[str(r["to_node"])])


def _links(
    raw: Raw, number: dict[str, int], nodes: Nodes, told: list[Problem]
) -> tuple[Links, dict[str, int], dict[str, list[int]], list[str]]:
    kept: list[tuple[Row, int, int, list[float]]] = []
    of_link: dict[str, int] = {}
    in_group: dict[str, list[int]] = {}
    columns = ("capacity_gbps", "capacity_back_gbps", "length_km", "cost", "built_year", "setup_cost")
    for r in raw.links:
        ends = _ends(r, number, told)
        numbers = [amount(r, c, told) for c in columns]
        if ends is None or any(x == -1.0 for x in numbers):
            continue
        if ends[0] == ends[1]:
            told.append(problem("link-to-itself", r, "to_node", r["to_node"]))
            continue
        key = str(r.get("link_id") or "") or _made_id(r, of_link)
        if key in of_link:
            told.append(problem("duplicate-link", r, "link_id", key))
            continue
        if numbers[0] == 0.0 and not numbers[1] > 0:
            told.append(problem("zero-capacity", r, "capacity_gbps", r.get("capacity_gbps"), "warning"))
        of_link[key] = len(kept)
        for g in several(r.get("groups")):
            in_group.setdefault(g, []).append(len(kept))
        kept.append((r, *ends, numbers))
    values = np.array([k[3] for k in kept], np.float64).reshape(len(kept), len(columns))
    tail = np.array([k[1] for k in kept], np.int64)
    head = np.array([k[2] for k in kept], np.int64)
    notes: list[str] = []
    capacity, back, length, cost, built, setup = values.T
    stated = ~np.isnan(capacity)
    if not stated.all():
        notes.append(f"容量の書かれていない{int((~stated).sum())}本の回線は、1 Gbpsとしました。")
    unit = np.array([float(k[0].get("_units") or 1.0) for k in kept])
    back = np.where(np.isnan(back), np.where(stated, capacity, unit), back)
    capacity = np.where(stated, capacity, unit)
    straight = distance_km(nodes.longitude[tail], nodes.latitude[tail], nodes.longitude[head], nodes.latitude[head])
    rows = [k[0] for k in kept]
    _doubt_units(rows, capacity[stated], length, straight, stated, told)
    if np.isnan(length).any() and not np.isnan(straight[np.isnan(length)]).any():
        notes.append(f"長さの書かれていない{int(np.isnan(length).sum())}本の回線は、まっすぐの距離としました。")
        length = np.where(np.isnan(length), straight, length)
    cost = _costs(cost, length)
    media, owners, origins = _texts(rows, "medium", "owner", "origin")
    links = Links(
        tuple(of_link), tail, head, capacity, back, length, cost, media, owners, origins,
        np.nan_to_num(built).astype(np.int64), np.nan_to_num(setup), tuple(_modules(r, told) for r in rows), stated,
    )  # fmt: skip
    return links, of_link, in_group, notes


def _texts(rows: Sequence[Row], *columns: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(str(r.get(c) or "") for r in rows) for c in columns)


def _made_id(r: Row, taken: dict[str, int]) -> str:
    """An identifier from the ends; a second link between the same two gets a number."""
    stem = f"{r['from_node']}-{r['to_node']}"
    key, n = stem, 1
    while key in taken:
        n += 1
        key = f"{stem}~{n}"
    return key


def _costs(cost: Floats, length: Floats) -> Floats:
    """Routing weights: as stated; else the length where every length is known and positive, else 1."""
    blank = np.isnan(cost) | (cost <= 0)
    use_length = bool(np.all(np.isfinite(length[blank]) & (length[blank] > 0)))
    return np.where(blank, np.where(use_length, length, 1.0), cost)


def _modules(r: Row, told: list[Problem]) -> tuple[tuple[float, float], ...]:
    """Modules that can be installed, from pairs or from ``100:5000;400:12000``."""
    given = r.get("modules")
    if not given:
        return ()
    try:
        pairs = [p.split(":") for p in several(given)] if isinstance(given, str) else given
        found = tuple((float(c), float(m)) for c, m in pairs)
        if all(math.isfinite(c) and math.isfinite(m) and c > 0 and m >= 0 for c, m in found):
            return found
    except (TypeError, ValueError):
        pass
    told.append(problem("not-finite", r, "modules", given))
    return ()


def _doubt_units(
    rows: Sequence[Row], capacity: Floats, length: Floats, straight: Floats, stated: Any, told: list[Problem]
) -> None:
    """Capacities a thousand times their median, metres for kilometres, routes shorter than the straight line."""
    some = capacity[capacity > 0]
    middle = float(np.median(some)) if len(some) else 0.0
    for at, x in zip(np.flatnonzero(stated).tolist(), capacity.tolist(), strict=True):
        if len(some) >= 4 and x > 0 and not middle / 1000 < x < middle * 1000:
            told.append(problem("capacity-units", rows[at], "capacity_gbps", x, "question"))
    for at in np.flatnonzero((length > 0) & (straight > 0.5)).tolist():
        ratio = length[at] / straight[at]
        if ratio > 200:
            told.append(problem("length-units", rows[at], "length_km", length[at], "question"))
        elif ratio < 0.5:
            told.append(problem("length-too-short", rows[at], "length_km", length[at], "warning"))


def _groups(
    raw: Raw, number: dict[str, int], of_link: dict[str, int], in_group: dict[str, list[int]], told: list[Problem]
) -> tuple[Group, ...]:
    links = {g: list(dict.fromkeys(v)) for g, v in in_group.items()}
    nodes: dict[str, list[int]] = {}
    about: dict[str, tuple[str, str]] = {g: (g, "") for g in links}
    for r in raw.groups:
        key, member = str(r["group_id"]), str(r.get("member") or "")
        links.setdefault(key, [])
        nodes.setdefault(key, [])
        old = about.get(key, ("", ""))
        about[key] = (str(r.get("name") or "") or old[0] or key, str(r.get("kind") or "") or old[1])
        if member in of_link:
            if of_link[member] not in links[key]:
                links[key].append(of_link[member])
        elif member in number:
            nodes[key].append(number[member])
        else:
            told.append(problem("unknown-member", r, "member", member))
    return tuple(Group(g, *about[g], tuple(links[g]), tuple(nodes.get(g, ()))) for g in links)


def _demands(raw: Raw, number: dict[str, int], nodes: Nodes, links: Links, told: list[Problem]) -> Demands:
    sums: dict[tuple[int, int], float] = {}
    for r in raw.demands:
        anycast = not str(r.get("from_node") or "")
        ends = _ends({**r, "from_node": r.get("to_node")} if anycast else r, number, told)
        x = amount(r, "demand_gbps", told)
        if ends is None or x == -1.0 or math.isnan(x):
            if math.isnan(x):
                told.append(problem("not-finite", r, "demand_gbps", ""))
            continue
        if anycast and HUB not in nodes.roles:
            told.append(problem("no-hub-for-demand", r, "from_node"))
            continue
        pair = (-1, ends[1]) if anycast else ends
        if pair[0] == pair[1]:
            told.append(problem("demand-to-itself", r, "to_node", r.get("to_node")))
            continue
        if pair in sums:
            told.append(problem("duplicate-demand", r, "to_node", r.get("to_node"), "warning"))
        sums[pair] = sums.get(pair, 0.0) + x
    pairs = np.array(list(sums), np.int64).reshape(len(sums), 2)
    gbps = np.array(list(sums.values()), np.float64)
    whole = float(np.where(links.stated, links.capacity_gbps + links.back_gbps, 0.0).sum())
    if whole > 0 and links.stated.all() and not whole * 1e-7 <= (gbps.sum() or whole) <= whole * 100:
        told.append(problem("demand-units", raw.demands[0], "demand_gbps", f"{gbps.sum():g}", "question"))
    return Demands(pairs[:, 0], pairs[:, 1], gbps)


def _areas(raw: Raw, nodes: Nodes) -> Areas:
    """Areas of the region at the nodes that name them, else at the nearest; without a region, those that nodes name."""
    named: dict[str, list[int]] = {}
    for i, text in enumerate(nodes.areas):
        for a in several(text):
            named.setdefault(a, []).append(i)
    if not raw.areas and not named:
        every = np.arange(len(nodes), dtype=np.int64)
        return Areas(nodes.ids, nodes.names, nodes.people, every, every)
    if not raw.areas:
        homes = [(k, i) for k, a in enumerate(named) for i in named[a]]
        people = np.array([nodes.people[v].sum() for v in named.values()], np.float64)
        return Areas(tuple(named), tuple(named), people, *np.array(homes, np.int64).T)
    usable: Callable[[int], bool] = lambda i: nodes.roles[i] not in ("transit", "landing")  # noqa: E731
    near = np.array(
        [usable(i) and bool(np.isfinite(nodes.longitude[i] + nodes.latitude[i])) for i in range(len(nodes))]
    )
    homes = []
    for k, r in enumerate(raw.areas):
        at = named.get(str(r["area_id"]), [])
        if not at and near.any():
            lon, lat = np.full(len(nodes), float(r["longitude"])), np.full(len(nodes), float(r["latitude"]))
            away = distance_km(lon, lat, nodes.longitude, nodes.latitude)
            at = [int(np.argmin(np.where(near, away, np.inf)))]
        homes += [(k, i) for i in at]
    return Areas(
        tuple(str(r["area_id"]) for r in raw.areas),
        tuple(str(r["name"]) for r in raw.areas),
        np.array([float(r["people"]) for r in raw.areas], np.float64),
        *np.array(homes, np.int64).reshape(len(homes), 2).T,
    )
