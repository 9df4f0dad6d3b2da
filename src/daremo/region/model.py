"""A region: a folder of tables with a manifest, and the same in memory.

The folder holds ``<table>.csv`` (UTF-8 with BOM, so that Excel opens it) or ``<table>.parquet`` for each table
that has rows, and ``manifest.json`` with sources, licences, row counts and SHA-256 digests.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from daremo.kernel.errors import InputError, Problem
from daremo.kernel.results import sha256, write_json, write_whole
from daremo.kernel.tables import Schema, rows_of, schema

PACKAGE = "daremo.region"
#: Every table a region may hold; only ``areas``, ``people`` and ``places`` are compulsory.
TABLES = (
    "areas",
    "people",
    "places",
    "lines",
    "services",
    "organisations",
    "survey",
    "hazards",
    "backbone",
    "islands",
    "events",
    "actions",
)
#: Life stages in order, youngest first; children under 5 are outside every count and said so.
STAGES = tuple(r["stage"] for r in rows_of(PACKAGE, "stages"))
_BOUNDS = [(int(r["age_from"]), int(r["age_to"])) for r in rows_of(PACKAGE, "stages")]


@dataclass(frozen=True, slots=True)
class Region:
    """One municipality (or several) as tables.

    Attributes
    ----------
    name : str
        Name for people, e.g. ``"高松市"``.
    code : str
        Six-digit local-government code, or ``""``.
    tables : Mapping[str, polars.DataFrame]
        One frame for each name in `TABLES`, in the schema's columns; empty where nothing is known.
    sources : tuple of dict
        One dict a source file: ``file, kind, title, owner, licence, date, rows_used, rows_rejected, sha256``.
    digest : str
        SHA-256 over all table digests: the identity of these data.
    """

    name: str
    code: str
    tables: Mapping[str, pl.DataFrame]
    sources: tuple[dict[str, Any], ...] = ()
    digest: str = ""
    notes: tuple[str, ...] = field(default=())

    def __getitem__(self, table: str) -> pl.DataFrame:
        return self.tables[table]

    @property
    def areas(self) -> pl.DataFrame:
        return self.tables["areas"]

    @property
    def places(self) -> pl.DataFrame:
        return self.tables["places"]

    def people_dg(self) -> NDArray[np.float64]:
        """People by area and life stage.

        Returns
        -------
        ndarray, shape (areas, 6), people
            Rows in the order of ``areas``. A band that crosses a stage's border is split by the national age
            structure (``age_structure.csv``); five-year bands never are, since stages end on them.
        """
        return stage_counts(self.tables["people"], self.areas["area_id"].to_list())

    def people_total(self) -> float:
        """All residents, children under 5 included (people)."""
        return float(self.tables["people"]["people"].sum())

    def people_65plus(self) -> float:
        """Residents aged 65 and over (people)."""
        return float(self.people_dg()[:, 3:].sum())

    def candidates(self) -> pl.DataFrame:
        """Places that may become support points, in table order: by their own mark, else by their kind."""
        kinds = {r["kind"] for r in rows_of(PACKAGE, "place_kinds") if r["candidate"] == "yes"}
        by_kind = pl.col("kind").is_in(sorted(kinds))
        return self.places.filter(pl.coalesce(pl.col("candidate"), by_kind))


def stage_counts(people: pl.DataFrame, area_ids: list[str]) -> NDArray[np.float64]:
    """People by area and life stage from a long table; see `Region.people_dg`."""
    weights = np.zeros(131)
    for r in rows_of(PACKAGE, "age_structure"):
        low, high = int(r["age_from"]), int(r["age_to"])
        weights[low : high + 1] = float(r["people"]) / (high - low + 1)
    position = {a: i for i, a in enumerate(area_ids)}
    out = np.zeros((len(area_ids), len(STAGES)))
    shares: dict[tuple[int, int], NDArray[np.float64]] = {}
    for area, low, high, count in people.select("area_id", "age_from", "age_to", "people").iter_rows():
        if (low, high) not in shares:
            whole = max(weights[low : high + 1].sum(), 1e-12)
            shares[low, high] = np.array(
                [
                    1.0 if a <= low and high <= b else weights[max(low, a) : min(high, b) + 1].sum() / whole
                    for a, b in _BOUNDS
                ]
            )
        out[position[area]] += count * shares[low, high]
    return out


def table_schema(table: str) -> Schema:
    """The schema of one region table."""
    return schema(PACKAGE, table)


def assemble(
    name: str,
    code: str,
    tables: Mapping[str, pl.DataFrame],
    sources: tuple[dict[str, Any], ...] = (),
    notes: tuple[str, ...] = (),
    *,
    allow_empty: bool = False,
) -> Region:
    """A checked region from frames: schemas applied, identifiers unique, areas referred to exist.

    Parameters
    ----------
    allow_empty : bool
        Whether ``areas``, ``people`` and ``places`` may be without rows, as while a region is being built.

    Raises
    ------
    InputError
        With every problem found.
    """
    full = {t: table_schema(t).frame(tables[t]) if t in tables else table_schema(t).empty() for t in TABLES}
    problems = [
        Problem("no-rows", f"{t}の表に行がありません", "この表を足してください", t)
        for t in ("areas", "people", "places")
        if full[t].is_empty() and not allow_empty
    ]
    for t, key in (("areas", "area_id"), ("places", "place_id"), ("services", "service_id"), ("actions", "action_id")):
        twice = full[t].filter(pl.col(key).is_duplicated())[key].unique(maintain_order=True).to_list()
        problems += [
            Problem("duplicate-id", f"{v}が2回以上あります", "1つにしてください", t, None, key, v) for v in twice
        ]
    known = set(full["areas"]["area_id"].to_list())
    for t in ("people", "lines", "hazards"):
        lost = [a for a in full[t]["area_id"].unique(maintain_order=True).to_list() if a not in known]
        problems += [
            Problem("unknown-area", f"地区{a}はareasにありません", "地区の表を直してください", t, None, "area_id", a)
            for a in lost
        ]
    if problems:
        raise InputError(problems)
    digest = sha256("".join(f"{t}:{_digest(full[t])};" for t in TABLES).encode())
    return Region(name, code, full, sources, digest, notes)


def _digest(frame: pl.DataFrame) -> str:
    return sha256(frame.write_csv(float_precision=None).encode())


def save(region: Region, folder: Path, *, format: str = "csv", built: datetime.date | None = None) -> None:
    """Write a region folder, the manifest last, so that an interrupted write is never taken for a region."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").unlink(missing_ok=True)
    files = []
    for table in TABLES:
        for old in ("csv", "parquet"):
            (folder / f"{table}.{old}").unlink(missing_ok=True)
        frame = region.tables[table]
        if frame.is_empty():
            continue
        path = folder / f"{table}.{format}"
        if format == "parquet":
            write_whole(path, frame.write_parquet)
        else:
            write_whole(path, lambda p, f=frame: f.write_csv(p, include_bom=True))  # type: ignore[misc]
        files.append({"file": path.name, "table": table, "rows": frame.height, "sha256": sha256(path.read_bytes())})
    write_json(
        folder / "manifest.json",
        {
            "daremo_region": 1,
            "name": region.name,
            "code": region.code,
            "built": built.isoformat() if built else None,
            "digest": region.digest,
            "people": region.people_total(),
            "people_65plus": region.people_65plus(),
            "tables": files,
            "sources": list(region.sources),
            "notes": list(region.notes),
        },
    )


def load(folder: Path) -> Region:
    """Read a region folder that `save` (or a person) wrote.

    Raises
    ------
    InputError
        Where the folder is no region, a table is damaged, or values do not fit their schema.
    """
    manifest_path = folder / "manifest.json"
    if not manifest_path.is_file():
        raise InputError(
            [
                Problem(
                    "no-region",
                    "ここには地域のデータ（manifest.json）がありません",
                    "daremo region build で作ってください",
                    str(folder),
                )
            ]
        )
    try:
        manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
        if not isinstance(manifest, dict) or "name" not in manifest:
            raise ValueError("not a manifest")
    except ValueError as e:
        raise InputError(
            [
                Problem(
                    "damaged-file",
                    f"manifest.jsonが読めません: {e}",
                    "region build をやり直してください",
                    str(manifest_path),
                )
            ]
        ) from e
    tables: dict[str, pl.DataFrame] = {}
    for table in TABLES:
        for path in (folder / f"{table}.parquet", folder / f"{table}.csv"):
            if path.is_file():
                tables[table] = _read_table(path, table)
                break
    return assemble(
        str(manifest["name"]),
        str(manifest.get("code", "")),
        tables,
        tuple(manifest.get("sources", ())),
        tuple(manifest.get("notes", ())),
    )


def _read_table(path: Path, table: str) -> pl.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        text = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as e:
        raise InputError(
            [
                Problem(
                    "damaged-file",
                    f"表が読めません: {str(e).splitlines()[0]}",
                    "ファイルを入れなおしてください",
                    str(path),
                )
            ]
        ) from e
    marks = {"true": True, "false": False, "はい": True, "いいえ": False, "yes": True, "no": False}
    yes_no = [c.column for c in table_schema(table).columns if c.type == "yes_no" and c.column in text.columns]
    return text.with_columns(pl.col(c).replace_strict(marks, default=None, return_dtype=pl.Boolean) for c in yes_no)
