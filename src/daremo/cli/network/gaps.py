"""``daremo network gaps``: who has no good line, from claims, measurements and residents' words."""

from __future__ import annotations

import csv
import math
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from daremo.cli.folder import refuse_foreign, whole_folder
from daremo.cli.frame import DONE, Voice, example, problem_lines, verb
from daremo.cli.text import people as whole
from daremo.cli.text import percent, table
from daremo.kernel.errors import InputError, Problem

if TYPE_CHECKING:
    from daremo.network.gaps import Cell, Gaps, Weights
    from daremo.region.model import Region

SHOWN = 10


@click.command(epilog=example("daremo network gaps town --json"))
@click.argument("region", type=click.Path(path_type=Path))
@click.option(
    "--tests", multiple=True, type=click.Path(path_type=Path),
    help="Speed tests: our table, Ookla's open tiles, M-Lab-like rows (CSV, Excel, Parquet); may be repeated.",
)  # fmt: skip
@click.option(
    "--challenges", multiple=True, type=click.Path(path_type=Path),
    help="Residents' words: area_id, technology, outcome (fine, slow, no_line), date; may be repeated.",
)  # fmt: skip
@click.option(
    "--kind", type=click.Choice(["fixed", "mobile"]), help="What --tests measured, where a file does not say."
)
@click.option("--need-mbps", default=30.0, show_default=True, type=click.FloatRange(0.1), help="An adequate download.")
@click.option(
    "--line-mbps", "lines_mbps", multiple=True, default=(5.0, 30.0, 100.0), show_default=True,
    type=click.FloatRange(0.1), help="Count people below this speed; may be repeated.",
)  # fmt: skip
@click.option(
    "--price-share", default=0.02, show_default=True, type=click.FloatRange(0.001, 1),
    help="A line is too dear above this share of a month's household income.",
)  # fmt: skip
@click.option(
    "--incomes", type=click.Path(path_type=Path), help="CSV life_stage,median_yen_month,spread instead of the default."
)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="Folder for gaps.json, gaps.csv, lines.csv, map.svg."
)
@click.option("--force", is_flag=True, help="Write into a folder that daremo did not make; other files stay.")
@verb
def gaps(
    voice: Voice, region: Path, tests: tuple[Path, ...], challenges: tuple[Path, ...], kind: str | None,
    need_mbps: float, lines_mbps: tuple[float, ...], price_share: float, incomes: Path | None, out: Path | None,
    force: bool,
) -> int:  # fmt: skip
    """See who in REGION has no good line: coverage, quality and price by area.

    Operators' claims (table lines), speed tests and residents' words are fused; a claim that measurements contradict is
    named. lines.csv of the answer, put into the region, makes the connection barrier of daremo gap.
    """
    from daremo.network.gaps import Weights, as_lines
    from daremo.network.gaps import gaps as see
    from daremo.network.measured import Areas, read_challenges, read_tests
    from daremo.region.model import STAGES, load

    if out is not None:
        refuse_foreign(out, force=force)
    town = load(region)
    frame = town.areas
    areas = Areas(
        tuple(frame["area_id"].to_list()), tuple(frame["name"].to_list()),
        frame["latitude"].to_numpy().astype(float), frame["longitude"].to_numpy().astype(float),
        np.array([math.nan if s is None else s for s in frame["spread_km"].to_list()], float),
    )  # fmt: skip
    weights = replace(Weights(), need_down_mbps=need_mbps, price_share=price_share)
    told: list[Problem] = []
    measured, words = [], []
    for path in tests:
        rows, problems = read_tests(path, areas, weights, kind=kind or "")
        measured += rows
        told += problems
    for path in challenges:
        said, problems = read_challenges(path, areas)
        words += said
        told += problems
    start = time.process_time()
    income, spread = _incomes(incomes, STAGES)
    communities = [c or town.name for c in frame["community"].to_list()]
    found = see(
        town.people_dg(), communities, STAGES, _claims(town), measured, words,
        income_yen_g=income, income_spread_g=spread, lines_mbps=lines_mbps, weights=weights,
    )  # fmt: skip
    value = _value(town, areas, found, weights, told, STAGES) | {"cpu_seconds": round(time.process_time() - start, 4)}
    if out is not None:
        _write(out, town, found, value, as_lines(found, areas.ids, weights), voice, force=force)
    voice.hush()
    voice.answer(value)
    _show(voice, value)
    for line in problem_lines(told, voice):
        voice.say(line)
    if out is not None:
        voice.say(
            voice(
                f"\n答え: {out / 'map.svg'}、{out / 'lines.csv'}", f"\nAnswer: {out / 'map.svg'}, {out / 'lines.csv'}"
            )
        )
    return DONE


def _claims(town: Region) -> list[Any]:
    from daremo.network.gaps import Claim

    position = {a: d for d, a in enumerate(town.areas["area_id"].to_list())}
    nan = math.nan
    return [
        Claim(
            position[r["area_id"]], r["technology"], r["coverage_share"], nan if r["down_mbps"] is None else r["down_mbps"],
            nan if r["price_yen_month"] is None else r["price_yen_month"],
            0.5 if r["confidence"] is None else r["confidence"], r["date"] or "", r["source"] or "",
        )
        for r in town["lines"].iter_rows(named=True)
    ]  # fmt: skip


def _incomes(path: Path | None, stages: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    from daremo.kernel.tables import rows_of

    rows: list[dict[str, str]] = rows_of("daremo.network", "incomes")
    try:
        if path is not None:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                rows = list(csv.DictReader(lines))
        by_stage = {r["life_stage"]: (float(r["median_yen_month"]), float(r["spread"])) for r in rows}
        median, spread = (np.array([by_stage[s][k] for s in stages]) for k in (0, 1))
        if not (np.isfinite(median).all() and (median > 0).all() and (spread > 0).all()):
            raise ValueError("0")
    except (OSError, KeyError, ValueError) as e:
        words = next(r for r in rows_of("daremo.network", "problem_codes") if r["code"] == "bad-incomes")
        name = "" if path is None else path.name
        raise InputError([Problem("bad-incomes", words["ja"], words["fix"], name, None, "", str(e)[:60])]) from e
    return median, spread


def _cell(c: Cell, ids: tuple[str, ...]) -> dict[str, Any]:
    row = asdict(c)
    row["area"] = ids[row["area"]]
    row["sources"] = [{"source": what, "date": day} for what, day in c.sources]
    return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()}


def _value(
    town: Region, areas: Any, found: Gaps, w: Weights, told: list[Problem], stages: tuple[str, ...]
) -> dict[str, Any]:
    people = town.people_dg().sum(axis=1)

    def number(v: float) -> float | None:
        return None if math.isnan(v) else v

    rows = []
    for d, best in enumerate(found.best_d):
        cell = None if best is None else _cell(best, areas.ids)
        rows.append(
            {
                "area": areas.ids[d],
                "name": areas.names[d],
                "people": people[d],
                "share": number(found.share_d[d]),
                "low": number(found.low_d[d]),
                "high": number(found.high_d[d]),
                "without": None if best is None else people[d] * (1 - best.share),
                "technology": best.technology if best else None,
                "down_mbps": cell["down_mbps"] if cell else None,
                "price_yen_month": cell["price_yen_month"] if cell else None,
                "too_dear": {s: number(x) for s, x in zip(stages, found.too_dear_dg[d])},
                "contradicted": [c.technology for c in found.cells if c.area == d and c.contradicted],
                "sources": cell["sources"] if cell else [],
            }
        )
    spread = {
        name: {
            "gini": number(i.gini), "theil": number(i.theil), "between_share": number(i.between_share),
            "groups": [{"name": g, "people": p, "mean": m, "theil": number(t)} for g, p, m, t in i.groups],
        }
        for name, i in (("by_community", found.by_community), ("by_stage", found.by_stage))
    }  # fmt: skip
    return {
        "region": town.name,
        "people": float(people.sum()),
        "without": found.without,
        "without_low": found.without_interval[0],
        "without_high": found.without_interval[1],
        "unknown": found.unknown,
        "below": [{"down_mbps": line, "people": count} for line, count in found.below],
        "inequality": spread,
        "areas": rows,
        "cells": [_cell(c, areas.ids) for c in found.cells],
        "assumptions": asdict(w),
        "problems": [asdict(p) for p in told],
    }


def _write(
    out: Path,
    town: Region,
    found: Gaps,
    value: dict[str, Any],
    lines: list[dict[str, Any]],
    voice: Voice,
    *,
    force: bool,
) -> None:
    from daremo.kernel.results import write_json
    from daremo.report.area_map import area_map

    with whole_folder(out, force=force) as folder:
        write_json(folder / "gaps.json", value)
        keep = (
            "area",
            "name",
            "people",
            "share",
            "low",
            "high",
            "without",
            "technology",
            "down_mbps",
            "price_yen_month",
        )
        with (folder / "gaps.csv").open("w", encoding="utf-8-sig", newline="") as file:
            table_ = csv.writer(file, lineterminator="\n")
            table_.writerow([*keep, "contradicted", "sources"])
            for r in value["areas"]:
                told = "; ".join(f"{s['source']} {s['date']}".strip() for s in r["sources"])
                table_.writerow([*(r[k] for k in keep), " ".join(r["contradicted"]), told])
        with (folder / "lines.csv").open("w", encoding="utf-8-sig", newline="") as file:
            rows = csv.DictWriter(file, list(lines[0]) if lines else ["area_id"], lineterminator="\n")
            rows.writeheader()
            rows.writerows(lines)
        missing = [None if math.isnan(s) else 1 - s for s in found.share_d]
        title = voice(
            f"{town.name}：じゅうぶんな回線がない人の割合", f"{town.name}: share of people without a good line"
        )
        rule = value["assumptions"]
        said = voice(
            f"じゅうぶん＝下り {rule['need_down_mbps']:g} Mbps以上。申告・測定・住民の申し出を合わせた見込み。",
            f"Good = {rule['need_down_mbps']:g} Mbit/s down or more. Claims, measurements and residents' words fused.",
        )
        (folder / "map.svg").write_text(area_map(town, missing, title, said, voice.lang), encoding="utf-8")


def _show(voice: Voice, value: dict[str, Any]) -> None:
    low, high = whole(value["without_low"]), whole(value["without_high"])
    voice.say(
        voice(
            f"{value['region']}の5歳以上 {whole(value['people'])}人のうち、じゅうぶんな回線がない人は {whole(value['without'])}人"
            f"（全地区が良いほう・悪いほうの端なら {low}～{high}人）です。",
            f"Of {whole(value['people'])} people aged 5+ in {value['region']}, {whole(value['without'])} have no good line "
            f"({low} to {high} if every area stood at one end of its interval).",
        )
    )
    if value["unknown"]:
        voice.say(
            voice(
                f"何もわからない地区に {whole(value['unknown'])}人。",
                f"{whole(value['unknown'])} people live where nothing is known.",
            )
        )
    spread = value["inequality"]["by_community"]
    if spread["gini"] is not None:
        between = "—" if spread["between_share"] is None else percent(spread["between_share"], 0)
        voice.say(
            voice(
                f"回線のかたより: ジニ係数 {spread['gini']:.3f}、タイル指数 {spread['theil']:.4f}（うちまとまりの間 {between}）",
                f"Inequality: Gini {spread['gini']:.3f}, Theil {spread['theil']:.4f} (between communities {between})",
            )
        )
    known = [r for r in value["areas"] if r["share"] is not None]
    rows = [
        [
            r["name"], whole(r["people"]), r["technology"], percent(r["share"], 0),
            f"{percent(r['low'], 0)}–{percent(r['high'], 0)}", whole(r["without"]), "、".join(r["contradicted"]) or "—",
        ]
        for r in sorted(known, key=lambda r: (-r["without"], r["area"]))[:SHOWN]
    ]  # fmt: skip
    heads = voice(
        "地区,人口,方式,回線がある割合,90%の幅,ない人,疑わしい申告",
        "area,people,technology,good line,90 %,without,doubted claim",
    ).split(",")
    voice.say()
    for line in table(heads, rows, right=(1, 3, 4, 5)):
        voice.say(line)
    for b in value["below"]:
        voice.say(
            voice(
                f"{b['down_mbps']:g} Mbpsに足りない人: {whole(b['people'])}人",
                f"below {b['down_mbps']:g} Mbit/s: {whole(b['people'])} people",
            )
        )
