"""A question from JSON or from the services shipped; methods, groups and holdings from tables."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Any

from daremo.kernel.errors import InputError, Problem
from daremo.kernel.tables import rows_of
from daremo.trust.assurance.model import CATEGORIES, CHANNELS, FAILURES, IMPACTS, WHOM, Harm, Method, Question
from daremo.trust.problems import words

PACKAGE = "daremo.trust.assurance"
MOST_HARMS = 200


def needs_of(text: str) -> tuple[frozenset[str], ...]:
    """Alternatives separated by ``|``, each the attributes joined by ``+``; empty text needs nothing."""
    return tuple(frozenset(part.split("+")) - {""} for part in text.split("|"))


@functools.cache
def methods(levels: str) -> tuple[Method, ...]:
    """Every method of the table with its levels under ``"jp"`` or ``"us"``."""
    return tuple(
        Method(
            r["method"],
            r["ja"],
            r["en"],
            int(r[f"ial_{levels}"]),
            int(r[f"aal_{levels}"]),
            tuple(r["channels"].split("|")),
            needs_of(r["needs"]),
            r["phishing_resistant"] == "yes",
            (float(r["enrol_low_yen"]), float(r["enrol_high_yen"])),
            (float(r["act_low_yen"]), float(r["act_high_yen"])),
            (float(r["fixed_low_yen"]), float(r["fixed_high_yen"])),
            float(r["impersonation_share"]),
            float(r["takeover_share"]),
            r["certainty"],
            r["source"],
        )
        for r in rows_of(PACKAGE, "methods")
    )


@functools.cache
def groups() -> tuple[tuple[str, str, str, frozenset[str]], ...]:
    """Groups that must have a way: name, Japanese, English, what they lack."""
    return tuple((r["group"], r["ja"], r["en"], frozenset(r["lacks"].split("|"))) for r in rows_of(PACKAGE, "groups"))


def rule_set(rules: str) -> dict[str, str]:
    """Names, version and honesty of one set of rules.

    Raises
    ------
    InputError
        ``assurance-question`` where there is none of this name.
    """
    row = next((r for r in rows_of(PACKAGE, "rule_sets") if r["rules"] == rules), None)
    if row is None:
        raise InputError([_wrong("rules", rules)])
    return row


def shipped() -> tuple[str, ...]:
    """Names of the services shipped as examples."""
    return tuple(r["service"] for r in rows_of(PACKAGE, "services"))


def shipped_json(service: str) -> dict[str, Any]:
    """The question of a shipped service as its JSON, to be edited; its people are still missing.

    Raises
    ------
    InputError
        ``assurance-service`` where no such service is shipped.
    """
    row = next((r for r in rows_of(PACKAGE, "services") if r["service"] == service), None)
    if row is None:
        raise InputError([_wrong("service", service, "assurance-service")])
    harms = [dict(zip(("failure", "to", "category", "impact"), h.split(":"))) for h in row["harms"].split(";") if h]
    return {
        "service": service,
        "ja": row["ja"],
        "en": row["en"],
        "rules": "jp-ds511",
        "channels": row["channels"].split("|"),
        "personal_online": row["personal_online"] == "yes",
        "acts_a_year_person": float(row["acts_a_year_person"]),
        "use_share": float(row["use_share"]),
        "audience": row["audience"],
        "years": 5.0,
        "harms": harms,
    }


def question(value: Any, people: Mapping[str, float], file: str = "") -> Question:
    """A checked question from its JSON; `people` by life stage where the JSON brings none of its own.

    Raises
    ------
    InputError
        With every problem found.
    """
    if not isinstance(value, dict):
        raise InputError([_wrong("", type(value).__name__, file=file)])
    bad: list[Problem] = []

    def number(key: str, default: float, low: float, high: float) -> float:
        n = value.get(key, default)
        if isinstance(n, bool) or not isinstance(n, int | float) or not math.isfinite(n) or not low <= n <= high:
            bad.append(_wrong(key, n, file=file))
            return default
        return float(n)

    def names(key: str, allowed: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
        got = value.get(key, list(default))
        if not isinstance(got, list) or any(not isinstance(x, str) or x not in allowed for x in got):
            bad.append(_wrong(key, got, file=file))
            return default
        return tuple(x for x in allowed if x in got)

    channels = names("channels", CHANNELS, CHANNELS)
    if not channels:
        bad.append(_wrong("channels", "[]", file=file))
    rules = value.get("rules", "jp-ds511")
    known = tuple(m.method for m in methods("jp"))
    if not isinstance(rules, str) or rules not in {r["rules"] for r in rows_of(PACKAGE, "rule_sets")}:
        bad.append(_wrong("rules", rules, file=file))
    harms = value.get("harms", [])
    if not isinstance(harms, list) or len(harms) > MOST_HARMS:
        bad.append(_wrong("harms", type(harms).__name__, file=file))
        harms = []
    read = tuple(_harm(h, n, file, bad) for n, h in enumerate(harms))
    use = number("use_share", 1.0, 0.0, 1.0)
    counts = _people(value, people, use, file, bad)
    budget, limit = value.get("budget_yen"), value.get("most_shut_out_share")
    asked = Question(
        str(value.get("service", "service"))[:100],
        str(value.get("ja", value.get("service", "")))[:200],
        str(value.get("en", value.get("service", "")))[:200],
        str(rules),
        channels,
        read,
        counts,
        value.get("personal_online") is True,
        number("acts_a_year_person", 1.0, 0.0, 10_000.0),
        number("years", 5.0, 0.1, 50.0),
        names("exclude", known, ()),
        number("budget_yen", 0.0, 0.0, 1e15) if budget is not None else None,
        number("most_shut_out_share", 1.0, 0.0, 1.0) if limit is not None else None,
    )
    if bad:
        raise InputError(bad)
    return asked


def _people(
    value: dict[str, Any], people: Mapping[str, float], use: float, file: str, bad: list[Problem]
) -> dict[str, float]:
    stages = tuple(dict.fromkeys(r["stage"] for r in rows_of(PACKAGE, "holdings")))
    own = value.get("people")
    given: Mapping[Any, Any] = own if isinstance(own, dict) else people
    audience = value.get("audience", "all")
    if own is not None and not isinstance(own, dict):
        bad.append(_wrong("people", own, file=file))
    if audience != "all" and audience not in stages:
        bad.append(_wrong("audience", audience, file=file))
    for stage, n in given.items():
        if stage not in stages:
            bad.append(_wrong("people", stage, file=file))
        elif isinstance(n, bool) or not isinstance(n, int | float) or not math.isfinite(n) or n < 0:
            bad.append(_wrong("people", n, file=file))
    if bad:
        return {}
    return {s: float(given.get(s, 0.0)) * use for s in stages if audience in ("all", s)}


def _harm(value: Any, n: int, file: str, bad: list[Problem]) -> Harm:
    checks = (
        ("failure", FAILURES, ""),
        ("to", WHOM, ""),
        ("category", CATEGORIES, ""),
        ("impact", IMPACTS, ""),
        ("channel", (*CHANNELS, ""), ""),
    )
    got = []
    for key, allowed, default in checks:
        word = value.get(key, default) if isinstance(value, dict) else None
        if not isinstance(word, str) or word not in allowed:
            bad.append(_wrong(f"harms[{n}].{key}", word, file=file))
            word = allowed[0]
        got.append(word)
    return Harm(*got)


def _wrong(column: str, value: Any, code: str = "assurance-question", file: str = "") -> Problem:
    ja, fix = words(code)
    return Problem(code, ja, fix, file, column=column, value=str(value)[:200])
