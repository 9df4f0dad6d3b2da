"""An answer told: one JSON document for a program, a few sentences and a table for a person, a folder to keep."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from daremo.cli.frame import Voice, problem_lines
from daremo.cli.reach.given import Given
from daremo.cli.text import percent, table

if TYPE_CHECKING:
    from daremo.cli.reach.kept import Proof
    from daremo.reach.model import Answer
    from daremo.report.reach_map import ReachView

Float = NDArray[np.float64]
Int = NDArray[np.int64]
#: Open places and unreached points shown in the terminal; the files have all.
SHOWN = 20
#: States of a demand point, as the map names them.
REACHED, PARTLY, MISSED, UNREACHABLE = range(4)


@dataclass(frozen=True, slots=True)
class Served:
    """Who is served from where.

    Attributes
    ----------
    place_d : ndarray of int64, shape (demand,), index
        Place that serves each demand point; −1 = none.
    cost_d : ndarray, shape (demand,), km or minutes
        Infinite where none does.
    state_d : ndarray of int64, shape (demand,), index
        Reached, partly, missed or unreachable.
    """

    place_d: Int
    cost_d: Float
    state_d: Int


@dataclass(slots=True)
class Telling:
    """What a verb has to say of its answer, beside what all verbs say.

    Attributes
    ----------
    verb : str
    eyebrow, headline : str
        The question, and the finding as one sentence, in the language of the person.
    value_name : str
        What `value` counts.
    fields : dict
        The verb's own fields of the machine form.
    facts : dict of str to list of str
        Further columns of the table of open places, in the order of `open`.
    by_distance : bool
        Whether the map shows distances rather than states.
    routes : list
        Lines on the map, as (latitude, longitude).
    kinds : list of str
        Kind of each open place on the map.
    """

    verb: str
    eyebrow: str
    headline: str
    value_name: str
    fields: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, list[str]] = field(default_factory=dict)
    by_distance: bool = False
    routes: list[tuple[tuple[float, float], ...]] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)


def served(given: Given, open_: tuple[int, ...], never: tuple[int, ...] = (), share_t: Float | None = None) -> Served:
    """Each demand point goes to its nearest open place.

    Parameters
    ----------
    open_, never : tuple of int, index
    share_t : ndarray, shape (trips,), share
        How much a trip counts, where it is not all or nothing; the place of most worth serves.
    """
    pairs = given.pairs
    is_open = np.zeros(pairs.n_places, bool)
    is_open[list(open_)] = True
    usable = np.ones(pairs.n_places, bool)
    usable[list(never)] = False
    worth = np.ones(pairs.n_trips) if share_t is None else share_t
    who = pairs.demand()
    trips = np.flatnonzero(is_open[pairs.place] & (worth > 0))
    trips = trips[np.lexsort((pairs.place[trips], pairs.cost[trips], -worth[trips], who[trips]))]
    first_of, first = np.unique(who[trips], return_index=True)
    place_d, cost_d = np.full(pairs.n_demand, -1, np.int64), np.full(pairs.n_demand, np.inf)
    chosen = trips[first]
    place_d[first_of], cost_d[first_of] = pairs.place[chosen], pairs.cost[chosen]
    state_d = np.full(pairs.n_demand, UNREACHABLE, np.int64)
    state_d[who[usable[pairs.place] & (worth > 0)]] = MISSED
    state_d[first_of] = np.where(worth[chosen] >= 1, REACHED, PARTLY)
    return Served(place_d, cost_d, state_d)


def machine_form(given: Given, answer: Answer, who: Served, telling: Telling) -> dict[str, Any]:
    """The documented JSON of a verb that chooses places; `open` holds ids, `open_index` positions from 0."""
    told = answer.as_dict()
    need = given.demand.need
    lost = np.flatnonzero(who.state_d == UNREACHABLE)
    within = np.isfinite(who.cost_d)
    p = given.places
    people_p = np.bincount(who.place_d[within], need[within], p.n)
    return {
        **{k: told[k] for k in ("value", "bound", "gap_share")},
        "open": given.place_names(answer.open),
        **{k: told[k] for k in ("seconds", "cpu_seconds", "method", "seed", "finished")},
        "open_index": list(answer.open),
        "verb": telling.verb,
        "sense": answer.sense,
        "value_is": telling.value_name,
        "unit": given.pairs.unit,
        "people": float(need.sum()),
        "people_within": float(need[within].sum()),
        "unreachable": {
            "points": int(lost.size),
            "people": float(need[lost].sum()),
            "ids": [given.demand.ids[d] for d in lost],
        },
        "places": [
            {
                "id": p.ids[k],
                "name": p.names[k],
                **_where(given, k),
                "people": float(people_p[k]),
                **({"cost_yen": float(p.numbers["cost_yen"][k])} if "cost_yen" in p.numbers else {}),
            }
            for k in answer.open
        ],
        **telling.fields,
        **_equal_form(given, answer),
        "question": {"demand": given.demand.file, "places": given.places.file, **given.asked},
        "problems": [x.as_dict() for x in given.problems],
    }


def _equal_form(given: Given, answer: Answer) -> dict[str, Any]:
    """Equally good layouts, in ids."""
    told = getattr(answer, "alternatives", None)
    if told is None:
        return {}
    ids = given.place_names
    return {
        **told.as_dict(),
        "equally_good": [dict(zip(("close", "open"), ids(swap), strict=True)) for swap in told.swaps],
        "equally_good_layouts": [ids(layout) for layout in told.layouts],
    }


def _equal_said(voice: Voice, given: Given, answer: Answer) -> str:
    """Equally good layouts in one sentence; nothing where there are none or nobody looked."""
    told = getattr(answer, "alternatives", None)
    if told is None or not (told.count or told.layouts):
        return ""
    names = given.places.names
    said = []
    if told.count:
        r, j = told.swaps[0]
        ja, en = f"「{names[r]}」の代わりに「{names[j]}」でもよい", f'"{names[j]}" may stand for "{names[r]}"'
        if told.count > 1:
            ja, en = ja + f"など、入れかえ{told.count:,}通り", en + f" and {told.count - 1:,} other exchanges"
        said.append(voice(ja, en))
    if told.layouts:
        n = len(told.layouts)
        only = told.complete
        said.append(
            voice(f"ほかの組み合わせ{n}通り{'' if only else '以上'}", f"{n}{'' if only else ' or more'} other sets")
        )
    return voice("同じ良さの選び方: ", "Equally good: ") + voice("、", "; ").join(said) + voice("。", ".")


def _where(given: Given, k: int) -> dict[str, float]:
    p = given.places
    if not np.isfinite(p.latitude[k]):
        return {}
    names = ("y_km", "x_km") if p.planar else ("latitude", "longitude")
    return {names[0]: float(p.latitude[k]), names[1]: float(p.longitude[k])}


def show(voice: Voice, given: Given, answer: Answer, who: Served, telling: Telling) -> None:
    """For a person: the finding, the bound, the open places, who stays out of reach, what was odd in the files."""
    voice.say(telling.headline)
    voice.say(_proof(voice, answer))
    need, p = given.demand.need, given.places
    within = np.isfinite(who.cost_d)
    people_p = np.bincount(who.place_d[within], need[within], p.n)
    head = [
        voice("番号", "no."),
        voice("開く場所", "open place"),
        voice("コード", "id"),
        voice("人", "people"),
        *telling.facts,
    ]
    rows = [
        [str(n + 1), p.names[k], p.ids[k], f"{people_p[k]:,.0f}", *(column[n] for column in telling.facts.values())]
        for n, k in enumerate(answer.open[:SHOWN])
    ]
    if rows:
        voice.say()
        for line in table(head, rows, right=(0, *range(3, len(head))), widest=30):
            voice.say(line)
    if len(answer.open) > SHOWN:
        more = len(answer.open) - SHOWN
        voice.say(
            voice(
                f"ほかに{more:,}か所（-o フォルダー の open.csv に全部）",
                f"{more:,} more (all in open.csv with -o FOLDER)",
            )
        )
    _show_left(voice, given, who)
    if equal := _equal_said(voice, given, answer):
        voice.say(equal)
    for line in problem_lines(given.problems, voice, 8):
        voice.say(line)


def _proof(voice: Voice, answer: Answer) -> str:
    gap = answer.gap_share
    most = (
        voice("これより多くはできない数", "no answer exceeds")
        if answer.sense == "max"
        else voice("これより小さくはできない数", "no answer is below")
    )
    said = f"{most} {answer.bound:,.6g}" if math.isfinite(answer.bound) else ""
    if math.isfinite(gap):
        said += voice(f"（差 {percent(gap, 3)}）", f" (gap {percent(gap, 3)})")
    if getattr(answer, "bound_from", "certificate") != "certificate":
        sure = f"{getattr(answer, 'bound_certified', math.nan):,.6g}"
        said += voice(
            f"。これはHiGHSの計算で、証明書が示す数は {sure} です", f", by HiGHS; the certificate proves {sure}"
        )
    if not answer.finished:
        said += voice("。途中で止めた答えです", "; stopped before the end")
    return said + voice(f"。{answer.seconds:.1f}秒", f". {answer.seconds:.1f} s")


def _show_left(voice: Voice, given: Given, who: Served) -> None:
    need = given.demand.need
    for state, ja, en in (
        (MISSED, "候補の施設はあるが、開かないので届かない", "within reach of a place that stays shut"),
        (UNREACHABLE, "どの候補からも遠い", "out of reach of every place"),
    ):
        at = np.flatnonzero(who.state_d == state)
        if need[at].sum() > 0:
            at = at[np.argsort(-need[at], kind="stable")]
            names = voice("、", ", ").join(given.demand.names[d] for d in at[:5])
            more = voice(" ほか", " …") if at.size > 5 else ""
            voice.say(
                voice(
                    f"{ja}: {need[at].sum():,.0f}人（{at.size:,}地点: {names}{more}）",
                    f"{en}: {need[at].sum():,.0f} people ({at.size:,} points: {names}{more})",
                )
            )


def view(voice: Voice, given: Given, answer: Answer, who: Served, telling: Telling) -> ReachView:
    """The answer as a map wants it."""
    from daremo.report.blocks import Stat
    from daremo.report.reach_map import ReachView, Spot

    d, p = given.demand, given.places
    need = d.need
    within = np.isfinite(who.cost_d)
    people_p = np.bincount(who.place_d[within], need[within], p.n)
    gap = answer.gap_share
    stats = (
        Stat(
            telling.value_name,
            f"{answer.value:,.6g}",
            "",
            (voice("証明された限界", "proved bound") + f" {answer.bound:,.6g}",),
            voice(
                "どんな選び方でも、この限界はこえられません。証明は answer.json にあります。",
                "No choice can pass this bound; the proof is in answer.json.",
            ),
        ),
        Stat(
            voice("限界との差", "Gap to the bound"),
            percent(gap, 3) if math.isfinite(gap) else "—",
            "",
            (voice(f"{answer.seconds:.1f}秒で計算", f"computed in {answer.seconds:.1f} s"),),
            answer.method,
        ),
        Stat(
            voice("まだ届かない人", "People not yet reached"),
            f"{need[~within].sum():,.0f}",
            voice("人", ""),
            (voice(f"全部で{need.sum():,.0f}人", f"of {need.sum():,.0f}"),),
            voice(
                "開く場所が、道のりの上限の中に一つもない人です。下の表に地区ごとに出ています。",
                "People without an open place within the limit; the table below lists them by area.",
            ),
        ),
    )
    columns = (voice("届く人", "people"), *telling.facts)
    spots = tuple(
        Spot(
            n + 1,
            p.ids[k],
            p.names[k],
            float(p.latitude[k]),
            float(p.longitude[k]),
            telling.kinds[n] if telling.kinds else "point",  # type: ignore[arg-type]
            (f"{people_p[k]:,.0f}", *(column[n] for column in telling.facts.values())),
        )
        for n, k in enumerate(answer.open)
    )
    unit = voice("分", "min") if given.pairs.unit == "min" else "km"
    lead = (
        voice(f"いちばん長い道のりは {given.limit:g} {unit} です。", f"Longest trip: {given.limit:g} {unit}.")
        if math.isfinite(given.limit)
        else ""
    )
    lead = " ".join(x for x in (lead, _equal_said(voice, given, answer)) if x)
    return ReachView(
        voice.lang,
        telling.eyebrow,
        telling.headline,
        lead,
        stats,
        d.ids,
        d.names,
        d.latitude,
        d.longitude,
        need,
        who.cost_d,
        None if telling.by_distance else who.state_d,
        spots,
        columns,
        tuple(telling.routes),
        unit,
        d.planar,
        f"{d.file} {p.file}" if p.file != d.file else d.file,
    )


def give(
    voice: Voice,
    given: Given,
    answer: Answer,
    who: Served,
    telling: Telling,
    out: Path | None,
    proof: Proof,
    *,
    force: bool = False,
) -> None:
    """Tell the answer to a program and to a person, and write the folder where one is wanted."""
    value = machine_form(given, answer, who, telling)
    if out is not None:
        from daremo.cli.reach.kept import keep

        seen = view(voice, given, answer, who, telling) if given.drawable else None
        keep(out, given, answer, who, value, seen, proof, force=force)
    voice.answer(value)
    show(voice, given, answer, who, telling)
    if out is not None:
        where = out / ("map.html" if given.drawable else "answer.json")
        voice.say(
            voice(
                f"\n答え: {where}\n次: daremo reach verify {out}", f"\nAnswer: {where}\nNext: daremo reach verify {out}"
            )
        )
