"""``daremo trust posture``: how well a domain is protected, and the next safe step."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daremo.cli.frame import DONE, Voice, example, problem_lines, verb
from daremo.cli.text import table
from daremo.cli.trust.given import dns_answers, problem

if TYPE_CHECKING:
    from daremo.kernel.errors import Problem
    from daremo.trust.mail.reports import Summary
    from daremo.trust.posture.assess import Posture

MOST_FILES, SHOWN = 10_000, 15
SUFFIXES = (".xml", ".gz", ".zip")


@click.command(epilog=example("daremo trust posture city.example.jp --records dns.json --reports reports --json"))
@click.argument("domain")
@click.option(
    "--records", required=True, type=click.Path(path_type=Path), help="DNS records and files: JSON or lines of a zone."
)
@click.option("--reports", type=click.Path(path_type=Path), help="Folder of DMARC aggregate reports (.xml, .gz, .zip).")
@click.option("--selector", multiple=True, help="DKIM selector in use, beside those in the records.")
@click.option("--own-ip", multiple=True, metavar="NETWORK", help="Address or network of own mail servers.")
@click.option("--own-service", multiple=True, metavar="DOMAIN", help="Domain with which a service of yours signs.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the result as JSON.")
@verb
def posture(
    voice: Voice, domain: str, records: Path, reports: Path | None, selector: tuple[str, ...], own_ip: tuple[str, ...],
    own_service: tuple[str, ...], out: Path | None,
) -> int:  # fmt: skip
    """Assess DOMAIN from records handed in: SPF, DKIM, DMARC, MTA-STS, TLS-RPT, BIMI, security.txt, CAA, DNSSEC.

    Prints a list of things to do with the next safe step towards p=reject. RECORDS is JSON ({"records": {name: {type:
    [texts]}}, "files": {https address: text}}) or lines "name TYPE data"; "TIMEOUT" says that a server did not answer.
    """
    from daremo.kernel.results import write_json
    from daremo.trust.posture.assess import assess

    dns = dns_answers(records)
    problems: list[Problem] = []
    summary = _read(voice, domain, reports, own_ip, own_service, problems) if reports else None
    found = assess(domain, dns, time.time(), selectors=selector, reports=summary)
    told = {**found.as_dict(voice.lang), "problems": [p.as_dict() for p in problems]}
    if out is not None:
        write_json(out, told)
    voice.answer(told)
    _show(voice, found)
    for line in problem_lines(problems, voice, 8):
        voice.say(line)
    return DONE


def _read(
    voice: Voice,
    domain: str,
    folder: Path,
    own_ips: tuple[str, ...],
    services: tuple[str, ...],
    problems: list[Problem],
) -> Summary:
    from daremo.trust.mail.reports import MOST_FILE_BYTES, BadReport, Report, read_report, summarise, unpacked

    if not folder.is_dir():
        raise problem("no-report-folder", str(folder))
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not files:
        raise problem("no-report-folder", str(folder))
    if len(files) > MOST_FILES:
        raise problem("too-many-reports", str(folder), value=str(len(files)))
    progress = voice.progress()
    read: list[Report] = []
    for n, path in enumerate(files):
        progress(n / len(files), path.name)
        try:
            with path.open("rb") as stream:
                data = stream.read(MOST_FILE_BYTES + 1)
            read += [read_report(xml) for xml in unpacked(data)]
        except BadReport as e:
            problems += problem(e.code, path.name, severity="warning").problems
        except OSError:
            problems += problem("report-unreadable", path.name, severity="warning").problems
    voice.hush()
    try:
        return summarise(domain, read, own_ips=own_ips, own_services=services)
    except ValueError as e:
        raise problem("bad-own-ip", value=" ".join(own_ips)) from e


def _show(voice: Voice, found: Posture) -> None:
    marks = {"good": "○", "improve": "△", "bad": "×", "unknown": "？"}
    words = voice("まず", "First")
    for n, line in enumerate(found.todo(voice.lang)):
        voice.say(f"{words}: {line}" if n == 0 else f"{n}. {line}")
    voice.say()
    rows = [[marks[f.state], f.topic, found.said(f, voice.lang)] for f in found.findings]
    for line in table(voice(" ,しくみ,いま", " ,mechanism,now").split(","), rows, widest=70):
        voice.say(line)
    if found.reports is None:
        return
    r = found.reports
    voice.say()
    voice.say(
        voice(
            f"報告{r.reports}件・{r.days:.0f}日分: 自分のメール{r.own:,}通のうち、強めると失うかもしれないもの{r.lost:,}通。"
            f"転送{r.forwarded:,}通、なりすまし{r.forged:,}通。",
            f"{r.reports} reports of {r.days:.0f} days: of {r.own:,} messages of yours {r.lost:,} may be lost by tightening; "
            f"{r.forwarded:,} forwarded, {r.forged:,} forged.",
        )
    )
    kinds = {
        "ok": voice("合格", "passes"),
        "own-broken": voice("自分のもの・未設定", "yours, to repair"),
        "ask": voice("自分のものか確認", "yours? ask"),
        "forwarded": voice("転送", "forwarded"),
        "forged": voice("なりすまし", "forged"),
    }
    head = voice("送り元,判定,通数,日数", "sender,judgement,messages,days").split(",")
    shown = [[s.name, kinds[s.kind], f"{s.messages:,}", str(s.days)] for s in r.sources[:SHOWN]]
    for line in table(head, shown, right=(2, 3)):
        voice.say(line)
