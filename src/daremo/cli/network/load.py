"""``daremo network load``: the bottlenecks, with a proof."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daremo.cli.frame import DONE, Voice, example, problem_lines, verb
from daremo.cli.mute import mute_libraries
from daremo.cli.network import line_maps, options
from daremo.cli.text import percent, table

if TYPE_CHECKING:
    from daremo.network.load import Load
    from daremo.network.model import Network

SHOWN = 10


@click.command(
    epilog=example(
        "daremo network load town --json",
        "daremo network load --topohub sndlib/polska --add-gbps 1 --save polska.geojson --map polska.html",
    )
)
@options.network
@click.option("--gap", default=1e-9, show_default=True, type=click.FloatRange(0, 1), help="Stop at this proved gap.")
@click.option(
    "--add-gbps", type=click.FloatRange(0, min_open=True),
    help="Say what so much more capacity on a binding link brings (default: a tenth of its own).",
)  # fmt: skip
@click.option("--leave-out", is_flag=True, help="Leave out demands without a path instead of stopping.")
@click.option(
    "--time-limit", default=120.0, show_default=True, type=click.FloatRange(0, min_open=True), help="Seconds."
)
@click.option("--try-hubs", default=0, type=click.IntRange(0, 100), help="Try so many nodes as a further hub each.")
@click.option("--save", type=click.Path(path_type=Path), help="Write the network (.json, .geojson, .graphml, .txt).")
@click.option("--map", "drawing", type=click.Path(path_type=Path), help="Draw a map (.svg, or .html that moves).")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the answer as JSON.")
@verb
def load(
    voice: Voice, gap: float, add_gbps: float | None, leave_out: bool, time_limit: float, try_hubs: int, save: Path | None,
    drawing: Path | None, out: Path | None, **asked: Any,
) -> int:  # fmt: skip
    """Find the bottlenecks of REGION: the least worst utilisation of any routing, exactly, and the links that bind it.

    Beside it the utilisation of today's routing along shortest paths, one (single) or all equally cheap ones (ecmp).
    """
    from daremo.kernel.watch import Watch
    from daremo.network.hubs import further_hubs
    from daremo.network.load import min_max
    from daremo.network.today import today

    found, problems = options.read_told(asked)
    options.need_demand(found)
    line_maps.check(drawing, found)
    progress = voice.progress()
    start = time.process_time()
    with mute_libraries():
        answer = min_max(
            found, gap=gap, add_gbps=add_gbps, leave_out=leave_out, progress=progress, watch=Watch(time_limit)
        )
        now = {rule: today(found, ecmp=rule == "ecmp") for rule in ("single", "ecmp")}
        tried = further_hubs(found, try_hubs, progress=progress) if try_hubs else []
    seconds = time.process_time() - start
    told = answer.as_dict() | {
        "today": {rule: t.as_dict(found) for rule, t in now.items()},
        "further_hubs": tried,
        "cpu_seconds": round(seconds, 4),
        "problems": [p.as_dict() for p in problems],
    }
    if out is not None:
        options.write_answer(out, told)
    if save is not None:
        options.write_network(save, found, _of_links(answer))
    if drawing is not None:
        line_maps.write_map(drawing, line_maps.load_view(answer, told, voice))
    voice.hush()
    voice.answer(told)
    _show(voice, found, answer, told)
    for line in problem_lines(problems, voice, 8):
        voice.say(line)
    return DONE


def _of_links(answer: Load) -> dict[str, list[float]]:
    """Utilisation of each link in its fuller direction, for a map."""
    import numpy as np

    used = np.zeros(len(answer.network.links))
    np.maximum.at(used, answer.arcs.link, answer.load_gbps / answer.arcs.capacity_gbps)
    return {"utilisation": used.tolist()}


def _show(voice: Voice, found: Network, answer: Load, told: dict[str, Any]) -> None:
    bound = percent(answer.bound, 2)
    voice.say(
        voice(
            f"{found.name}（{told['nodes']}局、{told['links']}回線、需要 {told['demand_gbps']:,.1f} Gbps）: いちばん混む回線の使用率は、"
            f"どう流しても {bound} より下がりません。下のとおり流せば {percent(answer.utilisation, 2)} です。",
            f"{found.name} ({told['nodes']} nodes, {told['links']} links, {told['demand_gbps']:,.1f} Gbit/s): no routing gets the worst "
            f"utilisation below {bound}; {percent(answer.utilisation, 2)} is reached.",
        )
    )
    if answer.gap_share > 1e-6:
        left = percent(answer.gap_share, 4)
        voice.say(
            voice(
                f"証明との差が {left} 残りました（混む所が網じゅうに散らばっているか、時間が尽きました。--time-limit を延ばせます）。",
                f"A gap of {left} is left: the bottleneck is spread over the network, or time ran out (see --time-limit).",
            )
        )
    single, ecmp = (told["today"][r]["utilisation"] for r in ("single", "ecmp"))
    voice.say(
        voice(
            f"いまの流し方（最短の道だけ）なら {percent(single, 2)}、等しく近い道に分ければ {percent(ecmp, 2)} です。",
            f"Today's routing along shortest paths: {percent(single, 2)}; shared over equally cheap ones: {percent(ecmp, 2)}.",
        )
    )
    rows = [
        [
            b["link"], f"{b['capacity_gbps']:,g}", percent(b["price_share"]), f"+{b['add_gbps']:,g}",
            "—" if b["lower_by"] is None else f"−{percent(b['lower_by'], 2)}", f"−{percent(b['lower_by_at_most'], 2)}",
        ]
        for b in told["binding_links"][:SHOWN]
    ]  # fmt: skip
    if rows:
        voice.say(voice("\n下げられない理由になっている回線:", "\nLinks that bind:"))
        head = voice("回線,容量 Gbps,重み,足す Gbps,下がる,多くて", "link,Gbit/s,weight,add,lowers by,at most").split(
            ","
        )
        for line in table(head, rows, right=(1, 2, 3, 4, 5)):
            voice.say(line)
    for h in told["further_hubs"][1 : SHOWN + 1]:
        voice.say(
            voice(
                f"{h['hub']}にも拠点を置けば {percent(h['utilisation'], 2)}（運ぶ距離 {h['haul_km'] or 0:,.0f} km）",
                f"A hub in {h['hub']}: {percent(h['utilisation'], 2)} (mean haul {h['haul_km'] or 0:,.0f} km)",
            )
        )
    for note in found.notes:
        voice.say(voice("仮定: ", "Assumed: ") + note)
