"""The bound's certificate checked: its branches cover every plan, and their prices prove what they say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from daremo.cases.verify_plan import KINDS, Count, World


@dataclass(frozen=True, slots=True)
class Box:
    """Plans with these numbers of open options by kind, these options shut and these forced open."""

    counts: tuple[tuple[int, int], ...]
    shut: frozenset[str]
    forced: frozenset[str]


def box_of(branch: dict[str, Any]) -> Box:
    """A branch of the certificate as a box."""
    return Box(
        tuple((int(x), int(y)) for x, y in branch["counts"]), frozenset(branch["shut"]), frozenset(branch["forced"])
    )


def covered(whole: Box, boxes: list[Box], kind_of: dict[str, int], depth: int = 0) -> bool:
    """Whether every plan of `whole` lies in one of the boxes: by splitting it where a box ends."""
    if depth > 400:
        return False
    if any(low > high for low, high in whole.counts) or whole.shut & whole.forced:
        return True
    for k, (low, high) in enumerate(whole.counts):
        held = sum(kind_of[o] == k for o in whole.forced)
        could = sum(v == k for v in kind_of.values()) - sum(kind_of[o] == k for o in whole.shut)
        if held > high or could < low:
            return True
    meeting = []
    for b in boxes:
        apart = any(max(w[0], x[0]) > min(w[1], x[1]) for w, x in zip(whole.counts, b.counts, strict=True))
        if apart or b.shut & whole.forced or b.forced & whole.shut:
            continue
        inside = all(x[0] <= w[0] and w[1] <= x[1] for w, x in zip(whole.counts, b.counts, strict=True))
        if inside and b.shut <= whole.shut and b.forced <= whole.forced:
            return True
        meeting.append(b)
    if not meeting:
        return False
    for b in meeting:
        for k, ((w0, w1), (x0, x1)) in enumerate(zip(whole.counts, b.counts, strict=True)):
            cut = x0 - 1 if x0 > w0 else x1 if x1 < w1 else None
            if cut is not None:
                parts = [whole.counts[:k] + (p,) + whole.counts[k + 1 :] for p in ((w0, cut), (cut + 1, w1))]
                return all(covered(Box(p, whole.shut, whole.forced), meeting, kind_of, depth + 1) for p in parts)
    undecided = sorted((meeting[0].shut | meeting[0].forced) - whole.shut - whole.forced)
    if not undecided:
        return False
    o = undecided[0]
    return covered(Box(whole.counts, whole.shut | {o}, whole.forced), meeting, kind_of, depth + 1) and covered(
        Box(whole.counts, whole.shut, whole.forced | {o}), meeting, kind_of, depth + 1
    )


def fewest_helped(w: World, c: Count, name: str, fair: float) -> float:
    """People that a fair plan must help at least in a named community."""
    need = float(w.need_dg.sum(1)[[n == name for n in w.community_d]].sum())
    can = sum(cap for (_, where), (_, _, cap, help_) in c.extra.items() if where == name and help_ > 0)
    return min(fair * w.a.value("fair_least_share") * need, can)


def proved(w: World, c: Count, branch: dict[str, Any], money: float, fair: float, area_ids: list[str]) -> float:
    """What a branch's prices prove by weak duality, added up exactly (`math.fsum`); infinite where a price is negative."""
    yen, link = float(branch["yen"]), float(branch["linked"])
    unit = [float(branch["unit"].get(area, 0.0)) for area in area_ids]
    series = [float(branch["unit_class"].get(area, 0.0)) for area in area_ids]
    floors = {name: float(v) for name, v in branch["floor"].items()} if fair > 0 else {}
    least = {name: float(v) for name, v in branch["least"].items()} if fair > 0 else {}
    prices = [yen, link, *unit, *series, *floors.values(), *least.values(), *map(float, branch["load"].values())]
    if (
        min(prices) < 0
        or (set(branch["unit"]) | set(branch["unit_class"])) - set(area_ids)
        or set(branch["load"]) - set(w.options)
    ):
        return math.inf
    need_d = w.need_dg.sum(1)
    total_need = max(float(need_d.sum()), 1e-12)
    shared = sum(v * float(need_d[[n == name for n in w.community_d]].sum()) / total_need for name, v in floors.items())
    psi = {name: floors.get(name, 0.0) + least.get(name, 0.0) - fair * shared for name in ["", *w.communities]}
    fewest = {"point": int(w.a.value("desk_min_hours_year")), "class": 1, "round": int(w.a.value("round_days_year"))}
    most = {
        "point": int(w.a.value("desk_max_hours_year")),
        "class": int(w.a.value("class_max_series_year")),
        "round": int(w.a.value("round_days_year")),
    }
    psi_d = [psi[name] for name in w.community_d]
    worth: dict[str, float] = {}
    for name, (column, kind, fixed, unit_yen, load) in w.options.items():
        own = 0.0 if fewest[kind] == most[kind] else yen * unit_yen / load
        price = float(branch["load"].get(name, own))
        reduced = c.gain[:, column] + link * c.lend[:, column] - price * c.load[:, column]
        reduced = reduced + c.draw[:, column] * psi_d
        here = [
            r - u
            for r, u, come in zip(
                reduced.tolist(), series if kind == "class" else unit, c.draw[:, column].tolist(), strict=True
            )
            if come > 0
        ]
        staff = price * load - yen * unit_yen
        worth[name] = math.fsum(
            [*(v for v in here if v > 0), staff * (most[kind] if staff > 0 else fewest[kind]), -yen * fixed]
        )
    terms = [float(c.base_d.sum()), math.fsum(unit), math.fsum(series), yen * money]
    terms += [-v * fewest_helped(w, c, name, fair) for name, v in least.items()]
    for (kind, where), (gain, cost, cap, help_) in c.extra.items():
        value = gain + help_ * psi[where] - yen * cost - (link if kind == "device" else 0.0)
        terms.append(cap * max(value, 0.0))
    terms += [worth[o] for o in branch["forced"]]
    for k, (low, high) in enumerate(branch["counts"]):
        held = sum(w.options[o][1] == KINDS[k] for o in branch["forced"])
        free = sorted(
            (
                v
                for o, v in worth.items()
                if w.options[o][1] == KINDS[k] and o not in branch["forced"] and o not in branch["shut"]
            ),
            reverse=True,
        )
        must, may = max(low - held, 0), max(high - held, 0)
        terms += free[:must] + [v for v in free[must:may] if v > 0]
    return math.fsum(terms)
