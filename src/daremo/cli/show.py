"""Gap and plan as a person wants to read them in a terminal; everything comes from the published dicts."""

from __future__ import annotations

from typing import Any

from daremo.cli.frame import Voice
from daremo.cli.text import people, percent, rounded, table, yen

#: Reasons in their fixed order, with the words of the report.
REASONS = {
    "skill": ("一人ではむずかしい", "cannot do it alone"),
    "trust": ("不安", "afraid or unsure"),
    "service": ("サービスが合わない", "the service does not fit"),
    "reach": ("近くに助けがない", "no help within reach"),
    "connection": ("回線", "no good line"),
}
KINDS = {
    "point": ("相談の拠点", "support point"),
    "class": ("教室", "class series"),
    "round": ("巡回", "mobile round"),
    "home": ("訪問", "home visits"),
    "phone": ("電話", "telephone help"),
    "device": ("機器の貸し出し", "device lending"),
    "line": ("回線の補助", "subsidised line"),
    "fix": ("サービスの手直し", "repair of a service"),
    "campaign": ("詐欺への備え", "scam awareness"),
}


def show_gap(voice: Voice, gap: dict[str, Any]) -> None:
    """Who is left behind, why, and where."""
    left = gap["left_behind"]
    mean, low, high = (_near(left, k) for k in ("mean", "low", "high"))
    voice.say(
        voice(
            f"{gap['region']['name']}の5歳以上 {people(gap['people'])}人のうち、取り残されている人は "
            f"{mean}人（90%の幅 {low}～{high}人）と見込まれます。",
            f"Of {people(gap['people'])} people aged 5+ in {gap['region']['name']}, {mean} are estimated to be "
            f"left behind (90 % interval {low} to {high}).",
        )
    )
    voice.say(voice("\nおもな理由（合わせて100%）", "\nWhy (adds up to 100 %)"))
    voice.say(_reasons(voice, gap["reasons"]))
    rows = [
        [_stage(voice, s["stage"]), "—", "—", "—", "—"]
        if s["suppressed"]
        else [
            _stage(voice, s["stage"]),
            people(s["people"]),
            _near(s["left_behind"], "mean"),
            f"{_near(s['left_behind'], 'low')}–{_near(s['left_behind'], 'high')}",
            percent(s["left_behind"]["mean"] / s["people"] if s["people"] else 0.0, 0),
        ]
        for s in gap["stages"]
    ]
    voice.say()
    _table(
        voice,
        "年代,人口,取り残されている人,90%の幅,割合",
        "life stage,people,left behind,90 % interval,share",
        rows,
        (1, 2, 3, 4),
    )
    worst = sorted((a for a in gap["areas"] if a["share"] is not None), key=lambda a: (-a["share"], a["area_id"]))[:10]
    voice.say(voice("\n割合がいちばん高い10地区", "\nThe ten districts with the highest share"))
    _table(
        voice,
        "地区,取り残されている人,割合,おもな理由,助けまで",
        "district,left behind,share,main reason,to help",
        [
            [
                a["name"],
                people(a["left_behind"]["mean"]),
                percent(a["share"], 0),
                _reason(voice, a["main_reason"]),
                _access(voice, a),
            ]
            for a in worst
        ],
        (1, 2),
    )


def show_plan(voice: Voice, plan: dict[str, Any], reasons: dict[str, float]) -> None:
    """What a meeting asks: how much, for whom, where, is it really the best, what if we are wrong."""
    low, high = plan["people_left_behind_interval"]
    before = {"mean": plan["people_left_behind"], "low": low, "high": high}
    mean, low, high = (_near(before, k) for k in ("mean", "low", "high"))
    f_low, f_high = plan["people_freed_interval"]
    freed = {"mean": plan["people_freed"], "low": f_low, "high": f_high}
    freed_low, freed_high = _near(freed, "low"), _near(freed, "high")
    voice.say(
        voice(
            f"{plan['region']['name']}では、{people(plan['people'])}人（5歳以上）のうち "
            f"{mean}人が取り残されています（90%の幅 {low}～{high}人）。",
            f"In {plan['region']['name']}, {mean} of {people(plan['people'])} people aged 5+ are "
            f"left behind (90 % interval {low} to {high}).",
        )
    )
    voice.say(voice("おもな理由（合わせて100%）:", "Why (adds up to 100 %):"))
    voice.say(_reasons(voice, reasons))
    voice.say(
        voice(
            f"\n予算 {yen(plan['budget_yen'])} の計画: 費用 {yen(plan['cost_yen'])}、年に {people(plan['people_freed'])}人が"
            f"取り残されなくなります（90%の幅 {freed_low}～{freed_high}人）。",
            f"\nPlan for {yen(plan['budget_yen'])}: costs {yen(plan['cost_yen'])} and frees {people(plan['people_freed'])} people "
            f"a year (90 % interval {freed_low} to {freed_high}).",
        )
    )
    voice.say(
        voice(
            f"この計画は {plan['people_freed']:,.1f}人、どんな計画でも {plan['people_freed_bound']:,.1f}人をこえません（証明ずみ）。差は全体で {percent(plan['gap_share'], 2)}、"
            f"場所選びの部分だけで {percent(plan['gap_share_sited'], 2)} です。",
            f"This plan frees {plan['people_freed']:,.1f}; no plan can free more than {plan['people_freed_bound']:,.1f} (proved). Gap {percent(plan['gap_share'], 2)} of the whole, "
            f"{percent(plan['gap_share_sited'], 2)} of the sited part alone.",
        )
    )
    voice.say()
    rows = [
        [
            a["name"],
            _kind(voice, a["kind"]),
            f"{a['units']:,g} {a['unit']}",
            yen(a["cost_yen"]),
            f"{a['people_freed']:,.1f}",
            f"{a['leave_one_out']:,.1f}",
        ]
        for a in sorted(
            plan["actions"], key=lambda a: (list(KINDS).index(a["kind"]), -a["people_freed"], a["action_id"])
        )
    ]
    _table(
        voice,
        "買うもの,種類,量,費用,取り残されなくなる人,やめると減る人",
        "buy,kind,how much,cost,people freed,lost without it",
        rows,
        (3, 4, 5),
    )
    _after(voice, plan)


def _after(voice: Voice, plan: dict[str, Any]) -> None:
    """The next million, what to measure first, who gets nothing."""
    more = plan["next_million"]
    if more and more.get("people") is not None:
        voice.say(
            voice(
                f"\nあと100万円で、さらに {more['people']:,.1f}人。",
                f"\nThe next ¥1 million frees {more['people']:,.1f} more.",
            )
        )
    flips = sorted((f for f in plan["flips"] if f.get("rank")), key=lambda f: f["rank"])[:3]
    if flips:
        voice.say(
            voice(
                "はじめに確かめたいこと（計画への影響が大きい順）", "To be measured first (largest effect on the plan)"
            )
        )
        for f in flips:
            name = voice(f.get("ja") or f["key"], f["key"])
            stage = f"（{_stage(voice, f['life_stage'])}）" if f["life_stage"] != "all" else ""
            change = voice(
                "計画はそのまま" if f["stays_best"] else "別の計画のほうがよくなる",
                "the plan stays best" if f["stays_best"] else "another plan becomes better",
            )
            voice.say(
                f"  {f['rank']}. {name}{stage}: {_number(f['low'])}～{_number(f['value'])}～{_number(f['high'])} → "
                + voice(
                    f"{f['freed_at_low']:,.0f}～{f['freed_at_high']:,.0f}人、{change}",
                    f"{f['freed_at_low']:,.0f} to {f['freed_at_high']:,.0f} people, {change}",
                )
            )
    missed = plan["unserved_areas"]
    names = sorted({a["community"] for a in missed if a["community"]})
    shown = "、".join(names) if names else voice("なし", "none")
    voice.say(
        voice(
            f"何も届かない地区: {len(missed)}（島・旧町: {shown}）。名前はすべて報告書にあります。",
            f"Districts that get nothing: {len(missed)} (named communities: {shown}). The report names them all.",
        )
    )


def _number(value: float) -> str:
    """A value of an assumption, with commas where it is large."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def _near(value: dict[str, float], key: str) -> str:
    """One figure of ``{mean, low, high}``, rounded as far as the interval allows."""
    return rounded(value[key], value["low"], value["high"])


def _table(voice: Voice, ja: str, en: str, rows: list[list[str]], right: tuple[int, ...]) -> None:
    for line in table(voice(ja, en).split(","), rows, right):
        voice.say(line)


def _reasons(voice: Voice, shares: dict[str, float]) -> str:
    return "  " + voice("、", ", ").join(
        f"{voice(*REASONS[r])} {percent(shares[r], 0)}" for r in sorted(REASONS, key=lambda r: -shares[r])
    )


def _reason(voice: Voice, key: str | None) -> str:
    return voice(*REASONS[key]) if key in REASONS else "—"


def _stage(voice: Voice, key: str) -> str:
    """A life stage in words."""
    from daremo.kernel.tables import rows_of

    words = {r["stage"]: voice(r["ja"], r["en"]) for r in rows_of("daremo.region", "stages")}
    return words.get(key, key)


def _kind(voice: Voice, key: str) -> str:
    return voice(*KINDS[key]) if key in KINDS else key


def _access(voice: Voice, area: dict[str, Any]) -> str:
    """How and how long to the nearest help."""
    modes = {"foot": ("徒歩", "on foot"), "bus": ("バス", "bus"), "car": ("車", "car"), "boat": ("船", "boat")}
    if area.get("access_min") is None:
        return "—"
    mode = area.get("access_mode") or ""
    name = voice(*modes[mode]) if mode in modes else mode
    return voice(f"{name} {area['access_min']:.0f}分", f"{name} {area['access_min']:.0f} min")
