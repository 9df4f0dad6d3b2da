"""Badges that hold without us, the auditor's export, the ceremony's command, practice data."""

from __future__ import annotations

import json
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from daremo.kernel.errors import Conflict, DaremoError
from daremo.web import clock
from daremo.web.retention import kept
from tests.web.genuine.conftest import Office

pytestmark = pytest.mark.django_db


def supporter(office: Office) -> Any:
    from daremo.web.apps.places import services as places

    return places.add_supporter(office.town.act(), office.town.city, "例田 花子")


def test_a_qualification_holds_by_its_token_and_by_its_document_and_names_nobody(office: Office) -> None:
    from daremo.web.apps.genuine import badges

    row = badges.qualify(office.town.act(), supporter(office), "基本研修", date(2027, 3, 31))
    for given in (row.token, json.dumps(row.document)):
        assert badges.looks_like_one(given)
        found = badges.verify(office.town.act(1), given, "例田 花子")
        assert (found.verdict, found.trusted, found.named) == ("valid", True, True)
        assert office.verdict(given, 1).verdict == "official"
    assert badges.verify(office.town.act(1), row.token, "ほかの人").named is False
    assert "花子" not in json.dumps(row.document, ensure_ascii=False)


def test_a_badge_without_an_end_is_issued_from_the_staff_page(office: Office, world: Any) -> None:
    from daremo.web.apps.genuine.models import Badge

    helper = world.own["places.supporter"]
    with clock.at(office.town.act().now):
        told = {"supporter": helper.pk, "name": "まちの見守り", "until": ""}
        answer = world.client("manager").post("/badges/new/", told)
    row = Badge.objects.get(supporter=helper, name="まちの見守り")
    assert answer.status_code == 302 and answer["Location"].endswith(f"/badges/{row.pk}/") and row.until is None


def test_a_revoked_ended_or_altered_badge_is_never_official(office: Office) -> None:
    from daremo.web.apps.genuine import badges

    row = badges.qualify(office.town.act(), supporter(office), "基本研修", date(2026, 12, 31))
    assert office.verdict(row.token, 24 * 40).badge.verdict == "expired"
    spoilt = json.loads(json.dumps(row.document))
    spoilt["name"] = "上級研修"
    assert office.verdict(json.dumps(spoilt)).verdict == "altered"
    badges.revoke(office.town.act(1), row, "終わり")
    assert office.verdict(row.token, 1).badge.verdict == "revoked" and office.verdict(row.token, 1).verdict == "unknown"
    with pytest.raises(Conflict):
        badges.revoke(office.town.act(1), row, "終わり")
    with pytest.raises(DaremoError, match="badge-ended"):
        badges.qualify(office.town.act(), supporter(office), "古い", date(2026, 1, 1))


def test_a_badge_of_a_stranger_is_not_official(office: Office) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from daremo.trust.credentials import badge, did

    key = Ed25519PrivateKey.generate()
    who = did.did_key(key.public_key())
    told = badge.badge(
        "urn:uuid:1", badge.Issuer(who, "みほん市"), badge.Achievement("urn:uuid:2", "skill", "x", "x", "x"), "urn:uuid:3",
        "2026-11-01T00:00:00Z",
    )  # fmt: skip
    token = badge.issue(told, key, did.method_of(key.public_key(), who), "2026-11-01T00:00:00Z").token
    assert office.verdict(token).badge.verdict == "valid" and office.verdict(token).verdict == "unknown"


def test_badges_of_an_earlier_key_stay_valid_after_rotation(office: Office) -> None:
    from daremo.web.apps.genuine import badges, keys

    row = badges.qualify(office.town.act(), supporter(office), "基本研修", None)
    keys.rotate(office.town.act(24), (office.town.act(24)).now.date(), overlap_days=0)
    later = office.town.act(24 * 10)
    assert badges.verify(later, row.token).verdict == "valid"
    new = badges.qualify(later, supporter(office), "基本研修", None)
    assert badges.verify(later, new.token).verdict == "valid"
    assert new.document["proof"]["verificationMethod"] != row.document["proof"]["verificationMethod"]


def test_an_attendance_says_what_the_bookings_say(office: Office) -> None:
    from daremo.web.apps.bookings import services as bookings
    from daremo.web.apps.genuine import badges
    from daremo.web.apps.journal import services as journal

    town = office.town
    person = town.person()
    course = town.new_offer()
    journal.save(town.act(), "offer.changed", course, kind="course", title="はじめてのスマホ教室")
    with pytest.raises(DaremoError, match="not-attended"):
        badges.attest(town.act(), person, course.pk, "見本 花子")
    for hours in (2, 26):
        made = bookings.book(town.act(), [town.session(hours=hours, offer=course)], person, topic="call")
        bookings.attend(town.act(hours + 1, "counter"), made.bookings.get())
    (told,) = badges.attended(person)
    assert told["times"] == 2
    row = badges.attest(town.act(30), person, course.pk, "見本 花子")
    subject = row.document["credentialSubject"]
    assert (subject["activityStartDate"], subject["activityEndDate"]) == ("2026-12-01", "2026-12-02")
    assert badges.verify(town.act(30), row.token, "見本 花子").named


def test_an_old_badge_loses_its_content_and_the_journal_still_replays(office: Office) -> None:
    from daremo.web.apps.genuine import badges
    from daremo.web.apps.journal import services as journal

    row = badges.qualify(office.town.act(), supporter(office), "基本研修", date(2026, 12, 31))
    assert badges.keep_time(office.town.act(), date(2027, 1, 31)) == 0
    assert badges.keep_time(office.town.act(), date(2026, 12, 31) + kept("badge") + timedelta(days=1)) == 1
    row.refresh_from_db()
    assert row.token == "" and row.document == {} and row.name == "基本研修"
    assert [line for line in journal.differences() if line.startswith("genuine.")] == []


def test_the_status_list_and_the_keys_are_public_and_hold_together(office: Office) -> None:
    from daremo.trust.credentials.integrity import verify_proofs

    with clock.at(office.town.act().now):
        told, document = Client().get("/genuine/status/").json(), Client().get("/.well-known/did.json").json()
    assert told["issuer"] == document["id"] == "did:web:daremo.mihon.example"
    verify_proofs(told, office.town.act().now.timestamp(), documents={document["id"]: document}, issuer=document["id"])


def test_the_ceremony_makes_rotates_and_revokes_and_shows_only_public_halves(
    settings: Any, tmp_path: Any, db: None
) -> None:
    settings.DAREMO_TRUST_KEYS, settings.DAREMO_TRUST_PASSPHRASE = tmp_path / "trust", "a long passphrase"
    out = StringIO()
    call_command("genuine_keys", "make", "digital.city.example", "--from", "2026-12-01", stdout=out)
    with pytest.raises(CommandError):
        call_command("genuine_keys", "make", "digital.city.example", stdout=out)
    call_command("genuine_keys", "rotate", "--from", "2027-04-01", "--overlap", "10", stdout=out)
    kid = out.getvalue().split()[0]
    call_command("genuine_keys", "revoke", kid, "--reason", "lost", stdout=out)
    assert "2027-04-11" in out.getvalue() and "revoked" in out.getvalue() and "PRIVATE" not in out.getvalue()
    for path in (tmp_path / "trust").glob("*.pem"):
        assert b"ENCRYPTED" in path.read_bytes()


def test_the_export_of_an_auditor_passes_the_command_line(office: Office, world: Any, tmp_path: Any) -> None:
    from click.testing import CliRunner

    from daremo.cli.trust.audit import verify
    from daremo.web.apps.genuine import trail

    office.released()
    trail.append(office.town.act(1))
    with clock.at(office.town.act(1).now):
        browser = world.client("auditor")
        answer = browser.get("/audit/journal.jsonl")
        (tmp_path / "journal.jsonl").write_bytes(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
        (tmp_path / "keys.txt").write_text(browser.get("/genuine/keys.txt").content.decode())
    done = CliRunner().invoke(verify, [str(tmp_path / "journal.jsonl"), "--key", str(tmp_path / "keys.txt"), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert told["unaltered"] is True and told["size"] > 3


def test_the_sample_town_has_messages_that_were_released_by_two(office: Office, settings: Any) -> None:
    from daremo.web.apps.genuine.models import Announcement
    from daremo.web.apps.genuine.practice import practise
    from daremo.web.apps.staff import services as staff

    settings.DAREMO_MODE = "practice"
    staff.practice_accounts(office.town.act(), office.town.city)
    later = office.town.act(24 * 10)
    assert practise(later, office.town.city) == 4 and practise(later, office.town.city) == 0
    assert set(Announcement.objects.values_list("state", flat=True)) == {"released", "withdrawn"}
