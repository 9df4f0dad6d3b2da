"""The decision record: why these levels, what is offered, who is shut out, what was weighed; Markdown and plain data."""

from __future__ import annotations

import datetime
from typing import Any

from daremo.kernel.results import canonical, sha256
from daremo.kernel.tables import rows_of
from daremo.trust.assurance.choose import Decision, group_type, shut_out
from daremo.trust.assurance.levels import by_channel, levels_by_channel
from daremo.trust.assurance.model import Combination
from daremo.trust.assurance.people import bounds, holdings, people_t, usable_t
from daremo.trust.assurance.read import PACKAGE, groups, rule_set


def interval(decision: Decision, names: tuple[str, ...]) -> tuple[float, float]:
    """Fewest and most people shut out over low and high holdings, independent or all on the same people."""
    shut = shut_out(decision, names)
    people = decision.question.people
    found = [float(people_t(people, w, same=s)[shut].sum()) for w in (1, 2) for s in (False, True)]
    return min(found), max(found)


def by_stage(decision: Decision, names: tuple[str, ...]) -> dict[str, float]:
    """People shut out by life stage (people)."""
    shut = shut_out(decision, names)
    return {s: float(people_t({s: n})[shut].sum()) for s, n in decision.question.people.items()}


def alternatives(decision: Decision, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """For each group the cheapest way that is left to it among `names`, or none."""
    out = []
    for group, ja, en, lacks in groups():
        at = group_type(lacks)
        ways = [r for r in decision.routes if set(r.methods) <= set(names) and usable_t(r.needs)[at]]
        out.append({"group": group, "ja": ja, "en": en, "way": list(ways[0].methods) if ways else None})
    return out


def record(decision: Decision, decided: datetime.date | None = None, by: str = "") -> dict[str, Any]:
    """The decision as plain data, with a digest over everything else in it.

    Parameters
    ----------
    decided : datetime.date or None
        Day of the decision; None while it is a proposal.
    by : str
        Who decides.
    """
    q = decision.question
    rules = rule_set(q.rules)
    total = sum(q.people.values())
    offered = [m for m in decision.methods if m.method in decision.chosen.methods]
    least, most = interval(decision, decision.chosen.methods)
    proved = bounds(q.people, shut_out(decision, decision.chosen.methods))
    told: dict[str, Any] = {
        "service": q.service,
        "ja": q.ja,
        "en": q.en,
        "decided": decided.isoformat() if decided else None,
        "by": by,
        "rules": {k: rules[k] for k in ("rules", "ja", "en", "version", "read")},
        "people": total,
        "years": q.years,
        "impact_by_channel": by_channel(q),
        "levels_by_channel": levels_by_channel(q),
        "ial": {"level": decision.ial.level, "reasons": [dict(r) for r in decision.ial.reasons]},
        "aal": {"level": decision.aal.level, "reasons": [dict(r) for r in decision.aal.reasons]},
        "other_rules": [
            {k: r[k] for k in ("rule", "clause", "status", "ja", "en")}
            for r in rows_of(PACKAGE, "rules")
            if r["rules"] == q.rules and r["part"] in ("ways", "record")
        ],
        "chosen": _figures(decision.chosen),
        "offered": [
            {"method": m.method, "ja": m.ja, "en": m.en, "certainty": m.certainty, "source": m.source} for m in offered
        ],
        "shut_out": {
            "people": decision.chosen.shut_out_people,
            "share": decision.chosen.shut_out_people / total if total else 0.0,
            "low_people": least,
            "high_people": most,
            "proved_low_people": proved[0],
            "proved_high_people": proved[1],
            "limit_people": decision.most_shut_out_people,
            "within_limit": decision.within,
            "by_stage": by_stage(decision, decision.chosen.methods),
        },
        "alternatives": alternatives(decision, decision.chosen.methods),
        "methods": _methods(decision),
        "front": [_figures(c) for c in decision.front],
        "proof": {
            "examined": decision.examined,
            "meeting": decision.meeting,
            "dominating_the_chosen": decision.dominating,
            "unserved": list(decision.unserved),
        },
    }
    return {**told, "sha256": sha256(canonical(told))}


def steps(front: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the front, the steps at which more money leaves fewer people without a way, and the least residual harm."""
    out: list[dict[str, Any]] = []
    for f in front:
        if not out or f["shut_out_people"] < out[-1]["shut_out_people"]:
            out.append(f)
    safest = min(front, key=lambda f: (f["residual_points"], f["cost_yen"]))
    return out if safest in out else [*out, safest]


def _figures(c: Combination) -> dict[str, Any]:
    return {
        "methods": list(c.methods),
        "cost_yen": c.cost_yen,
        "cost_low_yen": c.low_yen,
        "cost_high_yen": c.high_yen,
        "shut_out_people": c.shut_out_people,
        "residual_points": c.residual_points,
    }


def _methods(decision: Decision) -> list[dict[str, Any]]:
    """How many residents each listed method alone shuts out, at middle, low and high holdings."""
    out = []
    for m in decision.methods:
        lacks = ~usable_t(m.needs)
        mid, few, many = (float(people_t(decision.question.people, w)[lacks].sum()) for w in (0, 2, 1))
        out.append(
            {
                "method": m.method, "ja": m.ja, "en": m.en, "ial": m.ial, "aal": m.aal, "cannot_people": mid,
                "cannot_low_people": few, "cannot_high_people": many, "certainty": m.certainty,
            }
        )  # fmt: skip
    return out


def markdown(told: dict[str, Any], lang: str = "ja") -> str:
    """The record as Markdown for the file of the service."""
    ja = lang == "ja"

    def w(a: str, b: str) -> str:
        return a if ja else b

    shut = told["shut_out"]
    names = {m["method"]: m[lang] for m in told["methods"]}
    lines = [
        w(f"# 本人確認の決定の記録: {told['ja']}", f"# Decision on proof of identity: {told['en']}"),
        "",
        w(
            f"決めた日: {told['decided'] or '（案）'}　決めた人: {told['by'] or '（未記入）'}",
            f"Decided: {told['decided'] or '(proposal)'}  By: {told['by'] or '(not filled in)'}",
        ),
        w(
            f"きまり: {told['rules']['ja']}（{told['rules']['version']}の表）",
            f"Rules: {told['rules']['en']} (table of {told['rules']['version']})",
        ),
        f"> {told['rules']['read']}" if ja else f"> verify with the text: {told['rules']['read']}",
        "",
        w("## 必要な強さ", "## Levels needed"),
    ]
    for key, name in (("ial", w("身元確認", "Identity proofing")), ("aal", w("当人認証", "Authentication"))):
        lines.append(f"- **{name}: {w('レベル', 'level ')}{told[key]['level']}**")
        lines += [f"  - {r[lang]}（{r['clause']}、{_status(r['status'], ja)}）" for r in told[key]["reasons"]]
    lines += [f"- {r[lang]}（{r['clause']}、{_status(r['status'], ja)}）" for r in told["other_rules"]]
    lines += ["", *_channels(told, ja), "", w("## いっしょに用意するもの", "## Offered together")]
    lines += [f"- {m[lang]} ({w('確かさ', 'certainty')} {m['certainty']})" for m in told["offered"]]
    c = told["chosen"]
    lines += [
        "",
        w(
            f"{told['years']:g}年の費用 {c['cost_low_yen']:,.0f}〜{c['cost_high_yen']:,.0f}円。"
            f"方法がない人 {shut['people']:,.1f}人（{shut['low_people']:,.1f}〜{shut['high_people']:,.1f}人。"
            f"持ちものの重なりかたがどうであっても {shut['proved_low_people']:,.1f}〜{shut['proved_high_people']:,.1f}人）。"
            f"残る害 {c['residual_points']:.4f}点。{'' if shut['within_limit'] else '**方法がない人の限り（' + format(shut['limit_people'], ',.1f') + '人）を守れていません。**'}",
            f"Cost over {told['years']:g} years ¥{c['cost_low_yen']:,.0f} to ¥{c['cost_high_yen']:,.0f}. Without any way: "
            f"{shut['people']:,.1f} people ({shut['low_people']:,.1f} to {shut['high_people']:,.1f}; whatever the "
            f"dependence {shut['proved_low_people']:,.1f} to {shut['proved_high_people']:,.1f}). "
            f"Residual harm {c['residual_points']:.4f} points."
            f"{'' if shut['within_limit'] else ' **More than the limit of ' + format(shut['limit_people'], ',.1f') + ' people.**'}",
        ),
        "",
        w("## 持っていない人の方法", "## Ways for people who lack something"),
        w("| だれ | 方法 |\n| --- | --- |", "| who | way |\n| --- | --- |"),
    ]
    none = w("**ない**", "**none**")
    lines += [
        f"| {a[lang]} | {' + '.join(names[m] for m in a['way']) if a['way'] else none} |" for a in told["alternatives"]
    ]
    lines += [
        "",
        w("## 方法ひとつでは、何人が使えないか", "## How many cannot use each method alone"),
        w("| 方法 | 使えない人 | 幅 |\n| --- | ---: | ---: |", "| method | cannot | range |\n| --- | ---: | ---: |"),
    ]
    lines += [
        f"| {m[lang]} | {m['cannot_people']:,.0f} | {m['cannot_low_people']:,.0f}–{m['cannot_high_people']:,.0f} |"
        for m in told["methods"]
    ]
    p = told["proof"]
    lines += [
        "",
        w("## くらべたもの", "## What was weighed"),
        w(
            f"組み合わせ{p['examined']:,}通りをすべて調べ、どの人たちにも方法があるもの{p['meeting']:,}通りのうち、"
            f"費用・方法がない人・残る害のすべてで負けないものは{len(told['front'])}通りです。"
            f"選んだものを上回るものは{p['dominating_the_chosen']}通りです。",
            f"All {p['examined']:,} combinations were examined; of the {p['meeting']:,} that give every group a way, "
            f"{len(told['front'])} are beaten by none in cost, people without a way and residual harm. "
            f"{p['dominating_the_chosen']} dominate the chosen one.",
        ),
        w(
            "| 費用（円） | 方法がない人 | 残る害 | 方法 |\n| ---: | ---: | ---: | --- |",
            "| cost (yen) | without a way | residual | methods |\n| ---: | ---: | ---: | --- |",
        ),
    ]
    shown = steps(told["front"])
    lines += [
        f"| {f['cost_yen']:,.0f} | {f['shut_out_people']:,.1f} | {f['residual_points']:.4f} | "
        f"{'、'.join(names[m] for m in f['methods'])} |"
        for f in shown
    ]
    rest = len(told["front"]) - len(shown)
    if rest:
        lines.append(w(f"\nほかの{rest}通りはJSONの記録にあります。", f"\nThe other {rest} are in the JSON record."))
    lines += ["", f"SHA-256: {told['sha256']}", ""]
    return "\n".join(lines)


def _channels(told: dict[str, Any], ja: bool) -> list[str]:
    """The worst harm of each failure by channel, and the levels that the channel alone would need."""
    at = 0 if ja else 1
    lines = [
        ("## 受け方ごとの害と強さ", "## Harm and levels by channel")[at],
        (
            "| 受け方 | なりすまし | 乗っ取り | まちがって断る | 身元確認 | 当人認証 |",
            "| channel | impersonation | takeover | wrong refusal | proofing | authentication |",
        )[at],
        "| --- | --- | --- | --- | ---: | ---: |",
    ]
    for channel, impacts in told["impact_by_channel"].items():
        level = told["levels_by_channel"][channel]
        said = [_IMPACT[impacts[f]][at] for f in ("impersonation", "takeover", "wrong-refusal")]
        lines.append(f"| {_CHANNEL[channel][at]} | {' | '.join(said)} | {level['ial']} | {level['aal']} |")
    return lines


_CHANNEL = {
    "online": ("オンライン", "online"), "phone": ("電話", "telephone"), "counter": ("窓口", "counter"),
    "letter": ("郵便", "letter"),
}  # fmt: skip
_IMPACT = {
    "none": ("ない", "none"), "low": ("小さい", "low"), "moderate": ("中くらい", "moderate"), "high": ("大きい", "high"),
}  # fmt: skip


def _status(status: str, ja: bool) -> str:
    said = {
        "verify": ("本文で確かめること", "verify with the text"),
        "draft": ("公開草案で読んだ。最終版で確かめること", "read in the public draft; verify with the final text"),
    }
    return said[status][0 if ja else 1]


def assumptions() -> list[dict[str, Any]]:
    """The holdings that every count rests on, with their certainty, as plain rows."""
    return [
        {
            "attribute": r["attribute"],
            "stage": r["stage"],
            **dict(zip(("mid_share", "low_share", "high_share"), holdings()[r["attribute"], r["stage"]])),
            "certainty": r["certainty"],
            "source": r["source"],
        }
        for r in rows_of(PACKAGE, "holdings")
    ]
