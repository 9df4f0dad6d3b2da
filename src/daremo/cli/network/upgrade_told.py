"""What ``daremo network upgrade`` says in words."""

from __future__ import annotations

from typing import Any

from daremo.cli.frame import Voice
from daremo.cli.text import percent, table

SHOWN = 15


def _amount(money: float) -> str:
    """Money, whole where it is large."""
    return f"{money:,.0f}" if abs(money) >= 1e5 else f"{money:,.6g}"


def show(voice: Voice, value: dict[str, Any]) -> None:
    """The plan in words: cost, bound, what to install, hubs, availability, suppliers."""
    proved = voice("これより安い計画はありません", "no plan is cheaper") if value["proved"] else voice(
        f"どんな計画も {_amount(value['bound'])} より安くはなりません（差 {percent(value['gap_share'], 2)}）",
        f"no plan costs less than {_amount(value['bound'])} (gap {percent(value['gap_share'], 2)})",
    )  # fmt: skip
    money = f"{_amount(value['cost'])} {value['currency']}".strip()
    voice.say(
        voice(
            f"費用 {money}。{proved}。いちばん混む回線は {percent(value['utilisation'])}（{value['cases']}通りの場合）。",
            f"Cost {money}: {proved}. Worst utilisation {percent(value['utilisation'])} over {value['cases']} cases.",
        )
    )
    rows = [
        [
            r["from"],
            r["to"],
            f"{r['module_gbps']:g} × {r['modules']}",
            _amount(r["cost"]),
            voice("新設", "new") if r["new_link"] else "",
        ]
        for r in sorted(value["install"], key=lambda r: (-r["cost"], r["link"]))[:SHOWN]
    ]
    if not rows and not any(h["opened"] for h in value["hubs"]):
        voice.say(voice("いまのままで足りています。", "What is there suffices."))
    heads = voice("起点,終点,Gbps × 数,費用,", "from,to,Gbit/s × n,cost,").split(",")
    for line in ["", *table(heads, rows, right=(2, 3))] if rows else []:
        voice.say(line)
    if len(value["install"]) > SHOWN:
        voice.say(
            voice(
                f"ほかに{len(value['install']) - SHOWN}本（--json か -o に全部）",
                f"and {len(value['install']) - SHOWN} more (--json or -o)",
            )
        )
    for h in value["hubs"]:
        what = voice("開きます", "opened") if h["opened"] else voice("開きません", "not opened")
        voice.say(
            voice(
                f"拠点 {h['hub']}: {what}（開設費 {_amount(h['opening_cost'])}）",
                f"Hub {h['hub']}: {what} (opening costs {_amount(h['opening_cost'])})",
            )
        )
    _assured(voice, value)
    _supply(voice, value["supply"])
    for row in value["cut_off"]:
        voice.say(
            voice(
                f"{row['case']} が切れると、候補を足しても {row['demand_gbps']:g} Gbpsは運べません。",
                f"Without {row['case']}, {row['demand_gbps']:g} Gbit/s cannot be carried whatever is added.",
            )
        )
    for year, keep, renew in zip(
        *(value.get("upkeep", {}).get(k, ()) for k in ("years", "upkeep", "renewal")), strict=True
    ):
        voice.say(
            voice(
                f"{year}年: 維持 {_amount(keep)}、更新 {_amount(renew)}",
                f"{year}: upkeep {_amount(keep)}, renewal {_amount(renew)}",
            )
        )


def _assured(voice: Voice, value: dict[str, Any]) -> None:
    """Availability before, with the plan on its own scenarios, and on fresh ones."""
    told = value["availability"]
    if told is None:
        return
    heads = voice(
        "つながりの目標,目標に届く住民,年に失う時間,目標,場合の数",
        "availability,residents in reach,hours lost,target,scenarios",
    )
    names = {
        "before": voice("いま", "as it is"),
        "sampled": voice("計画、選んだときの災害で", "plan, disasters it was chosen by"),
        "fresh": voice("計画、別の災害で", "plan, fresh disasters"),
    }
    rows = [
        [
            names[k],
            percent(told[k]["residents_share"]),
            f"{told[k]['hours_lost_resident_year']:,.3g}",
            voice("届く", "holds") if told[k]["holds"] else voice("届かない", "fails"),
            f"{told[k]['scenarios']:,}",
        ]
        for k in names
    ]
    for line in ["", *table(heads.split(","), rows, right=(1, 2, 4))]:
        voice.say(line)
    for note in value["notes"]:
        voice.say(voice("仮定: ", "Assumed: ") + note)


def _supply(voice: Voice, supply: dict[str, Any]) -> None:
    """Whose lines and hubs they are, and where the equipment comes from."""
    names = {
        "owner": voice("回線の所有者", "Owners of lines"),
        "origin": voice("回線の製造国", "Origin of lines"),
        "hub_owner": voice("拠点の所有者", "Owners of hubs"),
        "hub_origin": voice("拠点の製造国", "Origin of hubs"),
    }
    for what, name in names.items():
        shares = supply[what]["shares"]
        if any(s["name"] for s in shares):
            unknown = voice("不明", "unknown")
            parts = "、".join(f"{s['name'] or unknown} {percent(s['share'])}" for s in shares[:5])
            index = f"{supply[what]['herfindahl']:.2f}"
            voice.say(voice(f"{name}: {parts}（集中度 {index}）", f"{name}: {parts} (Herfindahl index {index})"))
