"""The answer as tables and as a page of Markdown for the people who decide."""

from __future__ import annotations

import csv
import io

from daremo.trust.exposure.graph import Graph
from daremo.trust.exposure.order import Task
from daremo.trust.exposure.survey import Exposure

HEADS = {
    "tasks": (
        "score", "days", "organisation", "asset", "advisories", "title", "components", "state", "severity",
        "severity_known", "exploited", "exposed", "people", "stops", "common_people", "common", "rests", "fixed", "todo",
    ),
    "findings": ("asset", "organisation", "component", "version", "advisory", "state", "why", "severity", "fixed"),
    "failures": ("failed", "services", "low_people", "high_people"),
}  # fmt: skip


def tables(found: Exposure) -> dict[str, str]:
    """CSV text by file name; cells that a spreadsheet would take for a formula are told apart by a quote."""
    tasks = [[_cell(getattr(t, k)) for k in HEADS["tasks"]] for t in found.tasks]
    findings = [
        [_cell(x) for x in (f.component.asset, f.component.organisation, f.component.label, f.component.version, f.advisory,
                            f.state, f.why, f.severity, f.fixed)]
        for f in found.findings
    ]  # fmt: skip
    failures = [
        [_cell(x) for x in (f.failed, f.services, f.low_people, f.high_people)]
        for f in (*found.singles, *found.doubles)
    ]
    shares = [
        [_cell(c.of), _cell(n), f"{s:.6f}", f"{c.herfindahl:.6f}"] for c in found.concentration for n, s in c.shares
    ]
    return {
        "tasks.csv": _csv(HEADS["tasks"], tasks),
        "findings.csv": _csv(HEADS["findings"], findings),
        "failures.csv": _csv(HEADS["failures"], failures),
        "concentration.csv": _csv(("of", "name", "share", "herfindahl"), shares),
    }


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        value = "; ".join(map(str, value))
    text = str(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _csv(head: tuple[str, ...], rows: list[list[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return "\ufeff" + out.getvalue()


def reasons(t: Task, lang: str) -> str:
    """Why a task stands where it stands, in words."""
    ja = lang == "ja"
    said = [
        (f"多ければ{t.people:,.0f}人が困る" if ja else f"up to {t.people:,.0f} people") if t.people else "",
        (
            f"同じ弱点の資産がいっぺんに止まれば{t.common_people:,.0f}人"
            if ja
            else f"{t.common_people:,.0f} if all with this weakness fail"
        )
        if t.common_people > t.people
        else "",
        (f"重さ{t.severity:g}" if ja else f"severity {t.severity:g}")
        if t.severity_known
        else ("重さ不明" if ja else "severity unknown"),
        ("もう悪用されている" if ja else "exploited already") if t.exploited else "",
        ("外から届く" if ja else "reachable from outside") if t.exposed else "",
        ("版を確かめること" if ja else "check the version") if t.state == "possible" else "",
    ]
    return ("・" if ja else ", ").join(s for s in said if s)


def markdown(found: Exposure, graph: Graph | None, lang: str = "ja") -> str:
    """What to do first, what falls, what it hangs on."""
    at = 0 if lang == "ja" else 1
    names = {n.node: (n.ja, n.en)[at] for n in graph.nodes} if graph else {}

    def w(ja: str, en: str) -> str:
        return (ja, en)[at]

    def named(nodes: tuple[str, ...]) -> str:
        return _safe("・".join(names.get(n, n) for n in nodes) or "—")

    affected = sum(t.state == "affected" for t in found.tasks)
    lines = [
        w("# どこが弱く、だれが困るか", "# What is weak, and who suffers"),
        "",
        w(
            f"部品{len(found.components):,}・勧告{found.advisories:,}。直すこと{affected}件、確かめること{len(found.tasks) - affected}件。",
            f"{len(found.components):,} components, {found.advisories:,} advisories: {affected} to repair, "
            f"{len(found.tasks) - affected} to look at.",
        ),
    ]
    bad = [p for p in found.problems if p.severity == "error"]
    if bad:
        lines.append(
            w(
                f"**読めなかった勧告が{len(bad)}件あります。この答えは全部ではありません。**",
                f"**{len(bad)} advisories could not be read; this answer is not complete.**",
            )
        )
    lines += [
        "",
        w("## まずすること", "## First things first"),
        "",
        w(
            "| 日以内 | 組織 | 資産 | 弱点 | 止まるもの | 理由 |",
            "| days | organisation | asset | weakness | stops | why |",
        ),
        "| ---: | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {t.days} | {_safe(t.organisation)} | {_safe(names.get(t.asset, t.asset))} | {_safe(', '.join(t.advisories))} | "
        f"{named(t.stops)} | {_safe(reasons(t, lang))} |"
        for t in found.tasks[:50]
    ]
    if graph:
        lines += [
            "",
            w("## 1つ止まると、何が止まるか", "## What one failure stops"),
            "",
            w("| 止まるもの | サービス | 人数 |", "| fails | services | people |"),
            "| --- | --- | ---: |",
        ]
        lines += [
            f"| {named(f.failed)} | {named(f.services)} | {f.low_people:,.0f}–{f.high_people:,.0f} |"
            for f in (*found.singles[:20], *found.doubles[:20])
        ]
        lines += [
            "",
            w("## 同じ供給者・国・版がいっぺんに止まると", "## If all of one supplier, country or version fail"),
            "",
        ]
        lines += [
            f"- {w({'supplier': '供給者', 'country': '国', 'version': '版'}[of], of)} {_safe(name)}: "
            f"{named(f.services)} ({f.low_people:,.0f}–{f.high_people:,.0f})"
            for of, name, f in found.together[:20]
        ]
    lines += ["", w("## かたより", "## Concentration"), ""]
    for c in found.concentration:
        top = _safe(f"{c.shares[0][0]} {c.shares[0][1]:.0%}") if c.shares else "—"
        kind = w({"supplier": "供給者", "country": "国", "version": "版"}[c.of], c.of)
        lines.append(
            w(
                f"- {kind}: ハーフィンダール指数 {c.herfindahl:.2f}、最大 {top}、不明 {c.unknown_share:.0%}",
                f"- {kind}: Herfindahl {c.herfindahl:.2f}, largest {top}, unknown {c.unknown_share:.0%}",
            )
        )
    return "\n".join([*lines, ""])


def _safe(text: str) -> str:
    """Text from outside for a cell: no markup, no line break."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("[", "\\[").replace("\n", " ")
