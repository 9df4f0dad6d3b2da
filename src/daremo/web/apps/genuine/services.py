"""Write, release and withdraw official messages; say who speaks. A message goes out only after a second person agreed."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction

from daremo.trust.log.journal import CHECKPOINT
from daremo.trust.mail.answers import Answers, BadRecords, name_of, read_records
from daremo.trust.notices import qr
from daremo.trust.notices.model import BadNotice, Entry, Issuer, Notice, issuer_of, notice_of
from daremo.trust.notices.register import check_draft, register
from daremo.trust.notices.register import withdraw as take_back
from daremo.web.apps.genuine import keys, ledger
from daremo.web.apps.genuine.models import Announcement, Note, Speaker
from daremo.web.apps.journal import services as journal
from daremo.web.apps.journal.act import Act
from daremo.web.days import day_of
from daremo.web.problems import refusal

#: Fields that a draft has; everything else is set by services.
FIELDS = (
    "kind",
    "title",
    "text",
    "department",
    "audience",
    "valid_from",
    "valid_until",
    "links",
    "numbers",
    "supersedes",
)


def speaker() -> Speaker:
    """Return who speaks, as kept; before anybody said so, the municipality of the settings without sites."""
    return Speaker.objects.order_by("pk").first() or Speaker(name=settings.DAREMO_CITY, phone=settings.DAREMO_PHONE)


def issuer() -> Issuer:
    """Return who speaks, as checks read it."""
    row = speaker()
    lists = ("domains", "links", "numbers", "mail_domains")
    return Issuer(row.name, row.phone, *(tuple(getattr(row, name)) for name in lists))


def mail_answers() -> Answers:
    """Return the answers of the DNS about the city's own mail domains, as the city keeps them here; no server is asked.

    Of other domains nothing is known, so only a mail of the city's can be proved.
    """
    row = speaker()
    if not row.mail_records:
        return Answers.none()
    found = read_records(row.mail_records)
    own = tuple(name_of(domain) for domain in row.mail_domains)
    mine = {k: v for k, v in found.records.items() if any(k[0] == d or k[0].endswith(f".{d}") for d in own)}
    return Answers(mine, {}, complete=False)


def set_speaker(act: Act, *, mail_records: str | None = None, **told: Any) -> Speaker:
    """Say which sites, numbers and mail domains are the city's own, and the DNS records of those domains.

    Raises
    ------
    UsageError
        ``bad-speaker`` with the field; ``dns-records-bad`` with the line.
    """
    row = speaker()
    records = row.mail_records if mail_records is None else mail_records.strip()
    try:
        read_records(records)
    except BadRecords as e:
        raise refusal("dns-records-bad", str(e.line) if e.line else "") from e
    try:
        found = issuer_of(asdict(issuer()) | told)
    except BadNotice as e:
        raise refusal("bad-speaker", e.field) from e
    with transaction.atomic():
        values = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(found).items()}
        journal.save(act, "speaker.set", row, mail_records=records, **values)
        ledger.changed()
    return row


def notice_in(row: Announcement) -> Notice:
    """Return the message as it is signed."""
    return Notice(
        row.kind,  # type: ignore[arg-type]
        row.title, row.text, row.valid_from.isoformat(), row.valid_until.isoformat(), row.department, row.audience,
        tuple(row.links), tuple(row.numbers), row.supersedes,
    )  # fmt: skip


def entry_of(row: Announcement) -> Entry:
    """Return a released message as the register holds it."""
    signature = base64.b64decode(row.signature)
    gone = row.withdrawn_on.isoformat() if row.withdrawn_on else ""
    index = -1 if row.record is None else row.record
    return Entry(notice_in(row), row.code or "", row.kid, signature, index, row.leaf, gone, row.replaced_by)


def draft(act: Act, organisation: Any, written_by: int, told: Mapping[str, Any]) -> Announcement:
    """Keep a new draft.

    Raises
    ------
    UsageError
        ``bad-notice`` with the field where people could not check such a message later.
    """
    row = Announcement(organisation=organisation, written_by_id=written_by, **_fields(told))
    _checked(row)
    return journal.save(act, "announcement.written", row)


def rewrite(act: Act, row: Announcement, written_by: int, told: Mapping[str, Any]) -> Announcement:
    """Change a draft; whoever changes it is its writer from then on and cannot release it.

    Raises
    ------
    Conflict
        It was released or handed in meanwhile.
    UsageError
        ``bad-notice``.
    """
    _checked(Announcement(**{name: getattr(row, name) for name in FIELDS} | _fields(told)))
    return journal.move(
        act, "announcement.written", row, {"state__in": ("draft", "ready")}, state="draft", written_by=written_by,
        **_fields(told),
    )  # fmt: skip


def hand_in(act: Act, row: Announcement) -> Announcement:
    """Ask a colleague to look at a draft.

    Raises
    ------
    Conflict
        It is no draft any more.
    """
    return journal.move(act, "announcement.ready", row, {"state": "draft"}, state="ready")


def release(act: Act, row: Announcement, released_by: int) -> Announcement:
    """Release a message: code it, sign it, write it into the log, sign the log; all or nothing.

    Raises
    ------
    UsageError
        ``same-person`` where writer and releaser are one, ``bad-notice``, ``no-key``, ``no-key-file``,
        ``announcement-over``.
    Conflict
        It was changed or released meanwhile.
    """
    if released_by == row.written_by_id:
        raise refusal("same-person")
    today = day_of(act.now)
    if row.valid_until < today:
        raise refusal("announcement-over")
    _checked(row)
    # what was looked at is what goes out: a change in between rolls everything back
    expect = {"state": "ready", "written_by": row.written_by_id} | {name: getattr(row, name) for name in FIELDS}
    with transaction.atomic():
        replaced = _replaced(row)
        key = keys.signer(act, row.valid_from)
        log = ledger.log(keys.origin())
        at_ms = int(act.now.timestamp() * 1000)
        taken = Announcement.objects.filter
        try:
            entry = register(
                notice_in(row), issuer(), key, log, lambda code: taken(code=code).exists(), at_ms, secrets.token_bytes
            )
        except BadNotice as e:
            raise refusal("bad-notice", f"{e.field} {e}") from e
        journal.move(
            act, "announcement.released", row, expect, state="released", released_by=released_by,
            released_at=act.now, code=entry.code, kid=entry.kid, record=entry.index, leaf=entry.leaf,
            signature=base64.b64encode(entry.signature).decode(),
        )  # fmt: skip
        if replaced is not None:
            _take_back(act, replaced, row.valid_from, entry.code)
        log.checkpoint(keys.signer(act, today))
        ledger.changed()
    return row


def withdraw(act: Act, row: Announcement) -> Announcement:
    """Take a message back from today on: whoever checks it is told so.

    One person is enough: it only makes people more careful.

    Raises
    ------
    Conflict
        It is not out.
    """
    with transaction.atomic():
        _take_back(act, row, day_of(act.now), "")
        ledger.log(keys.origin()).checkpoint(keys.signer(act, day_of(act.now)))
        ledger.changed()
    return row


def discard(act: Act, row: Announcement) -> None:
    """Throw a draft away.

    Raises
    ------
    Conflict
        It is out; withdraw it.
    """
    if row.state not in ("draft", "ready"):
        raise refusal("announcement-out")
    journal.remove(act, "announcement.discarded", row)


def payload(act: Act, row: Announcement, prefix: str = "") -> str:
    """Return the text of a released message's QR: with the address of the check page where it fits, else without."""
    entry, key = entry_of(row), keys.signer(act, day_of(act.now))
    try:
        return qr.payload(entry, key, prefix)
    except qr.BadQr:
        return qr.payload(entry, key)


def last_checkpoint() -> str:
    """Return the log's last signed note, or ""."""
    found = Note.objects.filter(kind=CHECKPOINT).order_by("-size", "-pk").values_list("text", flat=True).first()
    return str(found or "")


def _fields(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in FIELDS if name in told}


def _replaced(row: Announcement) -> Announcement | None:
    if not row.supersedes:
        return None
    found = Announcement.objects.filter(code=row.supersedes, state="released", organisation=row.organisation_id).first()
    if found is None:
        raise refusal("bad-notice", "supersedes")
    return found


def _checked(row: Announcement) -> None:
    try:
        made = notice_of(notice_in(row).as_dict())
        check_draft(made, issuer())
    except BadNotice as e:
        raise refusal("bad-notice", f"{e.field} {str(e).partition(': ')[2]}".strip()) from e


def _take_back(act: Act, row: Announcement, day: date, by: str) -> None:
    log = ledger.log(keys.origin())
    at_ms = int(act.now.timestamp() * 1000)
    gone = take_back(entry_of(row), log, day.isoformat(), at_ms, secrets.token_bytes, replaced_by=by)
    journal.move(
        act, "announcement.withdrawn", row, {"state": "released"}, state="withdrawn",
        withdrawn_on=date.fromisoformat(gone.withdrawn), replaced_by=by,
    )  # fmt: skip
