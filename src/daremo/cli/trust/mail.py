"""``daremo trust mail``: is this message from whom it says?"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daremo.cli.frame import DONE, Voice, example, verb
from daremo.cli.text import table
from daremo.cli.trust.given import dns_answers, problem

if TYPE_CHECKING:
    from daremo.trust.mail.judge import Judged


@click.command(epilog=example("daremo trust mail letter.eml --records dns.json --json"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--records", type=click.Path(path_type=Path), help="DNS answers: JSON or lines of a zone. Without it none is known."
)
@click.option("--ip", help="Address of the server that delivered it; with --mail-from, SPF is judged.")
@click.option("--helo", default="", help="Name which that server gave.")
@click.option("--mail-from", default="", help="Envelope sender.")
@click.option("--hop", multiple=True, metavar="NAME", help="Own mail server whose Authentication-Results are believed.")
@click.option("--sealer", multiple=True, metavar="DOMAIN", help="Forwarder whose ARC seal is believed.")
@click.option("--at", metavar="DATE", help="Judge as of this date (YYYY-MM-DD), e.g. that of receipt; default now.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the judgement as JSON.")
@verb
def mail(
    voice: Voice, file: Path, records: Path | None, ip: str | None, helo: str, mail_from: str, hop: tuple[str, ...],
    sealer: tuple[str, ...], at: str | None, out: Path | None,
) -> int:  # fmt: skip
    """Judge the message FILE (.eml) by DKIM, SPF, DMARC and ARC, from the DNS answers given.

    The verdict is proved, refused, unproved or unknown. "Proved" names the domain that sent it; whether that domain is
    the city's is another question (`daremo trust check`). A valid signature of somebody else proves nothing.
    """
    from daremo.kernel.results import write_json
    from daremo.trust.mail.judge import Envelope, judge
    from daremo.trust.mail.message import MOST_BYTES, BadMessage

    try:
        with file.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except OSError as e:
        raise problem("no-mail-file", file.name) from e
    now = _moment(at)
    dns = dns_answers(records)
    envelope = Envelope(ip, helo, mail_from) if ip else None
    try:
        judged = judge(raw, dns, now, envelope=envelope, trusted_hops=hop, trusted_sealers=sealer)
    except BadMessage as e:
        raise problem(e.code, file.name) from e
    told = judged.as_dict(voice.lang)
    if out is not None:
        write_json(out, told)
    voice.answer(told)
    _show(voice, judged)
    return DONE


def _moment(at: str | None) -> float:
    if at is None:
        return time.time()
    try:
        return datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()
    except ValueError as e:
        raise problem("bad-date", value=at) from e


def _show(voice: Voice, judged: Judged) -> None:
    for n, line in enumerate(judged.words(voice.lang)):
        voice.say(line if n == 0 else f"・{line}")
    rows = [["From", judged.sender.address or judged.sender.shown, judged.sender.problem or "-"]]
    rows += [["DKIM", f"{s.domain} ({s.selector})", " ".join([s.result, s.reason]).strip()] for s in judged.dkim]
    if judged.spf:
        rows.append(["SPF", judged.spf.domain, " ".join([judged.spf.result, judged.spf.matched]).strip()])
    rows.append(["DMARC", judged.dmarc.domain or "-", " ".join([judged.dmarc.result, judged.dmarc.asked]).strip()])
    if judged.arc.result != "none":
        rows.append(["ARC", " → ".join(h.sealer for h in judged.arc.hops) or "-", judged.arc.result])
    voice.say()
    for line in table(voice("しくみ,だれ,結果", "method,who,result").split(","), rows):
        voice.say(line)
