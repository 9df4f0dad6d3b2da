"""``daremo network availability``: disasters strike, a million times."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daremo.cli.frame import DONE, Voice, example, problem_lines, verb
from daremo.cli.network import line_maps, options
from daremo.cli.text import people, percent, table

if TYPE_CHECKING:
    from daremo.network.hazards import Hazard
    from daremo.network.model import Network

SHOWN = 10


@click.command(epilog=example("daremo network availability town --scenarios 20000 --map town.html --json"))
@options.network
@click.option(
    "--hazards", type=click.Path(path_type=Path),
    help="Table (backbone_hazards) or GeoJSON; default: that of REGION, else a disc that strikes anywhere.",
)  # fmt: skip
@click.option("--scenarios", default=1_000_000, show_default=True, type=click.IntRange(64, 10**10), help="Disasters.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="The same seed, the same numbers.")
@click.option(
    "--outage-share", default=0.0, show_default=True, type=click.FloatRange(0, 1),
    help="Chance that any node or link is out for everyday reasons.",
)  # fmt: skip
@click.option(
    "--level", default=0.9, show_default=True, type=click.FloatRange(0.5, 0.9999), help="Level of the intervals."
)
@click.option("--importance/--no-importance", default=True, show_default=True, help="Which components matter most.")
@click.option("--map", "drawing", type=click.Path(path_type=Path), help="Draw a map (.svg, or .html that moves).")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the answer as JSON.")
@verb
def availability(
    voice: Voice, hazards: Path | None, scenarios: int, seed: int, outage_share: float, level: float, importance: bool,
    drawing: Path | None, out: Path | None, **asked: Any,
) -> int:  # fmt: skip
    """Let disasters strike REGION: how often each area keeps its line to a hub, with intervals, and hours lost a year."""
    from daremo.network.availability import availability as strike

    found, problems = options.read_told(asked)
    line_maps.check(drawing, found)
    blows, note = hazards_of(found, hazards, asked.get("region"), voice)
    progress = voice.progress()
    start = time.process_time()
    answer = strike(
        found, blows, scenarios, seed, outage_share=outage_share, level=level, importance=32_768 if importance else 0,
        progress=progress,
    )  # fmt: skip
    told = answer.as_dict() | {
        "seed": seed,
        "cpu_seconds": round(time.process_time() - start, 4),
        "problems": [p.as_dict() for p in problems],
    }
    if note:
        told["notes"] = [*told["notes"], note]
    if out is not None:
        options.write_answer(out, told)
    if drawing is not None:
        line_maps.write_map(drawing, line_maps.availability_view(answer, told, voice))
    voice.hush()
    voice.answer(told)
    _show(voice, told)
    for line in problem_lines(problems, voice, 8):
        voice.say(line)
    return DONE


def hazards_of(found: Network, given: Path | None, region: Path | None, voice: Voice) -> tuple[tuple[Hazard, ...], str]:
    """Hazards as given, else those of the region, else a roaming disc, and what was assumed."""
    from daremo.network.hazards import read_hazards, roaming

    own = region / "backbone_hazards.csv" if region is not None else None
    path = given if given is not None else own if own is not None and own.is_file() else None
    if path is not None:
        return read_hazards(path, found), ""
    note = voice(
        "災害の表がないので、半径30～250 kmの災害が年1回、網のどこかで起き、中の局の80%・回線の90%が失われると仮定しました。",
        "No hazards given: a disc of 30 to 250 km strikes somewhere once a year; 80 % of sites and 90 % of links inside are lost.",
    )
    return (roaming(found),), note


def _show(voice: Voice, told: dict[str, Any]) -> None:
    lost = told["hours_lost_resident_year"]
    hours = "—" if lost is None else f"{lost:,.2f}"
    voice.say(
        voice(
            f"{told['network']}: {told['scenarios']:,}回の災害で、住民1人あたり年に平均 {hours}時間、つながらなくなります。",
            f"{told['network']}: over {told['scenarios']:,} disasters, a resident is cut off {hours} hours a year on average.",
        )
    )
    level = f"{told['interval_level']:.0%}"
    head = voice(
        f"地区,住民,つながる割合,{level}の幅,年に失う時間", f"area,people,availability,{level} interval,hours lost"
    ).split(",")
    rows = [
        [
            a["name"], people(a["people"]), percent(a["availability"], 2),
            f"{percent(a['low'], 2)}–{percent(a['high'], 2)}", f"{a['hours_lost_year']:,.1f}",
        ]
        for a in sorted(told["areas"], key=lambda a: a["availability"])[:SHOWN]
    ]  # fmt: skip
    for line in table(head, rows, right=(1, 2, 3, 4)):
        voice.say(line)
    if told["importance"]:
        voice.say(voice("\n壊れなければ、いちばん助かるもの:", "\nWhat would help most were it unbreakable:"))
        head = voice("もの,人時/年", "component,person-hours a year").split(",")
        rows = [[c["component"], f"{c['person_hours_year']:,.0f}"] for c in told["importance"][:SHOWN]]
        for line in table(head, rows, right=(1,)):
            voice.say(line)
    for note in told["notes"]:
        voice.say(voice("仮定: ", "Assumed: ") + note)
