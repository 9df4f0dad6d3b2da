"""The chosen lines as actions that ``cases.plan`` can buy: one row a technology, per person and year."""

from __future__ import annotations

from typing import Any

import polars as pl

from daremo.network.access import Access
from daremo.network.access_costs import Costs
from daremo.region.model import table_schema

#: Names for people.
NAMES = {
    "fibre": "光ファイバーを引く",
    "fwa": "固定無線でつなぐ",
    "local5g": "ローカル5Gでつなぐ",
    "mobile": "携帯の回線でつなぐ",
    "satellite": "衛星でつなぐ",
}


def actions(plan: Access, costs: Costs) -> pl.DataFrame:
    """Rows of the region's table ``actions``.

    `unit_yen` is the yearly cost of one person's line with her share of routes and sites, `limit_units` the people it is
    for. The share is an average over the technology's areas: ``cases.plan`` buys lines by the month, has one price for
    them (that of the last row, so the dearest comes last) and counts no fixed cost. What the whole costs, and its bound,
    is what `Access` says.

    Returns
    -------
    polars.DataFrame
        In the columns of ``actions.csv``; a technology that nobody gets has no row.
    """
    later = costs.annuity()
    rows: list[dict[str, Any]] = []
    for technology, told in plan.by_technology().items():
        mine = [i for i, t in enumerate(plan.technology) if t == technology]
        people = sum(_people(plan, i, costs) for i in mine)
        rows.append(
            {
                "action_id": f"line-{technology}",
                "kind": "line",
                "name": f"{NAMES[technology]}（{len(mine)}地区）",
                "measure": 4,
                "barrier": "connection",
                "owner": "town",
                "reaches": "personal",
                "fixed_yen": 0,
                "unit_yen": round(told["cost_yen"] / later / people) if people else 0,
                "limit_units": round(people),
                "source": f"daremo network access（{costs['horizon_years']:g}年・割引率{costs['discount_rate']:g}）",
            }
        )
    rows.sort(key=lambda r: (r["unit_yen"], r["action_id"]))
    return table_schema("actions").frame(rows) if rows else table_schema("actions").empty()


def _people(plan: Access, i: int, costs: Costs) -> float:
    """People behind the premises of an area; never more than live there where that is known."""
    people = float(plan.areas.premises[i]) * costs["persons_premises"]
    known = float(plan.areas.people[i])
    return min(people, known) if known > 0 else people
