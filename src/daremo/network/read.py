"""Networks from files: a region's tables, JSON, GeoJSON, GraphML, SNDlib, topohub, the photonic network model of Japan."""

from __future__ import annotations

import importlib.resources
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from daremo.kernel.errors import InputError, Problem, UsageError
from daremo.kernel.tables import Column, schema
from daremo.network.build import PACKAGE, Raw, Row, build, problem
from daremo.network.formats import from_geojson, from_graphml, from_json, from_sndlib
from daremo.network.model import Network
from daremo.network.topohub import completed
from daremo.region.readers import cells
from daremo.region.readers.sheet import decode, heading_key, text_grid, workbook_grids

TABLES = ("nodes", "links", "demands", "groups")
#: Units that may stand in a heading or a cell, and what one is in the column's own unit.
GBPS = {"tbps": 1e3, "tb/s": 1e3, "tbit/s": 1e3, "t": 1e3, "gbps": 1.0, "gb/s": 1.0, "gbit/s": 1.0, "g": 1.0,
        "mbps": 1e-3, "mb/s": 1e-3, "mbit/s": 1e-3, "m": 1e-3, "kbps": 1e-6, "k": 1e-6, "bps": 1e-9}  # fmt: skip
KM = {"km": 1.0, "キロ": 1.0, "m": 1e-3, "メートル": 1e-3}
UNITS = {"Gbit/s": GBPS, "km": KM}
Read = tuple[Network, tuple[Problem, ...]]


def read_region(folder: Path, *, areas: Sequence[Row] = (), name: str = "", good_rows: bool = False) -> Read:
    """Read ``backbone_nodes``, ``backbone_links``, ``backbone_demands`` and ``backbone_groups`` (csv or xlsx) of a folder.

    Parameters
    ----------
    folder : Path
        Also one with ``jpn48_nodes_clean.csv`` and ``jpn48_links_clean.csv``.
    areas : sequence of dict
        Rows ``area_id, name, longitude, latitude, people`` of the region; empty = the areas that nodes name.
    good_rows : bool
        Leave out rows with errors instead of stopping.

    Raises
    ------
    UsageError
        ``no-network``.
    InputError
        With every problem found.
    """
    if (folder / "jpn48_links_clean.csv").is_file():
        return read_jpn48(folder, good_rows=good_rows)
    raw = Raw(name or folder.name, areas=list(areas))
    old = folder / "backbone.csv"
    if old.is_file() and not any((folder / f"backbone_links.{s}").is_file() for s in ("csv", "xlsx")):
        _from_one_table(old, raw)
        return build(raw, good_rows=good_rows)
    for table in TABLES:
        path = next((p for s in ("csv", "xlsx") if (p := folder / f"backbone_{table}.{s}").is_file()), None)
        if path is None and table in ("nodes", "links"):
            told = problem("no-network", {})
            raise UsageError("no-network", f"{told.message}（backbone_{table}）", told.fix, str(folder))
        if path is not None:
            getattr(raw, table).extend(read_table(path, table, raw.problems))
    return build(raw, good_rows=good_rows)


def read_graph(path: Path, *, good_rows: bool = False) -> Read:
    """Read one file: JSON (ours or node-link), GeoJSON, GraphML, SNDlib's native text; or a folder of tables.

    Raises
    ------
    UsageError
        ``no-network`` where it is absent.
    InputError
        ``bad-network-file``, or every problem in it.
    """
    if path.is_dir():
        return read_region(path, good_rows=good_rows)
    if not path.is_file():
        told = problem("no-network", {})
        raise UsageError("no-network", told.message, told.fix, str(path))
    data = path.read_bytes()
    try:
        if path.suffix.lower() in (".graphml", ".xml"):
            raw = from_graphml(data)
        else:
            text = decode(data)[0]
            if text.lstrip()[:1] == "{":
                value = json.loads(text)
                raw = from_geojson(value) if value.get("type") == "FeatureCollection" else from_json(value)
            else:
                raw = from_sndlib(text)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as e:
        raise InputError([problem("bad-network-file", {"_file": path.name}, value=e)]) from e
    raw.name = raw.name or path.stem
    for r in (*raw.nodes, *raw.links, *raw.demands, *raw.groups):
        r.setdefault("_file", path.name)
    return build(raw, good_rows=good_rows)


def read_topohub(name: str) -> Read:
    """A topology of the library `topohub` by name: ``sndlib/abilene``, ``topozoo/Abilene``, ``gabriel/25/0``, or ``abilene``.

    It states no capacities, so every link gets one unit per direction, and as many as the parallel links of SNDlib's file for
    which it stands (`daremo.network.topohub`).

    Raises
    ------
    UsageError
        ``no-such-topology``.
    """
    keys = [name] if "/" in name else [f"{g}/{name}" for g in ("sndlib", "topozoo", "backbone")]
    for key in keys:
        if re.fullmatch(r"[\w-]+(/[\w-]+)+", key):
            file = importlib.resources.files("topohub").joinpath("data", *f"{key}.json".split("/"))
            if file.is_file():
                raw = from_json(json.loads(file.read_text(encoding="utf-8")))
                raw.name = key
                if any(abs(float(r["latitude"] or 0)) > 90 or abs(float(r["longitude"] or 0)) > 180 for r in raw.nodes):
                    # some instances hold points on a drawing
                    for r in raw.nodes:
                        r["longitude"] = r["latitude"] = None
                completed(key, raw)
                return build(raw)
    told = problem("no-such-topology", {})
    raise UsageError("no-such-topology", told.message, told.fix, name)


def read_jpn48(folder: Path, *, good_rows: bool = False) -> Read:
    """The Japan Photonic Network model with 48 nodes, from ``jpn48_nodes_clean.csv`` and ``jpn48_links_clean.csv``.

    It states neither capacities nor demands: one unit per direction; people are the prefectures' (2020). Tokyo and Osaka are hubs.
    """
    grid = text_grid(decode((folder / "jpn48_nodes_clean.csv").read_bytes())[0])
    raw = Raw("JPN48")
    hubs = ("Tokyo", "Tokyo23", "Osaka")
    for n, (_, name, lon, lat, people) in enumerate(grid[1:], 2):
        raw.nodes.append(
            {"node_id": name, "name": name, "longitude": lon, "latitude": lat, "people": float(people) * 1000,
             "role": "hub" if name in hubs else "", "_file": "jpn48_nodes_clean.csv", "_row": n}
        )  # fmt: skip
    grid = text_grid(decode((folder / "jpn48_links_clean.csv").read_bytes())[0])
    for n, (a, b, km) in enumerate(grid[1:], 2):
        raw.links.append(
            {"from_node": a, "to_node": b, "length_km": km, "_file": "jpn48_links_clean.csv", "_row": n}
        )  # fmt: skip
    return build(raw, good_rows=good_rows)


def read_table(path: Path, table: str, told: list[Problem]) -> list[Row]:
    """Rows of one table as people save them: any encoding, rows above the headings, Japanese or English, units in cells.

    Parameters
    ----------
    path : Path
        ``.csv`` or ``.xlsx``.
    table : str
        ``nodes``, ``links``, ``demands`` or ``groups``.
    told : list of Problem
        Gets what could not be read.

    Raises
    ------
    InputError
        ``bad-network-file`` where there are no headings.
    """
    columns = schema(PACKAGE, f"backbone_{table}").columns
    try:
        grids = workbook_grids(path.read_bytes()) if path.suffix == ".xlsx" else [
            ("", text_grid(decode(path.read_bytes())[0]))
        ]  # fmt: skip
    except Exception as e:
        # the workbook reader raises types of its own for damaged files
        raise InputError([problem("bad-network-file", {"_file": path.name}, value=e)]) from e
    for _, grid in grids:
        for top, heads in enumerate(grid[:30]):
            where = _where(heads, columns)
            if all(c.column in where for c in columns if c.required):
                return [
                    _row(path.name, top + 2 + n, row, columns, where, told)
                    for n, row in enumerate(grid[top + 1 :])
                    if any(c.strip() for c in row)
                ]
    needed = "・".join(c.ja for c in columns if c.required)
    raise InputError([problem("bad-network-file", {"_file": path.name}, value=needed)])


def _where(heads: Sequence[str], columns: Sequence[Column]) -> dict[str, tuple[int, str, float]]:
    """Column to (position, heading, factor of the unit that the heading states)."""
    found: dict[str, tuple[int, str, float]] = {}
    for i, h in enumerate(heads):
        key = heading_key(h)
        stem, unit = key, ""
        if m := re.fullmatch(r"(.+?)[(\[〔]([^)\]〕]+)[)\]〕]", key):
            stem, unit = m[1], m[2]
        for c in columns:
            known = {heading_key(x) for x in (c.column, c.ja, c.en)}
            units = UNITS.get(c.unit, {})
            base = heading_key(c.column).rsplit("_", 1)[0]
            m = re.fullmatch(re.escape(base) + r"_(\w+)", key) if units else None
            if stem in known and unit in {"", *units}:
                found.setdefault(c.column, (i, h, units.get(unit, 1.0)))
            elif m and m[1] in units:
                found.setdefault(c.column, (i, h, units[m[1]]))
    return found


def _row(
    file: str, n: int, row: Sequence[str], columns: Sequence[Column], where: dict[str, tuple[int, str, float]],
    told: list[Problem],
) -> Row:  # fmt: skip
    out: Row = {"_file": file, "_row": n}
    for c in columns:
        at, head, factor = where.get(c.column, (-1, c.ja, 1.0))
        text = row[at].strip() if 0 <= at < len(row) else ""
        if c.type in ("number", "whole"):
            out[c.column] = _number(c, text, factor)
        else:
            out[c.column] = cells.flat(text) or None
        if c.required and out[c.column] is None:
            told.append(Problem("missing-value", f"{c.ja}が空です", "値を入れてください", file, n, head))
        elif c.type == "text" and c.allowed and out[c.column] is not None and out[c.column] not in c.allowed:
            fix = f"使える値: {'・'.join(c.allowed)}"
            told.append(Problem("not-allowed", f"{c.ja}に使えない値です", fix, file, n, head, text))
    return out


def _number(c: Column, text: str, factor: float) -> float | str | None:
    """A cell as a number in the column's unit; None where blank, the text where it is none (told when the network is built)."""
    flat = cells.flat(text)
    units = UNITS.get(c.unit, {})
    m = re.fullmatch(r"([-+\d.,eE△▲−]+)\s*([^\d\s.,]+)", flat)
    if units and m and m[2].lower() in units:
        flat, factor = m[1], units[m[2].lower()]
    try:
        value = cells.degrees(flat) if c.unit == "degree" else cells.number(flat)
    except ValueError:
        return text
    return None if value is None else value * factor


def _from_one_table(path: Path, raw: Raw) -> None:
    """A region's own table ``backbone``: nodes are the ends of links, and each link's demand runs between its ends."""
    raw.links = read_table(path, "links", raw.problems)
    ends = [{**r, "node_id": r[c]} for r in raw.links for c in ("from_node", "to_node") if r[c]]
    raw.nodes = [{"node_id": r["node_id"], "_file": path.name, "_row": r["_row"]} for r in ends]
    raw.nodes = list({r["node_id"]: r for r in raw.nodes}.values())
    told: list[Problem] = []
    raw.demands = [r for r in read_table(path, "demands", told) if r.get("demand_gbps") is not None]


def areas_of(region: Any) -> list[Row]:
    """Rows for `read_region` from a region: its areas with their people.

    Parameters
    ----------
    region : daremo.region.Region
    """
    people = region.tables["people"].group_by("area_id").agg(total=_sum())
    total = dict(people.iter_rows())
    rows = region.areas.select("area_id", "name", "longitude", "latitude").iter_rows()
    return [
        {"area_id": a, "name": name, "longitude": lon, "latitude": lat, "people": float(total.get(a, 0.0))}
        for a, name, lon, lat in rows
    ]


def _sum() -> Any:
    import polars as pl

    return pl.col("people").sum().cast(pl.Float64)


def unit_capacities(network: Network) -> bool:
    """Whether no link states a capacity, so that utilisation is Gbit/s on links of one unit."""
    return bool(len(network.links)) and not bool(np.any(network.links.stated))
