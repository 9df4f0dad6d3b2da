"""``daremo network local5g``: where to put local 5G sites over the terrain, on which channels, and who is served."""

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
    from daremo.network.access_costs import Costs
    from daremo.network.local5g import Local5G, Radio
    from daremo.network.radio.coverage import Site
    from daremo.network.radio.p1812 import Service
    from daremo.network.radio.raster import Raster

#: Cell of the plain that stands for a region without terrain (m), and the margin around its areas (km).
PLAIN_CELL_M, MARGIN_KM = 100.0, 1.0
SHOWN = 20
#: Places of a region that may become sites.
MOST_PLACES = 400


@click.command(
    epilog=example(
        "daremo network local5g town --share 0.8 --json",
        "daremo network local5g town --spacing-km 2 --p 5 -o local5g --force",
    )
)
@click.argument("region", required=False, type=click.Path(path_type=Path))
@click.option(
    "--terrain", type=click.Path(path_type=Path), help="Heights: ESRI ASCII grid (.asc), .npz, or .csv x,y,height_m."
)
@click.option(
    "--clutter", type=click.Path(path_type=Path), help="ESRI ASCII grid of clutter classes 1 to 5 on the same cells."
)
@click.option(
    "--holes",
    type=click.Choice(["refuse", "sea", "near"]),
    default="refuse",
    show_default=True,
    help="Cells without a height: refuse, sea at 0 m, or the nearest height.",
)
@click.option("--degrees/--metres", default=None, help="Unit of the terrain's coordinates, where it is doubtful.")
@click.option(
    "--latitude", default=36.0, show_default=True, type=click.FloatRange(-90, 90), help="Of a terrain in metres."
)
@click.option(
    "--sites",
    type=click.Path(path_type=Path),
    help="CSV of candidates: name,longitude,latitude (or x,y)[,antenna_m,eirp_dbm,cost_yen].",
)
@click.option(
    "--spacing-km",
    type=float,
    help="Or candidates on a grid, on the highest land of each square; else the places of REGION.",
)
@click.option(
    "--share", type=click.FloatRange(0, 1, min_open=True), help="Cheapest sites for this share of what can be covered."
)
@click.option("--p", type=click.IntRange(0), help="Or at most so many sites that cover most.")
@click.option("--budget-yen", type=click.FloatRange(0), help="Or the most for this money.")
@click.option(
    "--rate-mbps",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="What a device must get.",
)
@click.option("--frequency-ghz", type=float, help="0.03 to 6; else the table's.")
@click.option("--antenna-m", type=float, help="Antenna of a site above ground; else the table's.")
@click.option("--receiver-m", type=float, help="Device above ground; else the table's.")
@click.option(
    "--max-km",
    default=5.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="A site is unheard beyond.",
)
@assumed.option
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="The same seed, the same numbers.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="Folder for answer.json, sites.csv, map.svg, GeoJSON."
)
@click.option("--force", is_flag=True, help="Write into a folder that daremo did not make; other files stay.")
@verb
def local5g(
    voice: Voice, region: Path | None, terrain: Path | None, clutter: Path | None, holes: Any, degrees: bool | None,
    latitude: float, sites: Path | None, spacing_km: float | None, share: float | None, p: int | None,
    budget_yen: float | None, rate_mbps: float, frequency_ghz: float | None, antenna_m: float | None,
    receiver_m: float | None, max_km: float, assume: tuple[str, ...], seed: int, out: Path | None, force: bool,
) -> int:  # fmt: skip
    """Choose local 5G sites over the terrain (ITU-R P.1812), their channels, and say who is served after interference.

    With REGION its residents count, else every cell of land. `value` is the weight covered (--p, --budget-yen) or the
    cost (--share), `bound` what no choice of these candidates can better.
    """
    from daremo.cli.folder import refuse_foreign, whole_folder
    from daremo.network.local5g import plan_local5g, warm

    if out is not None:
        refuse_foreign(out, force=force)
    if sum(v is not None for v in (share, p, budget_yen)) != 1:
        fix = "--share 0.9、--p 5、--budget-yen 300000000 のどれか一つを書いてください"
        raise UsageError("no-money", "割合・数・予算の、どれか一つを決めてください", fix, "--share --p --budget-yen")
    changes = {"f_ghz": frequency_ghz, "antenna_m": antenna_m, "receiver_m": receiver_m}
    given = [f"local5g_{k}={v}" for k, v in changes.items() if v is not None]
    costs = assumed.costs_of([*assume, *given])
    service, radio = _radio(costs, rate_mbps)
    land, weight, notes = _ground(region, terrain, clutter, holes, degrees, latitude, costs["plain_clutter_m"])
    candidates = _candidates(region, sites, spacing_km, land, costs)
    with mute_libraries():
        warm()
        begun = time.process_time()
        plan = plan_local5g(
            land, candidates, service, radio, share=share, p=p, budget_yen=budget_yen, weight=weight, max_km=max_km,
            seed=seed, progress=voice.progress(),
        )  # fmt: skip
        cpu = time.process_time() - begun
    voice.hush()
    x_km, y_km = land.size_km
    told: dict[str, Any] = {
        **plan.as_dict(),
        "weight_of": "people" if weight is not None else "cells",
        "terrain": {"columns": land.shape[1], "rows": land.shape[0], "width_km": x_km, "height_km": y_km,
                    "degrees": land.degrees, "filled_cells": land.filled},
        "frequency_ghz": service.f_ghz,
        "assumptions": [r.as_dict() for r in costs.used()],
        "notes": [dict(zip(("ja", "en"), n.split("|"), strict=True)) for n in notes],
        "cpu_seconds": round(cpu, 4),
    }  # fmt: skip
    if out is not None:
        _write(out, plan, told, voice, force, whole_folder)
    voice.answer(told)
    _show(voice, told, out)
    return DONE


def _radio(costs: Costs, rate_mbps: float) -> tuple[Service, Radio]:
    from daremo.network.access_sites import service_of
    from daremo.network.local5g import Radio

    radio = Radio(
        rate_mbps, costs["local5g_bandwidth_mhz"], costs["local5g_band_mhz"], costs["local5g_receiver_m"],
        costs["local5g_gain_dbi"], costs["noise_figure_db"], costs["shannon_share"], costs["least_sinr_db"],
    )  # fmt: skip
    return service_of(costs, "local5g"), radio


def _ground(
    region: Path | None, terrain: Path | None, clutter: Path | None, holes: Any, degrees: bool | None, latitude: float,
    plain_clutter_m: float,
) -> tuple[Raster, Any, list[str]]:  # fmt: skip
    """Terrain, residents of each cell (None = count cells), and what was assumed."""
    import math

    from daremo.network.radio.raster import EAST_KM, NORTH_KM, flat
    from daremo.network.radio.read import read_terrain

    if region is None and terrain is None:
        fix = "地域のフォルダーか、--terrain の地形を指定してください"
        raise UsageError("no-question", "どこの話かが分かりません", fix, "REGION --terrain")
    land = None
    if terrain is not None:
        land = read_terrain(terrain, clutter=clutter, holes=holes, degrees=degrees, latitude=latitude)
    if region is None:
        assert land is not None
        return land, None, []
    from daremo.network.access_read import residents
    from daremo.region.model import load

    town, notes = load(region), []
    lat, lon = (town.areas[c].to_numpy().astype(float) for c in ("latitude", "longitude"))
    if land is None:
        north, east = MARGIN_KM / NORTH_KM, MARGIN_KM / EAST_KM / math.cos(math.radians(float(lat.mean())))
        land = flat(
            float(lon.min()) - east, float(lat.min()) - north, float(lon.max()) + east, float(lat.max()) + north,
            PLAIN_CELL_M, clutter_m=plain_clutter_m,
        )  # fmt: skip
        notes.append(
            "地形がないので、家のたつ平らな土地として計算しました|No terrain: computed over a plain with houses"
        )
    elif not land.degrees:
        fix = "緯度・経度（度）の地形にしてください"
        raise UsageError("terrain-in-metres", "地形の座標がメートルで、地区の緯度・経度と合いません", fix, "--terrain")
    people, lost = residents(town, land)
    if lost:
        notes.append(
            f"地形の外に住む{lost:,.0f}人は数えていません|{lost:,.0f} residents outside the terrain are not counted"
        )
    return land, people, notes


def _candidates(
    region: Path | None, path: Path | None, spacing_km: float | None, land: Raster, costs: Costs
) -> list[Site]:  # fmt: skip
    from daremo.network.local5g import candidate_grid
    from daremo.network.radio.read import read_sites

    if (path is not None and spacing_km is not None) or (path is None and spacing_km is None and region is None):
        fix = "--sites の表か、--spacing-km 2 のどちらか一方を書いてください（地域があれば、その施設が候補になります）"
        raise UsageError("no-candidates", "基地局の候補が決まっていません", fix, "--sites --spacing-km")
    yearly = costs["local5g_site_year_yen"] * costs.annuity()
    antenna, eirp, cost = costs["local5g_antenna_m"], costs["local5g_eirp_dbm"], costs["local5g_site_yen"] + yearly
    if path is not None:
        return read_sites(path, land, antenna_m=antenna, eirp_dbm=eirp, cost_yen=round(cost))
    if spacing_km is not None:
        return candidate_grid(land, spacing_km, antenna, eirp, round(cost))
    from daremo.network.radio.coverage import Site
    from daremo.region.model import load

    assert region is not None
    found = [
        Site(str(name), float(x), float(y), antenna, eirp, round(cost))
        for name, x, y in load(region).candidates().select("name", "longitude", "latitude").iter_rows()
        if bool(land.inside(x, y))
    ]
    return found[:MOST_PLACES]


def _write(out: Path, plan: Local5G, told: dict[str, Any], voice: Voice, force: bool, whole_folder: Any) -> None:
    import polars as pl

    from daremo.cli.network.local5g_map import as_geojson, as_svg
    from daremo.kernel.results import write_json

    with whole_folder(out, force=force) as folder:
        write_json(folder / "answer.json", {"daremo_local5g": 1, **told})
        if told["sites"]:
            pl.DataFrame(told["sites"]).write_csv(folder / "sites.csv", include_bom=True)
        (folder / "map.svg").write_text(as_svg(plan, voice), encoding="utf-8")
        (folder / "local5g.geojson").write_text(as_geojson(plan), encoding="utf-8")


def _show(voice: Voice, told: dict[str, Any], out: Path | None) -> None:
    money = told["goal"] == "cost"
    value, bound = (yen(told[k]) if money else f"{told[k]:,.0f}" for k in ("value", "bound"))
    what = voice("住民", "residents") if told["weight_of"] == "people" else voice("土地", "land")
    voice.say(
        voice(
            f"{len(told['sites'])}局（{yen(told['cost_yen'])}）で、{what}の{percent(told['covered_share'])}に電波が届き、"
            f"混信を除いて{percent(told['served_share'])}が{told['rate_mbps']:g} Mbpsを使えます。\n"
            f"{'費用' if money else '届く数'} {value}、これより{'安く' if money else '多く'}できても{bound}まで（差 {percent(told['gap_share'], 2)}）。",
            f"{len(told['sites'])} sites ({yen(told['cost_yen'])}) reach {percent(told['covered_share'])} of {what}; "
            f"after interference {percent(told['served_share'])} get {told['rate_mbps']:g} Mbit/s.\n"
            f"{'Cost' if money else 'Reached'} {value}; no choice does better than {bound} (gap {percent(told['gap_share'], 2)}).",
        )
    )
    c = told["channels"]
    whole = f"{c['value']:g}" if not c["broken"] else "-"
    voice.say(
        voice(
            f"チャネル: 帯域に{c['in_band']}、使うのは{whole}（下限 {c['bound']:g}）、近すぎる組 {len(c['broken'])}。",
            f"Channels: {c['in_band']} in the band, {whole} used (bound {c['bound']:g}), {len(c['broken'])} pairs too near.",
        )
    )
    head = voice("番号,候補,チャネル,受けもつ数,使える数", "number,site,channel,assigned,served").split(",")
    rows = [
        [str(n), s["name"], str(s["channel"] + 1), f"{s['weight']:,.0f}", f"{s['served_weight']:,.0f}"]
        for n, s in enumerate(told["sites"][:SHOWN], 1)
    ]
    for line in ["", *table(head, rows, right=(0, 2, 3, 4))]:
        voice.say(line)
    for note in told["notes"]:
        voice.say(voice(f"※ {note['ja']}", f"* {note['en']}"))
    if out is not None:
        voice.say(voice(f"\n答え: {out / 'map.svg'} と表", f"\nAnswer: {out / 'map.svg'} and tables"))
