"""A mail file on the page: official only where the city's own records prove its sender and its words are the city's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from daremo.kernel.errors import DaremoError
from daremo.trust.mail.judge import judge
from daremo.trust.notices.letter import check_mail
from daremo.web import clock
from daremo.web.days import day_of
from tests.trust.mail.letters import ED, RSA, key_text, letter, signed
from tests.web.genuine.conftest import TEXT, Office

pytestmark = pytest.mark.django_db
CITY = "city.mihon.example"
RECORDS = f"""k1._domainkey.{CITY} TXT "{key_text(RSA)}"
_dmarc.{CITY} TXT "v=DMARC1; p=reject"
k1._domainkey.other.example TXT "{key_text(ED)}"
_dmarc.other.example TXT "v=DMARC1; p=none"
"""
SAMPLES = Path("/work/shared/data/mail/eml")


def mail(text: str = TEXT, sender: str = f"Mihon City <info@{CITY}>", *more: bytes) -> bytes:
    kind = (b"MIME-Version: 1.0", b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: 8bit")
    return letter(sender.encode(), *kind, *more, body=text.replace("\n", "\r\n").encode() + b"\r\n")


def set_records(office: Office, records: str) -> None:
    from daremo.web.apps.genuine import services

    services.set_speaker(office.town.act(), mail_domains=[CITY], mail_records=records)


def asked(office: Office, raw: bytes) -> Any:
    from daremo.web.apps.genuine import asking

    return asking.ask_file(office.town.act(), "a.eml", raw).checked


def page(office: Office, raw: bytes) -> str:
    file = SimpleUploadedFile("a.eml", raw, "message/rfc822")
    with clock.at(office.town.act().now):
        return Client().post("/genuine/", {"text": "", "file": file}).content.decode()


def test_the_citys_own_mail_is_official_where_its_records_prove_it(office: Office) -> None:
    office.released()
    set_records(office, RECORDS)
    raw = signed(mail(), CITY)
    found = asked(office, raw)
    assert (found.verdict, [r.code for r in found.reasons]) == ("official", ["published"])
    told = page(office, raw)
    assert "本物です" in told and "このまま進めて大丈夫です" in told and "伝える番号" not in told


def test_what_the_page_says_is_what_the_pure_function_says_from_the_same_answers(office: Office) -> None:
    from daremo.web.apps.genuine import registry, services

    office.released()
    set_records(office, RECORDS)
    now = office.town.act().now
    mails = [
        mail(), signed(mail(), CITY), signed(mail(TEXT.replace("18日", "19日")), CITY), signed(mail(), "other.example", ED),
        signed(mail(sender="x@other.example"), "other.example", ED), signed(mail("まったくべつの話です。"), CITY),
    ]  # fmt: skip
    if SAMPLES.is_dir():
        mails += [path.read_bytes() for path in sorted(SAMPLES.glob("*.eml"))]
    verdicts = []
    for raw in mails:
        judged = judge(raw, services.mail_answers(), now.timestamp())
        pure = check_mail(raw, registry.registry(), day_of(now).isoformat(), judged)
        assert asked(office, raw).as_dict() == pure.as_dict()
        verdicts.append(pure.verdict)
    assert verdicts[:2] == ["unknown", "official"], "a saved mail says nothing that can be believed of its server (SPF)"
    assert verdicts[2] == "altered" and set(verdicts[2:]) <= {"altered", "unknown"}


def test_a_valid_signature_of_somebody_else_never_makes_it_official(office: Office) -> None:
    office.released()
    # records of a stranger's domain count for nothing, even where they were pasted along
    set_records(office, RECORDS)
    for raw in (signed(mail(), "other.example", ED), signed(mail(sender="x@other.example"), "other.example", ED)):
        assert asked(office, raw).verdict != "official"
    spoilt = signed(mail(), CITY).replace(b"2200", b"2201")
    assert asked(office, spoilt).verdict == "altered"


def test_without_records_the_words_are_judged_all_the_same_and_the_page_says_what_was_not_checked(
    office: Office,
) -> None:
    office.released()
    set_records(office, "")
    raw = signed(mail(), CITY)
    found = asked(office, raw)
    assert (found.verdict, [r.code for r in found.reasons]) == ("unknown", ["sender-not-asked", "published"])
    told = page(office, raw)
    assert "文は同じですが" in told and "だれが送ったかは確かめていません" in told and "市に電話する" in told
    assert "似ていますが、同じではありません" not in told
    assert asked(office, signed(mail(TEXT.replace("18日", "19日")), CITY)).verdict == "altered"


def test_records_that_cannot_be_read_are_refused_with_the_line(office: Office) -> None:
    from daremo.web.apps.genuine import services

    with pytest.raises(DaremoError, match="dns-records-bad"):
        set_records(office, "x y z")
    set_records(office, RECORDS)
    services.set_speaker(office.town.act(), phone="0000-12-3456")
    assert services.speaker().mail_records == RECORDS.strip(), "they stay where somebody changes something else"
