"""Residents by life stage: of a region, or of 100,000 in the national age structure where none is given."""

from __future__ import annotations

from pathlib import Path

PRIOR_PEOPLE = 100_000.0


def residents(region: Path | None) -> tuple[dict[str, float], str]:
    """Residents by life stage (people), and where the counts come from."""
    from daremo.kernel.tables import rows_of
    from daremo.region.model import STAGES, load

    if region is not None:
        loaded = load(region)
        return dict(zip(STAGES, loaded.people_dg().sum(axis=0).tolist())), loaded.name
    ages = [
        (int(r["age_from"]), int(r["age_to"]), float(r["people"])) for r in rows_of("daremo.region", "age_structure")
    ]
    counts = {
        r["stage"]: sum(
            n * max(min(int(r["age_to"]), high) - max(int(r["age_from"]), low) + 1, 0) / (high - low + 1)
            for low, high, n in ages
        )
        for r in rows_of("daremo.region", "stages")
    }
    whole = sum(n for _, _, n in ages)
    return {s: n / whole * PRIOR_PEOPLE for s, n in counts.items()}, "national age structure, 100,000 residents"
