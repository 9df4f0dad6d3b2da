"""``daremo network access``: the cheapest line for every area, with a bound that no choice beats."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daremo.cli.frame import DONE, Voice, example, verb
from daremo.cli.mute import mute_libraries
from daremo.cli.network import assumed
from daremo.cli.text import percent, table, yen
from daremo.kernel.errors import UsageError

if TYPE_CHECKING:
    from daremo.network.access import Access
    from daremo.network.access_costs import Costs
    from daremo.network.access_model import Areas
    from daremo.network.radio.raster import Raster
    from daremo.region.model import Region

SHOWN = 15


@click.command(epilog=example("daremo network access town -o access --force", "daremo network access town --json"))
@click.argument("region", required=False, type=click.Path(path_type=Path))
@click.option(
    "--demands", type=click.Path(path_type=Path), help="CSV of fields, forests, ports, factories, roads (or homes)."
)
@click.option("--routes", type=click.Path(path_type=Path), help="CSV from,to,km[,sea]: where fibre may be laid.")
@click.option("--terrain", type=click.Path(path_type=Path), help="Heights (.asc, .npz, .csv in degrees); else a plain.")
@click.option("--holes", type=click.Choice(["refuse", "sea", "near"]), default="refuse", show_default=True,
              help="Cells without a height: refuse, sea at 0 m, or the nearest height.")  # fmt: skip
@click.option("--mbps", default=30.0, show_default=True, type=click.FloatRange(0, min_open=True), help="A good line.")
@click.option("--technology", "technologies", multiple=True, help="Only these: fibre, fwa, local5g, mobile, satellite.")
@click.option("--years", default="0,5,10", show_default=True, help="Years from now for the spectrum need.")
@click.option("--flips", is_flag=True, help="Also solve with each assumption at its low and high.")
@assumed.option
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="The same seed, the same numbers.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder for answer.json, tables, map.svg, GeoJSON.")
@click.option("--force", is_flag=True, help="Write into a folder that daremo did not make; other files stay.")
@verb
def access(
    voice: Voice, region: Path | None, demands: Path | None, routes: Path | None, terrain: Path | None, holes: Any,
    mbps: float, technologies: tuple[str, ...], years: str, flips: bool, assume: tuple[str, ...], seed: int,
    out: Path | None, force: bool,
) -> int:  # fmt: skip
    """Give every area of REGION its cheapest line: fibre tree, fixed wireless, local 5G, mobile or satellite.

    `value` is the present value of all costs, `bound` what no choice can cost less than; costs that areas share are paid
    once. actions.csv has the lines as actions for `daremo plan`.
    """
    from daremo.cli.folder import refuse_foreign, whole_folder
    from daremo.network.access import least_cost, warm, what_flips
    from daremo.network.access_costs import TECHNOLOGIES
    from daremo.network.access_read import read_routes, routes_between
    from daremo.network.access_sites import candidate_sites, ground

    if out is not None:
        refuse_foreign(out, force=force)
    when = _years(years)
    costs = assumed.costs_of(assume)
    areas, islands, notes, town = _areas(region, demands, costs, mbps)
    chosen = tuple(technologies) or TECHNOLOGIES
    progress = voice.progress()
    with mute_libraries():
        warm()
        begun = time.process_time()
        land = _terrain(terrain, holes, areas) or ground(areas, costs)
        if terrain is None and {"fwa", "local5g"} & set(chosen):
            notes.append(
                "地形がないので、電波は家のたつ平らな土地として計算しました|No terrain: radio is computed over a plain with houses"
            )
        sites = []
        for n, technology in enumerate(t for t in ("fwa", "local5g") if t in chosen):
            progress(0.1 + 0.2 * n, technology)
            sites += candidate_sites(areas, land, costs, technology, rate_mbps=mbps)
        ways = read_routes(routes, areas) if routes else routes_between(areas, costs, islands)
        if routes is None:
            notes.append(
                "光の道は、となりの地区どうしを結ぶ見つもりです|Routes for fibre are guessed between neighbouring areas"
            )
        progress(0.5, voice("木を探す", "tree"))
        plan = least_cost(areas, ways, sites, costs, technologies=chosen, seed=seed)
        shaken = (
            what_flips(areas, ways, sites, costs, plan, technologies=chosen, seed=seed, progress=progress)
            if flips
            else None
        )
        cpu = time.process_time() - begun
    voice.hush()
    told: dict[str, Any] = {
        **plan.as_dict(),
        "spectrum": _spectrum(plan, costs, when),
        "assumptions": [r.as_dict() for r in costs.used()],
        "notes": [dict(zip(("ja", "en"), n.split("|"), strict=True)) for n in notes],
        "cpu_seconds": round(cpu, 4),
    }
    if shaken is not None:
        told["flips"] = shaken
    if out is not None:
        from daremo.cli.network.access_map import as_geojson, as_svg

        with whole_folder(out, force=force) as folder:
            _write(folder, plan, told, costs)
            (folder / "map.svg").write_text(as_svg(plan, islands, voice), encoding="utf-8")
            (folder / "access.geojson").write_text(as_geojson(plan), encoding="utf-8")
    voice.answer(told)
    _show(voice, plan, told, town.name if town is not None else "", out)
    return DONE


def _years(written: str) -> list[int]:
    try:
        when = [int(v) for v in written.split(",") if v.strip()]
    except ValueError:
        when = [-1]
    if not when or any(not 0 <= v <= 50 for v in when):
        raise UsageError(
            "bad-years", f"--years {written} が読めません", "--years 0,5,10 のように書いてください", "--years"
        )
    return when


def _areas(
    folder: Path | None, demands: Path | None, costs: Costs, mbps: float
) -> tuple[Areas, list[str], list[str], Region | None]:
    from daremo.network.access_read import areas_of_region, joined, read_demands
    from daremo.region.model import load

    if folder is None and demands is None:
        fix = "地域のフォルダーか、--demands の表を指定してください"
        raise UsageError("no-question", "だれの回線かが分かりません", fix, "REGION --demands")
    own = read_demands(demands) if demands is not None else None
    if folder is None:
        assert own is not None
        return own, [""] * len(own.ids), [], None
    town = load(folder)
    areas, notes = areas_of_region(town, costs, mbps=mbps)
    islands = [v or "" for v in town.areas["island"].to_list()]
    if own is not None:
        areas, islands = joined(areas, own), islands + [""] * len(own.ids)
    return areas, islands, notes, town


def _terrain(path: Path | None, holes: Any, areas: Areas) -> Raster | None:
    """The terrain, which must be in degrees as areas are."""
    if path is None:
        return None
    from daremo.network.radio.read import read_terrain

    land = read_terrain(path, holes=holes)
    if not land.degrees:
        fix = "緯度・経度（度）の地形にしてください"
        raise UsageError("terrain-in-metres", "地形の座標がメートルで、地区の緯度・経度と合いません", fix, path.name)
    return land


def _spectrum(plan: Access, costs: Costs, when: list[int]) -> list[dict[str, Any]]:
    """Bandwidth of each site that is built, by year, for the premises it serves."""
    from daremo.network.spectrum import by_year

    built = [r for r in plan.shared if r["kind"] == "site"]
    if not built:
        return []
    rows = by_year([r["to"] for r in built], [r["premises"] for r in built], [1.0] * len(built), costs, when)
    where = {r["to"]: r["from"] for r in built}
    return [{"site": r["area_id"], **r, "area_id": where[r["area_id"]]} for r in rows]


def _write(folder: Path, plan: Access, told: dict[str, Any], costs: Costs) -> None:
    import polars as pl

    from daremo.kernel.results import write_json
    from daremo.network.access_actions import actions

    write_json(folder / "answer.json", {"daremo_access": 1, **told})
    for name in ("areas", "shared", "spectrum", "flips"):
        if told.get(name):
            pl.DataFrame(told[name], infer_schema_length=None).write_csv(folder / f"{name}.csv", include_bom=True)
    actions(plan, costs).write_csv(folder / "actions.csv", include_bom=True)


def _show(voice: Voice, plan: Access, told: dict[str, Any], name: str, out: Path | None) -> None:
    from daremo.cli.network.access_map import NAMES

    if not plan.areas.premises.sum():
        voice.say(voice("足りない回線はありません。", "Nobody lacks a line."))
        return
    voice.say(
        voice(
            f"{name} {told['premises']:,.0f}戸・台に回線を引くと、{len(told['areas'])}地区で{yen(plan.value)}（{yen(plan.value_low)}～{yen(plan.value_high)}）"
            f"かかります。\nこれより安くできても{yen(plan.bound)}まで（差 {percent(plan.gap_share, 2)}）です。",
            f"{name} A line for {told['premises']:,.0f} premises in {len(told['areas'])} areas costs {yen(plan.value)} "
            f"({yen(plan.value_low)} to {yen(plan.value_high)}).\nNo choice costs less than {yen(plan.bound)} "
            f"(gap {percent(plan.gap_share, 2)}).",
        ).strip()
    )
    pick = 0 if voice.lang == "ja" else 1
    head = voice("方式,地区,戸・台,費用（現在価値）", "technology,areas,premises,cost (present value)").split(",")
    rows = [
        [NAMES[t][pick], f"{r['areas']:,.0f}", f"{r['premises']:,.0f}", yen(r["cost_yen"])]
        for t, r in told["by_technology"].items()
    ]
    for line in ["", *table(head, rows, right=(1, 2, 3)), ""]:
        voice.say(line)
    head = voice("地区,方式,戸・台,1戸あたり", "area,technology,premises,per premises").split(",")
    dear = sorted(told["areas"], key=lambda r: (-r["yen_premises"], r["area_id"]))[:SHOWN]
    rows = [
        [r["name"] or r["area_id"], NAMES[r["technology"]][pick], f"{r['premises']:,.0f}", yen(r["yen_premises"])]
        for r in dear
    ]
    for line in table(head, rows, right=(2, 3)):
        voice.say(line)
    if len(told["areas"]) > SHOWN:
        voice.say(voice("1戸あたりの高い順。全部は --json か -o にあります。", "Dearest first; --json or -o has all."))
    for row in told.get("flips", [])[:5]:
        low, high = row["changed_low"], row["changed_high"]
        voice.say(
            voice(
                f"前提 {row['key']}（{row['low']:g}～{row['high']:g}）: {max(low, high)}地区で方式が変わります",
                f"assumption {row['key']} ({row['low']:g} to {row['high']:g}): up to {max(low, high)} areas change",
            )
        )
    for note in told["notes"]:
        voice.say(voice(f"※ {note['ja']}", f"* {note['en']}"))
    if out is not None:
        voice.say(voice(f"\n答え: {out / 'map.svg'} と表", f"\nAnswer: {out / 'map.svg'} and tables"))
