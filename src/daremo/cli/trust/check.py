"""``daremo trust check``: is this message, link, number, code or QR really from the city?"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daremo.cli.frame import DONE, Voice, example, verb
from daremo.cli.text import table
from daremo.cli.trust.given import dns_answers, problem

if TYPE_CHECKING:
    from daremo.trust.notices.check import Checked
    from daremo.trust.notices.registry import Registry

MOST_BYTES = 25_000_000
JAPAN = timezone(timedelta(hours=9))


@click.command(
    epilog=example(
        "daremo trust check --text 'https://city-mihon.example.com/pay' --registry notices.snapshot --json",
        "daremo trust check received.txt --registry notices.snapshot",
    )
)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--text", help="What was received: words, a link, a number, a code, or what a camera read from a QR.")
@click.option("--registry", required=True, type=click.Path(path_type=Path), help="Signed snapshot of the notices.")
@click.option("--key", "keys", multiple=True, metavar="KEY|FILE", help="The city's key, known from elsewhere.")
@click.option(
    "--records",
    type=click.Path(path_type=Path),
    help="DNS answers for a mail (.eml); without them no sender is proved.",
)
@click.option("--at", metavar="DATE", help="Judge as of this date (YYYY-MM-DD); default today in Japan.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the answer as JSON.")
@verb
def check(
    voice: Voice, file: Path | None, text: str | None, registry: Path, keys: tuple[str, ...], records: Path | None,
    at: str | None, out: Path | None,
) -> int:  # fmt: skip
    """Judge FILE (text, or a mail as .eml) or --text: official, altered or unknown. No network is needed.

    "Official" shows the city's own text. "Unknown" is not "safe": call the city.
    """
    from daremo.kernel.results import write_json

    if (file is None) == (text is None):
        raise problem("check-what")
    book = registry_of(registry, keys)
    day = _day(at)
    found = _judged(file, text, book, day, at, records)
    told = found.as_dict() | {
        "registry": {
            "issuer": book.issuer.name,
            "made": book.made,
            "until": book.until,
            "notices": len(book.codes),
            "key_known": bool(keys),
        }
    }
    if out is not None:
        write_json(out, told)
    voice.answer(told)
    _show(voice, found, book)
    return DONE


def registry_of(path: Path, keys: tuple[str, ...]) -> Registry:
    """A snapshot, its signature checked."""
    from daremo.cli.trust.audit import keys_of
    from daremo.trust.notices.registry import BadSnapshot, read_snapshot

    known = keys_of(keys)
    try:
        return read_snapshot(path.read_bytes(), known)
    except OSError as e:
        raise problem("no-snapshot", path.name) from e
    except BadSnapshot as e:
        raise problem("bad-snapshot", path.name, value=str(e)) from e


def _day(at: str | None) -> str:
    if at is None:
        return datetime.now(JAPAN).date().isoformat()
    try:
        return date.fromisoformat(at).isoformat()
    except ValueError as e:
        raise problem("bad-date", value=at) from e


def _judged(
    file: Path | None, text: str | None, book: Registry, day: str, at: str | None, records: Path | None
) -> Checked:
    from daremo.trust.notices.check import check as judge

    if text is not None:
        return judge(text, book, day)
    assert file is not None
    try:
        with file.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except OSError as e:
        raise problem("no-received-file", file.name) from e
    if file.suffix.lower() == ".eml":
        return _mail(raw, file, book, day, at, records)
    try:
        return judge(raw.decode("utf-8-sig"), book, day)
    except UnicodeDecodeError:
        pass
    try:
        return judge(raw.decode("cp932"), book, day)
    except UnicodeDecodeError as e:
        raise problem("no-received-file", file.name) from e


def _mail(raw: bytes, file: Path, book: Registry, day: str, at: str | None, records: Path | None) -> Checked:
    from daremo.trust.mail.judge import judge
    from daremo.trust.mail.message import BadMessage
    from daremo.trust.notices.letter import check_mail

    now = time.time() if at is None else datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    try:
        return check_mail(raw, book, day, judge(raw, dns_answers(records), now))
    except BadMessage as e:
        raise problem(e.code, file.name) from e


def _show(voice: Voice, found: Checked, book: Registry) -> None:
    from daremo.kernel.tables import rows_of
    from daremo.trust.notices.code import shown

    words = {r["code"]: voice(r["ja"], r["en"]) for r in rows_of("daremo.trust", "check_reasons")}
    head = {
        "official": voice("本物です。", "Official."),
        "altered": voice("にせものです。", "Altered or forged."),
        "unknown": voice(
            "これだけではわかりません。本物とも、にせものとも言えません。", "Cannot tell: neither official nor forged."
        ),
    }[found.verdict]
    voice.say(head)
    for reason in found.reasons:
        detail = voice(f"（{reason.detail}）", f" ({reason.detail})") if reason.detail else ""
        voice.say(f"・{words.get(reason.code, reason.code)}{detail}")
    if found.entry is not None:
        notice = found.entry.notice
        voice.say()
        voice.say(voice("市が出した文:", "The city's own text:"))
        for line in notice.text.splitlines():
            voice.say(f"  {line}")
        who = f"{book.issuer.name} {notice.department}".strip()
        voice.say(
            voice(
                f"  {who}　{notice.valid_from}から{notice.valid_until}まで　コード {shown(found.entry.code)}",
                f"  {who}, {notice.valid_from} to {notice.valid_until}, code {shown(found.entry.code)}",
            )
        )
    rows = [[d["official"] or "-", d["received"] or "-"] for d in found.diff if "same" not in d]
    if rows:
        voice.say()
        for line in table([voice("市の文", "the city's"), voice("届いた文", "received")], rows, widest=60):
            voice.say(line)
    if found.verdict != "official":
        voice.say()
        call = book.issuer.phone or voice("市の代表番号", "the city's main number")
        voice.say(
            voice(
                f"リンクを押さず、返事もせず、{call} に自分で電話してください。夜と休日は警察相談 #9110。",
                f"Press no link, do not answer; call {call} yourself. At night: police advice #9110.",
            )
        )
