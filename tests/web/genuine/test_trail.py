"""The journal in the log: nothing shown, nothing altered unseen, exported for an auditor, proved one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from daremo.trust.log.audit import audit
from daremo.trust.log.export import export
from daremo.trust.log.merkle import consistent, included
from daremo.web import clock
from tests.web.genuine.conftest import Office

pytestmark = pytest.mark.django_db


def events() -> Any:
    from daremo.web.apps.journal.models import Event

    return Event.objects


def exported() -> list[bytes]:
    from daremo.web.apps.genuine import keys, ledger

    return list(export(ledger.log(keys.origin()), [k.key for k in keys.issuer_keys()], personal=True))


def test_every_event_of_the_journal_gets_into_the_log_once(office: Office) -> None:
    from daremo.web.apps.genuine import trail

    office.released()
    waiting = trail.missing()
    assert waiting == events().count()
    assert trail.append(office.town.act()) >= waiting and trail.missing() == 0
    assert trail.append(office.town.act()) == 0
    office.town.person()
    assert trail.missing() > 0 and trail.append(office.town.act(1)) > 0 and trail.missing() == 0
    assert trail.compare() == trail.Compared(events().count(), (), ())


def test_an_event_that_was_committed_late_is_not_passed_over(office: Office) -> None:
    from daremo.web.apps.genuine import trail
    from daremo.web.apps.journal.models import Event

    trail.append(office.town.act())
    late = events().last().pk + 5
    Event(pk=late + 10, at=office.town.act().now, who="x", channel="web", kind="k", table="t", row=1).save()
    trail.append(office.town.act())
    Event(pk=late, at=office.town.act().now, who="x", channel="web", kind="k", table="t", row=1).save()
    assert trail.append(office.town.act(0.1)) == 1 and trail.missing() == 0


def test_an_event_altered_or_taken_away_later_is_named(office: Office) -> None:
    from daremo.web.apps.genuine import trail

    person = office.town.person()
    trail.append(office.town.act())
    altered, gone = events().filter(table="people.person", row=person.pk).first(), events().first()
    events().filter(pk=altered.pk).update(who="user:999")
    number = gone.pk
    gone.delete()
    assert trail.compare().altered == (altered.pk,) and trail.compare().gone == (number,)
    altered.refresh_from_db()
    evidence = trail.evidence_of(altered)
    assert evidence is not None and evidence.included and not evidence.unaltered


def test_the_export_is_accepted_offline_and_one_flipped_letter_is_not(office: Office) -> None:
    from daremo.web.apps.genuine import keys, trail

    office.released()
    trail.append(office.town.act(1))
    lines, known = exported(), [k.key for k in keys.issuer_keys()]
    found = audit(iter(lines), known)
    assert found.unaltered and found.key_known and found.size > 5
    spoilt = [line.replace(b'"kind":"registered"', b'"kind":"registerad"') for line in lines]
    assert not audit(iter(spoilt), known).unaltered


def test_the_public_log_shows_nothing_of_what_happened(office: Office) -> None:
    from daremo.web.apps.genuine import trail
    from daremo.web.apps.genuine.models import Leaf

    office.town.person()
    trail.append(office.town.act())
    told = b"".join(bytes(leaf) for leaf in Leaf.objects.values_list("leaf", flat=True)).decode()
    assert "user:1" not in told and "people." not in told and "見本" not in told
    facts = [json.loads(bytes(leaf)) for leaf in Leaf.objects.values_list("leaf", flat=True)]
    assert all(f["facts"] == {} for f in facts if f["journal"] == "desk")


def test_the_log_grows_and_proves_it_over_its_public_addresses(office: Office) -> None:
    from daremo.web.apps.genuine import ledger, trail

    trail.append(office.town.act())
    early = ledger.head().size
    office.released()
    trail.append(office.town.act(2))
    browser = Client()
    with clock.at(office.town.act(2).now):
        told = browser.get("/genuine/log/growth.json", {"from": early}).json()
        one = browser.get("/genuine/log/entry/3.json").json()
        assert browser.get("/genuine/log/checkpoint").content.decode() == told["checkpoint"] == one["checkpoint"]
        assert browser.get("/genuine/log/growth.json", {"from": 0}).status_code == 400
        assert browser.get("/genuine/log/entry/999999.json").status_code == 404
        assert browser.get("/genuine/log/", {"n": "3"}).status_code == 200
    f = bytes.fromhex
    assert consistent(early, told["to"], f(told["from_root"]), f(told["to_root"]), [f(p) for p in told["proof"]])
    assert included(3, one["size"], f(one["hash"]), [f(p) for p in one["proof"]], f(one["root"]))


def test_without_a_key_the_log_grows_and_says_that_nobody_signed(office: Office, settings: Any) -> None:
    from daremo.web.apps.genuine import services, trail
    from daremo.web.apps.genuine.models import Key

    settings.DAREMO_MODE = "development"
    Key.objects.all().delete()
    assert trail.append(office.town.act()) > 0 and services.last_checkpoint() == ""
    assert "まだ署名がありません" in Client().get("/genuine/log/").content.decode()


def test_the_auditor_reads_names_and_what_is_in_arrears(office: Office, world: Any) -> None:
    from daremo.web.apps.genuine import stamping, trail
    from daremo.web.apps.journal.act import Act
    from daremo.web.apps.places import services as places

    act = Act(f"user:{office.writer.pk}", office.town.act().now, "counter")
    places.add_supporter(act, office.town.city, "見本 次郎")
    office.released()
    trail.append(office.town.act(1))
    event = events().filter(who=act.who).last()
    client = world.client("auditor")
    page = client.get("/audit/").content.decode()
    assert "書く人" in page and "まだ時刻の印がない記録" in page and str(stamping.unstamped()) in page
    page = client.get(f"/audit/event/{event.pk}/").content.decode()
    assert "書く人" in page and f"user:{office.writer.pk}<" not in page
