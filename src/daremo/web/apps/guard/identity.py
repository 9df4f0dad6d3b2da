"""From the answers of a form to a decision about proof of identity, and to its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from daremo.kernel.errors import InputError
from daremo.trust.assurance.choose import Decision, choose
from daremo.trust.assurance.model import CATEGORIES, CHANNELS, FAILURES, IMPACTS, WHOM
from daremo.trust.assurance.read import question, shipped, shipped_json
from daremo.trust.assurance.record import record

__all__ = [
    "CATEGORIES",
    "CHANNELS",
    "FAILURES",
    "IMPACTS",
    "STAGES",
    "WHOM",
    "asked_of",
    "decide",
    "initial",
    "shipped",
]
STAGES = ("school", "youth", "working", "65-74", "75-84", "85+")


def key(*parts: str) -> str:
    """Return the name of a form's field for a harm or a life stage."""
    return "_".join(parts).replace("-", "_").replace("+", "_over")


def asked_of(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the question as JSON from a cleaned form."""
    harms = [harm for failure in FAILURES for harm in _harms(told, failure)]
    asked: dict[str, Any] = {
        "service": "service",
        "ja": told["title"],
        "en": told["title"],
        "rules": told["rules"],
        "channels": list(told["channels"]),
        "personal_online": bool(told["personal_online"]),
        "acts_a_year_person": float(told["acts"]),
        "years": float(told["years"]),
        "use_share": told["use_percent"] / 100,
        "exclude": list(told["exclude"]),
        "harms": harms,
        "people": {stage: float(told[key("people", stage)] or 0) for stage in STAGES},
    }
    if told["budget"] is not None:
        asked["budget_yen"] = 10_000.0 * told["budget"]
    return {"question": asked, "accept": bool(told["accept"])}


def _harms(told: Mapping[str, Any], failure: str) -> list[dict[str, str]]:
    """Harms of one failure: the same through every channel, else each channel's own."""
    kind = told[key(failure, "kind")] or "trust"
    same = [
        {"failure": failure, "to": to, "category": kind, "impact": impact}
        for to in WHOM
        if (impact := told[key(failure, to)]) not in ("", "none")
    ]
    own = {c: impact for c in CHANNELS if c in told["channels"] and (impact := told[key(failure, "at", c)])}
    if not own:
        return same
    # whoever is harmed worst elsewhere is the one whom the channel's own answer is about
    worst = max(same, key=lambda h: IMPACTS.index(h["impact"]))["to"] if same else "person"
    found = [{**harm, "channel": c} for c in told["channels"] if c not in own for harm in same]
    return found + [
        {"failure": failure, "to": worst, "category": kind, "impact": impact, "channel": c}
        for c, impact in own.items()
        if impact != "none"
    ]


def initial(service: str, people: Mapping[str, float]) -> dict[str, Any]:
    """Return a form's first answers: those of a service that ships as an example, or none."""
    told: dict[str, Any] = {key("people", stage): round(people.get(stage, 0)) for stage in STAGES}
    if service not in shipped():
        return told
    asked = shipped_json(service)
    told |= {
        "title": asked["ja"],
        "channels": asked["channels"],
        "personal_online": asked["personal_online"],
        "acts": f"{asked['acts_a_year_person']:g}",
        "use_percent": round(100 * asked["use_share"]),
    }
    for harm in asked["harms"]:
        if harm.get("channel"):
            told[key(harm["failure"], "at", harm["channel"])] = harm["impact"]
            continue
        told[key(harm["failure"], harm["to"])] = harm["impact"]
        told[key(harm["failure"], "kind")] = harm["category"]
    return told


def decide(asked: Mapping[str, Any], *, pick: int | None = None) -> Decision:
    """Return the decision of a question; with ``pick``, that choice of the Pareto front instead of the engine's.

    Raises
    ------
    DaremoError
        What the engine refuses; ``assurance-question`` where the front has no such choice.
    """
    found = choose(question(asked["question"], {}), accept_unserved=bool(asked.get("accept")))
    if pick is None:
        return found
    if not 0 <= pick < len(found.front):
        raise InputError([_no_choice(pick)])
    return replace(found, chosen=found.front[pick])


def _no_choice(pick: int) -> Any:
    from daremo.kernel.errors import Problem
    from daremo.trust.problems import words

    ja, fix = words("assurance-question")
    return Problem("assurance-question", ja, fix, column="pick", value=str(pick))


def record_of(found: Decision, decided: date | None = None, by: str = "") -> dict[str, Any]:
    """Return the record of a decision as plain data."""
    return record(found, decided, by)
