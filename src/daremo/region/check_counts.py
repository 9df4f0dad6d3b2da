"""Counts: totals, columns that hold something else, households, empty and tiny districts."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from daremo.kernel.errors import Problem
from daremo.kernel.tables import rows_of
from daremo.region.check_finding import Row, finding, rows, some_names
from daremo.region.model import PACKAGE, Region

#: Districts below this many people are left out of ratios: one family moves them.
FEW = 20
TINY = 20
#: More than this many districts with an odd household size are one finding: mesh cells hold many homes and dormitories.
MANY = 10
#: Most districts hold 1.5 to 3.5 people a household; beyond these something else is counted.
HOUSEHOLD_SIZE = (1.0, 6.0)


def by_sex(region: Region) -> dict[str, dict[str, float]]:
    """People of each district by sex (``m``, ``f``, ``all``) from the people table."""
    out: dict[str, dict[str, float]] = defaultdict(lambda: {"m": 0.0, "f": 0.0, "all": 0.0})
    people = region["people"].group_by("area_id", "sex").agg(pl.col("people").sum())
    for area_id, sex, total in people.iter_rows():
        out[area_id][sex] += total
    return out


def totals(region: Region) -> list[Problem]:
    """``sum-mismatch``, one a district; where it is the same everywhere, one ``age-unknown`` or ``swapped-columns``."""
    sexes = by_sex(region)
    areas = rows(region.areas)
    swapped = _exchanged(areas, sexes)
    said = {r["area_id"]: _sums(r, sexes[r["area_id"]]) for r in areas}
    wrong = [r for r in areas if said[r["area_id"]]]
    if swapped:
        return swapped
    short = [r for r in wrong if _ages_short(r, sexes[r["area_id"]])]
    out: list[Problem] = []
    if len(short) > max(5, len(areas) / 5) and len(wrong) - len(short) <= len(areas) / 50:
        missing = sum(r["people_stated"] - sum(sexes[r["area_id"]].values()) for r in short)
        message = (
            f"{len(short)}地区で、年齢の合計が総人口より少なくなっています（全部で{missing:,.0f}人）。"
            "年齢不詳の人かもしれません。"
        )
        out.append(finding("age-unknown", message, "areas", short[0], column="people_stated", severity="question"))
        wrong = [r for r in wrong if r not in short]
    for r in wrong:
        message = f"「{r['name']}」: " + "。".join(said[r["area_id"]]) + "。"
        out.append(finding("sum-mismatch", message, "areas", r, column="people_stated", value=r["people_stated"]))
    return out


def _sums(r: Row, aged: dict[str, float]) -> list[str]:
    """What does not add up in one district, as clauses."""
    total, men, women = r["people_stated"], r["men_stated"], r["women_stated"]
    ages = sum(aged.values())
    out = []
    if total is not None and abs(ages - total) > 0.5:
        out.append(f"年齢ごとの人数をたすと{ages:,.0f}人ですが、総人口は{total:,.0f}人です")
    if total is not None and men is not None and women is not None and abs(men + women - total) > 0.5:
        out.append(f"男{men:,.0f}人と女{women:,.0f}人をたすと{men + women:,.0f}人ですが、総人口は{total:,.0f}人です")
    if aged["all"] == 0 and ages > 0:
        for ja, stated, counted in (("男", men, aged["m"]), ("女", women, aged["f"])):
            if stated is not None and abs(stated - counted) > 0.5:
                out.append(f"{ja}の年齢ごとの人数をたすと{counted:,.0f}人ですが、{ja}の合計は{stated:,.0f}人です")
    return out


def _ages_short(r: Row, aged: dict[str, float]) -> bool:
    """Whether the ages hold fewer people than stated and nothing else is wrong (ages unknown would look like this)."""
    total, men, women = r["people_stated"], r["men_stated"], r["women_stated"]
    if total is None or sum(aged.values()) > total - 0.5:
        return False
    both = men is None or women is None or abs(men + women - total) <= 0.5
    return both and (men is None or aged["m"] <= men + 0.5) and (women is None or aged["f"] <= women + 0.5)


def _exchanged(areas: list[dict[str, Any]], sexes: dict[str, dict[str, float]]) -> list[Problem]:
    """``swapped-columns`` where the men stated are the women's ages, and the other way round, in most districts."""
    told = [
        r for r in areas if None not in (r["men_stated"], r["women_stated"]) and r["men_stated"] != r["women_stated"]
    ]
    crossed = [
        r
        for r in told
        if abs(r["men_stated"] - sexes[r["area_id"]]["f"]) < 0.5
        and abs(r["women_stated"] - sexes[r["area_id"]]["m"]) < 0.5
    ]
    if len(crossed) <= max(2, len(told) / 2):
        return []
    message = (
        f"{len(crossed)}地区で、男の数は女の年齢の合計と、女の数は男の年齢の合計と同じです。男と女の列が逆のようです。"
    )
    return [finding("swapped-columns", message, "areas", crossed[0], column="men_stated", severity="error")]


def households(region: Region) -> list[Problem]:
    """``swapped-columns`` where the households column holds something else, ``implausible-household-size`` else."""
    people_d = people_of(region)
    told = [r for r in rows(region.areas) if r["households"] is not None and people_d[r["area_id"]] >= FEW]
    if not told:
        return []
    same = [r for r in told if r["households"] == people_d[r["area_id"]]]
    more = [r for r in told if r["households"] > people_d[r["area_id"]]]
    if len(same) > max(2, len(told) / 2):
        return [_homes(same[0], f"{len(same)}地区で、世帯数が人数と同じです。世帯数の列に人数が入っているようです。")]
    if len(more) > max(2, len(told) / 4):
        return [
            _homes(more[0], f"{len(more)}地区で、世帯数が人数より多くなっています。人数と世帯数の列が逆のようです。")
        ]
    low, high = HOUSEHOLD_SIZE
    odd = [r for r in told if not low * r["households"] <= people_d[r["area_id"]] <= high * r["households"]]
    code = "implausible-household-size"
    if len(odd) > MANY:
        message = (
            f"1世帯の人数が{low:.0f}〜{high:.0f}人でない地区が{len(odd)}か所（{len(told)}か所のうち）あります: "
            f"{some_names(odd)}"
        )
        return [finding(code, message, "areas", odd[0], column="households", value=odd[0]["households"])]
    out = []
    for r in odd:
        people, homes = people_d[r["area_id"]], r["households"]
        size = f"1世帯{people / homes:.1f}人" if homes else "世帯が0"
        message = f"「{r['name']}」は{people:,.0f}人・{homes:,}世帯（{size}）です。"
        out.append(finding(code, message, "areas", r, column="households", value=homes))
    return out


def _homes(r: Row, message: str) -> Problem:
    return finding("swapped-columns", message, "areas", r, column="households", value=r["households"], severity="error")


def people_of(region: Region) -> dict[str, float]:
    """Residents of each district: as stated, else the sum of its ages."""
    out = {r["area_id"]: 0.0 for r in rows(region.areas)}
    out |= dict(region["people"].group_by("area_id").agg(pl.col("people").sum()).iter_rows())
    return out | {r["area_id"]: r["people_stated"] for r in rows(region.areas) if r["people_stated"] is not None}


def ages(region: Region) -> list[Problem]:
    """``swapped-columns`` where the oldest are mostly men, or the ages fit the nation better one band up or down."""
    out: list[Problem] = []
    counts = region["people"].group_by("sex", "age_from").agg(pl.col("people").sum()).iter_rows()
    old = {"m": 0.0, "f": 0.0, "all": 0.0}
    bands: dict[int, float] = defaultdict(float)
    for sex, low, total in counts:
        bands[low] += total
        old[sex] += total if low >= 85 else 0.0
    if old["m"] > 1.1 * old["f"] and old["m"] + old["f"] >= 200:
        message = (
            f"85歳以上が、男{old['m']:,.0f}人・女{old['f']:,.0f}人です。"
            "この年代はふつう女のほうが多いので、男と女の列が逆かもしれません。"
        )
        out.append(finding("swapped-columns", message, "people", column="sex", severity="question"))
    step = _best_shift(bands)
    if step:
        message = f"年齢の分かれかたが、{abs(step) * 5}歳{'上' if step > 0 else '下'}にずれているようです。"
        out.append(finding("swapped-columns", message, "people", column="age_from", severity="question"))
    return out


def _best_shift(bands: dict[int, float]) -> int:
    """How many five-year bands the counts seem to stand too high (+) or too low (−); 0 where nothing tells.

    The log ratio to the national structure bends smoothly with age in any real town; moved by a band, the nation's
    steps (the baby-boom bands, the open last band) no longer cancel. Told by the roughness after a cubic is taken out.
    """
    lows = list(range(0, 90, 5))
    if sorted(bands) != lows or sum(bands.values()) < 3_000 or min(bands.values()) <= 0:
        return 0
    nation_rows = [float(r["people"]) for r in rows_of(PACKAGE, "age_structure")]
    nation = np.array([*nation_rows[:17], sum(nation_rows[17:])])
    town = np.array([bands[a] for a in lows])
    rough = {s: _roughness(town, nation, s) for s in (-1, 0, 1)}
    best = min(rough, key=lambda s: rough[s])
    return best if best and rough[0] > 3 * rough[best] else 0


def _roughness(town: NDArray[np.float64], nation: NDArray[np.float64], shift: int) -> float:
    """Mean squared residual of the log ratio when the town's band k holds the nation's band k − `shift`."""
    k = np.arange(len(town))
    kept = (k - shift >= 0) & (k - shift < len(town))
    ratio = np.log(town[kept] / nation[k[kept] - shift])
    fitted = np.polyval(np.polyfit(k[kept], ratio, 3), k[kept])
    return float(np.mean((ratio - fitted) ** 2))


def small(region: Region) -> list[Problem]:
    """One ``zero-people`` and one ``tiny-district`` finding, each naming its districts."""
    totals_d = people_of(region)
    none = [r for r in rows(region.areas) if totals_d[r["area_id"]] == 0]
    few = [r for r in rows(region.areas) if 0 < totals_d[r["area_id"]] < TINY]
    out = []
    if none:
        message = f"人が住んでいない地区が{len(none)}か所あります: {some_names(none)}"
        out.append(
            finding("zero-people", message, "areas", none[0], column="people_stated", value=0, severity="question")
        )
    if few:
        message = (
            f"{TINY}人より少ない地区が{len(few)}か所あります: {some_names(few)}。"
            "だれのことか分かってしまうおそれがあります。"
        )
        value = totals_d[few[0]["area_id"]]
        out.append(finding("tiny-district", message, "areas", few[0], column="people_stated", value=value))
    return out
