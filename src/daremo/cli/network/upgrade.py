"""``daremo network upgrade``: the cheapest modules, links and hubs that hold the targets, with a proved bound."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daremo.cli.folder import refuse_foreign, whole_folder
from daremo.cli.frame import DONE, Voice, example, problem_lines, verb
from daremo.cli.mute import mute_libraries
from daremo.cli.network import options
from daremo.cli.text import percent, table
from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.network.model import Network

SHOWN = 15


@click.command(
    epilog=example(
        "daremo network upgrade --topohub polska --module 155:100 --limit 1 --json",
        "daremo network upgrade --topohub abilene --module 1000000:100:0.1 --failures links --years 10",
    )
)
@options.network
@click.option(
    "--limit", "most", default=0.8, show_default=True, type=click.FloatRange(0, min_open=True),
    help="No link is used above this share of its capacity.",
)  # fmt: skip
@click.option(
    "--failures", multiple=True, type=click.Choice(["links", "nodes", "groups"]),
    help="The limit also holds after each of these breaks; may be repeated.",
)  # fmt: skip
@click.option(
    "--module", "modules", multiple=True, metavar="GBPS:COST[:COST_KM]",
    help="What can be installed on every link that names no modules of its own; may be repeated. Default: tables/modules.csv (yen).",
)  # fmt: skip
@click.option("--gap", default=0.0, show_default=True, type=click.FloatRange(0, 1), help="Stop at this proved gap.")
@click.option("--time-limit", default=60.0, show_default=True, type=click.FloatRange(0, min_open=True), help="Seconds.")
@click.option(
    "--first-year", default=2027, show_default=True, type=click.IntRange(1900, 2200), help="First year of --years."
)
@click.option(
    "--years",
    default=0,
    show_default=True,
    type=click.IntRange(0, 100),
    help="Tell upkeep and renewal over so many years.",
)
@click.option(
    "--seed", default=1, show_default=True, help="The same seed gives the same answer, where time does not end it."
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for upgrade.json, network.json (with the modules), actions.csv.",
)
@click.option("--force", is_flag=True, help="Write into a folder that daremo did not make; other files stay.")
@verb
def upgrade(
    voice: Voice, most: float, failures: tuple[str, ...], modules: tuple[str, ...], gap: float, time_limit: float,
    first_year: int, years: int, seed: int, out: Path | None, force: bool, **asked: Any,
) -> int:  # fmt: skip
    """Choose the cheapest modules and new links of REGION with which no link is overloaded, whole and broken.

    Links with modules may be widened; links without capacity are candidates. A bound says what no plan undercuts.
    """
    from daremo.kernel.watch import Watch
    from daremo.network.upgrade import upgrade as choose
    from daremo.network.upkeep import supply, upkeep

    if out is not None:
        refuse_foreign(out, force=force)
    read, problems = options.read_told(asked)
    options.need_demand(read)
    network = with_modules(read, modules)
    start = time.process_time()
    with mute_libraries():
        found = choose(
            network,
            most=most,
            failures=failures,
            gap=gap,
            watch=Watch(time_limit),
            seed=seed,
            progress=voice.progress(),
        )
    value = found.as_dict()
    value["problems"] = [p.as_dict() for p in problems]
    value["supply"] = {
        what: {"herfindahl": h, "shares": [asdict(s) for s in shares]}
        for what, (h, shares) in supply(found.network).items()
    }
    if years:
        value["upkeep"] = asdict(upkeep(found.network, first_year, years))
    value["seconds"], value["cpu_seconds"] = round(found.seconds, 3), round(time.process_time() - start, 3)
    if out is not None:
        from daremo.kernel.results import write_json

        with whole_folder(out, force=force) as folder:
            write_json(folder / "upgrade.json", value)
            options.write_network(folder / "network.json", found.network)
            _actions(folder / "actions.csv", value)
    voice.hush()
    voice.answer(value)
    _show(voice, value)
    for line in problem_lines(problems, voice, 8):
        voice.say(line)
    return DONE


def with_modules(network: Network, given: tuple[str, ...]) -> Network:
    """The network with modules on every link that names none."""
    from daremo.kernel.tables import rows_of

    kinds = []
    for text in given:
        parts = text.split(":")
        try:
            numbers = [float(p) for p in parts]
        except ValueError:
            numbers = []
        if len(numbers) not in (2, 3) or not numbers[0] > 0 or min(numbers) < 0:
            told = next(r for r in rows_of("daremo.network", "problem_codes") if r["code"] == "bad-module")
            raise UsageError("bad-module", told["ja"], told["fix"], text)
        kinds.append((numbers[0], numbers[1], numbers[2] if len(numbers) == 3 else 0.0))
    if not kinds:
        kinds = [(float(r["gbps"]), float(r["yen"]), float(r["yen_km"])) for r in rows_of("daremo.network", "modules")]
    li = network.links
    km = [0.0 if k != k else float(k) for k in li.length_km]
    made = tuple(own or tuple((c, a + b * km[i]) for c, a, b in kinds) for i, own in enumerate(li.modules))
    return replace(network, links=replace(li, modules=made))


#: Years over which an action's yearly cost is spread.
SPREAD_YEARS = 15


def _actions(path: Path, value: dict[str, Any]) -> None:
    """Rows of the table of actions; what share of people loses the barrier is left for the officer to say."""
    import csv

    from daremo.region.model import table_schema

    columns = table_schema("actions").names
    with path.open("w", encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictWriter(lines, columns, restval="", lineterminator="\n")
        rows.writeheader()
        for r in value["install"]:
            whole = r["cost"] + (r["setup_cost"] if r["new_link"] else 0.0)
            rows.writerow(
                {
                    "action_id": f"upgrade-{r['link']}-{r['module_gbps']:g}",
                    "kind": "fix",
                    "name": f"回線の増強 {r['from']}–{r['to']}（{r['module_gbps']:g} Gbps × {r['modules']}）",
                    "measure": 4,
                    "barrier": "connection",
                    "owner": "prefecture",
                    "reaches": "broadcast",
                    "fixed_yen": round(whole / SPREAD_YEARS),
                    "source": f"daremo network upgrade: {whole:,.6g} over {SPREAD_YEARS} years",
                }
            )


def _show(voice: Voice, value: dict[str, Any]) -> None:
    proved = voice("これより安い計画はありません", "no plan is cheaper") if value["proved"] else voice(
        f"どんな計画も {value['bound']:,.6g} より安くはなりません（差 {percent(value['gap_share'], 2)}）",
        f"no plan costs less than {value['bound']:,.6g} (gap {percent(value['gap_share'], 2)})",
    )  # fmt: skip
    voice.say(
        voice(
            f"費用 {value['cost']:,.6g}。{proved}。いちばん混む回線は {percent(value['utilisation'])}（{value['cases']}通りの場合）。",
            f"Cost {value['cost']:,.6g}: {proved}. Worst utilisation {percent(value['utilisation'])} over {value['cases']} cases.",
        )
    )
    rows = [
        [
            r["from"],
            r["to"],
            f"{r['module_gbps']:g} × {r['modules']}",
            f"{r['cost']:,.6g}",
            voice("新設", "new") if r["new_link"] else "",
        ]
        for r in sorted(value["install"], key=lambda r: (-r["cost"], r["link"]))[:SHOWN]
    ]
    if not rows:
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
            voice(f"{year}年: 維持 {keep:,.6g}、更新 {renew:,.6g}", f"{year}: upkeep {keep:,.6g}, renewal {renew:,.6g}")
        )
