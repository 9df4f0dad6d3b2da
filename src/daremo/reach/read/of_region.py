"""A region folder as a question: its areas are the demand, its candidate places the places."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from daremo.kernel.errors import InputError, Problem
from daremo.reach.read.tables import PointTable
from daremo.region.model import STAGES, Region, stage_counts


def demand_of_region(region: Region, need: str = "") -> PointTable:
    """The region's areas with their people.

    Parameters
    ----------
    region : Region
    need : str
        "" = everybody in the table of people; an age such as ``65+`` or ``75-84``; or a life stage.

    Raises
    ------
    InputError
        ``missing-column`` where the age cannot be read.

    Examples
    --------
    >>> from daremo.region.sample import sample_town
    >>> town = sample_town(3_000)
    >>> everybody, older = demand_of_region(town), demand_of_region(town, "65+")
    >>> float(everybody.need.sum()), bool(0 < older.need.sum() < 3000)
    (3000.0, True)
    """
    areas = region.areas
    ids = areas["area_id"].to_list()
    people = region["people"]
    if not need:
        by_area: dict[str, float] = {}
        for area, count in people.select("area_id", "people").iter_rows():
            by_area[area] = by_area.get(area, 0.0) + count
        count_d = np.array([by_area.get(i, 0.0) for i in ids], float)
    else:
        by_stage = stage_counts(people, ids)
        chosen = [k for k, s in enumerate(STAGES) if _in_age(s, need)]
        if not chosen:
            told = "・".join(STAGES)
            raise InputError(
                [
                    Problem(
                        "missing-column",
                        f"「{need}」という年齢区分はありません",
                        f"使える区分: {told}、または 65+",
                        region.name,
                        None,
                        need,
                    )
                ]
            )
        count_d = by_stage[:, chosen].sum(axis=1)
    return _table(region.name, ids, areas, {"need": count_d}, {"municipality": areas["community"].to_list()})


def places_of_region(region: Region) -> PointTable:
    """The region's places that may become support points.

    Parameters
    ----------
    region : Region

    Raises
    ------
    InputError
        ``no-places`` where there is none.
    """
    places = region.candidates()
    if places.is_empty():
        raise InputError(
            [Problem("no-places", "相談拠点の候補がありません", "施設の一覧を足してください", region.name)]
        )
    table = _table(
        region.name, places["place_id"].to_list(), places, {}, {"organisation": places["organisation"].to_list()}
    )
    existing = (places["help_hours_week"].fill_null(0) > 0).to_numpy()
    table.marks["existing"] = np.asarray(existing, bool)
    return table


def _in_age(stage: str, need: str) -> bool:
    """Whether a life stage such as ``75-84`` lies within what was asked for."""
    if stage == need:
        return True
    asked, told = (re.fullmatch(r"(\d+)(?:-(\d+)|\+)", x.strip()) for x in (need, stage))
    if asked is None or told is None:
        return False
    return int(asked[1]) <= int(told[1]) and int(told[2] or 130) <= int(asked[2] or 130)


def _table(
    name: str, ids: list[str], frame: Any, numbers: dict[str, Any], words: dict[str, list[str | None]]
) -> PointTable:
    return PointTable(
        name,
        tuple(ids),
        tuple(frame["name"].to_list()),
        frame["latitude"].to_numpy().astype(np.float64),
        frame["longitude"].to_numpy().astype(np.float64),
        False,
        numbers,
        {k: tuple(v or "" for v in values) for k, values in words.items()},
        {},
        np.arange(len(ids), dtype=np.int64) + 2,
        (),
        True,
    )
