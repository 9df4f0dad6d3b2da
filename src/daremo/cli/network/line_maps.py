"""Answers of `load`, `fail` and `availability` as maps: SVG or one HTML page, by the ending of the file's name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from daremo.cli.text import percent
from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.cli.frame import Voice
    from daremo.network.availability import Availability
    from daremo.network.fail import Failures
    from daremo.network.load import Load
    from daremo.network.model import Network
    from daremo.report.line_map import LineView

#: Numbers on a map; rows of a table below it, at once and in all.
SIGNS, FIRST, ROWS = 8, 20, 200
#: Cuts of utilisation where capacities are known; otherwise these shares of the fullest link.
KNOWN_CUTS, SHARE_CUTS = (0.5, 0.8, 1.0), (0.25, 0.5, 0.75)


def check(path: Path | None, network: Network) -> None:
    """Stop before any work where no map can be drawn.

    Raises
    ------
    UsageError
        ``unknown-ending`` or ``no-coordinates``.
    """
    if path is None:
        return
    if path.suffix.lower() not in (".svg", ".html"):
        fix = ".svg か .html で終わる名前にしてください"
        raise UsageError("unknown-ending", "書き出す形が分かりません", fix, str(path))
    n = network.nodes
    if (np.isfinite(n.longitude) & np.isfinite(n.latitude)).sum() < 2:
        fix = "局の表に緯度（latitude）と経度（longitude）を入れてください"
        raise UsageError("no-coordinates", "局の場所が分からないので、地図がかけません", fix, "--map")


def write_map(path: Path, view: LineView) -> None:
    """The map, whole or not at all."""
    from daremo.kernel.results import write_whole
    from daremo.report.line_map import as_svg
    from daremo.report.line_page import as_page

    text = as_svg(view) if path.suffix.lower() == ".svg" else as_page(view)

    def fill(p: Path) -> None:
        p.write_text(text, encoding="utf-8")

    write_whole(path, fill)


def load_view(answer: Load, told: dict[str, Any], voice: Voice) -> LineView:
    """Links by their utilisation under the best routing; numbers are the links that bind."""
    from daremo.report import blocks as b

    used = np.zeros(len(answer.network.links))
    np.maximum.at(used, answer.arcs.link, answer.load_gbps / answer.arcs.capacity_gbps)
    klass, key = _classes(answer.network, used, voice)
    best, bound = percent(answer.utilisation, 2), percent(answer.bound, 2)
    single, ecmp = (percent(told["today"][r]["utilisation"], 2) for r in ("single", "ecmp"))
    stats = (
        b.Stat(
            voice("いちばん混む回線", "The fullest link"), best, "",
            (voice(f"どう流しても {bound} より下がりません", f"no routing gets below {bound}"),),
            voice("道の値段から証明した下限です。", "A lower bound, proved by the prices of the links."),
        ),
        b.Stat(
            voice("いまの流し方", "Today's routing"), single, "",
            (voice(f"近い道に分けて {ecmp}", f"shared over equal paths {ecmp}"),),
            voice("最短の道だけを使うときの、いちばん混む回線です。", "The fullest link when only shortest paths are used."),
        ),
    )  # fmt: skip
    binding = told["binding_links"][:SIGNS]
    rows = [
        (
            str(i), row["link"], percent(row["price_share"]),
            "—" if row["lower_by"] is None else f"−{percent(row['lower_by'], 2)}",
        )
        for i, row in enumerate(binding, 1)
    ]  # fmt: skip
    first = _tables(
        "binding", voice("下げられない理由になっている回線", "Links that bind"),
        voice("番号,回線,重み,太くすると下がる", "No.,Link,Weight,Widening lowers by"), rows, numbers=(2, 3), voice=voice,
    )  # fmt: skip
    of = {i: k for k, i in enumerate(answer.network.links.ids)}
    title = voice(
        f"{answer.network.name}: いちばん混む回線の使用率は {best} まで下げられます",
        f"{answer.network.name}: the fullest link can be brought down to {best}",
    )
    return _view(
        answer.network, voice, voice("幹線の混みぐあい", "Bottlenecks of the backbone"), title, stats, klass, key,
        said_l=[(voice(f"使用率 {percent(u, 1)}", f"utilisation {percent(u, 1)}"),) for u in used],
        signs=[("link", of[row["link"]]) for row in binding],
        tables=(*first, *_links_table(answer.network, used, voice, voice("使用率", "Utilisation"))),
        caption=voice("色と太さは、最もよく流したときの使用率。", "Colour and width: utilisation under the best routing."),
    )  # fmt: skip


def fail_view(answer: Failures, told: dict[str, Any], voice: Voice) -> LineView:
    """Links by how full the network gets when each breaks; numbers are the links whose failure hits hardest.

    Raises
    ------
    UsageError
        ``map-without-links`` where single links were not broken.
    """
    from daremo.network.fail import KINDS
    from daremo.report import blocks as b

    at = np.flatnonzero(answer.kind == KINDS.index("link"))
    if not len(at):
        fix = "--kind link も指定してください"
        raise UsageError("map-without-links", "地図は、1本ずつ壊した結果をかきます", fix, "--map")
    network = answer.network
    worst, lost = np.zeros(len(network.links)), np.zeros(len(network.links))
    worst[answer.first[at]], lost[answer.first[at]] = answer.worst[at], answer.lost_gbps[at]
    cut = np.zeros(len(network.links), np.bool_)
    node = np.zeros(len(network.nodes), np.int64)
    for case in at.tolist():
        if case in answer.cut:
            cut[answer.first[case]] = True
            node[list(answer.cut[case])] = 3
    klass, key = _classes(
        network, worst, voice, said=voice("切れたときの最大使用率", "worst utilisation when it breaks")
    )
    if cut.any():
        key += [
            ("line", "dash", voice("切れると、だれかが切り離される", "its failure cuts somebody off")),
            ("node", 3, voice("1本で切り離されることがある局", "node that one link can cut off")),
        ]
    # only what makes something worse gets a number
    felt = cut | (lost > 0) | (worst > answer.whole * (1 + 1e-9))
    order = [k for k in np.lexsort((np.arange(len(worst)), -worst, -lost, ~cut)).tolist() if felt[k]][:SIGNS]
    stats = (
        b.Stat(
            voice("だれかが切り離される", "Somebody is cut off"), f"{told['cut_off_cases']:,}", voice("通り", " cases"),
            (voice(f"壊し方は全部で {told['cases']:,} 通り", f"of {told['cases']:,} ways to break"),),
            voice("2つ同時に壊す場合も数えました（指定したもの）。", "Two at once are counted where they were asked for."),
        ),
        b.Stat(
            voice("最悪の使用率", "Worst utilisation"), percent(told["worst_utilisation"]), "",
            (voice(f"壊れなければ {percent(told['whole_utilisation'])}", f"unbroken {percent(told['whole_utilisation'])}"),),
            voice("うかい路に流したあとの、いちばん混む回線です。", "The fullest link after re-routing."),
        ),
    )  # fmt: skip
    rows = [
        (str(i), network.links.ids[k], voice("はい", "yes") if cut[k] else voice("いいえ", "no"), percent(float(worst[k])))
        for i, k in enumerate(order, 1)
    ]  # fmt: skip
    first = _tables(
        "hardest", voice("切れると痛い回線", "Links whose failure hits hardest"),
        voice("番号,回線,切り離す,最大使用率", "No.,Link,Cuts off,Worst utilisation"), rows, numbers=(3,), voice=voice,
    )  # fmt: skip
    number = int(cut.sum())
    title = voice(
        f"{network.name}: {number}本の回線は、1本切れるだけでだれかが切り離されます"
        if number
        else f"{network.name}: 回線が1本切れても、だれも切り離されません",
        f"{network.name}: {number} single links cut somebody off"
        if number
        else f"{network.name}: no single link cuts anybody off",
    )
    return _view(
        network, voice, voice("壊れたとき", "When something breaks"), title, stats, klass, key, dashed=cut, node=node,
        said_l=[
            (
                voice(f"切れたときの最大使用率 {percent(float(u), 1)}", f"worst utilisation when it breaks {percent(float(u), 1)}"),
                *((voice("だれかが切り離される", "cuts somebody off"),) if c else ()),
            )
            for u, c in zip(worst, cut, strict=True)
        ],
        signs=[("link", k) for k in order],
        tables=(*first, *_links_table(network, worst, voice, voice("最大使用率", "Worst utilisation"))),
        caption=voice("色と太さは、その回線が切れたときの、網の最大使用率。", "Colour and width: the network's worst utilisation when that link breaks."),
    )  # fmt: skip


def availability_view(answer: Availability, told: dict[str, Any], voice: Voice) -> LineView:
    """Nodes by how often their areas stay connected; numbers are the components that matter most."""
    from daremo.report import blocks as b
    from daremo.report.figures import class_of, round_cuts

    network, a = answer.network, answer.network.areas
    weight = np.bincount(a.node, np.maximum(a.people[a.area], 1e-9), len(network.nodes))
    sums = np.bincount(
        a.node, np.maximum(a.people[a.area], 1e-9) * answer.available[0][a.area], len(network.nodes)
    )  # fmt: skip
    share = np.where(weight > 0, sums / np.maximum(weight, 1e-300), np.nan)
    cuts = [min(c, 1.0) for c in round_cuts([float(s) for s in share])]
    node = np.array([4 - class_of(float(s), cuts) if np.isfinite(s) else 0 for s in share], np.int64)
    key: list[tuple[str, int | str, str]] = []
    edges = [f"{100 * c:.10g}%" for c in cuts]
    for k in range(5):
        text = (
            voice(f"{edges[3]}以上", f"{edges[3]} and over")
            if k == 0
            else voice(f"{edges[0]}未満", f"below {edges[0]}")
            if k == 4
            else voice(f"{edges[3 - k]}〜{edges[4 - k]}", f"{edges[3 - k]}–{edges[4 - k]}")
        )
        if (node == k).any():
            key.append(("node", k, text))
    known = share[np.isfinite(share)]
    hours = told["hours_lost_resident_year"]
    low, high = percent(float(known.min(initial=1.0)), 1), percent(float(known.max(initial=0.0)), 1)
    stats = (
        b.Stat(
            voice("つながったままの割合", "Stays connected"), f"{low}–{high}", "",
            (voice("いちばん低い局からいちばん高い局まで", "lowest to highest node"),),
            voice("災害のあと、拠点までつながっている割合です。", "Share of disasters after which a hub is still reached."),
        ),
        b.Stat(
            voice("失う時間", "Hours lost"), "—" if hours is None else f"{hours:,.2f}", voice("時間", " h"),
            (voice("住民1人が1年に", "a resident and year"),),
            voice("復旧にかかる時間を足しました。", "Times to repair are counted."),
        ),
    )  # fmt: skip
    of = {i: ("node", k) for k, i in enumerate(network.nodes.ids)}
    of |= {i: ("link", k) for k, i in enumerate(network.links.ids) if i not in of}
    vital = told["importance"][:SIGNS]
    rows = [(str(i), r["component"], f"{r['person_hours_year']:,.0f}") for i, r in enumerate(vital, 1)]
    first = _tables(
        "vital", voice("守ると効く局と回線", "What matters most"),
        voice("番号,局・回線,へる人・時間（年）", "No.,Component,Person-hours saved a year"), rows, numbers=(2,), voice=voice,
    )  # fmt: skip
    listed = sorted(told["areas"], key=lambda r: (r["availability"], r["area"]))[:ROWS]
    second = _tables(
        "areas", voice("低い順", "The lowest first"),
        voice("地区,つながる割合,低ければ,高ければ,失う時間（年）", "Area,Stays connected,Low,High,Hours lost a year"),
        [
            (r["name"] or r["area"], percent(r["availability"], 1), percent(r["low"], 1), percent(r["high"], 1),
             f"{r['hours_lost_year']:,.2f}")
            for r in listed
        ], numbers=(1, 2, 3, 4), voice=voice,
    )  # fmt: skip
    title = voice(
        f"{network.name}: 災害のあともつながっているのは、低い局で {low} です",
        f"{network.name}: after a disaster the least safe node is connected in {low}",
    )
    calm = np.zeros(len(network.links), np.int64)
    return _view(
        network, voice, voice("災害に強いか", "Availability in disasters"), title, stats, calm, key, node=node,
        said_l=[() for _ in calm],
        said_n=[
            (voice(f"つながる割合 {percent(float(s), 1)}", f"stays connected {percent(float(s), 1)}"),) if np.isfinite(s) else ()
            for s in share
        ],
        signs=[of[r["component"]] for r in vital], tables=(*first, *second),
        caption=voice("局の色は、災害のあとも拠点につながっている割合。", "Colour of a node: share of disasters after which it reaches a hub."),
    )  # fmt: skip


def _classes(network: Network, used: Any, voice: Voice, said: str = "") -> tuple[Any, list[tuple[str, int | str, str]]]:
    """Class of each link, and the key: by known capacities, else in shares of the fullest."""
    from daremo.report.figures import round_cuts

    stated = bool(network.links.stated.all())
    most = float(used.max(initial=0.0)) or 1.0
    # what breaks is compared with each other, not with nothing at all
    others = tuple(round_cuts([float(u) for u in used], 3)) if said else tuple(c * most for c in SHARE_CUTS)
    cuts = KNOWN_CUTS if stated else others
    klass = np.searchsorted(np.array(cuts), used * (1 + 1e-12) + 1e-15, side="right").astype(np.int64)
    edge = [f"{round(100 * c, 1):,g}%" for c in cuts]
    start = f"{said}: " if said else voice("使用率 ", "utilisation ")
    texts = [
        voice(f"{start}{edge[0]}未満", f"{start}below {edge[0]}"),
        voice(f"{edge[0]}〜{edge[1]}", f"{edge[0]}–{edge[1]}"),
        voice(f"{edge[1]}〜{edge[2]}", f"{edge[1]}–{edge[2]}"),
        voice(f"{edge[2]}以上", f"{edge[2]} and over"),
    ]
    return klass, [("line", k, text) for k, text in enumerate(texts)]


def _tables(key: str, caption: str, heads: str, rows: Any, numbers: tuple[int, ...], voice: Voice) -> Any:
    """The rows as a table, and what is beyond the first as a second, folded one."""
    from daremo.report import blocks as b

    columns = tuple(
        b.Column(h, "num" if i in numbers else "head" if i == 0 else "text") for i, h in enumerate(heads.split(","))
    )
    cells = [tuple(b.Cell(c) for c in row) for row in rows]
    if len(cells) <= FIRST:
        return (b.Table(key, caption, columns, tuple(cells)),)
    rest = voice(f"つぎの{len(cells) - FIRST}行", f"The next {len(cells) - FIRST} rows")
    return (
        b.Table(key, caption, columns, tuple(cells[:FIRST])),
        b.Table(f"{key}-rest", rest, columns, tuple(cells[FIRST:]), folded=rest, on_paper=False),
    )


def _links_table(network: Network, used: Any, voice: Voice, what: str) -> Any:
    li, n = network.links, network.nodes
    order = np.argsort(-used, kind="stable")[:ROWS].tolist()
    rows = [
        (li.ids[k], n.names[li.tail[k]] or n.ids[li.tail[k]], n.names[li.head[k]] or n.ids[li.head[k]], percent(float(used[k]), 1))
        for k in order
    ]  # fmt: skip
    heads = voice(f"回線,から,まで,{what}", f"Link,From,To,{what}")
    return _tables("links", voice("混む順の回線", "Links, the fullest first"), heads, rows, (3,), voice)


def _view(
    network: Network, voice: Voice, eyebrow: str, headline: str, stats: Any, klass: Any, key: Any, *, said_l: Any,
    signs: Any, tables: Any, caption: str, dashed: Any = None, node: Any = None, said_n: Any = None,
) -> LineView:  # fmt: skip
    from daremo.report.line_map import LineView

    n, li = network.nodes, network.links
    hubs = np.array([r == "hub" for r in n.roles], np.bool_)
    lead = voice(
        f"{len(n)}局、{len(li)}本の回線。", f"{len(n)} nodes, {len(li)} links."
    ) + voice(" ", " ").join(network.notes)  # fmt: skip
    key = [*key, *([("node", "hub", voice("拠点", "hub"))] if hubs.any() else [])]
    return LineView(
        voice.lang, eyebrow, headline, lead, stats, tuple(m or i for m, i in zip(n.names, n.ids, strict=True)), n.latitude,
        n.longitude, hubs, np.zeros(len(n), np.int64) if node is None else node,
        tuple(() for _ in n.ids) if said_n is None else tuple(said_n), li.ids, li.tail, li.head, klass,
        np.zeros(len(li), np.bool_) if dashed is None else dashed, tuple(said_l), tuple(signs), tuple(key), tables,
        f"{headline}。{caption}" if voice.lang == "ja" else f"{headline}. {caption}", caption,
        voice("回線はまっすぐにかきました。", "Links are drawn straight."),
    )  # fmt: skip
