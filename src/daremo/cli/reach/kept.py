"""The folder of an answer: the answer, the question it answers, tables, maps; enough to check it years later."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from daremo.cli.folder import whole_folder
from daremo.cli.reach.answered import Served
from daremo.cli.reach.given import Given
from daremo.cli.reach.record import to_plain
from daremo.kernel.errors import InputError, Problem

if TYPE_CHECKING:
    import polars as pl

    from daremo.reach.model import Answer
    from daremo.reach.read.tables import PointTable
    from daremo.reach.travel.pairs import Pairs
    from daremo.report.reach_map import ReachView


@dataclass(frozen=True, slots=True)
class Proof:
    """What `daremo reach verify` needs beside the tables: which check, and the rest of the question.

    Attributes
    ----------
    check : str
        Name of the check, see `cli.reach.verify`.
    question : dict
        Keyword arguments of the question, as they were given to the solver.
    """

    check: str
    question: dict[str, Any]


_STATES = ("reached", "partly", "missed", "unreachable")


def keep(
    out: Path,
    given: Given,
    answer: Answer,
    who: Served,
    value: dict[str, Any],
    view: ReachView | None,
    proof: Proof,
    *,
    force: bool,
) -> None:
    """Write everything or nothing."""
    from daremo.report.reach_map import as_svg
    from daremo.report.reach_page import as_page

    with whole_folder(out, force=force) as folder:
        write_answer(folder, given, answer, value, proof)
        spots = places_frame(given, answer, value)
        spots.write_csv(folder / "open.csv", include_bom=True)
        areas_frame(given, who).write_csv(folder / "areas.csv", include_bom=True)
        if view is not None:
            (folder / "open.geojson").write_text(geojson(spots, planar=given.places.planar), encoding="utf-8")
            (folder / "map.svg").write_text(as_svg(view), encoding="utf-8")
            (folder / "map.html").write_text(as_page(view), encoding="utf-8")


def write_answer(folder: Path, given: Given, answer: Any, value: dict[str, Any], proof: Proof) -> None:
    """answer.json with its digest, proof.json, and the question as it was used."""
    from daremo.kernel.results import canonical, sha256, write_json

    told = {"daremo_reach": 1, **value}
    write_json(folder / "answer.json", {**told, "digest": sha256(canonical(told))})
    record = {"check": proof.check, "question": to_plain(proof.question), "answer": to_plain(answer)}
    (folder / "proof.json").write_text(json.dumps(record, allow_nan=False) + "\n", encoding="utf-8")
    (folder / "question").mkdir()
    write_question(folder / "question", given)


def write_question(folder: Path, given: Given) -> None:
    """Demand, places and trips as they were used: travel times change, the question of this answer does not."""
    import polars as pl

    for name, points in (("demand", given.demand), ("places", given.places)):
        frame = points_frame(points)
        if name == "demand":
            frame = frame.with_columns(pl.Series("need", points.need))
        frame.write_parquet(folder / f"{name}.parquet")
    pairs = given.pairs
    pl.DataFrame({"demand": pairs.demand(), "place": pairs.place, pairs.unit: pairs.cost}).write_parquet(
        folder / "trips.parquet"
    )


def read_trips(folder: Path) -> Pairs:
    """The trips of a kept question.

    Raises
    ------
    InputError
        Where a table is missing or damaged.
    """
    import polars as pl

    from daremo.reach.travel.pairs import Pairs

    try:
        n, p = (pl.read_parquet(folder / f"{name}.parquet").height for name in ("demand", "places"))
        trips = pl.read_parquet(folder / "trips.parquet")
        start = np.zeros(n + 1, np.int64)
        np.cumsum(np.bincount(trips["demand"].to_numpy(), minlength=n), out=start[1:])
        unit = "min" if "min" in trips.columns else "km"
        place, cost = trips["place"].to_numpy().astype(np.int32), trips[unit].to_numpy().astype(np.float64)
        if start.size != n + 1 or (place.size and not 0 <= place.min() <= place.max() < p):
            raise ValueError("numbers of places")
        return Pairs(start, place, cost, p, unit)  # type: ignore[arg-type]
    except (OSError, ValueError, IndexError, pl.exceptions.PolarsError) as e:
        fix = "daremo reach をやり直してください"
        raise InputError([Problem("damaged-answer", f"問いの表が読めません（{e}）", fix, str(folder))]) from e


def points_frame(points: PointTable) -> pl.DataFrame:
    """A table of points in its own columns, a row each."""
    import polars as pl

    at = (
        {"y": points.latitude, "x": points.longitude}
        if points.planar
        else {"latitude": points.latitude, "longitude": points.longitude}
    )
    return pl.DataFrame(
        {
            "id": points.ids,
            "name": points.names,
            **at,
            **points.numbers,
            **points.words,
            **points.marks,
        }
    )


def areas_frame(given: Given, who: Served) -> pl.DataFrame:
    """Every demand point with the place that serves it, a row each."""
    import polars as pl

    d, p = given.demand, given.places
    frame = points_frame(d).with_columns(pl.Series("need", d.need))
    ids = [p.ids[k] if k >= 0 else None for k in who.place_d]
    cost = [float(c) if np.isfinite(c) else None for c in who.cost_d]
    return frame.with_columns(
        pl.Series("place", ids, dtype=pl.String),
        pl.Series(given.pairs.unit, cost, dtype=pl.Float64),
        pl.Series("state", [_STATES[s] for s in who.state_d]),
    )


def places_frame(given: Given, answer: Answer, value: dict[str, Any]) -> pl.DataFrame:
    """Every open place, a row each, numbered as on the map."""
    import polars as pl

    frame = points_frame(given.places)[list(answer.open)]
    people = [float(x.get("people", 0.0)) for x in value["places"]]
    return frame.with_columns(pl.Series("people", people)).insert_column(
        0, pl.Series("number", range(1, len(people) + 1), dtype=pl.Int64)
    )


def geojson(frame: pl.DataFrame, *, planar: bool) -> str:
    """Rows as points (RFC 7946); x and y of a plane stand in for degrees and say so in ``planar_km``."""
    x, y = ("x", "y") if planar else ("longitude", "latitude")
    features = [
        {
            "type": "Feature",
            "id": row["id"],
            "geometry": {"type": "Point", "coordinates": [round(row[x], 6), round(row[y], 6)]},
            "properties": {k: v for k, v in row.items() if k not in (x, y)} | ({"planar_km": True} if planar else {}),
        }
        for row in frame.iter_rows(named=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1) + "\n"
