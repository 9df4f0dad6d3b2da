"""A mail domain: what staff hand in becomes a plain list, and nothing of a sender's address stays."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from daremo.kernel.errors import DaremoError
from tests.trust.mail.aggregate import BULK, FORGED, GOOD, OWN, line, report
from tests.web.bookings.town import START, Town
from tests.web.staff.world import World

pytestmark = pytest.mark.django_db
CITY = "city.example.jp"
NONE = 'city.example.jp MX "10 mx.city.example.jp"\ncity.example.jp TXT "v=spf1 mx -all"\n'
DMARC = NONE + f'_dmarc.{CITY} 3600 IN TXT "v=DMARC1; p=none; rua=mailto:d@{CITY}"\n'
CLEAN = [report(day, GOOD, FORGED) for day in range(15)]
LOSS = [report(day, GOOD, BULK) for day in range(15)]


def look(town: Town, records: str = DMARC, files: Any = (), days: int = 0, **more: Any) -> Any:
    from daremo.web.apps.guard import services as guard

    return guard.assess_domain(town.act(hours=24 * days), town.city, more.pop("domain", CITY), records, files, **more)


def test_the_step_follows_what_was_handed_in(town: Town) -> None:
    assert look(town, NONE).step == "publish-none"
    assert look(town).step == "wait-reports"
    assert look(town, files=LOSS).step == "repair-senders"
    assert look(town, files=CLEAN).step == "go-quarantine"


def test_packed_reports_count_as_plain_ones_do(town: Town) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for day, xml in enumerate(CLEAN[:8]):
            archive.writestr(f"{day}.xml", xml)
    row = look(town, files=[packed.getvalue(), *map(gzip.compress, CLEAN[8:])])
    assert row.data["reports"] == look(town, files=CLEAN).data["reports"] and row.data["reports"]["reports"] == 15


def test_no_address_of_a_sender_is_kept_and_the_journal_gives_the_row_again(town: Town) -> None:
    from daremo.web.apps.journal import services as journal
    from daremo.web.apps.journal.models import Event

    nobody = line("203.0.113.99", 7)
    row = look(
        town, files=[report(day, GOOD, BULK, FORGED, OWN, nobody) for day in range(15)], own_ips=["192.0.2.0/24"]
    )
    event = Event.objects.get(kind="domain.assessed")
    for told in (json.dumps(row.data), json.dumps(event.data)):
        assert "198.51.100.7" not in told and "203.0.113.99" not in told and '"example.com"' in told
    assert event.who == "user:1" and journal.differences() == []


def test_a_kept_state_says_the_same_words_as_the_engine(town: Town) -> None:
    from daremo.trust.mail.answers import read_records
    from daremo.trust.mail.reports import read_report, summarise
    from daremo.trust.posture.assess import assess
    from daremo.web.apps.guard import mail

    summary = summarise(CITY, [read_report(one) for one in LOSS])
    fresh = assess(CITY, read_records(DMARC), START.timestamp(), reports=summary)
    row = look(town, files=LOSS)
    row.refresh_from_db()
    again = mail.told_again(row.domain, row.policy, row.step, row.record, row.data)
    for lang in ("ja", "en"):
        assert again.todo(lang) == fresh.todo(lang)
    assert (again.step, again.record, again.enforced) == (fresh.step, fresh.record, fresh.enforced)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("dmarc@City.Example.JP", CITY),
        ("https://city.example.jp/mail?x=1", CITY),
        ("ｃｉｔｙ．example.jp ", CITY),
        ("高松.jp", "xn--fiq54bz74f.jp"),
    ],
)
def test_a_domain_is_read_as_people_write_it(written: str, read: str) -> None:
    from daremo.web.apps.guard import mail

    if "高松" in written:
        read = "高松.jp".encode("idna").decode()
    assert mail.domain_of(written) == read


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("no-domain", {"domain": "city"}),
        ("no-domain", {"domain": "a b.jp"}),
        ("no-domain", {"domain": "<script>.jp"}),
        ("dns-records-none", {"records": " "}),
        ("dns-records-bad", {"records": "what is this"}),
        ("dns-records-bad", {"records": "{"}),
        ("dns-records-bad", {"records": "[" * 10}),
        ("no-such-network", {"files": CLEAN, "own_ips": ["here"]}),
        ("reports-unused", {"files": [b"no report"]}),
        ("reports-unused", {"files": [report(1, GOOD, domain="else.example.jp")]}),
    ],
)
def test_what_cannot_be_read_is_refused_by_name_and_nothing_is_kept(town: Town, code: str, given: Any) -> None:
    from daremo.web.apps.guard.models import DomainState

    with pytest.raises(DaremoError, match=code):
        look(town, **given)
    assert not DomainState.objects.exists()


def test_dangerous_reports_are_set_aside_and_the_others_count(town: Town) -> None:
    laughs = b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    row = look(town, files=[laughs, *CLEAN, gzip.compress(bytes(60_000_000))])
    assert row.data["refused"] == [[1, "report-unsafe"], [17, "report-too-large"]] and row.step == "go-quarantine"


def test_all_files_together_are_bounded(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    from daremo.web.apps.guard import mail

    monkeypatch.setattr(mail, "MOST_UNPACKED_BYTES", 3 * len(CLEAN[0]) + 10)
    row = look(town, files=CLEAN)
    assert row.data["reports"]["reports"] == 3 and len(row.data["refused"]) == 12


def test_a_state_is_removed_after_five_years_but_never_the_latest(town: Town) -> None:
    from daremo.web.apps.guard import services as guard
    from daremo.web.apps.guard.models import DomainState
    from daremo.web.apps.journal import services as journal

    first, last = look(town), look(town, days=10)
    today = (START + timedelta(days=365 * 5 + 60)).date()
    assert guard.keep_time(town.act(), START.date()) == 0
    assert guard.keep_time(town.act(), today) == 1 and guard.keep_time(town.act(), today) == 0
    assert list(DomainState.objects.all()) == [last] and first.pk != last.pk and journal.differences() == []


def send(client: Any, **told: Any) -> Any:
    return client.post("/guard/mail/", {"domain": CITY, "records": DMARC, **told})


def test_the_page_takes_a_file_and_several_reports_and_leads_to_the_result(world: World) -> None:
    client = world.client("manager")
    answer = client.post(
        "/guard/mail/",
        {
            "domain": CITY,
            "records_file": SimpleUploadedFile("dns.txt", DMARC.encode()),
            "reports": [SimpleUploadedFile(f"{n}.xml", xml) for n, xml in enumerate(LOSS)],
        },
        follow=True,
    )
    page = answer.content.decode()
    assert answer.redirect_chain and "example.com" in page and "600" in page and "198.51.100.7" not in page
    clean = client.post(
        "/guard/mail/",
        {
            "domain": CITY,
            "records": DMARC,
            "reports": [SimpleUploadedFile(f"{n}.xml", xml) for n, xml in enumerate(CLEAN)],
        },
        follow=True,
    ).content.decode()
    assert "v=DMARC1; p=quarantine" in clean and "_dmarc.city.example.jp. IN TXT" in clean


def test_the_page_keeps_what_was_typed_and_says_what_is_wrong(world: World) -> None:
    client = world.client("city")
    for told, word in (
        ({"records": ""}, "DNSの記録を、ファイルかはりつけで"),
        ({"records": "x\ny"}, "1行め"),
        ({"domain": "city"}, "ドメインとして読めません"),
        ({"reports": SimpleUploadedFile("a.xml", b"<x/>")}, "使えるDMARCの報告がありません"),
        ({"own_ips": "here", "reports": SimpleUploadedFile("a.xml", CLEAN[0])}, "住所（IP）として読めません"),
    ):
        page = send(client, **told).content.decode()
        assert word in page and "エラー：" in page and told.get("domain", CITY) in page


def test_those_who_only_look_get_no_form_and_others_see_nothing(world: World) -> None:
    from daremo.web.apps.guard import services as guard
    from daremo.web.apps.journal.act import of_the_system

    row = guard.assess_domain(of_the_system(world.now), world.other["places.organisation"], CITY, DMARC)
    assert "<textarea" not in world.client("auditor").get("/guard/mail/").content.decode()
    assert send(world.client("auditor")).status_code == 403
    assert world.client("manager").get(f"/guard/mail/{row.pk}/").status_code == 404
    assert CITY + "</a>" not in world.client("manager").get("/guard/mail/").content.decode()
    assert CITY + "</a>" in world.client("city").get("/guard/mail/").content.decode()
    assert world.client("supporter").get("/guard/").status_code == 403


def test_looking_again_begins_with_what_was_said_before(world: World) -> None:
    client = world.client("manager")
    send(client, own_services="bulk.example.com", selectors="k1")
    from daremo.web.apps.guard.models import DomainState

    page = client.get(f"/guard/mail/?again={DomainState.objects.get().pk}").content.decode()
    assert 'value="city.example.jp"' in page and 'value="bulk.example.com"' in page and 'value="k1"' in page
    assert client.get("/guard/mail/?again=99999999999999999999").status_code == 200
