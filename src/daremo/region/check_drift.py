"""Drift: what changed between an older edition and this one, beyond what a month or a year usually brings."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daremo.kernel.errors import Problem
from daremo.region.check_counts import by_sex
from daremo.region.check_finding import Row, finding, kilometres, plain_name, rows, some_names
from daremo.region.check_names import garbled
from daremo.region.model import Region

#: Standard deviations of ordinary change (spread of all districts and counting noise together) before it is a jump.
JUMP_SD = 3.5
#: One sex changes by at least this factor while the other and the households stay within a third of it (log scale).
ONE_SIDED = math.log(1.2)
SAME_POINT_KM = 0.03
MOVED_KM = 0.5


@dataclass(frozen=True, slots=True)
class District:
    """One edition of one district: its row, residents, and men, women and households where known."""

    row: Row
    people: float
    men: float | None
    women: float | None
    households: float | None


def drift(region: Region, against: Region) -> list[Problem]:
    """Findings about districts and places against an older edition."""
    new, old = _districts(region), _districts(against)
    pairs, renamed, appeared, vanished = _matched(new, old)
    out = _one_sided(pairs)
    lopsided = {id(p.row) for p in (n for n, _ in pairs) if any(_about(f, p.row) for f in out)}
    out += _jumps([(n, o) for n, o in pairs if id(n.row) not in lopsided])
    out += _changed_names(renamed, appeared, vanished, len(old))
    return out + _moved(pairs) + _places(region, against)


def _about(problem: Problem, row: Row) -> bool:
    return problem.row == row["source_row"] and f"「{row['name']}」" in problem.message


def _districts(region: Region) -> list[District]:
    sexes = by_sex(region)
    out = []
    for r in rows(region.areas):
        aged = sexes[r["area_id"]]
        told = aged["m"] + aged["f"] > 0 and aged["all"] == 0
        out.append(
            District(
                r,
                r["people_stated"] if r["people_stated"] is not None else sum(aged.values()),
                r["men_stated"] if r["men_stated"] is not None else aged["m"] if told else None,
                r["women_stated"] if r["women_stated"] is not None else aged["f"] if told else None,
                r["households"],
            )
        )
    return out


def _matched(
    new: list[District], old: list[District]
) -> tuple[list[tuple[District, District]], list[tuple[District, District]], list[District], list[District]]:
    """Pairs of the same district (by name, else by point), the pairs renamed, those only new and those only old."""
    names: dict[str, list[District]] = defaultdict(list)
    for o in old:
        names[plain_name(o.row["name"])].append(o)
    own: dict[str, int] = defaultdict(int)
    for n in new:
        own[plain_name(n.row["name"])] += 1
    pairs, left, used = [], [], set()
    for n in new:
        same = names.get(plain_name(n.row["name"]), [])
        if len(same) == 1 and own[plain_name(n.row["name"])] == 1:
            pairs.append((n, same[0]))
            used.add(id(same[0]))
        else:
            left.append(n)
    rest = [o for o in old if id(o) not in used]
    renamed = []
    appeared = []
    for n in left:
        here = next((o for o in rest if _near(n.row, o.row) <= SAME_POINT_KM), None)
        if here is None:
            appeared.append(n)
            continue
        rest.remove(here)
        pairs.append((n, here))
        if plain_name(n.row["name"]) != plain_name(here.row["name"]):
            renamed.append((n, here))
    return pairs, renamed, appeared, rest


def _near(a: Row, b: Row) -> float:
    """Kilometres between two rows' points."""
    xy = kilometres([a["latitude"], b["latitude"]], [a["longitude"], b["longitude"]])
    return float(np.hypot(*(xy[0] - xy[1])))


def _change(new: float, old: float) -> float:
    """Log ratio, half a person added so that an empty district has one."""
    return math.log((new + 0.5) / (old + 0.5))


def _one_sided(pairs: list[tuple[District, District]]) -> list[Problem]:
    out = []
    for n, o in pairs:
        if n.men is None or n.women is None or o.men is None or o.women is None:
            continue
        for column, ja, mine, was, other, other_was in (
            ("men_stated", "男", n.men, o.men, n.women, o.women),
            ("women_stated", "女", n.women, o.women, n.men, o.men),
        ):
            jump = _change(mine, was)
            still = [_change(other, other_was)]
            if n.households is not None and o.households is not None:
                still.append(_change(n.households, o.households))
            noise = math.sqrt(1 / (mine + 0.5) + 1 / (was + 0.5))
            if abs(jump) > max(ONE_SIDED, 5 * noise) and all(abs(s) < abs(jump) / 3 for s in still):
                homes = f"、世帯は{o.households:,.0f}→{n.households:,.0f}" if len(still) == 2 else ""
                moved = "ふえ" if jump > 0 else "へり"
                message = (
                    f"「{n.row['name']}」の{ja}だけが{was:,.0f}人→{mine:,.0f}人に{moved}ましたが、"
                    f"{'女' if ja == '男' else '男'}は{other_was:,.0f}→{other:,.0f}{homes}で、ほとんど変わっていません"
                    f"（合計{o.people:,.0f}→{n.people:,.0f}人）。"
                )
                out.append(finding("one-sided-jump", message, "areas", n.row, column=column, value=float(mine)))
    return out


def jump_scores(new: NDArray[np.float64], old: NDArray[np.float64]) -> NDArray[np.float64]:
    """How unusual each district's change is, in standard deviations.

    Parameters
    ----------
    new, old : ndarray, shape (districts,), people
        The same districts in two editions.

    Returns
    -------
    ndarray, shape (districts,), standard deviations
        (log ratio − median of all) / √(spread² + 2/people), the spread being 1.4826 × the median absolute deviation
        over districts of 100 people and more, and 2/people the counting noise of two editions as if independent:
        cautious, since most people are the same.
    """
    ratio = np.log((new + 0.5) / (old + 0.5))
    steady = (old >= 100) & (new > 0)
    if steady.sum() < 5:
        steady = old > 0
    middle = float(np.median(ratio[steady])) if steady.any() else 0.0
    spread = 1.4826 * float(np.median(np.abs(ratio[steady] - middle))) if steady.any() else 0.0
    scores: NDArray[np.float64] = (ratio - middle) / np.sqrt(spread**2 + 2 / ((new + old) / 2 + 1))
    return scores


def _jumps(pairs: list[tuple[District, District]]) -> list[Problem]:
    if not pairs:
        return []
    new, old = (np.array([p[k].people for p in pairs], dtype=np.float64) for k in (0, 1))
    scores = jump_scores(new, old)
    out = []
    for i in np.flatnonzero(np.abs(scores) > JUMP_SD).tolist():
        n, o = pairs[i]
        homes = ""
        if n.households is not None and o.households is not None:
            homes = f"、世帯は{o.households:,.0f}→{n.households:,.0f}"
        message = (
            f"「{n.row['name']}」の人数が{o.people:,.0f}人→{n.people:,.0f}人に変わりました{homes}。"
            f"ふだんのゆれの幅（標準偏差）の{abs(scores[i]):.0f}倍の動きです。"
        )
        out.append(_asked("total-jump", message, n.row, "people_stated", float(n.people)))
    return out


def _asked(code: str, message: str, row: Row, column: str, value: object) -> Problem:
    return finding(code, message, "areas", row, column=column, value=value, severity="question")


def _changed_names(
    renamed: list[tuple[District, District]], appeared: list[District], vanished: list[District], count: int
) -> list[Problem]:
    """Names that changed or came and went; many at once are one finding, since a whole column changed."""
    out: list[Problem] = []
    readable = [(n, o) for n, o in renamed if not garbled(n.row["name"]) and not garbled(o.row["name"])]
    if len(readable) > max(10, count / 10):
        n, o = readable[0]
        message = (
            f"{len(readable)}地区の名前が変わりました（「{o.row['name']}」→「{n.row['name']}」など）。"
            "書きかたが変わったようです。"
        )
        out.append(_asked("renamed-area", message, n.row, "name", n.row["name"]))
        readable = []
    for n, o in readable:
        message = f"「{o.row['name']}」が「{n.row['name']}」になりました（地点は同じです）。"
        out.append(_asked("renamed-area", message, n.row, "name", n.row["name"]))
    for code, found, said in (
        ("area-vanished", vanished, "前の版にあって、この版にありません"),
        ("area-appeared", appeared, "前の版にありません"),
    ):
        if len(found) > max(10, count / 10):
            people = sum(d.people for d in found)
            message = f"{some_names([d.row for d in found])}（あわせて{people:,.0f}人）が、{said}。"
            out.append(finding(code, message, "areas", found[0].row, column="name"))
            continue
        for d in found:
            message = f"「{d.row['name']}」（{d.people:,.0f}人）が、{said}。"
            out.append(finding(code, message, "areas", d.row, column="name", value=d.row["name"]))
    return out


def _moved(pairs: list[tuple[District, District]]) -> list[Problem]:
    out = []
    for n, o in pairs:
        away = _near(n.row, o.row)
        if away > MOVED_KM:
            message = f"「{n.row['name']}」の地点が{away:.1f}km動きました。"
            value = f"{n.row['latitude']}, {n.row['longitude']}"
            out.append(finding("moved-point", message, "areas", n.row, column="latitude", value=value))
    return out


def _places(region: Region, against: Region) -> list[Problem]:
    """Places gone, one finding a kind: neither its name nor (within 30 m) its point is there any more."""
    now: dict[str, list[Row]] = defaultdict(list)
    for r in rows(region.places):
        now[r["kind"]].append(r)
    gone: dict[str, list[Row]] = defaultdict(list)
    for r in rows(against.places):
        name = plain_name(r["name"])
        if not any(plain_name(p["name"]) == name or _near(p, r) <= SAME_POINT_KM for p in now[r["kind"]]):
            gone[r["kind"]].append(r)
    return [
        finding(
            "places-vanished",
            f"前の版にあった施設{len(found)}か所が、この版にありません: {some_names(found)}",
            "places",
            found[0],
            column="name",
            value=kind,
            severity="question",
        )
        for kind, found in gone.items()
    ]
