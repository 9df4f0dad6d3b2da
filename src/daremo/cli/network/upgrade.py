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
from daremo.cli.network.availability import hazards_of
from daremo.cli.network.upgrade_told import show
from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.network.hubs import HubOption
    from daremo.network.model import Network


@click.command(
    epilog=example(
        "daremo network upgrade --topohub polska --module 155:100 --limit 1 --json",
        "daremo network upgrade --topohub abilene --module 1000000:100:0.1 --failures links --years 10",
        "daremo network upgrade town --new-link みほん島局:みほん東局:90000000 --new-link 山中局:みほん西局 --hours 1.6",
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
@click.option(
    "--both-ways", is_flag=True,
    help="Every demand also runs back: SNDlib's undirected demands, whose modules both directions share.",
)  # fmt: skip
@click.option(
    "--new-link", "new_links", multiple=True, metavar="FROM:TO[:SETUP_COST]",
    help="A line that may be built between two nodes; may be repeated.",
)  # fmt: skip
@click.option(
    "--open-hub", "open_hubs", multiple=True, metavar="NODE:COST",
    help="A node that may become a hub (exchange, data centre) and what opening it costs; may be repeated.",
)  # fmt: skip
@click.option(
    "--available", type=click.FloatRange(0, 1), help="Target: share of disasters that leave an area connected, at least."
)  # fmt: skip
@click.option(
    "--residents", default=1.0, show_default=True, type=click.FloatRange(0, 1),
    help="With --available: share of residents whose area must reach it.",
)  # fmt: skip
@click.option("--hours", type=click.FloatRange(0), help="Target: hours without a hub by resident and year, at most.")
@click.option(
    "--hazards", type=click.Path(path_type=Path),
    help="For the targets: table (backbone_hazards) or GeoJSON; default: that of REGION, else a disc that strikes anywhere.",
)  # fmt: skip
@click.option(
    "--scenarios", default=512, show_default=True, type=click.IntRange(64, 100_000),
    help="For the targets: disasters sampled of each hazard.",
)  # fmt: skip
@click.option(
    "--currency", default="JPY", show_default=True, metavar="ISO4217",
    help="Money of the modules and setup costs; only printed.",
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
    first_year: int, years: int, seed: int, out: Path | None, force: bool, new_links: tuple[str, ...],
    open_hubs: tuple[str, ...], available: float | None, residents: float, hours: float | None, hazards: Path | None,
    scenarios: int, currency: str, both_ways: bool, **asked: Any,
) -> int:  # fmt: skip
    """Choose the cheapest modules and new links of REGION with which no link is overloaded, whole and broken.

    Links with modules may be widened; links without capacity are candidates. A bound says what no plan undercuts. Targets of
    availability hold over sampled disasters, are checked by a walk of its own and told again over fresh disasters.
    """
    from daremo.kernel.watch import Watch
    from daremo.network.upgrade import both_ways as also_back
    from daremo.network.upgrade import upgrade as choose
    from daremo.network.upgrade_target import Target
    from daremo.network.upkeep import hub_supply, supply, upkeep

    if out is not None:
        refuse_foreign(out, force=force)
    read, problems = options.read_told(asked)
    options.need_demand(read)
    network = with_modules(with_candidates(read, new_links), modules)
    if both_ways:
        network = also_back(network)
    target, note = None, ""
    if available is not None or hours is not None:
        blows, note = hazards_of(network, hazards, asked.get("region"), voice)
        target = Target(
            blows, available or 0.0, residents, float("inf") if hours is None else hours, scenarios=scenarios, seed=seed
        )
    start = time.process_time()
    with mute_libraries():
        found = choose(
            network,
            most=most,
            failures=failures,
            gap=gap,
            target=target,
            hubs=hub_options(network, open_hubs),
            currency=currency,
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
    value["supply"] |= {
        what: {"herfindahl": h, "shares": [asdict(s) for s in shares]}
        for what, (h, shares) in hub_supply(found.network).items()
    }
    if note:
        value["notes"] = [*value["notes"], note]
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
    show(voice, value)
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


def _ends(text: str, network: Network, code: str, parts: tuple[int, ...]) -> list[str]:
    """Parts of an option, of which there must be so many."""
    from daremo.kernel.tables import rows_of

    found = text.split(":")
    if len(found) not in parts:
        told = next(r for r in rows_of("daremo.network", "problem_codes") if r["code"] == code)
        raise UsageError(code, told["ja"], told["fix"], text)
    return found


def _money(text: str, whole: str, code: str) -> float:
    """A cost of an option."""
    from daremo.kernel.tables import rows_of

    try:
        cost = float(text)
    except ValueError:
        cost = -1.0
    if not 0 <= cost < float("inf"):
        told = next(r for r in rows_of("daremo.network", "problem_codes") if r["code"] == code)
        raise UsageError(code, told["ja"], told["fix"], whole)
    return cost


def _node(network: Network, name: str, option: str) -> int:
    if name not in network.nodes.ids:
        fix = f"局コードを確かめてください（{'・'.join(network.nodes.ids[:8])} …）"
        raise UsageError("unknown-node", f"局「{name}」はありません", fix, option)
    return network.nodes.ids.index(name)


def with_candidates(network: Network, given: tuple[str, ...]) -> Network:
    """The network with lines that may be built: no capacity yet, as long as the straight distance."""
    import numpy as np

    from daremo.network.model import distance_km

    if not given:
        return network
    n, li = network.nodes, network.links
    ends, fees = [], []
    for text in given:
        parts = _ends(text, network, "bad-new-link", (2, 3))
        pair = [_node(network, p, "--new-link") for p in parts[:2]]
        fees.append(_money(parts[2], text, "bad-new-link") if len(parts) == 3 else 0.0)
        if pair[0] == pair[1]:
            _ends("", network, "bad-new-link", (2,))
        ends.append(pair)
    a, b = np.array(ends, np.int64).T
    k, km = len(given), distance_km(n.longitude[a], n.latitude[a], n.longitude[b], n.latitude[b])
    none = ("",) * k
    links = replace(
        li, ids=(*li.ids, *(f"new:{n.ids[i]}-{n.ids[j]}:{x + 1}" for x, (i, j) in enumerate(ends))),
        tail=np.r_[li.tail, a], head=np.r_[li.head, b], capacity_gbps=np.r_[li.capacity_gbps, np.zeros(k)],
        back_gbps=np.r_[li.back_gbps, np.zeros(k)], length_km=np.r_[li.length_km, km],
        cost=np.r_[li.cost, np.where(np.isfinite(km) & (km > 0), km, 1.0)], media=li.media + none, owners=li.owners + none,
        origins=li.origins + none, built=np.r_[li.built, np.zeros(k, np.int64)], setup_cost=np.r_[li.setup_cost, fees],
        modules=li.modules + ((),) * k, stated=np.r_[li.stated, np.ones(k, bool)],
    )  # fmt: skip
    return replace(network, links=links)


def hub_options(network: Network, given: tuple[str, ...]) -> tuple[HubOption, ...]:
    """Candidate hubs from ``NODE:COST``."""
    from daremo.network.hubs import HubOption

    out = []
    for text in given:
        name, cost = _ends(text, network, "bad-hub", (2,))
        out.append(HubOption(_node(network, name, "--open-hub"), _money(cost, text, "bad-hub")))
    return tuple(out)


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
        for r in value["hubs"]:
            if r["opened"]:
                rows.writerow(
                    {
                        "action_id": f"hub-{r['hub']}",
                        "kind": "fix",
                        "name": f"拠点の開設 {r['hub']}",
                        "measure": 4,
                        "barrier": "connection",
                        "owner": "prefecture",
                        "reaches": "broadcast",
                        "fixed_yen": round(r["opening_cost"] / SPREAD_YEARS),
                        "source": f"daremo network upgrade: {r['opening_cost']:,.6g} over {SPREAD_YEARS} years",
                    }
                )
