"""The published form of a gap: the ``gap --json`` contract with small cells withheld and area counts rounded."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from daremo.cases.copula import BARRIERS
from daremo.cases.gap import Gap
from daremo.cases.suppress import protect
from daremo.region.model import STAGES

Floats = NDArray[np.float64]
#: Ends of the 90 % interval.
ENDS = (0.05, 0.95)


def published(g: Gap) -> dict[str, Any]:
    """Everything that may leave the house.

    Totals of the town are exact (one decimal); figures of an area are rounded to ``suppress_round_people`` and its
    shares are computed from the rounded counts, so that no published figure tells more than another.
    """
    whole = g.protection.whole
    reasons_b = g.reasons_sb.mean(axis=0)
    return {
        "people": round(g.people, 1),
        "people_outside": round(g.people_outside, 1),
        "left_behind": _nothing() if whole else _interval(g.left_s),
        "reasons": _empty_reasons() if whole else _shares(reasons_b),
        "reasons_people": _empty_reasons() if whole else _named(np.round(reasons_b, 1)),
        "stages": _stages(g),
        "areas": [_area(g, d) for d in range(len(g.area_ids))],
        "communities": _communities(g),
        "inputs": dict(g.inputs),
        "sensitivity": []
        if whole
        else [{"copula_strength": strength, "left_behind": round(left, 1)} for strength, left in g.sensitivity],
        "assumptions": [row.as_dict() for row in g.assumptions],
        "sources": list(g.sources),
        "notes": list(g.notes[:3] if whole else g.notes)
        + (["人数が少ないため、推定は公表しません。"] if whole else _hidden_note(g)),
        "seed": g.seed,
        "draws": g.draws,
        "region": {"name": g.region_name, "code": g.region_code, "digest": g.region_digest},
    }


def _stages(g: Gap) -> list[dict[str, Any]]:
    """Life stages of the whole town; withheld like areas, since they too add up to the total."""
    people_g, left_g = g.people_dg.sum(axis=0), g.left_sg.mean(axis=0)
    hidden = protect(people_g, left_g, [None] * len(STAGES), g.rules).hidden_d
    out = []
    for i, stage in enumerate(STAGES):
        secret = bool(hidden[i]) or g.protection.whole
        out.append(
            {
                "stage": stage,
                "people": None if secret else round(float(people_g[i]), 1),
                "left_behind": _nothing() if secret else _interval(g.left_sg[:, i]),
                "reasons": _empty_reasons() if secret else _shares(g.reasons_gb[i]),
                "suppressed": secret,
            }
        )
    return out


def _area(g: Gap, d: int) -> dict[str, Any]:
    secret = bool(g.protection.hidden_d[d])
    people = float(g.people_dg[d].sum())
    minutes = float(g.access_min_d[d])
    out: dict[str, Any] = {
        "area_id": g.area_ids[d],
        "name": g.area_names[d],
        "community": g.communities[d],
        "island": g.islands[d],
        "people": None,
        "left_behind": _nothing(),
        "share": None,
        "main_reason": None,
        "reasons": _empty_reasons(),
        "access_mode": str(g.access_mode_d[d]),
        "access_min": round(minutes, 1) if np.isfinite(minutes) else None,
        "suppressed": secret,
    }
    if secret:
        return out
    left = _rounded_interval(g, g.left_sd[:, d], people)
    reasons = _shares(g.reasons_db[d], digits=2)
    return {
        **out,
        "people": round(people),
        "left_behind": left,
        "share": round(min(1.0, left["mean"] / round(people)), 2) if round(people) else 0.0,
        "main_reason": BARRIERS[int(np.argmax(g.reasons_db[d]))] if people > 0 else None,
        "reasons": reasons,
    }


def _communities(g: Gap) -> list[dict[str, Any]]:
    """Totals of the named communities; the main town is ``""``."""
    out = []
    names = np.array(g.communities)
    for name in dict.fromkeys(g.communities):
        inside = names == name
        secret = name in g.protection.hidden_communities
        people = float(g.people_dg[inside].sum())
        left = _nothing() if secret else _rounded_interval(g, g.left_sd[:, inside].sum(axis=1), people)
        out.append(
            {"name": name, "people": None if secret else round(people), "left_behind": left, "suppressed": secret}
        )
    return out


def _hidden_note(g: Gap) -> list[str]:
    count = int(g.protection.hidden_d.sum())
    if not count:
        return []
    return [f"人数が少ない、または引き算でわかってしまう{count}地区の数字は公表しません。合計にはふくまれています。"]


def _rounded_interval(g: Gap, left_s: Floats, people: float) -> dict[str, Any]:
    """Mean and interval of a small group, rounded and never above its people."""
    low, high = np.quantile(left_s, ENDS)
    values = {"mean": float(left_s.mean()), "low": float(low), "high": float(high)}
    return {k: min(g.rules.rounded(v), round(people)) for k, v in values.items()}


def _interval(left_s: Floats) -> dict[str, Any]:
    low, high = np.quantile(left_s, ENDS)
    return {"mean": round(float(left_s.mean()), 1), "low": round(float(low), 1), "high": round(float(high), 1)}


def _nothing() -> dict[str, Any]:
    return {"mean": None, "low": None, "high": None}


def _named(value_b: Floats) -> dict[str, Any]:
    return {barrier: float(v) for barrier, v in zip(BARRIERS, value_b, strict=True)}


def _empty_reasons() -> dict[str, Any]:
    return dict.fromkeys(BARRIERS)


def _shares(value_b: Floats, *, digits: int = 6) -> dict[str, Any]:
    """Shares that add up to 1 exactly as printed: the largest takes what rounding leaves; all 0 where nobody is."""
    total = float(value_b.sum())
    if total <= 0:
        return dict.fromkeys(BARRIERS, 0.0)
    share = np.round(value_b / total, digits)
    biggest = int(np.argmax(value_b))
    share[biggest] = round(1 - float(share.sum() - share[biggest]), digits)
    return _named(share)
