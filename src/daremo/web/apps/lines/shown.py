"""What a page says of an answer: one sentence first, then figures with their bounds, then tables, worst first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from daremo.web.ui.pieces import Fact, Table

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, sentences and a table."""

    title: str
    sentences: Sequence[str] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: `main` is the table that can be searched, turned and taken out as CSV."""

    lead: str
    facts: Sequence[Fact] = ()
    sections: Sequence[Section] = ()
    main: Table | None = None
    notes: Sequence[str] = field(default_factory=tuple)


def kind_word(kind: str) -> str:
    """Return what a page of this verb is called."""
    return {
        "gaps": _("回線が足りない所"),
        "load": _("混む所"),
        "availability": _("災害のときにつながるか"),
        "upgrade": _("増強の計画"),
        "access": _("家までの回線"),
        "fail": _("こわれたとき"),
    }[kind]


def technology_word(name: str) -> str:
    """Return the name of a technology; an unknown one keeps its own."""
    said = {
        "fibre": _("光回線"),
        "cable": _("ケーブルテレビ"),
        "fwa": _("固定無線（FWA）"),
        "satellite": _("衛星"),
        "wifi": "Wi-Fi",
        "4g": "4G",
        "5g": "5G",
        "local5g": _("ローカル5G"),
        "mobile": _("携帯"),
    }
    return said.get(name, name)


def count(value: float) -> str:
    """A whole number with commas.

    >>> count(2138.4684)
    '2,138'
    """
    return f"{value:,.0f}"


def share(value: float | None, digits: int = 0) -> str:
    """A share as per cent; never rounded up to all or down to nothing.

    >>> share(0.99), share(None), share(0.35829, 2)
    ('99%', '—', '35.83%')
    """
    if value is None:
        return "—"
    told = f"{100 * value:.{digits}f}%"
    if value < 1 and told == f"{100:.{digits}f}%":
        return _("{share}超").format(share=f"{100 - 10**-digits:.{digits}f}%")
    return told


def yen(value: float) -> str:
    """Yen in 億, 万 (Japanese) or million (English).

    >>> yen(219435056.9)
    '2億1,944万円'
    """
    if (get_language() or "ja").startswith("en"):
        return f"¥{value / 1e6:,.2f} million" if value >= 1e6 else f"¥{value:,.0f}"
    if value < 10_000:
        return f"{value:,.0f}円"
    tens = round(value / 1e4)
    high, low = divmod(tens, 10_000)
    return (f"{high:,}億" if high else "") + (f"{low:,}万" if low or not high else "") + "円"


def gaps(data: Data) -> Shown:
    """Who has no good line, the worst areas first; claims that measurements contradict by name."""
    known = sorted(
        (a for a in data["areas"] if a["share"] is not None), key=lambda a: (-(a["without"] or 0), a["area"])
    )
    names = {a["area"]: a["name"] for a in data["areas"]}
    rows = [
        (
            a["name"], count(a["people"]), technology_word(a["technology"] or "—"), share(a["share"]),
            f"{share(a['low'])}〜{share(a['high'])}", count(a["without"] or 0),
            "・".join(map(technology_word, a["contradicted"])) or "—", _sources(a["sources"]),
        )
        for a in known
    ]  # fmt: skip
    heads = [
        (_("地区"), False), (_("人口（5歳以上）"), True), (_("いちばんよい方式"), False), (_("よい回線がある割合"), True),
        (_("90%の幅"), True), (_("ない人"), True), (_("疑わしい申告"), False), (_("出どころと時点"), False),
    ]  # fmt: skip
    doubted = [
        (
            names.get(c["area"], c["area"]), technology_word(c["technology"]), share(c["claimed"]), share(c["share"]),
            count(c["tests"]), count(c["challenges"]), _sources(c["sources"]),
        )
        for c in data["cells"]
    ]  # fmt: skip
    columns = [
        (_("地区"), False), (_("方式"), False), (_("事業者の申告"), True), (_("見こみ"), True), (_("測定の数"), True),
        (_("住民の声の数"), True), (_("出どころと時点"), False),
    ]  # fmt: skip
    spread = data["inequality"].get("by_community", {})
    facts = [
        Fact(
            _("よい回線がない人"),
            _("{n}人").format(n=count(data["without"])),
            small=_("全部の地区が良いほう・悪いほうの端なら {low}〜{high}人").format(
                low=count(data["without_low"]), high=count(data["without_high"])
            ),
        ),
        Fact(_("何もわからない地区の人"), _("{n}人").format(n=count(data["unknown"]))),
        *(
            Fact(_("{speed} Mbpsに足りない人").format(speed=f"{b['down_mbps']:g}"), _("{n}人").format(n=count(b["people"])))
            for b in data["below"]
        ),
    ]  # fmt: skip
    if spread.get("gini") is not None:
        facts.append(Fact(_("地区のあいだのかたより（ジニ係数）"), f"{spread['gini']:.3f}"))
    return Shown(
        _("{region}の{people}人のうち、よい回線がない人は{n}人の見こみです。").format(
            region=data["region"], people=count(data["people"]), n=count(data["without"])
        ),
        facts,
        [
            Section(
                _("測定と合わない申告"),
                [_("事業者が「ある」と言う割合が、測定や住民の声と合わない所です。事業者にたずねてください。")]
                if doubted
                else [_("測定や住民の声と合わない申告は、ありません。")],
                Table(_("測定と合わない申告"), columns, doubted) if doubted else None,
            )
        ],
        Table(_("地区ごとの回線（ない人が多い順）"), heads, rows),
        [
            _(
                "よい回線は、下り{speed} Mbps以上です。申告・測定・住民の声を、ベータ二項分布で合わせた見こみです。"
            ).format(speed=f"{data['assumptions']['need_down_mbps']:g}")
        ],
    )


def _sources(rows: Sequence[Mapping[str, str]]) -> str:
    said = {"residents": _("住民の声")}
    return "、".join(" ".join(filter(None, (said.get(r["source"], r["source"]), r["date"]))) for r in rows) or "—"


def load(data: Data) -> Shown:
    """Which links bind, in words, and what more capacity on them brings."""
    sentences = []
    for b in data["binding_links"]:
        told = {
            "a": b["from"], "b": b["to"], "link": b["link"], "add": f"{b['add_gbps']:,g}",
            "capacity": f"{b['capacity_gbps']:,g}", "most": f"{100 * b['lower_by_at_most']:.2f}",
        }  # fmt: skip
        if b["lower_by"] is None:
            text = _("{a}と{b}の間（{link}、{capacity} Gbps）：{add} Gbps ふやすと、いちばん混む所の使用率が、多くて{most}ポイント下がります。")  # fmt: skip
        else:
            told["less"] = f"{100 * b['lower_by']:.2f}"
            text = _("{a}と{b}の間（{link}、{capacity} Gbps）：{add} Gbps ふやすと、いちばん混む所の使用率が{less}ポイント下がります。")  # fmt: skip
        sentences.append(text.format(**told))
    rules = {"single": _("いまの流しかた（最短の道だけ）"), "ecmp": _("いまの流しかた（等しく近い道に分ける）")}
    facts = [
        Fact(
            _("いちばん混む所の使用率"),
            share(data["utilisation"], 2),
            small=_("これより下げられない値 {bound}").format(bound=share(data["bound"], 2)),
        ),
        *(Fact(rules.get(k, k), share(t["utilisation"], 2)) for k, t in data["today"].items()),
        Fact(_("網の大きさ"), _("{nodes}局・{links}回線・需要{gbps} Gbps").format(
            nodes=count(data["nodes"]), links=count(data["links"]), gbps=f"{data['demand_gbps']:,.1f}")),
    ]  # fmt: skip
    sections = [Section(_("下げられない理由になっている回線"), sentences or [_("どの回線も、まだ余っています。")])]
    if data.get("further_hubs"):
        rows = [(h["hub"], share(h["utilisation"], 2)) for h in data["further_hubs"]]
        sections.append(Section(_("拠点をふやすと"), (), Table(_("拠点をふやしたときの使用率"), [(_("局"), False), (_("いちばん混む所の使用率"), True)], rows)))  # fmt: skip
    if data["unserved"]:
        sections.append(Section(_("道がない需要"), [_("{n}組の局の間に、道がありません。").format(n=count(len(data["unserved"])))]))  # fmt: skip
    return Shown(
        _("{name}でいちばん混む所の使用率は、どう流しても{bound}より下がりません。").format(
            name=data["network"], bound=share(data["bound"], 2)
        ),
        facts,
        sections,
        notes=data["notes"],
    )


def availability(data: Data) -> Shown:
    """How surely each area stays connected in a disaster, with intervals and hours lost; the weakest first."""
    rows = [
        (
            a["name"], count(a["people"]), share(a["availability"], 2), f"{share(a['low'], 2)}〜{share(a['high'], 2)}",
            f"{a['hours_lost_year']:,.1f}",
        )
        for a in sorted(data["areas"], key=lambda a: (a["availability"], -a["hours_lost_year"], a["area"]))
    ]  # fmt: skip
    level = f"{100 * data['interval_level']:.0f}"
    heads = [
        (_("地区"), False), (_("人口"), True), (_("災害のときつながる割合"), True), (_("{n}%の幅").format(n=level), True),
        (_("つながらない時間（年）"), True),
    ]  # fmt: skip
    hours = data["hours_lost_resident_year"]
    risks = [(h["name"] or h["hazard"], f"{h['events_year']:g}") for h in data["hazards"]]
    return Shown(
        _("{name}の住民は、年に平均{hours}時間、つながらなくなります。").format(
            name=data["network"], hours="—" if hours is None else f"{hours:,.1f}"
        ),
        [Fact(_("ためした災害"), _("{n}回").format(n=count(data["scenarios"])))],
        [Section(_("考えに入れた災害"), (), Table(_("考えに入れた災害"), [(_("災害"), False), (_("1年に起きる回数"), True)], risks))],
        Table(_("地区ごとのつながりやすさ（弱い順）"), heads, rows),
        data["notes"],
    )  # fmt: skip


def upgrade(data: Data) -> Shown:
    """What to install, what it costs, and what no plan undercuts."""
    rows = [
        (
            r["link"], f"{r['from']}〜{r['to']}", f"{count(r['modules'])} × {r['module_gbps']:,g} Gbps",
            yen(r["cost"]),
            _("新しい回線（ひくのに{yen}）").format(yen=yen(r["setup_cost"])) if r["new_link"] else _("増設"),
        )
        for r in sorted(data["install"], key=lambda r: (-r["cost"], r["link"]))
    ]  # fmt: skip
    heads = [(_("回線"), False), (_("区間"), False), (_("入れるもの"), False), (_("費用"), True), (_("種類"), False)]
    facts = [
        Fact(_("費用"), yen(data["cost"]), small=_("これより安くはできない額 {bound}（差 {gap}）").format(
            bound=yen(data["bound"]), gap=share(max(0.0, data["gap_share"]), 2))),
        Fact(_("いちばん混む所の使用率"), share(data["utilisation"], 2), small=_("目標 {most} まで").format(most=share(data["most_utilisation"], 0))),
        Fact(_("確かめた場合の数"), count(data["cases"])),
    ]  # fmt: skip
    sections = []
    if kept := data.get("upkeep"):
        years = [
            (f"{y:.0f}", yen(a), yen(b))
            for y, a, b in zip(kept["years"], kept["upkeep"], kept["renewal"], strict=False)
        ]
        sections.append(Section(_("維持と取りかえの費用"), (), Table(_("年ごとの維持と取りかえの費用"), [(_("年"), False), (_("維持"), True), (_("取りかえ"), True)], years)))  # fmt: skip
    if data["install"]:
        lead = _("{yen}で、どの回線も使用率{most}までに収まります。").format(
            yen=yen(data["cost"]), most=share(data["most_utilisation"], 0)
        )
    else:
        lead = _("いまの回線で、使用率{most}までに収まっています。増強はいりません。").format(
            most=share(data["most_utilisation"], 0)
        )
    more = _("これより安い計画はないことが、確かめられています。") if data["proved"] else _("もっと安い計画が、あるかもしれません。差を見てください。")  # fmt: skip
    return Shown(lead, facts, sections, Table(_("入れるもの（費用の高い順）"), heads, rows) if rows else None, [more, *data["notes"]])  # fmt: skip


def access(data: Data) -> Shown:
    """Which line each area gets at least cost, dearest first."""
    rows = [
        (a["name"] or a["area_id"], technology_word(a["technology"]), count(a["premises"]), yen(a["yen_premises"]), yen(a["cost_yen"]))
        for a in sorted(data["areas"], key=lambda a: (-a["yen_premises"], a["area_id"]))
    ]  # fmt: skip
    heads = [
        (_("地区"), False),
        (_("方式"), False),
        (_("戸・台"), True),
        (_("1戸あたり"), True),
        (_("費用（現在価値）"), True),
    ]
    kinds = [
        (technology_word(t), count(r["areas"]), count(r["premises"]), yen(r["cost_yen"]))
        for t, r in data["by_technology"].items()
    ]
    english = (get_language() or "ja").startswith("en")
    return Shown(
        _("{n}戸・台に回線を引くと、{yen}かかります。").format(n=count(data["premises"]), yen=yen(data["value"])),
        [
            Fact(_("費用（現在価値）"), yen(data["value"]), small=_("前提の幅では {low}〜{high}").format(low=yen(data["value_low"]), high=yen(data["value_high"]))),
            Fact(_("これより安くはできない額"), yen(data["bound"]), small=_("差 {gap}").format(gap=share(max(0.0, data["gap_share"]), 2))),
        ],
        [Section(_("方式ごと"), (), Table(_("方式ごとの費用"), [(_("方式"), False), (_("地区の数"), True), (_("戸・台"), True), (_("費用（現在価値）"), True)], kinds))],
        Table(_("地区ごとの回線（1戸あたりの高い順）"), heads, rows),
        [n["en" if english else "ja"] for n in data["notes"]],
    )  # fmt: skip


def failures(fail: Data | None, importance: Data | None, upgrade: Data | None) -> list[Section]:
    """What breaks whom: only for `failures.see`; each argument is the critical part of an answer, or None."""
    found = []
    if fail is not None:
        ends = {
            e["link"]: _("{link}（{a}〜{b}）").format(link=e["link"], a=e["from"], b=e["to"])
            for e in fail.get("ends", ())
        }

        def broken(case: Data) -> str:
            return "＋".join(ends.get(name, name) for name in case["broken"])

        cut = [
            (broken(c), count(len(c["areas"])), count(c["people"]), f"{c['lost_gbps']:,.1f}") for c in fail["cut_off"]
        ]
        found.append(
            Section(
                _("切り離される所"),
                [
                    _("{cases}通りにこわすと、{n}通りで、だれかが切り離されます。").format(
                        cases=count(fail["cases"]), n=count(fail["cut_off_cases"])
                    )
                ],
                Table(
                    _("切り離される所（人が多い順）"),
                    [(_("こわれるもの"), False), (_("地区の数"), True), (_("人"), True), (_("失う Gbps"), True)],
                    cut,
                ),
            )
        )
        worst = [(broken(c), ends.get(c["link"], c["link"] or "—"), share(c["utilisation"], 1)) for c in fail["worst"]]
        found.append(
            Section(
                _("混む所"),
                [
                    _("いちばん混む回線の使用率は{worst}です。こわれなければ{whole}です。").format(
                        worst=share(fail["worst_utilisation"], 1), whole=share(fail["whole_utilisation"], 1)
                    )
                ],
                Table(
                    _("混む所（使用率の高い順）"),
                    [(_("こわれるもの"), False), (_("混む回線"), False), (_("使用率"), True)],
                    worst,
                ),
            )
        )
    if importance is not None:
        rows = [(r["component"], count(r["person_hours_year"])) for r in importance["importance"]]
        found.append(
            Section(
                _("こわれると困るもの"),
                [_("こわれないようにできたら、助かる時間です。")],
                Table(_("こわれると困るもの（大きい順）"), [(_("局・回線"), False), (_("人・時間（年）"), True)], rows),
            )
        )
    if upgrade is not None:
        rows = [(r["case"], f"{r['demand_gbps']:,.1f}") for r in upgrade["cut_off"]]
        found.append(
            Section(
                _("増強しても残る弱い所"),
                [_("いちばんきびしいのは「{case}」がこわれたときです。").format(case=upgrade["worst_case"])]
                if upgrade["worst_case"]
                else [],
                Table(_("増強しても切り離される所"), [(_("こわれるもの"), False), (_("失う Gbps"), True)], rows)
                if rows
                else None,
            )
        )
    return found  # fmt: skip


SHOWN: dict[str, Callable[[Data], Shown]] = {
    "gaps": gaps, "load": load, "availability": availability, "upgrade": upgrade, "access": access,
}  # fmt: skip
