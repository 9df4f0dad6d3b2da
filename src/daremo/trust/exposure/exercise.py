"""A tabletop exercise from the organisation's own graph, and the record of what was done in it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from daremo.kernel.errors import InputError, Problem
from daremo.kernel.results import canonical, sha256
from daremo.kernel.tables import rows_of
from daremo.trust.exposure.assets import NO, YES, rows_of_csv
from daremo.trust.exposure.bounded import refused
from daremo.trust.exposure.cascade import Failure, doubles, singles
from daremo.trust.exposure.graph import Graph
from daremo.trust.exposure.order import Task
from daremo.trust.problems import words

PACKAGE = "daremo.trust.exposure"
HEADINGS = {
    "inject": ("番号", "inject"), "minutes": ("分", "minutes"), "decision": ("決めたこと", "decision"),
    "met": ("できた", "met"), "gap": ("足りなかったこと", "gap"), "owner": ("担当", "owner"), "due": ("期限", "due"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Inject:
    """What is read out at a minute, the question, and the decision expected within some minutes."""

    number: int
    minutes: int
    phase: str
    role: tuple[str, str]
    text: tuple[str, str]
    ask: tuple[str, str]
    expect: tuple[str, str]
    within_min: int


@dataclass(frozen=True, slots=True)
class Exercise:
    """A scenario: what fails first, what fails then, and the injects; texts are (Japanese, English)."""

    title: tuple[str, str]
    first: Failure
    second: Failure | None
    injects: tuple[Inject, ...]
    digest: str


def exercise(graph: Graph, tasks: Sequence[Task] = (), residents: float = float("inf"), scenario: int = 0) -> Exercise:
    """An exercise about the `scenario`-th worst failure of the graph (0: the worst), an open weakness first.

    Raises
    ------
    InputError
        ``exposure-no-services`` where no failure of the graph stops a service.
    """
    weak = {t.asset for t in tasks}
    found = singles(graph, residents)
    pairs = doubles(graph, residents) if len(graph.nodes) <= 400 else ()
    candidates = sorted((f for f in found), key=lambda f: f.failed[0] not in weak)
    if not candidates and not pairs:
        raise refused("exposure-no-services", "")
    listed = candidates or list(pairs)
    first = listed[scenario % len(listed)]
    with_it = [p for p in pairs if set(p.failed) & set(first.failed) and p.failed != first.failed]
    second = next(iter(with_it), None) or next((f for f in found if f.failed != first.failed), None)
    names = {n.node: n for n in graph.nodes}
    node = names[first.failed[0]]
    task = next((t for t in tasks if t.asset == node.node), None)
    other = next((n for n in second.failed if n not in first.failed), second.failed[0]) if second else node.node
    more = [s for s in second.services if s not in first.services] if second else []
    blank = ("—", "—")
    listed_ja = "・".join(names[s].ja for s in first.services)
    listed_en = ", ".join(names[s].en for s in first.services)
    weakness = task.advisories[0] if task else ""
    affected = ("影響する人の数は、まだ数えていない。", "how many are affected was not counted.")
    if first.high_people > 0:
        n = f"{first.high_people:,.0f}"
        affected = (f"影響は多ければ{n}人。", f"up to {n} people are affected.")
    fill: dict[str, tuple[str, str]] = {
        "org": (task.organisation or "市", task.organisation or "the city") if task else ("市", "the city"),
        "node": (node.ja, node.en),
        "weakness": (f"{weakness}の弱点が直されていない。", f"The weakness {weakness} is not repaired.") if weakness else ("", ""),
        "stops_ja": (listed_ja, listed_ja),
        "stops_en": (listed_en, listed_en),
        "affected": affected,
        "second": (names[other].ja, names[other].en),
        "second_stops_ja": ("・".join(names[s].ja for s in more) + "も止まる。", "") if more else ("", ""),
        "second_stops_en": ("", ", ".join(names[s].en for s in more) + " stop too.") if more else ("", ""),
        "supplier": (node.supplier, node.supplier) if node.supplier else blank,
    }  # fmt: skip
    injects = tuple(_inject(r, fill) for r in rows_of(PACKAGE, "injects"))
    title = (f"机上演習: 「{node.ja}」が止まる", f"Tabletop exercise: “{node.en}” stops")
    told = [(i.number, i.minutes, i.text) for i in injects]
    return Exercise(title, first, second, injects, sha256(canonical([title, told])))


def _inject(r: dict[str, str], fill: dict[str, tuple[str, str]]) -> Inject:
    def said(key: str) -> tuple[str, str]:
        return (
            r[f"{key}_ja"].format(**{k: v[0] for k, v in fill.items()}).strip(),
            r[f"{key}_en"].format(**{k: v[1] for k, v in fill.items()}).strip(),
        )

    return Inject(
        int(r["order"]), int(r["minutes"]), r["phase"], (r["role_ja"], r["role_en"]), said("text"), said("ask"),
        said("expect"), int(r["within_min"]),
    )  # fmt: skip


def exercise_markdown(made: Exercise, lang: str = "ja", *, leader: bool = True) -> str:
    """The exercise for printing; `leader` False leaves out the expected decisions."""
    at = 0 if lang == "ja" else 1

    def w(ja: str, en: str) -> str:
        return (ja, en)[at]

    lines = [f"# {made.title[at]}", ""]
    lines += [
        w("これは訓練です。書かれた出来事は起きていません。", "This is an exercise. Nothing in it has happened."),
        "",
    ]
    for i in made.injects:
        lines += [
            f"## {i.number}. T+{i.minutes // 60}:{i.minutes % 60:02d} — {i.role[at]}",
            "",
            i.text[at],
            "",
            f"**{i.ask[at]}**",
            "",
        ]
        if leader:
            lines += [
                w(
                    f"> 進行役: {i.expect[at]}（{i.within_min}分以内）",
                    f"> Leader: {i.expect[at]} (within {i.within_min} minutes)",
                ),
                "",
            ]
        lines += [w("決めたこと・時刻: ＿＿＿＿＿＿＿＿＿＿", "Decided, at: ____________________"), ""]
    return "\n".join([*lines, f"SHA-256: {made.digest}", ""])


def observations_template(made: Exercise) -> str:
    """The CSV in which an observer writes what was decided; one row an inject."""
    head = ",".join(names[0] for names in HEADINGS.values())
    return "\n".join(["\ufeff" + head, *(f"{i.number},,,,,," for i in made.injects)]) + "\n"


def after_action(made: Exercise, data: bytes, file: str, held: datetime.date) -> dict[str, Any]:
    """The after-action record from observations: what was decided in time, what was missing, who repairs it by when.

    Parameters
    ----------
    held : datetime.date
        Day of the exercise.

    Raises
    ------
    InputError
        ``exposure-after`` with every row that cannot be used.
    """
    rows = rows_of_csv(data, file, "exposure-after", HEADINGS)
    by_number = {i.number: i for i in made.injects}
    bad: list[Problem] = []
    ja, fix = words("exposure-after")
    told: dict[int, dict[str, Any]] = {}
    for r in rows:
        row, column = int(r["row"]), ""
        number = int(r["inject"]) if r.get("inject", "").isdecimal() else -1
        met = r.get("met", "").casefold()
        minutes = r.get("minutes", "")
        due: datetime.date | None = None
        try:
            due = datetime.date.fromisoformat(r["due"]) if r.get("due") else None
        except ValueError:
            column = "due"
        if number not in by_number or number in told:
            column = "inject"
        elif met not in YES | NO:
            column = "met"
        elif minutes and not (minutes.isdecimal() and len(minutes) < 6):
            column = "minutes"
        if column:
            bad.append(Problem("exposure-after", ja, fix, file, row, column, r.get(column, "")[:200]))
            continue
        inject = by_number[number]
        waited = int(minutes) - inject.minutes if minutes else None
        told[number] = {
            "inject": number,
            "decision": r.get("decision", ""),
            "met": met in YES,
            "minutes": int(minutes) if minutes else None,
            "in_time": waited is not None and 0 <= waited <= inject.within_min,
            "gap": r.get("gap", ""),
            "owner": r.get("owner", ""),
            "due": due.isoformat() if due else None,
        }
    if bad:
        raise InputError(bad)
    listed = [told[n] for n in sorted(told)]
    repairs = [t for t in listed if t["gap"] or not t["met"]]
    record: dict[str, Any] = {
        "exercise": made.digest,
        "ja": made.title[0],
        "en": made.title[1],
        "held": held.isoformat(),
        "injects": len(made.injects),
        "observed": len(listed),
        "met": sum(t["met"] for t in listed),
        "in_time": sum(t["met"] and t["in_time"] for t in listed),
        "decisions": listed,
        "repairs": repairs,
        "without_owner": [t["inject"] for t in repairs if not t["owner"] or t["due"] is None],
        "not_observed": [i.number for i in made.injects if i.number not in told],
    }
    return {**record, "sha256": sha256(canonical(record))}


def after_markdown(record: dict[str, Any], lang: str = "ja") -> str:
    """The after-action record for printing."""
    ja = lang == "ja"

    def w(a: str, b: str) -> str:
        return a if ja else b

    lines = [
        f"# {w('ふりかえりの記録', 'After-action record')}: {record[lang]} ({record['held']})",
        "",
        w(
            f"{record['injects']}の場面のうち、決められたもの{record['met']}、時間のうちに{record['in_time']}。",
            f"Of {record['injects']} injects {record['met']} were decided as needed, {record['in_time']} in time.",
        ),
        "",
        w("| 場面 | 決めたこと | 足りなかったこと | 担当 | 期限 |", "| inject | decided | missing | owner | due |"),
        "| --- | --- | --- | --- | --- |",
    ]
    for t in record["decisions"]:
        cells = (t["decision"], t["gap"], t["owner"], t["due"] or "")
        lines.append(f"| {t['inject']} | " + " | ".join(c.replace("|", "/").replace("\n", " ") for c in cells) + " |")
    if record["without_owner"]:
        numbers = ", ".join(map(str, record["without_owner"]))
        lines += ["", w(f"**担当か期限のないもの: {numbers}**", f"**Without owner or date: {numbers}**")]
    if record["not_observed"]:
        numbers = ", ".join(map(str, record["not_observed"]))
        lines += ["", w(f"記録のない場面: {numbers}", f"Injects not observed: {numbers}")]
    return "\n".join([*lines, "", f"SHA-256: {record['sha256']}", ""])
