"""What a report draws on: the published gap and plan, lined up with the region's areas, small cells taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from daremo.region.model import Region
from daremo.report.geo import Sheet, sheet
from daremo.report.words import REASONS

#: Where class series, rounds and support points stand in the plan's order.
SITED = ("point", "class", "round")
#: Area figures that could tell the size of a small group.
_SECRET = ("people", "share", "main_reason", "left_before", "freed", "left_after", "left_behind")


def published(value: Any) -> dict[str, Any]:
    """The documented dict of a gap or plan, whether it came as such or as an object with ``as_dict``."""
    return dict(value) if isinstance(value, Mapping) else dict(value.as_dict())


@dataclass(frozen=True)
class Facts:
    """One town's figures.

    Attributes
    ----------
    region : Region
        Gives names and coordinates only.
    gap, plan : dict
        In the form of ``docs/know/contracts.md``; `plan` is empty in a report of the gap alone.
    """

    region: Region
    gap: dict[str, Any]
    plan: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def hidden(self) -> frozenset[str]:
        """Areas of which no figure may be shown."""
        rows = [*self.gap.get("areas", ()), *self.plan.get("areas", ())]
        return frozenset(str(r["area_id"]) for r in rows if r.get("suppressed"))

    @cached_property
    def areas(self) -> list[dict[str, Any]]:
        """One dict an area in the region's order: the gap's row and, beside it, the plan's; secrets are None."""
        from_gap = {str(r["area_id"]): r for r in self.gap.get("areas", ())}
        from_plan = {str(r["area_id"]): r for r in self.plan.get("areas", ())}
        columns = self.region.areas.select("area_id", "name", "community", "island", "latitude", "longitude").iter_rows(
            named=True
        )
        out = []
        for base in columns:
            key = str(base["area_id"])
            row: dict[str, Any] = {**base, **from_plan.get(key, {}), **from_gap.get(key, {})}
            row["name"] = base["name"]
            for name in ("community", "island"):
                row[name] = base[name] or row.get(name) or ""
            left = row.get("left_behind")
            row["left_behind"] = left if isinstance(left, Mapping) else {"mean": left, "low": None, "high": None}
            row["suppressed"] = key in self.hidden
            if row["suppressed"]:
                row |= dict.fromkeys(_SECRET)
                row["left_behind"] = {"mean": None, "low": None, "high": None}
                row["reasons"] = dict.fromkeys(REASONS)
            out.append(row)
        return out

    @cached_property
    def sheet(self) -> Sheet:
        """The map sheet of the areas."""
        a = self.areas
        return sheet([r["latitude"] for r in a], [r["longitude"] for r in a], [r["island"] for r in a])

    @cached_property
    def islands(self) -> list[str]:
        return [r["island"] for r in self.areas]

    @cached_property
    def points(self) -> list[dict[str, Any]]:
        """Sited parts of the plan with the sign they carry on map and table: number, or a letter for vehicles."""
        out = []
        for i, p in enumerate(self.plan.get("points", ())):
            out.append({**p, "sign": str(p.get("number") or i + 1)})
        return out

    def reason_share(self, reason: str) -> list[float | None]:
        """Share of an area's people left behind for this reason (each person split equally among her barriers)."""
        out: list[float | None] = []
        for r in self.areas:
            share, part = r.get("share"), (r.get("reasons") or {}).get(reason)
            out.append(None if share is None or part is None else float(share) * float(part))
        return out

    def shown_people(self, row: Mapping[str, Any], key: str) -> float | None:
        """A figure of one area row (as in ``unserved_areas``), None where it may not be shown."""
        if str(row.get("area_id")) in self.hidden:
            return None
        value = row.get(key)
        if isinstance(value, Mapping):
            value = value.get("mean")
        return None if value is None else float(value)

    @cached_property
    def credit(self) -> list[dict[str, Any]]:
        """Source files, the plan's list first, each once."""
        seen, out = set(), []
        for s in [*self.plan.get("sources", ()), *self.gap.get("sources", ()), *self.region.sources]:
            row = dict(s) if isinstance(s, Mapping) else {"title": str(s)}
            key = (row.get("file"), row.get("title"), row.get("kind"))
            if key not in seen:
                seen.add(key)
                out.append(row)
        return out

    @cached_property
    def assumptions(self) -> list[dict[str, Any]]:
        """Every default used by gap or plan, each once."""
        seen, out = set(), []
        for a in [*self.gap.get("assumptions", ()), *self.plan.get("assumptions", ())]:
            key = (a.get("key"), a.get("life_stage"))
            if key not in seen:
                seen.add(key)
                out.append(dict(a))
        return out
