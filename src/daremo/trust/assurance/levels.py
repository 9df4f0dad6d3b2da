"""The levels a question needs, each with the rules and clauses that ask for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from daremo.kernel.tables import rows_of
from daremo.trust.assurance.model import IMPACTS, POINTS, Harm, Level, Question
from daremo.trust.assurance.read import PACKAGE

_PART = {"impersonation": "ial", "takeover": "aal"}


def heard(question: Question) -> list[Harm]:
    """Harms through a channel that the service offers."""
    return [h for h in question.harms if not h.channel or h.channel in question.channels]


def worst(question: Question, failure: str) -> str:
    """The highest impact of one failure over all harms (high-water mark)."""
    return max((h.impact for h in heard(question) if h.failure == failure), key=IMPACTS.index, default="none")


def needed(question: Question) -> tuple[Level, Level]:
    """Levels of identity proofing and of authentication, kept apart: each follows from its own failure.

    Source: SP 800-63-4 sections 3.2.4 (high-water mark) and 3.3.3; DS-511 3.3.
    """
    found: dict[str, list[dict[str, Any]]] = {"ial": [], "aal": []}
    for rule in rows_of(PACKAGE, "rules"):
        if rule["rules"] != question.rules or rule["part"] not in found:
            continue
        failure = next(f for f, part in _PART.items() if part == rule["part"])
        personal = rule["when"] == "personal" and question.personal_online and "online" in question.channels
        if personal or rule["when"] == worst(question, failure):
            found[rule["part"]].append({k: rule[k] for k in ("rule", "clause", "status", "level", "ja", "en")})
    return (_level(found["ial"]), _level(found["aal"]))


def _level(reasons: list[dict[str, Any]]) -> Level:
    level = max((int(r["level"]) for r in reasons), default=0)
    return Level(level, tuple({**r, "level": int(r["level"])} for r in reasons))


def by_channel(question: Question) -> dict[str, dict[str, str]]:
    """The worst impact by channel and failure, for the record."""
    out: dict[str, dict[str, str]] = {}
    for channel in question.channels:
        mine = [h for h in question.harms if h.channel in ("", channel)]
        out[channel] = {
            f: max((h.impact for h in mine if h.failure == f), key=IMPACTS.index, default="none")
            for f in ("impersonation", "takeover", "wrong-refusal")
        }
    return out


def levels_by_channel(question: Question) -> dict[str, dict[str, int]]:
    """The levels that each channel alone would need; the service as a whole needs the highest of them."""
    alone = {c: needed(replace(question, channels=(c,))) for c in question.channels}
    return {c: {"ial": ial.level, "aal": aal.level} for c, (ial, aal) in alone.items()}


def points(question: Question) -> tuple[float, float]:
    """Points of one wrong act by impersonation and by takeover: those of the worst impact."""
    return POINTS[worst(question, "impersonation")], POINTS[worst(question, "takeover")]
