"""Counts: totals, columns that hold something else, households, empty and tiny districts."""

from __future__ import annotations

from collections import defaultdict

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
    """``sum-mismatch``, or one ``age-unknown`` where many districts state more people than their ages hold."""
    sexes = by_sex(region)
    areas = rows(region.areas)
    short = [r for r in areas if r["people_stated"] is not None and _ages(sexes, r) < r["people_stated"] - 0.5]
    over = [r for r in areas if r["people_stated"] is not None and _ages(sexes, r) > r["people_stated"] + 0.5]
    out: list[Problem] = []
    if len(short) > max(5, len(areas) / 5) and len(over) <= len(areas) / 50:
        missing = sum(r["people_stated"] - _ages(sexes, r) for r in short)
        message = f"{len(short)}地区で、年齢の合計が総人口より少なくなっています（全部で{missing:,.0f}人）。年齢不詳の人かもしれません。"
        out.append(finding("age-unknown", message, "areas", short[0], column="people_stated", severity="question"))
        short = []
    for r in areas:
        stated, men, women = r["people_stated"], r["men_stated"], r["women_stated"]
        if r in short or r in over:
            message = f"「{r['name']}」の年齢ごとの合計は{_ages(sexes, r):,.0f}人ですが、総人口は{stated:,.0f}人です。"
            out.append(finding("sum-mismatch", message, "areas", r, column="people_stated", value=float(stated)))
        if stated is not None and men is not None and women is not None and abs(men + women - stated) > 0.5:
            message = f"「{r['name']}」の男{men:,.0f}人と女{women:,.0f}人をたすと{men + women:,.0f}人で、総人口{stated:,.0f}人と合いません。"
            out.append(finding("sum-mismatch", message, "areas", r, column="people_stated", value=float(stated)))
    return out + _sex_totals(areas, sexes)


def _ages(sexes: dict[str, dict[str, float]], r: Row) -> float:
    return sum(sexes[r["area_id"]].values())


def _sex_totals(areas: list[dict[str, object]], sexes: dict[str, dict[str, float]]) -> list[Problem]:
    """Men and women as stated against their ages; exchanged everywhere is one finding about the columns."""
    wrong: list[tuple[Row, str, float]] = []
    exchanged = told = 0
    for r in areas:
        men, women = r["men_stated"], r["women_stated"]
        if not isinstance(men, float) or not isinstance(women, float):
            continue
        aged = sexes[str(r["area_id"])]
        if aged["all"] > 0 or aged["m"] + aged["f"] == 0:
            continue
        told += men != women
        exchanged += men != women and abs(men - aged["f"]) < 0.5 and abs(women - aged["m"]) < 0.5
        wrong += [(r, c, aged[s]) for c, s, v in (("men_stated", "m", men), ("women_stated", "f", women)) if abs(v - aged[s]) > 0.5]
    if exchanged > max(2, told / 2):
        message = f"{exchanged}地区で、男の数は女の年齢の合計と、女の数は男の年齢の合計と同じです。男と女の列が逆のようです。"
        return [finding("swapped-columns", message, "areas", wrong[0][0], column="men_stated", severity="error")]
    # ages of an unknown person belong to a sex too: where many fall short, `totals` has already asked
    if len(wrong) > max(10, len(areas) / 5) and all(float(str(r[c])) > aged for r, c, aged in wrong):
        return []
    return [
        finding(
            "sum-mismatch", f"「{r['name']}」の{'男' if c == 'men_stated' else '女'}の年齢の合計は{aged:,.0f}人です。",
            "areas", r, column=c, value=float(str(r[c])),
        )
        for r, c, aged in wrong
    ]


def households(region: Region) -> list[Problem]:
    """``swapped-columns`` where the households column holds something else, ``implausible-household-size`` else."""
    told = [r for r in rows(region.areas) if r["households"] is not None and _people(r, region) >= FEW]
    if not told:
        return []
    same = [r for r in told if r["households"] == _people(r, region)]
    more = [r for r in told if r["households"] > _people(r, region)]
    if len(same) > max(2, len(told) / 2):
        message = f"{len(same)}地区で、世帯数が人数と同じです。世帯数の列に人数が入っているようです。"
        return [finding("swapped-columns", message, "areas", same[0], column="households", value=same[0]["households"], severity="error")]
    if len(more) > max(2, len(told) / 4):
        message = f"{len(more)}地区で、世帯数が人数より多くなっています。人数と世帯数の列が逆のようです。"
        return [finding("swapped-columns", message, "areas", more[0], column="households", value=more[0]["households"], severity="error")]
    out = []
    for r in told:
        people, homes = _people(r, region), r["households"]
        if homes == 0 or not HOUSEHOLD_SIZE[0] <= people / homes <= HOUSEHOLD_SIZE[1]:
            size = f"1世帯{people / homes:.1f}人" if homes else "世帯が0"
            message = f"「{r['name']}」は{people:,.0f}人・{homes:,}世帯（{size}）です。"
            out.append(finding("implausible-household-size", message, "areas", r, column="households", value=homes))
    return out


def _people(r: Row, region: Region) -> float:
    return float(r["people_stated"]) if r["people_stated"] is not None else _from_ages(region).get(r["area_id"], 0.0)


def _from_ages(region: Region) -> dict[str, float]:
    return dict(region["people"].group_by("area_id").agg(pl.col("people").sum()).iter_rows())


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
        message = f"85歳以上が、男{old['m']:,.0f}人・女{old['f']:,.0f}人です。この年代はふつう女のほうが多いので、男と女の列が逆かもしれません。"
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
    totals_d = {r["area_id"]: _people(r, region) for r in rows(region.areas)}
    none = [r for r in rows(region.areas) if totals_d[r["area_id"]] == 0]
    few = [r for r in rows(region.areas) if 0 < totals_d[r["area_id"]] < TINY]
    out = []
    if none:
        message = f"人が住んでいない地区が{len(none)}か所あります: {some_names(none)}"
        out.append(finding("zero-people", message, "areas", none[0], column="people_stated", value=0, severity="question"))
    if few:
        message = f"{TINY}人より少ない地区が{len(few)}か所あります: {some_names(few)}。だれのことか分かってしまうおそれがあります。"
        out.append(
            finding(
                "tiny-district", message, "areas", few[0], column="people_stated",
                value=totals_d[few[0]["area_id"]],
            )
        )
    return out
