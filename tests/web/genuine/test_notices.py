"""Official messages: two persons, signed, logged, checked, withdrawn; keys that follow each other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from daremo.kernel.errors import Conflict, DaremoError
from tests.web.genuine.conftest import TEXT, Office

pytestmark = pytest.mark.django_db


def test_what_the_city_released_is_official_and_shown_in_its_own_words(office: Office) -> None:
    row = office.released()
    found = office.verdict(TEXT).checked
    assert found.verdict == "official" and found.entry.notice.text == TEXT
    assert found.proof["signed"] and found.proof["in_journal"] and found.proof["code"] == row.code


def test_one_changed_digit_or_link_is_forged_and_named(office: Office) -> None:
    office.released()
    for forged, reason in (
        (TEXT.replace("18日", "10日"), "digits-changed"),
        (TEXT.replace("0000-12-2200", "0000-12-2201"), "number-changed"),
        (TEXT.replace("city.mihon.example", "mihon-city.example-pay.test"), "link-changed"),
    ):
        found = office.verdict(forged).checked
        assert found.verdict == "altered" and reason in {r.code for r in found.reasons} and found.diff


def test_what_is_not_known_is_never_official(office: Office) -> None:
    office.released()
    for text in (
        "あしたは晴れです。",
        "https://unknown.example/",
        "090-1234-5678",
        "市役所です。口座を教えてください。",
    ):
        assert office.verdict(text).verdict == "unknown", text


def test_a_draft_is_known_to_no_check(office: Office) -> None:
    from daremo.web.apps.genuine import services

    services.hand_in(office.town.act(), office.draft())
    assert office.verdict(TEXT).verdict == "unknown"


def test_the_writer_cannot_release_her_own_message_whatever_way_she_takes(office: Office) -> None:
    from daremo.web.apps.genuine import services
    from daremo.web.apps.genuine.models import Announcement

    row = services.hand_in(office.town.act(), office.draft())
    with pytest.raises(DaremoError, match="same-person"):
        services.release(office.town.act(), row, office.writer.pk)
    with pytest.raises(IntegrityError, match="two_persons_release"), transaction.atomic():
        Announcement.objects.filter(pk=row.pk).update(released_by=office.writer.pk)
    services.rewrite(office.town.act(), row, office.releaser.pk, {"title": "直した件名"})
    services.hand_in(office.town.act(), row)
    with pytest.raises(DaremoError, match="same-person"):
        services.release(office.town.act(), row, office.releaser.pk)
    services.release(office.town.act(), row, office.writer.pk)
    assert row.state == "released"


def test_a_message_changed_behind_the_releasers_back_does_not_go_out(office: Office) -> None:
    from daremo.web.apps.genuine import ledger, services
    from daremo.web.apps.genuine.models import Announcement

    row = services.hand_in(office.town.act(), office.draft())
    seen = Announcement.objects.get(pk=row.pk)
    Announcement.objects.filter(pk=row.pk).update(text=TEXT.replace("18日", "1日"))
    with pytest.raises(Conflict):
        services.release(office.town.act(), seen, office.releaser.pk)
    assert ledger.head().size == 0 and office.verdict(TEXT).verdict == "unknown"


def test_a_message_with_a_strange_link_or_number_is_refused_before_anybody_signs(office: Office) -> None:
    for more in ({"text": "https://elsewhere.example/ を見てください"}, {"text": "電話 0000-99-9999 へ"}):
        with pytest.raises(DaremoError, match="bad-notice"):
            office.draft(**more)
    office.draft(text="電話 0000-99-9999 へ", numbers=["0000-99-9999"])


def test_a_withdrawn_message_is_official_no_more(office: Office) -> None:
    from daremo.web.apps.genuine import services

    row = office.released()
    services.withdraw(office.town.act(1), row)
    found = office.verdict(row.code, 1).checked
    assert found.verdict == "unknown" and found.reasons[0].code == "withdrawn"
    with pytest.raises(Conflict):
        services.withdraw(office.town.act(1), row)


def test_a_message_that_replaces_another_takes_it_back(office: Office) -> None:
    first = office.released()
    second = office.released(text=TEXT.replace("18日", "25日"), supersedes=first.code)
    first.refresh_from_db()
    assert (first.state, first.replaced_by) == ("withdrawn", second.code)
    assert office.verdict(TEXT).checked.reasons[0].code == "replaced"


def test_the_qr_of_a_message_is_checked_by_its_signature(office: Office) -> None:
    from daremo.web.apps.genuine import services

    text = services.payload(office.town.act(), office.released(), "HTTPS://C.EXAMPLE/G/")
    assert text.startswith("HTTPS://C.EXAMPLE/G/DAREMO1:") and len(text) <= 300
    assert office.verdict(text).verdict == "official"
    at = 60
    letter = "A" if text[at] != "A" else "B"
    assert office.verdict(text[:at] + letter + text[at + 1 :]).verdict == "altered"


def test_keys_follow_each_other_with_an_overlap_and_what_was_signed_stays_valid(office: Office) -> None:
    from daremo.web.apps.genuine import keys, registry, services

    act = office.town.act()
    old = office.released()
    day = act.now.date() + timedelta(days=5)
    new = keys.rotate(act, day, overlap_days=3)
    names = [k.key.kid for k in keys.issuer_keys() if k.signs_on(day.isoformat())]
    assert len(names) == 2 and names[-1] == new.kid and keys.signer(act, day).public.kid == new.kid
    assert keys.signer(act, act.now.date()).public.kid == old.kid
    later = office.town.act(24 * 5)
    row = services.hand_in(later, office.draft(text="新しいお知らせです。", valid_from=day))
    services.release(later, row, office.releaser.pk)
    assert row.kid == new.kid and registry.registry().checkpoint
    assert office.verdict(TEXT, 24 * 5).verdict == office.verdict("新しいお知らせです。", 24 * 5).verdict == "official"
    keys.revoke(later, old.kid, day, "lost")
    assert office.verdict(TEXT, 24 * 5).verdict == "unknown"
    assert office.verdict("新しいお知らせです。", 24 * 5).verdict == "official"


def test_the_private_key_is_a_file_for_its_owner_only_and_never_in_the_database(office: Office) -> None:
    from daremo.web.apps.genuine import keys
    from daremo.web.apps.journal.models import Event

    (path,) = keys.folder().glob("*.pem")
    assert path.stat().st_mode & 0o077 == 0
    secret = path.read_text().splitlines()[2]
    assert secret not in str(list(Event.objects.values_list("data", flat=True)))
    path.unlink()
    with pytest.raises(DaremoError, match="no-key-file"):
        office.released()


def test_without_a_key_nothing_is_released_outside_practice(office: Office, settings: Any) -> None:
    from daremo.web.apps.genuine.models import Key

    settings.DAREMO_MODE = "development"
    Key.objects.all().delete()
    with pytest.raises(DaremoError, match="no-key"):
        office.released()


def test_the_snapshot_checks_offline_as_the_desk_does(office: Office) -> None:
    from daremo.trust.notices.check import check
    from daremo.trust.notices.registry import read_snapshot
    from daremo.web import clock
    from daremo.web.apps.genuine import keys

    row = office.released()
    with clock.at(office.town.act().now):
        data = Client().get("/genuine/notices.snapshot").content
    book = read_snapshot(data, [k.key for k in keys.issuer_keys()])
    found = check(row.code, book, row.valid_from.isoformat())
    assert found.verdict == "official" and found.proof is not None and found.proof["in_journal"]


def test_a_message_is_looked_up_without_saying_which(office: Office) -> None:
    from daremo.trust.notices.lookup import question

    rows = [office.released(text=f"お知らせ その{'いろはにほへとちりぬるをわか'[n]}です。") for n in range(12)]
    told = Client().get("/genuine/lookup.json").json()
    digest = question(rows[3].code)
    answer = Client().get("/genuine/lookup.json", {"prefix": digest[: told["prefix_length"]]}).json()
    assert digest in answer["found"] and answer["found"][digest][0]["code"] == rows[3].code
    assert Client().get("/genuine/lookup.json", {"prefix": digest}).status_code == 400


def test_nothing_pasted_is_kept_anywhere(office: Office) -> None:
    from django.apps import apps
    from django.core import serializers
    from django.db import connection

    office.released()
    secret = "ないしょの口座 9876543 です"
    browser = Client()
    answer = browser.post("/genuine/", {"text": secret})
    assert answer.status_code == 200 and "9876543" not in answer.content.decode()
    made = connection.introspection.table_names()
    kept = "".join(
        serializers.serialize("json", m._default_manager.all()) for m in apps.get_models() if m._meta.db_table in made
    )
    assert "9876543" not in kept and "口座" not in kept


def test_a_caller_tells_a_number_and_staff_see_only_what_was_answered(office: Office) -> None:
    from daremo.web.apps.genuine import asking

    answer = office.verdict("https://city-mihon.example/pay")
    number = asking.slip(office.town.act(), answer)
    slip = asking.open_slip(office.town.act(1), number)
    assert slip is not None and slip.verdict == answer.verdict and "pay" not in str(slip.reasons)
    assert asking.open_slip(office.town.act(25), number) is None
    assert asking.tidy(office.town.act(25)) == 1


def test_a_mail_file_is_never_official_by_its_from_line(office: Office) -> None:
    from daremo.web.apps.genuine import asking

    office.released()
    mail = f"From: <info@city.mihon.example>\r\nSubject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{TEXT}\r\n"
    found = asking.ask_file(office.town.act(), "a.eml", mail.encode()).checked
    assert found is not None and found.verdict == "unknown" and found.entry is not None
    assert [r.code for r in found.reasons] == ["sender-not-asked", "published"]
    with pytest.raises(DaremoError, match="not-readable"):
        asking.ask_file(office.town.act(), "a.png", b"\x89PNG\xff\xfe\x00")


def test_a_page_that_asks_once_more_is_not_shown_for_what_cannot_be_done(office: Office, world: Any) -> None:
    out, draft = office.released(), office.draft()
    type(out).objects.all().update(organisation=world.own["places.organisation"])
    client = world.client("city")
    for row, verbs in ((out, ("discard",)), (draft, ("withdraw",))):
        for verb in verbs:
            answer = client.get(f"/official/{row.pk}/{verb}/")
            assert (answer.status_code, answer["Location"]) == (302, f"/official/{row.pk}/"), verb
    assert client.get(f"/official/{draft.pk}/discard/").status_code == 200
